//! The board itself: keeps the state of the page and does what its parts ask for.
//!
//! What a message does is in the modules below, one for each kind of thing that happens.

mod acting;
mod carried;
mod drawing;
mod following;
mod keying;
mod making;
mod message;
mod missing;
mod moving;
mod pointing;
mod wheel;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use roost_board::{Board, BoardId, CardId, ListId, User};
use roost_bridge::{CommandError, ConnectionPhase};
use web_sys::HtmlElement;
use yew::prelude::*;

use super::act::{Dispatch, Edit, Over};
use super::card::Glow;
use super::elements::LIST_WIDTH;
use super::frame::Frame;
use super::place::Item;
use super::replica::{Follower, Seen};
use super::shared::{Shared, SharedCard};
use super::since::Since;
use super::typing::{self, Caret};
use super::windowing::Measures;
use crate::core::Listener;
use crate::state::{Drafts, Toasts};

pub(crate) use message::Msg;
use moving::{Flight, Moving};
use pointing::{Hand, Pan};

/// What a [`BoardView`] is given.
#[derive(Properties, PartialEq)]
pub(crate) struct BoardViewProps {
    /// Which board.
    pub board_id: BoardId,
    /// Its name as the page of boards has it, until the board itself is there.
    pub name: AttrValue,
    /// Who looks at it.
    pub me: User,
    /// How the connection stands.
    pub phase: ConnectionPhase,
    /// Back to all boards.
    pub on_back: Callback<()>,
    /// Says things at the bottom of the window.
    pub toasts: Toasts,
    /// What is being typed.
    pub drafts: Drafts,
}

/// The board; see the [module](self).
pub(crate) struct BoardView {
    follower: Follower,
    /// What is drawn: what the follower has, with what is being moved at the place where it would land.
    shown: Option<Rc<Board>>,
    /// Why there is nothing to draw.
    failure: Option<CommandError>,
    is_opening: bool,
    /// Runs for a moment after a copy has arrived.
    catching_up: Option<Timeout>,
    dispatch: Dispatch,
    measures: Shared<Rc<RefCell<Measures>>>,
    /// What the Tab key stops at.
    current: Option<Item>,
    /// Whether the current item is to have the focus once it is drawn.
    wants_focus: bool,
    edit: Option<Edit>,
    over: Option<Over>,
    /// The card of the dialog as it was when it was last on the board.
    opened: Option<OpenedCard>,
    moving: Option<Moving>,
    hand: Option<Hand>,
    pan: Option<Pan>,
    /// Whether the click that follows belongs to a drag.
    swallows_click: bool,
    flights: Vec<Flight>,
    n_flights: u32,
    glows: Shared<Rc<HashMap<CardId, Glow>>>,
    n_glows: u32,
    /// What screen readers say.
    said: AttrValue,
    /// Who else changed what.
    since: Since,
    /// Where the person types while the board is drawn anew.
    caret: Option<Caret>,
    /// What has arrived since the last picture.
    arrived: Vec<Seen>,
    /// How many of what has arrived since then are too many to be shown one by one.
    n_arrived: usize,
    /// Whether the last picture showed that many.
    is_much: bool,
    /// How many such pictures there were.
    n_floods: u32,
    /// The picture that shows what has arrived.
    due: Option<Due>,
    /// Runs while the core cannot open the board and says that there is a connection.
    trying: Option<Timeout>,
    /// The list whose end is to be in view once it is drawn.
    scroll_to_end: Option<ListId>,
    /// Whether the end of the board is to be in view once it is drawn.
    scroll_board_to_end: bool,
    n_refused: u32,
    n_resized: u32,
    /// Which lists are near what is in view.
    near: std::ops::Range<usize>,
    root: NodeRef,
    hand_element: NodeRef,
    /// What lies over everything while something is carried.
    grab: NodeRef,
    _listener: Listener,
    _window: [EventListener; 2],
}

/// When what has arrived is drawn. Dropped, it is not.
enum Due {
    Frame(#[expect(dead_code, reason = "it is kept to come")] Frame),
    Pause(#[expect(dead_code, reason = "it is kept to come")] Timeout),
}

/// The card of the dialog.
pub(crate) struct OpenedCard {
    card: SharedCard,
    is_gone: bool,
}

impl Component for BoardView {
    type Message = Msg;
    type Properties = BoardViewProps;

    fn create(ctx: &Context<Self>) -> Self {
        let link = ctx.link();
        Self {
            follower: Follower::default(),
            shown: None,
            failure: None,
            is_opening: true,
            catching_up: None,
            dispatch: link.callback(Msg::Act),
            measures: Shared(Rc::default()),
            current: None,
            wants_focus: false,
            edit: None,
            over: None,
            opened: None,
            moving: None,
            hand: None,
            pan: None,
            swallows_click: false,
            flights: Vec::new(),
            n_flights: 0,
            glows: Shared(Rc::default()),
            n_glows: 0,
            said: AttrValue::default(),
            since: Since::default(),
            caret: None,
            arrived: Vec::new(),
            n_arrived: 0,
            is_much: false,
            n_floods: 0,
            due: None,
            trying: None,
            scroll_to_end: None,
            scroll_board_to_end: false,
            n_refused: 0,
            n_resized: 0,
            near: 0..lists_in_view(),
            root: NodeRef::default(),
            hand_element: NodeRef::default(),
            grab: NodeRef::default(),
            _listener: following::listen(ctx),
            _window: keying::listen(ctx),
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Listening(result) => self.listening(ctx, result),
            Msg::Opened(result) => self.opened(ctx, result),
            Msg::Told(message) => self.told(ctx, message),
            Msg::Answered(op, result) => self.answered(ctx, op, result),
            Msg::CatchUp => self.caught_up(ctx),
            Msg::Due => self.show_arrived(ctx),
            Msg::TryAgain => self.try_again(ctx),
            Msg::Act(act) => self.act(ctx, act),
            Msg::Key(event) => self.key(ctx, &event),
            Msg::Pressed(event) => self.pressed(ctx, &event),
            Msg::Clicked(event) => self.clicked(&event),
            Msg::Moved(event) => self.pointer_moved(ctx, &event),
            Msg::Released(event) => self.released(ctx, &event),
            Msg::PointerLost => self.pointer_lost(ctx),
            Msg::Frame(at) => self.frame(ctx, at),
            Msg::Scrolled => self.scrolled(),
            Msg::Resized => {
                self.n_resized += 1;
                self.scrolled();
                true
            }
            Msg::Landed(number) => {
                self.flights.retain(|flight| flight.number != number);
                true
            }
            Msg::Faded(card, number) => self.faded(card, number),
        }
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &BoardViewProps) -> bool {
        if ctx.props().phase == ConnectionPhase::Live && old.phase != ConnectionPhase::Live {
            self.try_again(ctx);
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        typing::set_drawing(true);
        self.draw(ctx)
    }

    fn rendered(&mut self, ctx: &Context<Self>, _is_first: bool) {
        typing::set_drawing(false);
        if let Some(caret) = self.caret.take() {
            caret.put_back();
        }
        self.launch_flights(ctx);
        self.settle_scroll();
        self.settle_focus();
    }

    fn destroy(&mut self, ctx: &Context<Self>) {
        // Only this board can undo what was done on it.
        ctx.props().toasts.dismiss_offers();
        typing::set_drawing(false);
        following::close(ctx);
    }
}

/// How many lists fit into the window, about; scrolling tells more.
fn lists_in_view() -> usize {
    let width = web_sys::window().and_then(|window| window.inner_width().ok()?.as_f64());
    (width.unwrap_or_default() / LIST_WIDTH) as usize + 2
}

impl BoardView {
    /// The element of the board.
    fn root(&self) -> Option<HtmlElement> {
        self.root.cast()
    }

    /// What is drawn.
    fn board(&self) -> Option<&Board> {
        self.shown.as_deref()
    }

    /// Has screen readers say something.
    fn say(&mut self, text: impl Into<AttrValue>) {
        self.said = text.into();
    }
}
