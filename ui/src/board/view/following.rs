//! Following the core: opening the board, taking what it tells, handing it what is proposed here.

use std::rc::Rc;
use std::sync::Arc;

use gloo_timers::callback::Timeout;
use roost_board::{BoardId, CardId, Change, OpId, UserId};
use roost_bridge::command::{CloseBoard, OpenBoard, Propose};
use roost_bridge::{BoardCopy, BoardMessage, CommandError};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::{BoardView, Msg, OpenedCard};
use crate::board::act::{card_of, draft_of, quoted, refused_what};
use crate::board::card::Glow;
use crate::board::clock::{new_uuid, now};
use crate::board::in_order::in_order;
use crate::board::place::{Item, Way};
use crate::board::replica::Seen;
use crate::board::shared::Shared;
use crate::components::person_hue;
use crate::core::{self, Listener};
use crate::words::sentence;

/// How long a card glows that somebody else has changed, in milliseconds.
const GLOW: u32 = 1_800;

/// The least time between two copies of a board, in milliseconds.
const CATCH_UP: u32 = 300;

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
    in_order(async move {
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
        in_order(async move { link.send_message(Msg::Opened(core::call(OpenBoard { board_id }).await)) });
    }

    pub(super) fn opened(&mut self, ctx: &Context<Self>, result: Result<BoardCopy, CommandError>) -> bool {
        self.is_opening = false;
        match result {
            Ok(copy) => {
                self.failure = None;
                let seen = self.follower.take_copy(copy);
                // What is still missing may be on its way, so the next copy is asked for a moment later.
                let link = ctx.link().clone();
                self.catching_up = Some(Timeout::new(CATCH_UP, move || link.send_message(Msg::CatchUp)));
                self.take_seen(ctx, seen)
            }
            // What is here stays in sight; the next message shows the gap again.
            Err(error) if self.shown.is_some() => {
                ctx.props().toasts.refused(&error);
                false
            }
            Err(error) => {
                self.failure = Some(error);
                true
            }
        }
    }

    pub(super) fn told(&mut self, ctx: &Context<Self>, message: BoardMessage) -> bool {
        let seen = self.follower.take_message(message);
        self.take_seen(ctx, seen)
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
                self.take_seen(ctx, Vec::new())
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
    fn take_seen(&mut self, ctx: &Context<Self>, seen: Vec<Seen>) -> bool {
        self.catch_up(ctx);
        self.remember_places(seen.iter().filter_map(|seen| match seen {
            Seen::Changed { change: Change::CardMoved { card_id, .. }, .. } => Some(*card_id),
            Seen::Changed { .. } | Seen::Refused { .. } | Seen::Gone(_) => None,
        }));
        let mut changed = Vec::new();
        for seen in seen {
            match seen {
                Seen::Changed { actor, change } => changed.push((actor, change)),
                Seen::Refused { change, refusal } => self.refused(ctx, change.as_ref(), &refusal.message),
                Seen::Gone(refusal) => {
                    ctx.props().toasts.error(sentence(&refusal.message));
                    ctx.props().on_back.emit(());
                    return false;
                }
            }
        }
        self.redraw();
        for (actor, change) in changed {
            if let Some(card) = card_of(&change) {
                self.glow(ctx, actor, card);
            }
        }
        true
    }

    /// Opens the board again if something is missing.
    fn catch_up(&mut self, ctx: &Context<Self>) {
        if !self.is_opening && self.catching_up.is_none() && self.follower.take_needs_copy() {
            self.open(ctx);
        }
    }

    /// Makes a change: it is drawn at once and handed to the core. Answers what takes it back; `None` when it was
    /// refused, which the person is told.
    pub(super) fn propose(&mut self, ctx: &Context<Self>, change: Change) -> Option<Change> {
        let op = OpId::from_uuid(new_uuid());
        match self.follower.propose(op, now(), change.clone()) {
            Ok(proposed) => {
                let (link, board_id) = (ctx.link().clone(), ctx.props().board_id);
                in_order(async move {
                    let answer = core::call(Propose { board_id, proposal: proposed.proposal }).await;
                    link.send_message(Msg::Answered(op, answer));
                });
                self.redraw();
                self.undo.extend(proposed.inverse.clone());
                proposed.inverse
            }
            Err(error) => {
                self.refused(ctx, Some(&change), &error.to_string());
                None
            }
        }
    }

    /// Tells why a change was refused. A text goes back to where it was typed.
    fn refused(&mut self, ctx: &Context<Self>, change: Option<&Change>, why: &str) {
        let (toasts, drafts) = (&ctx.props().toasts, &ctx.props().drafts);
        let mut said = format!("{}. {}", refused_what(change), sentence(why));
        if let Some(board) = self.follower.board()
            && let Some((key, text)) = change.and_then(|change| draft_of(board, change))
        {
            let typed = drafts.text(&key);
            match change {
                // Each line is a card, so there is room for both.
                Some(Change::CardAdded { .. }) if !typed.is_empty() => drafts.set(&key, &format!("{text}\n{typed}")),
                Some(_) | None if typed.is_empty() => drafts.set(&key, &text),
                Some(_) | None => said = format!("{said} It was {}.", quoted(&text)),
            }
            self.n_refused += 1;
        }
        toasts.error(said);
    }

    /// Takes over what the follower has: what is drawn, the card of the dialog, what has the focus.
    pub(super) fn redraw(&mut self) {
        let Some(board) = self.follower.board().cloned() else { return };
        let is_first = self.shown.is_none();
        self.keep_focus();
        self.slide_for_a_while();
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

    /// Lets a card glow in the colour of whoever changed it.
    fn glow(&mut self, ctx: &Context<Self>, actor: UserId, card: CardId) {
        self.n_glows += 1;
        let number = self.n_glows;
        let mut glows = (*self.glows.0).clone();
        glows.insert(card, Glow { hue: person_hue(actor), number });
        self.glows = Shared(Rc::new(glows));
        let link = ctx.link().clone();
        Timeout::new(GLOW, move || link.send_message(Msg::Faded(card, number))).forget();
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
