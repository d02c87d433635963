//! The names of the events.

/// Joins a topic.
pub const PHX_JOIN: &str = "phx_join";
/// Leaves a topic.
pub const PHX_LEAVE: &str = "phx_leave";
/// Answers a message.
pub const PHX_REPLY: &str = "phx_reply";
/// The channel has failed; the client may join again.
pub const PHX_ERROR: &str = "phx_error";
/// The channel is closed.
pub const PHX_CLOSE: &str = "phx_close";
/// Shows that the client is there; on the topic `phoenix`.
pub const HEARTBEAT: &str = "heartbeat";

/// Everyone who is there, to one who has just joined.
pub const PRESENCE_STATE: &str = "presence_state";
/// Who has come and gone since.
pub const PRESENCE_DIFF: &str = "presence_diff";

/// Asks for a change of a board.
pub const PROPOSE: &str = "propose";
/// Asks somebody onto a board.
pub const INVITE: &str = "invite";
/// A board's log has a new entry.
pub const ENTRY: &str = "entry";

/// A board is now among those of the user.
pub const BOARD_ADDED: &str = "board_added";
/// A board is no longer among those of the user.
pub const BOARD_REMOVED: &str = "board_removed";
