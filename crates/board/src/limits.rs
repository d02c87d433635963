//! How long texts may be and how much a board may hold. Lengths are counted in characters (Unicode scalar values).

/// A board's name.
pub const BOARD_NAME_MAX: usize = 100;
/// A list's name.
pub const LIST_NAME_MAX: usize = 100;
/// A card's title.
pub const CARD_TITLE_MAX: usize = 500;
/// A card's description; it may be empty.
pub const CARD_DESCRIPTION_MAX: usize = 20_000;
/// A comment's body.
pub const COMMENT_BODY_MAX: usize = 10_000;
/// A person's first name, and their last name.
pub const PERSON_NAME_MAX: usize = 50;
/// An e-mail address (RFC 5321, section 4.5.3.1.3, allows 254 between the angle brackets).
pub const EMAIL_MAX: usize = 254;
/// A position's length in bytes.
pub const POSITION_MAX: usize = 128;

/// Own changes on a board that can be taken back, and as many that can be done again.
pub const HISTORY_MAX: usize = 200;

/// Lists on a board, archived ones included.
pub const LISTS_MAX: usize = 500;
/// Cards on a board, archived ones included.
pub const CARDS_MAX: usize = 50_000;
/// Members of a board.
pub const MEMBERS_MAX: usize = 1_000;
/// Comments on a card.
pub const COMMENTS_MAX: usize = 5_000;
