//! Following the core: opening the board, taking what it tells, handing it what is proposed here.

use std::rc::Rc;
use std::sync::Arc;

use gloo_timers::callback::Timeout;
use roost_board::{BoardId, CardId, Change, OpId, UserId};
use roost_bridge::command::{CloseBoard, OpenBoard};
use roost_bridge::{BoardCopy, BoardMessage, CommandError, ConnectionPhase};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::{BoardView, Due, Msg, OpenedCard};
use crate::board::act::card_of;
use crate::board::card::Glow;
use crate::board::frame::Frame;
use crate::board::in_order::in_order;
use crate::board::place::{Item, Way};
use crate::board::replica::Seen;
use crate::board::shared::Shared;
use crate::board::typing::Caret;
use crate::components::person_hue;
use crate::core::{self, Listener};
use crate::words::sentence;

/// How long a card glows that somebody else has changed, in milliseconds.
const GLOW: u32 = 1_800;

/// The least time between two copies of a board, in milliseconds.
const CATCH_UP: u32 = 300;

/// How long to wait when the core has no connection and says that it has, in milliseconds.
const TRY_AGAIN: u32 = 1_000;

/// How many changes of others are shown one by one, by light, slide and flight; more at once are just there.
const SHOWN_MAX: usize = 24;

/// How long to wait with the next picture while there is very much, in milliseconds.
const PAUSE: u32 = 100;

/// The code of a board that is not here, with no way to the server.
pub(super) const UNREACHABLE: &str = "unreachable";

/// Listens to what the core tells of this board, and says when the core knows.
pub(super) fn listen(ctx: &Context<BoardView>) -> Listener {
    let (link, board_id) = (ctx.link().clone(), ctx.props().board_id);
    let listener = core::listen::<BoardMessage>({
        let link = link.clone();
        move |message| {
            if message.board_id == board_id {
                link.send_message(Msg::Told(message));
            }
        }
    });
    let ready = listener.ready();
    spawn_local(async move { link.send_message(Msg::Listening(ready.await)) });
    listener
}

/// Tells the core that the board is not looked at any more.
pub(super) fn close(ctx: &Context<BoardView>) {
    let (board_id, toasts) = (ctx.props().board_id, ctx.props().toasts.clone());
    in_order(board_id, async move {
        if let Err(error) = core::call(CloseBoard { board_id }).await
            && error.code != "no_such_board"
        {
            toasts.refused(&error);
        }
    });
}

impl BoardView {
    pub(super) fn listening(&mut self, ctx: &Context<Self>, result: Result<(), CommandError>) -> bool {
        match result {
            Ok(()) => {
                self.open(ctx);
                false
            }
            Err(error) => {
                self.is_opening = false;
                self.failure = Some(error);
                true
            }
        }
    }

    /// Asks for the board.
    pub(super) fn open(&mut self, ctx: &Context<Self>) {
        self.is_opening = true;
        let (link, board_id): (_, BoardId) = (ctx.link().clone(), ctx.props().board_id);
        in_order(board_id, async move { link.send_message(Msg::Opened(core::call(OpenBoard { board_id }).await)) });
    }

    pub(super) fn opened(&mut self, ctx: &Context<Self>, result: Result<BoardCopy, CommandError>) -> bool {
        self.is_opening = false;
        match result {
            Ok(copy) => {
                self.failure = None;
                let seen = self.follower.take_copy(copy);
                self.arrive(seen);
                // What is still missing may be on its way, so the next copy is asked for a moment later.
                let link = ctx.link().clone();
                self.catching_up = Some(Timeout::new(CATCH_UP, move || link.send_message(Msg::CatchUp)));
                self.show_arrived(ctx)
            }
            // What is here stays in sight; the next message shows the gap again.
            Err(error) if self.shown.is_some() => {
                ctx.props().toasts.refused(&error);
                false
            }
            Err(error) => {
                if error.code == UNREACHABLE && ctx.props().phase == ConnectionPhase::Live {
                    let link = ctx.link().clone();
                    self.trying = Some(Timeout::new(TRY_AGAIN, move || link.send_message(Msg::TryAgain)));
                }
                self.failure = Some(error);
                true
            }
        }
    }

    /// Opens the board again if there was no way to it before.
    pub(super) fn try_again(&mut self, ctx: &Context<Self>) -> bool {
        self.trying = None;
        if self.failure.as_ref().is_some_and(|error| error.code == UNREACHABLE) && !self.is_opening {
            self.open(ctx);
        }
        false
    }

    /// Takes what the core tells. It is drawn with the next picture, together with what arrives until then: the keys
    /// and the pointer do not wait for thousands of entries one after the other.
    pub(super) fn told(&mut self, ctx: &Context<Self>, message: BoardMessage) -> bool {
        let seen = self.follower.take_message(message);
        self.arrive(seen);
        self.catch_up(ctx);
        if self.due.is_none() {
            let link = ctx.link().clone();
            self.due = if self.is_much {
                // The keys and the pointer have their turn before the next picture of it all.
                Some(Due::Pause(Timeout::new(PAUSE, move || link.send_message(Msg::Due))))
            } else {
                Frame::request(move |_| link.send_message(Msg::Due)).map(Due::Frame)
            };
        }
        false
    }

    /// Takes note of what has arrived, to be shown. Of very much only that it is there.
    fn arrive(&mut self, seen: Vec<Seen>) {
        for seen in &seen {
            if let Seen::Changed { actor, change } = seen {
                self.since.note(*actor, change);
            }
        }
        self.arrived.extend(seen);
        if self.arrived.len() > SHOWN_MAX {
            self.n_arrived += self.arrived.len();
            self.arrived.retain(|seen| !matches!(seen, Seen::Changed { .. }));
        }
    }

    pub(super) fn answered(&mut self, ctx: &Context<Self>, op: OpId, result: Result<(), CommandError>) -> bool {
        match result {
            Ok(()) => {
                self.follower.answered(op);
                self.catch_up(ctx);
                false
            }
            Err(error) => {
                let change = self.follower.not_taken(op);
                self.refused(ctx, change.as_ref(), &error.message);
                self.show_arrived(ctx)
            }
        }
    }

    /// Some time has passed since the last copy.
    pub(super) fn caught_up(&mut self, ctx: &Context<Self>) -> bool {
        self.catching_up = None;
        self.catch_up(ctx);
        false
    }

    /// Draws what the follower has now, and shows what came with it.
    pub(super) fn show_arrived(&mut self, ctx: &Context<Self>) -> bool {
        self.due = None;
        self.catch_up(ctx);
        let seen = std::mem::take(&mut self.arrived);
        self.is_much = std::mem::take(&mut self.n_arrived) > 0;
        self.n_floods += u32::from(self.is_much);
        self.remember_places(seen.iter().filter_map(|seen| match seen {
            Seen::Changed { change: Change::CardMoved { card_id, .. }, .. } => Some(*card_id),
            Seen::Changed { .. } | Seen::Refused | Seen::Gone(_) => None,
        }));
        let mut changed = Vec::new();
        for seen in seen {
            match seen {
                Seen::Changed { actor, change } => changed.push((actor, change)),
                // What was said to be done is not. That it needs attention is said where that is announced.
                Seen::Refused => ctx.props().toasts.dismiss_offers(),
                Seen::Gone(refusal) => {
                    ctx.props().toasts.error(sentence(&refusal.message));
                    ctx.props().on_back.emit(());
                    return false;
                }
            }
        }
        self.redraw();
        self.glow(ctx, changed.iter().filter_map(|(actor, change)| Some((*actor, card_of(change)?))));
        true
    }

    /// Opens the board again if something is missing.
    fn catch_up(&mut self, ctx: &Context<Self>) {
        if !self.is_opening && self.catching_up.is_none() && self.follower.take_needs_copy() {
            self.open(ctx);
        }
    }

    /// Takes over what the follower has: what is drawn, the card of the dialog, what has the focus.
    pub(super) fn redraw(&mut self) {
        let Some(board) = self.follower.board().cloned() else { return };
        let is_first = self.shown.is_none();
        self.keep_focus();
        self.caret = Caret::here();
        let shown = self.with_what_is_moved(board);
        self.follow_opened(&shown);
        self.edit = self.edit.filter(|edit| edit.is_on(&shown));
        self.current = self.current.filter(|item| item.list(&shown).is_some()).or_else(|| self.next_current(&shown));
        self.shown = Some(Rc::new(shown));
        if is_first {
            self.wants_focus = true;
        }
    }

    fn follow_opened(&mut self, board: &roost_board::Board) {
        if let Some(opened) = &mut self.opened {
            match board.card(opened.card.id) {
                Some(card) if opened.is_gone || !Arc::ptr_eq(card, &opened.card.0) => {
                    *opened = OpenedCard { card: Shared(Arc::clone(card)), is_gone: false };
                }
                Some(_) => {}
                None => opened.is_gone = true,
            }
        }
    }

    /// What has the focus when what had it is gone: its neighbour, as far as that can be told.
    fn next_current(&self, board: &roost_board::Board) -> Option<Item> {
        let first = || {
            let list = board.lists().first()?;
            Some(list.cards().first().map_or(Item::List(list.id()), |card| Item::Card(card.id)))
        };
        let neighbour = || {
            let (old, gone) = self.board().zip(self.current)?;
            let neighbours = [Way::Down, Way::Up, Way::Right, Way::Left].map(|way| gone.neighbour(old, way));
            neighbours.into_iter().flatten().find(|item| item.list(board).is_some())
        };
        neighbour().or_else(first)
    }

    /// Lets cards glow in the colour of whoever changed them.
    fn glow(&mut self, ctx: &Context<Self>, changed: impl Iterator<Item = (UserId, CardId)>) {
        let mut changed = changed.peekable();
        if changed.peek().is_none() {
            return;
        }
        let mut glows = (*self.glows.0).clone();
        for (actor, card) in changed {
            self.n_glows += 1;
            let number = self.n_glows;
            glows.insert(card, Glow { hue: person_hue(actor), number });
            let link = ctx.link().clone();
            Timeout::new(GLOW, move || link.send_message(Msg::Faded(card, number))).forget();
        }
        self.glows = Shared(Rc::new(glows));
    }

    pub(super) fn faded(&mut self, card: CardId, number: u32) -> bool {
        let is_same = self.glows.get(&card).is_some_and(|glow| glow.number == number);
        if is_same {
            let mut glows = (*self.glows.0).clone();
            glows.remove(&card);
            self.glows = Shared(Rc::new(glows));
        }
        is_same
    }
}
