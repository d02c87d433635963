//! Tokens: signed statements of who somebody is.

use std::fmt;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use roost_board::{Timestamp, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who makes the tokens, and the only one whose tokens count.
const ISSUER: &str = "roost";

/// How long a token is good, in seconds: 30 days.
const LIFETIME: i64 = 30 * 24 * 60 * 60;

/// What a token says. Times are in seconds since 1970 (RFC 7519, section 2).
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Claims {
    /// Whose it is.
    pub(super) sub: UserId,
    /// Its own id.
    pub(super) jti: String,
    iat: i64,
    exp: i64,
    iss: String,
}

impl Claims {
    /// When the token ends.
    pub(super) fn expires_at(&self) -> Timestamp {
        Timestamp::from_millis(self.exp.saturating_mul(1_000))
    }
}

/// Makes and reads tokens.
pub(super) struct Tokens {
    signing: EncodingKey,
    checking: DecodingKey,
    validation: Validation,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl Tokens {
    pub(super) fn new(secret: &str) -> Self {
        // One algorithm: a token does not choose how it is checked.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        // Checked below, by the server's own clock and without leeway: it is the one that made the token.
        validation.validate_exp = false;
        Self {
            signing: EncodingKey::from_secret(secret.as_bytes()),
            checking: DecodingKey::from_secret(secret.as_bytes()),
            validation,
        }
    }

    /// A new token for somebody.
    pub(super) fn issue(&self, user: UserId, now: Timestamp) -> String {
        let iat = now.as_millis().div_euclid(1_000);
        let jti = Uuid::now_v7().to_string();
        let claims = Claims { sub: user, jti, iat, exp: iat + LIFETIME, iss: ISSUER.to_owned() };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.signing)
            .expect("claims are plain JSON and HMAC takes keys of any length")
    }

    /// What a token says; `None` when it is not ours, not whole or not good any more.
    pub(super) fn read(&self, token: &str, now: Timestamp) -> Option<Claims> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.checking, &self.validation).ok()?.claims;
        (claims.expires_at() > now).then_some(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000)
    }

    fn ada() -> UserId {
        "0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11".parse().unwrap()
    }

    #[test]
    fn a_token_says_whose_it_is_until_it_ends() {
        let tokens = Tokens::new("a secret that is long enough for a test");
        let token = tokens.issue(ada(), now());
        let claims = tokens.read(&token, now()).unwrap();
        assert_eq!(claims.sub, ada());
        assert_eq!(claims.expires_at().as_millis() - now().as_millis(), LIFETIME * 1_000);
        assert!(tokens.read(&token, claims.expires_at()).is_none());
        assert_ne!(claims.jti, tokens.read(&tokens.issue(ada(), now()), now()).unwrap().jti);
    }

    #[test]
    fn what_is_not_ours_is_nobody() {
        let tokens = Tokens::new("a secret that is long enough for a test");
        let token = tokens.issue(ada(), now());
        assert!(Tokens::new("another secret, as long as the first one").read(&token, now()).is_none());
        assert!(tokens.read(&token[..token.len() - 1], now()).is_none());
        for nonsense in ["", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."] {
            assert!(tokens.read(nonsense, now()).is_none(), "{nonsense}");
        }
        let claims =
            Claims { sub: ada(), jti: "1".to_owned(), iat: 0, exp: now().as_millis(), iss: "somebody else".to_owned() };
        let foreign = jsonwebtoken::encode(&Header::default(), &claims, &tokens.signing).unwrap();
        assert!(tokens.read(&foreign, now()).is_none());
        let other = Header::new(Algorithm::HS512);
        let claims = Claims { iss: ISSUER.to_owned(), ..claims };
        let stronger = jsonwebtoken::encode(&other, &claims, &tokens.signing).unwrap();
        assert!(tokens.read(&stronger, now()).is_none());
    }
}
