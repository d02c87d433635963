//! What the interface asks of the core.

use std::collections::BTreeMap;
use std::fmt;

use roost_board::{BoardId, BoardSummary, Change, Doing, OpId, Proposal};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::state::{AppState, BoardCopy, DraftKey, ServerInfo, Session, Theme};

/// A command: its arguments are the type itself, handed over as the one argument `args`.
pub trait Command: Serialize + DeserializeOwned {
    /// The name it is invoked by.
    const NAME: &'static str;
    /// What it answers.
    type Reply: Serialize + DeserializeOwned;
}

/// Why a command was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandError {
    /// The code to branch on, in snake case. Those of the model ([`roost_board::ApplyError::code`]) and of the server
    /// pass through; the core's own are `unreachable`, `not_a_roost_server`, `bad_address`, `signed_in`,
    /// `signed_out`, `no_such_board`, `no_such_item`, `storage` and `internal`.
    pub code: String,
    /// For people: what happened and what to do next.
    pub message: String,
    /// What is wrong with each field of a form, by the field's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Vec<String>>,
}

/// A password on its way to the core. It does not show itself where a command is logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident = $text:literal -> $reply:ty { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
            pub struct $name {
                $($(#[$field_doc])* pub $field: $type,)*
            }

            impl Command for $name {
                const NAME: &'static str = $text;
                type Reply = $reply;
            }
        )*

        /// The names of all commands.
        pub const COMMANDS: &[&str] = &[$($text),*];
    };
}

commands! {
    /// Everything for the first picture. Events tell what changes from then on.
    GetState = "get_state" -> AppState {}

    /// The first picture has been painted.
    Ready = "ready" -> () {}

    /// "This computer": starts the bundled server and opens its boards.
    ConnectLocal = "connect_local" -> Session {}

    /// Looks whether a Roost server answers at an address and, if so, chooses it. An address without a scheme is taken
    /// as `https`, on this machine as `http`. Errors: `bad_address`, `unreachable`, `not_a_roost_server`.
    ChooseServer = "choose_server" -> ServerInfo {
        /// As the person typed it.
        address: String,
    }

    /// Back to the choice of a server. Only while nobody is signed in.
    LeaveServer = "leave_server" -> Session {}

    /// Makes an account on the chosen server and signs in. `fields` of the error: `first_name`, `last_name`, `email`,
    /// `password`.
    SignUp = "sign_up" -> Session {
        /// First name.
        first_name: String,
        /// Last name.
        last_name: String,
        /// E-mail address.
        email: String,
        /// Password.
        password: Password,
    }

    /// Signs in on the chosen server.
    SignIn = "sign_in" -> Session {
        /// E-mail address.
        email: String,
        /// Password.
        password: Password,
    }

    /// Signs out: the token is revoked as far as the server can be reached, and gone from the keyring. From "This
    /// computer" it leads back to the choice of a server; the boards stay.
    SignOut = "sign_out" -> Session {}

    /// Tries to connect now instead of waiting for the next try.
    Reconnect = "reconnect" -> () {}

    /// Makes a board. It can be opened at once, with or without a way to the server.
    CreateBoard = "create_board" -> BoardSummary {
        /// Its id, made by the interface.
        id: BoardId,
        /// Its name.
        name: String,
    }

    /// Starts following a board, or, if it is followed already, answers a fresh copy. A board that was open before is
    /// there with or without a way to the server. Errors: `no_such_board`, `unreachable` when it is not known here and
    /// the server is out of reach.
    OpenBoard = "open_board" -> BoardCopy {
        /// Which board.
        board_id: BoardId,
    }

    /// Stops following a board.
    CloseBoard = "close_board" -> () {
        /// Which board.
        board_id: BoardId,
    }

    /// Makes a change. The answer says that it is on disk here, not that the server has accepted it: that is an event.
    /// Errors: those of the model, which the interface has checked before, and `storage` when the disk does not take
    /// it; then nothing has happened.
    Propose = "propose" -> () {
        /// On which board.
        board_id: BoardId,
        /// What.
        proposal: Proposal,
        /// How it came about.
        doing: Doing,
        /// What takes it back, seen from what the person saw before it; `None` when nothing does.
        inverse: Option<Change>,
    }

    /// Invites somebody who has an account on the server. Errors: `no_such_user`, `already_a_member`, `not_an_owner`,
    /// `unreachable`.
    Invite = "invite" -> () {
        /// To which board.
        board_id: BoardId,
        /// Whom.
        email: String,
    }

    /// Tries again what needs attention. The answer says that it is on its way again and no longer among what needs
    /// attention. Errors: those of the model, `no_such_board` and `unreachable`, when it cannot be done now either; then
    /// it stays. `no_such_item` when somebody else was faster.
    RetryAttention = "retry_attention" -> () {
        /// Which item.
        id: OpId,
    }

    /// Lets go of what needs attention.
    DiscardAttention = "discard_attention" -> () {
        /// Which item.
        id: OpId,
    }

    /// Keeps what is being typed; an empty text forgets it. Answered when it is on disk.
    SaveDraft = "save_draft" -> () {
        /// Of what.
        key: DraftKey,
        /// The text.
        text: String,
    }

    /// Chooses light, dark, or what the system says.
    SetTheme = "set_theme" -> () {
        /// Which.
        theme: Theme,
    }
}
