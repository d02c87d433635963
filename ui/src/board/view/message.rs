//! What happens to the board's view.

use roost_board::{CardId, OpId};
use roost_bridge::{BoardCopy, BoardMessage, CommandError};
use web_sys::{KeyboardEvent, MouseEvent, PointerEvent};

use crate::board::act::Act;

/// What happens to a [`BoardView`](super::BoardView).
pub(crate) enum Msg {
    /// The core listens, or not.
    Listening(Result<(), CommandError>),
    /// The board was opened.
    Opened(Result<BoardCopy, CommandError>),
    /// The core tells something.
    Told(BoardMessage),
    /// The core has a proposal, or not.
    Answered(OpId, Result<(), CommandError>),
    /// A moment has passed since the last copy.
    CatchUp,
    /// A picture is due that shows what has arrived.
    Due,
    /// The board is to be opened again.
    TryAgain,
    /// A part of the page asks for something.
    Act(Act),
    /// A key.
    Key(KeyboardEvent),
    /// A pointer goes down.
    Pressed(PointerEvent),
    /// A click, also from a screen reader.
    Clicked(MouseEvent),
    /// The pointer moves.
    Moved(PointerEvent),
    /// The pointer goes up.
    Released(PointerEvent),
    /// The pointer is gone.
    PointerLost,
    /// A picture is due while something is in the hand.
    Frame(f64),
    /// The board was scrolled sideways.
    Scrolled,
    /// The window has another size.
    Resized,
    /// A card has come to its place.
    Landed(u32),
    /// A glow has ended.
    Faded(CardId, u32),
}
