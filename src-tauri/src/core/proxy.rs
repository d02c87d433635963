//! The proxy that the environment asks for, as REST calls take it too.

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use roost_channels::Proxy;

use super::address::is_loopback;

/// What the socket of a server is to be connected through, if the environment says so (`HTTPS_PROXY` and its kin).
pub(super) fn of(address: &str) -> Option<Proxy> {
    if is_loopback(address) { None } else { named_by(&Matcher::from_env(), address) }
}

fn named_by(matcher: &Matcher, address: &str) -> Option<Proxy> {
    let address: Uri = address.parse().ok()?;
    let named = matcher.intercept(&address)?;
    let uri = named.uri();
    if uri.scheme_str() != Some("http") {
        tracing::warn!(proxy = %uri, "only proxies whose address begins with http:// are taken for the socket");
        return None;
    }
    let authorization = match named.basic_auth().map(|value| value.to_str()) {
        Some(Ok(value)) => Some(value.to_owned()),
        Some(Err(_)) | None => None,
    };
    Some(Proxy { host: uri.host()?.to_owned(), port: uri.port_u16().unwrap_or(80), authorization })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(https_proxy: &str, no_proxy: &str, expect: Option<(&str, u16, Option<&str>)>) {
        let matcher = Matcher::builder().https(https_proxy).no(no_proxy).build();
        let proxy = named_by(&matcher, "https://roost.example.org:8443");
        let found = proxy.as_ref().map(|proxy| (&*proxy.host, proxy.port, proxy.authorization.as_deref()));
        assert_eq!(found, expect, "{https_proxy}");
    }

    #[test]
    fn what_the_environment_names() {
        check("", "", None);
        check("http://proxy.example:3128", "", Some(("proxy.example", 3128, None)));
        check("proxy.example", "", Some(("proxy.example", 80, None)));
        check("http://[::1]:3128", "", Some(("[::1]", 3128, None)));
        check("http://a:b@proxy.example:3128", "", Some(("proxy.example", 3128, Some("Basic YTpi"))));
        check("http://proxy.example:3128", "example.org", None);
        check("socks5://proxy.example:1080", "", None);
    }

    #[test]
    fn this_computer_is_reached_directly() {
        assert_eq!(of("http://localhost:4000"), None);
    }
}
