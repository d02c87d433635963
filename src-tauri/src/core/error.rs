//! Why the core could not do something.

use std::collections::BTreeMap;

use roost_board::ApplyError;
use roost_bridge::{CommandError, Refusal};
use roost_protocol::payload::ChannelError;
use roost_protocol::rest::ErrorDetail;

use super::address::BadAddress;
use super::store::StoreError;
use crate::profile::ProfileError;

/// The longest text that people are told, in characters.
const TEXT_MAX: usize = 500;

/// Why the core could not do something. The texts are for people: sentences without a full stop.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was typed is not the address of a server.
    #[error(transparent)]
    BadAddress(#[from] BadAddress),
    /// Nobody answers, or not in time.
    #[error("The server at {0} cannot be reached. Check the address and the network, then try again")]
    Unreachable(String),
    /// There is no connection just now.
    #[error("There is no connection to the server. Try again when it is back")]
    Offline,
    /// Somebody else answers.
    #[error(
        "What answers at {0} is not a Roost server. Check the address; on a public network, sign in to the network first"
    )]
    NotARoostServer(String),
    /// The server speaks a version of the protocol that this app does not know.
    #[error("The server at {0} is of a version that this app does not know. Update Roost")]
    OtherProtocol(String),
    /// The server refuses the call, in its own words.
    #[error("{}", .0.message)]
    Server(ErrorDetail),
    /// The server refuses the token.
    #[error("You are signed out. Sign in again")]
    TokenRefused,
    /// The channel of the board refuses the push, in the server's own words.
    #[error("{}", .0.message)]
    Channel(ChannelError),
    /// Needs somebody who is signed in.
    #[error("Nobody is signed in")]
    SignedOut,
    /// Needs a server that was chosen.
    #[error("Choose a server first")]
    NoServer,
    /// Needs that nobody is signed in.
    #[error("Sign out first")]
    SignedIn,
    /// The board is not there, or not for this person.
    #[error("This board does not exist, or it is not shared with you")]
    NoSuchBoard,
    /// Nothing of that id needs attention.
    #[error("This is done already")]
    NoSuchItem,
    /// The board refuses the change.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// The app's own database.
    #[error("Roost cannot use its own data on this computer: {0}")]
    Store(#[from] StoreError),
    /// The folder of the profile.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// A change could not be written down, and so was not made.
    #[error("This was not done, since it cannot be saved on this computer: {0}")]
    NotKept(StoreError),
    /// The bundled server.
    #[error("The boards on this computer cannot be opened: {0}")]
    Bundled(String),
    /// What should not happen.
    #[error("Something went wrong inside Roost: {0}. Try again")]
    Internal(&'static str),
}

impl Error {
    /// The code that the interface branches on.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::BadAddress(_) => "bad_address",
            Self::Unreachable(_) | Self::Offline => "unreachable",
            Self::NotARoostServer(_) | Self::OtherProtocol(_) => "not_a_roost_server",
            Self::Server(detail) => &detail.code,
            Self::Channel(error) => &error.reason,
            Self::TokenRefused | Self::SignedOut | Self::NoServer => "signed_out",
            Self::SignedIn => "signed_in",
            Self::NoSuchBoard => "no_such_board",
            Self::NoSuchItem => "no_such_item",
            Self::Apply(error) => error.code(),
            Self::Store(StoreError::DraftTooLong(_)) => "too_long",
            Self::Store(_) | Self::NotKept(_) | Self::Profile(_) | Self::Bundled(_) => "storage",
            Self::Internal(_) => "internal",
        }
    }
}

impl From<Error> for CommandError {
    fn from(error: Error) -> Self {
        let code = error.code().to_owned();
        let message = sentence(&error.to_string());
        let fields = if let Error::Server(detail) = error { detail.fields } else { BTreeMap::new() };
        Self { code, message, fields }
    }
}

/// What the server says about a refused proposal, or a board that is closed to this person.
pub(crate) fn refusal(error: ChannelError) -> Refusal {
    let message =
        if error.message.is_empty() { "The server refused this".to_owned() } else { sentence(&error.message) };
    Refusal { code: error.reason, message }
}

/// Why the board refuses a change.
pub(crate) fn refusal_of(error: &ApplyError) -> Refusal {
    Refusal { code: error.code().to_owned(), message: sentence(&error.to_string()) }
}

/// Why the server does not make a board: what is wrong with a field, since there is no form to say it in.
pub(crate) fn refusal_of_form(detail: ErrorDetail) -> Refusal {
    let field = detail.fields.iter().find_map(|(field, problems)| Some(format!("the {field} {}", problems.first()?)));
    Refusal { code: detail.code, message: sentence(&field.unwrap_or(detail.message)) }
}

/// A text for people as the bridge has it: with a capital letter in front and no full stop behind. It may be a server's
/// own, so its length has an end.
fn sentence(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let (text, rest) = text.char_indices().nth(TEXT_MAX).map_or((text, ""), |(index, _)| text.split_at(index));
    let mut letters = text.chars();
    let mut sentence: String =
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    if !rest.is_empty() {
        sentence.push('…');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_sentences() {
        let error = CommandError::from(Error::Apply(ApplyError::NotAnOwner));
        assert_eq!(error.code, "not_an_owner");
        assert_eq!(error.message, "Only an owner of this board can do that");
        assert_eq!(refusal(ChannelError::new("odd", "")).message, "The server refused this");
        assert_eq!(sentence("Done."), "Done");
        assert_eq!(sentence(""), "");
        assert_eq!(sentence(&"ä".repeat(10_000)).chars().count(), TEXT_MAX + 1);
    }
}
