//! What the core tells the interface about itself.

use std::fmt;

use roost_board::{
    BoardId, BoardSummary, CardId, Change, History, ListId, OpId, Proposal, Snapshot, Timestamp, User, UserId,
};
use serde::{Deserialize, Serialize};

/// Everything that the interface needs for its first picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppState {
    /// Who is signed in, and where.
    pub session: Session,
    /// How the connection stands.
    pub connection: ConnectionState,
    /// The boards.
    pub boards: BoardsPage,
    /// The chosen theme.
    pub theme: Theme,
    /// Every text that was being typed and is not yet a change; those of the account in `session`.
    pub drafts: Vec<Draft>,
    /// What needs the person's attention.
    pub attention: Attention,
    /// What the person has to know about this start; told once.
    pub notices: Vec<Notice>,
    /// The board that was open when the app was last closed by this account, if it can be opened again.
    pub last_board: Option<BoardId>,
}

/// Who is signed in, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Session {
    /// Nothing chosen yet: "This computer" or "A server".
    Unconnected,
    /// A server is chosen, nobody is signed in.
    SignedOut {
        /// Which server.
        server: ServerInfo,
        /// Why somebody who was signed in no longer is.
        reason: Option<SignedOutReason>,
    },
    /// Somebody is signed in.
    SignedIn {
        /// Who, and where.
        account: Account,
    },
}

/// Why somebody is signed out who did not ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignedOutReason {
    /// The server refuses the token: expired, or revoked elsewhere.
    Refused,
    /// The keyring, where the token was kept, cannot be read.
    NoKeyring,
}

/// Who is signed in, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Who.
    pub user: User,
    /// Where.
    pub place: Place,
    /// What keeps them signed in.
    pub token: TokenKeeping,
}

/// Where the boards are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "place", rename_all = "snake_case")]
pub enum Place {
    /// In the bundled server.
    ThisComputer,
    /// On a server.
    Server {
        /// Which one.
        server: ServerInfo,
    },
}

/// A server that answered as a Roost server does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerInfo {
    /// Its address, such as `https://roost.example.org`, without a slash at the end.
    pub address: String,
    /// Its version.
    pub version: String,
}

/// What keeps somebody signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKeeping {
    /// The keyring of the system: they are signed in at the next start too.
    Keyring,
    /// This run of the app only, since no keyring is in reach; the interface says so.
    ThisRun,
    /// No token to keep: the boards are on this computer.
    NotNeeded,
}

/// How the connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ConnectionState {
    /// Where it is.
    pub phase: ConnectionPhase,
    /// How many changes wait for the server's answer.
    pub n_waiting: usize,
}

/// Where the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionPhase {
    /// There is nobody to connect for.
    #[default]
    Closed,
    /// The first try is under way.
    Connecting,
    /// What others do arrives at once.
    Live,
    /// No way to the server; the core tries again by itself.
    Offline,
}

/// The page of boards.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BoardsPage {
    /// Whether the boards below were ever fetched: before that an empty page is not yet known to be empty.
    pub is_loaded: bool,
    /// The boards that the person owns, in the order of their names.
    pub owned: Vec<BoardSummary>,
    /// The boards that others share with them, in the order of their names.
    pub invited: Vec<BoardSummary>,
}

/// A board as the core has it at one moment. The messages about it go on from `number`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardCopy {
    /// The number of the last message that is in this copy.
    pub number: u64,
    /// Who proposes.
    pub me: UserId,
    /// The confirmed board.
    pub snapshot: Snapshot,
    /// The proposals on top, in order.
    pub pending: Vec<Proposal>,
    /// Who looks at it now.
    pub present: Vec<Presence>,
    /// Whether a change happened to it that this version of the app does not know and so cannot show.
    pub has_unknown: bool,
    /// The person's own changes that can be taken back and done again.
    pub history: History,
}

/// Somebody who looks at a board now; once for each person, however many windows they have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Who.
    pub user_id: UserId,
    /// Their name, for those whom the board does not name.
    pub name: String,
}

/// Why a proposal was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The code to branch on.
    pub code: String,
    /// For people: a sentence without a full stop.
    pub message: String,
}

/// What could not be done and is not lost: the list "Needs your attention", oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attention {
    /// The items, oldest first.
    pub items: Vec<AttentionItem>,
}

/// Something that the person wanted and that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttentionItem {
    /// Names the item: that of the refused proposal, or one of its own for a draft.
    pub id: OpId,
    /// On which board.
    pub board_id: BoardId,
    /// The name of that board, as it was last known.
    pub board_name: String,
    /// What it was about, if it has a name: the title of the card or the name of the list, as last known.
    pub subject: Option<String>,
    /// What was to be done.
    pub wanted: Wanted,
    /// Why it could not be.
    pub refusal: Refusal,
    /// When that was known, by the clock of this machine.
    pub at: Timestamp,
}

/// What somebody wanted to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Wanted {
    /// A change of the board. It can be tried again.
    Change {
        /// Which.
        change: Change,
    },
    /// A new board. It can be tried again.
    NewBoard {
        /// Its name.
        name: String,
    },
    /// A text that was being typed on a board that is gone. It can only be copied.
    Draft {
        /// Of what.
        key: DraftKey,
        /// The text.
        text: String,
    },
}

/// Something that the person has to know, with nothing to decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The code to branch on: `set_aside` when a file could not be read and was put under another name, `put_back` when
    /// the server was put back to an earlier state.
    pub code: String,
    /// For people: whole sentences, what happened and what it means for them.
    pub message: String,
}

/// Light, dark, or as the system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// A text that is being typed and is not yet a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Of what.
    pub key: DraftKey,
    /// The text, as it was at the last key.
    pub text: String,
}

/// What a draft is a draft of. The key is the same after a restart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DraftKey(String);

impl DraftKey {
    /// The name of a board that is being made.
    #[must_use]
    pub fn new_board() -> Self {
        Self("board:new".to_owned())
    }

    /// A new name for a board.
    #[must_use]
    pub fn board_name(board: BoardId) -> Self {
        Self(format!("board:{board}:name"))
    }

    /// The name of a list that is being added.
    #[must_use]
    pub fn new_list(board: BoardId) -> Self {
        Self(format!("board:{board}:list:new"))
    }

    /// A new name for a list.
    #[must_use]
    pub fn list_name(list: ListId) -> Self {
        Self(format!("list:{list}:name"))
    }

    /// The title of a card that is being added to a list.
    #[must_use]
    pub fn new_card(list: ListId) -> Self {
        Self(format!("list:{list}:card:new"))
    }

    /// The e-mail address of somebody who is being invited to a board.
    #[must_use]
    pub fn invite(board: BoardId) -> Self {
        Self(format!("board:{board}:invite"))
    }

    /// A new title for a card.
    #[must_use]
    pub fn card_title(card: CardId) -> Self {
        Self(format!("card:{card}:title"))
    }

    /// A new description for a card.
    #[must_use]
    pub fn card_description(card: CardId) -> Self {
        Self(format!("card:{card}:description"))
    }

    /// A comment that is being written.
    #[must_use]
    pub fn new_comment(card: CardId) -> Self {
        Self(format!("card:{card}:comment:new"))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for DraftKey {
    /// A key that was stored before.
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for DraftKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
