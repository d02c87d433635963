//! The topics of a Roost server.

use std::fmt;
use std::str::FromStr;

use roost_board::{BoardId, UserId};

/// A topic that a Roost server knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// `phoenix`: heartbeats; nobody joins it.
    Phoenix,
    /// `users:<user id>`: what is news to one person.
    Users(UserId),
    /// `boards:<board id>`: one board.
    Boards(BoardId),
}

/// A topic that no Roost server knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such topic: expected phoenix, users:<id> or boards:<id>, with the id in lower case")]
pub struct InvalidTopic;

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phoenix => f.write_str("phoenix"),
            Self::Users(id) => write!(f, "users:{id}"),
            Self::Boards(id) => write!(f, "boards:{id}"),
        }
    }
}

impl FromStr for Topic {
    type Err = InvalidTopic;

    fn from_str(text: &str) -> Result<Self, InvalidTopic> {
        let topic = match text.split_once(':') {
            None if text == "phoenix" => Self::Phoenix,
            Some(("users", id)) => Self::Users(id.parse().map_err(|_| InvalidTopic)?),
            Some(("boards", id)) => Self::Boards(id.parse().map_err(|_| InvalidTopic)?),
            None | Some(_) => return Err(InvalidTopic),
        };
        // A client compares topics as strings: it would not know broadcasts on the topic in lower case as its own.
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) { Err(InvalidTopic) } else { Ok(topic) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_what_they_say() {
        for text in
            ["phoenix", "users:0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11", "boards:0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11"]
        {
            assert_eq!(text.parse::<Topic>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_a_topic() {
        for text in [
            "",
            "phoenix:",
            "users",
            "users:",
            "boards:1",
            "boards:0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11:x",
            "boards:0190F6A4-7C1E-7B52-9D3F-2F6F2A9C1E11",
            "lists:0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11",
            " boards:0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11",
        ] {
            assert_eq!(text.parse::<Topic>(), Err(InvalidTopic), "{text}");
        }
    }
}
