//! What a request says beside its body.

use axum::extract::Query;
use axum::http::header::CONTENT_TYPE;
use axum::http::request;
use roost_protocol::Vsn;

use crate::socket::opening::{self, AUTH_TOKEN};

/// What a request says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// The session that it belongs to.
    pub(super) session: Option<String>,
    /// The token of whoever sends it.
    pub(super) own: Option<String>,
    vsn: Option<String>,
    ack: Option<String>,
    seq: Option<String>,
    /// Whether its body is a list of frames rather than one.
    pub(super) is_list: bool,
}

/// A number that is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoNumber;

impl Asked {
    /// Reads a request.
    ///
    /// The parameter `token` is the session's, and that of whoever opens one: the official client appends the session's
    /// to what the app gave. They are told apart by their form, since sign-in tokens contain dots.
    pub(super) fn read(parts: &request::Parts) -> Self {
        let Ok(Query(parameters)) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri) else {
            return Self::default();
        };
        let mut asked = Self::default();
        let mut tokens = Vec::new();
        for (name, value) in parameters {
            match name.as_str() {
                "token" if value.is_empty() => {}
                "token" => tokens.push(value),
                // The last one counts, as in Phoenix.
                "vsn" => asked.vsn = Some(value),
                "ack" => asked.ack = Some(value),
                "seq" => asked.seq = Some(value),
                _ => {}
            }
        }
        if tokens.last().is_some_and(|token| !token.contains('.')) {
            asked.session = tokens.pop();
        }
        asked.own = match parts.headers.get(AUTH_TOKEN) {
            Some(token) => Some(String::from_utf8_lossy(token.as_bytes()).into_owned()),
            None => tokens.pop(),
        };
        asked.is_list = parts.headers.get(CONTENT_TYPE).is_some_and(|value| {
            let media_type = value.as_bytes().split(|&byte| byte == b';').next().unwrap_or_default();
            media_type.trim_ascii().eq_ignore_ascii_case(b"application/x-ndjson")
        });
        asked
    }

    /// What it takes to open a session; `None` when the version is not one of ours, or when there is no token.
    pub(super) fn to_open(&self) -> Option<opening::Asked> {
        let vsn = self.vsn.as_deref().map_or(Ok(Vsn::V1), Vsn::parse).ok()?;
        Some(opening::Asked { vsn, token: self.own.clone()? })
    }

    /// How many messages the client has received.
    pub(super) fn ack(&self) -> Result<Option<u64>, NoNumber> {
        number(self.ack.as_deref())
    }

    /// The number of the first message in the body.
    pub(super) fn seq(&self) -> Result<Option<u64>, NoNumber> {
        number(self.seq.as_deref())
    }
}

fn number(text: Option<&str>) -> Result<Option<u64>, NoNumber> {
    text.map(|text| text.parse().map_err(|_| NoNumber)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn read(uri: &str, headers: &[(&str, &str)]) -> Asked {
        let request = headers.iter().fold(Request::get(uri), |request, (name, value)| request.header(*name, *value));
        Asked::read(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn whose_the_tokens_are() {
        let by_header = [("x-phoenix-authtoken", "h.h.h")];
        for (query, headers, session, own) in [
            ("", &[][..], None, None),
            ("token=a.b.c&vsn=2.0.0&", &[], None, Some("a.b.c")),
            ("token=a.b.c&vsn=2.0.0&token=S", &[], Some("S"), Some("a.b.c")),
            ("token=S", &[], Some("S"), None),
            ("token=", &[], None, None),
            ("token=a.b.c&token=", &[], None, Some("a.b.c")),
            ("token=x.x.x&token=a.b.c", &[], None, Some("a.b.c")),
            ("token=x.x.x&token=a.b.c&token=S", &[], Some("S"), Some("a.b.c")),
            ("", &by_header, None, Some("h.h.h")),
            ("token=S", &by_header, Some("S"), Some("h.h.h")),
            ("token=a.b.c&token=S", &by_header, Some("S"), Some("h.h.h")),
            ("token=a.b.c", &by_header, None, Some("h.h.h")),
        ] {
            let asked = read(&format!("/socket/longpoll?{query}"), headers);
            assert_eq!((asked.session.as_deref(), asked.own.as_deref()), (session, own), "{query}");
        }
    }

    #[test]
    fn what_opens_a_session() {
        let opens = |query| read(&format!("/socket/longpoll?{query}"), &[]).to_open().map(|asked| asked.vsn);
        assert_eq!(opens("token=a.b&vsn=2.0.0"), Some(Vsn::V2));
        assert_eq!(opens("token=a.b"), Some(Vsn::V1));
        assert_eq!(opens("token=a.b&vsn=3.0.0"), None);
        assert_eq!(opens("vsn=2.0.0"), None);
        assert_eq!(opens("token=S"), None);
    }

    #[test]
    fn numbers() {
        let asked = read("/?ack=5&seq=0", &[]);
        assert_eq!((asked.ack(), asked.seq()), (Ok(Some(5)), Ok(Some(0))));
        assert_eq!(read("/", &[]).ack(), Ok(None));
        for text in ["-1", "", "x", "1.5", "99999999999999999999"] {
            assert_eq!(read(&format!("/?ack={text}"), &[]).ack(), Err(NoNumber), "{text}");
        }
    }

    #[test]
    fn what_the_body_is() {
        for (value, is_list) in [
            ("application/x-ndjson", true),
            ("Application/X-NDJSON; charset=utf-8", true),
            ("application/json", false),
            ("text/plain;charset=UTF-8", false),
        ] {
            assert_eq!(read("/", &[("content-type", value)]).is_list, is_list, "{value}");
        }
        assert!(!read("/", &[]).is_list);
    }
}
