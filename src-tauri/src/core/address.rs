//! The address of a server, from what a person types.

use url::{Host, Url};

/// Why a text is not the address of a server; the text is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// Nothing in it.
    #[error("Type the address of a server, such as roost.example.org")]
    Empty,
    /// Not an address at all.
    #[error("This is not an address; one looks like roost.example.org or localhost:4000")]
    Unreadable,
    /// Another scheme than `http` or `https`.
    #[error("A server's address begins with https:// or http://")]
    Scheme,
    /// A user name, a password, a query or a fragment.
    #[error("A server's address has no user name and nothing after a question mark or a hash sign")]
    TooMuch,
}

/// What a person typed as an address without a slash at the end. Without a scheme it is `https`, on this machine `http`.
///
/// # Errors
/// When it is none.
pub fn normalise(text: &str) -> Result<String, BadAddress> {
    let text = text.trim();
    if text.is_empty() {
        return Err(BadAddress::Empty);
    }
    let url = if text.contains("://") { parse(text)? } else { parse(&format!("{}://{text}", usual_scheme(text)?))? };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(BadAddress::Scheme);
    }
    if !url.has_host() {
        return Err(BadAddress::Unreadable);
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(BadAddress::TooMuch);
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Whether the address is one of this machine, which no proxy must be asked for.
#[must_use]
pub fn is_loopback(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost" || domain.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn usual_scheme(text: &str) -> Result<&'static str, BadAddress> {
    let url = parse(&format!("https://{text}"))?;
    Ok(if is_loopback(url.as_str()) { "http" } else { "https" })
}

fn parse(text: &str) -> Result<Url, BadAddress> {
    // The parser takes spaces inside a path for granted and escapes them; a person did not mean an address.
    if text.chars().any(char::is_whitespace) {
        return Err(BadAddress::Unreadable);
    }
    Url::parse(text).map_err(|_| BadAddress::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Result<&str, BadAddress>) {
        assert_eq!(normalise(text), expect.map(str::to_owned), "{text}");
    }

    #[test]
    fn a_scheme_is_added_where_there_is_none() {
        check("roost.example.org", Ok("https://roost.example.org"));
        check("  roost.example.org/ ", Ok("https://roost.example.org"));
        check("Roost.Example.org:8443", Ok("https://roost.example.org:8443"));
        check("192.168.1.5:4000", Ok("https://192.168.1.5:4000"));
        check("localhost:4000", Ok("http://localhost:4000"));
        check("127.0.0.1:4000", Ok("http://127.0.0.1:4000"));
        check("[::1]:4000", Ok("http://[::1]:4000"));
        check("http://roost.example.org", Ok("http://roost.example.org"));
        check("https://localhost", Ok("https://localhost"));
        check("https://example.org/roost/", Ok("https://example.org/roost"));
    }

    #[test]
    fn what_is_no_address_is_said() {
        check("", Err(BadAddress::Empty));
        check("   ", Err(BadAddress::Empty));
        check("my server", Err(BadAddress::Unreadable));
        check("roost.example.org:port", Err(BadAddress::Unreadable));
        check("https://", Err(BadAddress::Unreadable));
        check("ftp://roost.example.org", Err(BadAddress::Scheme));
        check("file:///etc/passwd", Err(BadAddress::Scheme));
        check("ada@roost.example.org", Err(BadAddress::TooMuch));
        check("https://roost.example.org/?a=b", Err(BadAddress::TooMuch));
    }
}
