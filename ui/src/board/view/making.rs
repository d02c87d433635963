//! Making changes, taking them back and doing them again.

use roost_board::{BoardId, Change, Doing, OpId};
use roost_bridge::command::Propose;
use yew::prelude::*;

use super::{BoardView, BoardViewProps, Msg};
use crate::board::act::{Act, draft_of, refused_what};
use crate::board::history_words::{done_words, step_names};
use crate::board::in_order::in_order;
use crate::board::place::Item;
use crate::board::replica::Back;
use crate::clock::{new_uuid, now};
use crate::core;
use crate::state::{Drafts, Toasts};
use crate::words::{Names, quoted, sentence};

/// A change that was made, for the words at the bottom of the window.
pub(super) struct Done {
    said: String,
    /// The proposal, if it can be taken back.
    op: Option<OpId>,
}

impl BoardView {
    /// Makes a change: it is drawn at once, handed to the core, and said with the way to take it back. Answers whether it
    /// was made; when it was refused the person is told.
    pub(super) fn propose(&mut self, ctx: &Context<Self>, change: Change) -> bool {
        let done = self.make(ctx, change, Doing::Anew);
        let is_made = done.is_some();
        if is_made {
            self.redraw();
        }
        self.tell_done(ctx, done);
        is_made
    }

    /// Makes a change and hands it to the core.
    pub(super) fn make(&mut self, ctx: &Context<Self>, change: Change, doing: Doing) -> Option<Done> {
        let op = OpId::from_uuid(new_uuid());
        let names = self.follower.board().map(|board| Names::on(board, &change)).unwrap_or_default();
        match self.follower.propose(op, now(), change.clone(), doing) {
            Ok(proposed) => {
                let said = done_words(doing, &change, &names);
                let can_go_back = proposed.inverse.is_some();
                let (link, board_id) = (ctx.link().clone(), ctx.props().board_id);
                let (toasts, drafts) = (ctx.props().toasts.clone(), ctx.props().drafts.clone());
                drafts.begin_change();
                in_order(board_id, async move {
                    let (proposal, inverse) = (proposed.proposal, proposed.inverse);
                    let answer = core::call(Propose { board_id, proposal, doing, inverse }).await;
                    match answer {
                        // The page was left, and nobody there is to hear of it.
                        Err(error) if link.get_component().is_none() => {
                            give_back(&toasts, &drafts, board_id, Some(&change), &error.message);
                        }
                        answer => link.send_message(Msg::Answered(op, answer)),
                    }
                    drafts.end_change();
                });
                Some(Done { said, op: can_go_back.then_some(op) })
            }
            Err(error) => {
                self.refused(ctx, Some(&change), &error.to_string());
                None
            }
        }
    }

    /// Says that a change was made, with the way to take it back.
    pub(super) fn tell_done(&self, ctx: &Context<Self>, done: Option<Done>) {
        let toasts = &ctx.props().toasts;
        match done {
            Some(Done { said, op: Some(op) }) => {
                let run = self.dispatch.reform(move |()| Act::Step(Back::Undo, Some(op)));
                toasts.done_with(said, "Undo", run);
            }
            Some(Done { said, op: None }) => toasts.done(said),
            None => {}
        }
    }

    /// Takes back what was done last, or does again what was taken back last; if `only` is given, only if it is that.
    pub(super) fn step(&mut self, ctx: &Context<Self>, back: Back, only: Option<OpId>) {
        // Since the words were said, something else was done or this was taken back.
        if only.is_some() && self.follower.last_step(back).map(|step| step.op) != only {
            return ctx.props().toasts.dismiss_offers();
        }
        let step = match self.follower.step(back, now()) {
            Ok(step) => step,
            Err(why) => {
                let Some(board) = self.follower.board() else { return };
                return ctx.props().toasts.done(self.since.why(board, ctx.props().me.id, &why, back));
            }
        };
        let (doing, label, other) = match back {
            Back::Undo => (Doing::Undo, "Redo", Back::Redo),
            Back::Redo => (Doing::Redo, "Undo", Back::Undo),
        };
        if let Change::CardMoved { card_id, .. } = step.inverse {
            self.remember_places([card_id]);
        }
        let shown = Item::shown_by(&step.inverse);
        let Some(Done { op, said }) = self.make(ctx, step.inverse.clone(), doing) else { return };
        self.redraw();
        if shown.is_some() {
            self.current = shown;
            self.wants_focus = true;
        }
        let said = match (back, self.follower.board()) {
            // What is undone is told by what it was.
            (Back::Undo, Some(board)) => done_words(doing, &step.change, &step_names(board, &step)),
            (Back::Redo, _) | (Back::Undo, None) => said,
        };
        self.say(said.clone());
        match op {
            Some(op) => {
                let run = self.dispatch.reform(move |()| Act::Step(other, Some(op)));
                ctx.props().toasts.done_with(said, label, run);
            }
            None => ctx.props().toasts.done(said),
        }
    }

    /// Tells why a change was refused before it was kept. A text goes back to where it was typed.
    pub(super) fn refused(&mut self, ctx: &Context<Self>, change: Option<&Change>, why: &str) {
        let BoardViewProps { board_id, toasts, drafts, .. } = ctx.props();
        if give_back(toasts, drafts, *board_id, change, why) {
            self.n_refused += 1;
        }
    }
}

/// Tells why a change was refused before it was kept, and puts a text back to where it was typed. Answers whether there
/// is one.
fn give_back(toasts: &Toasts, drafts: &Drafts, board: BoardId, change: Option<&Change>, why: &str) -> bool {
    let mut said = format!("{}. {}", refused_what(change), sentence(why));
    let draft = change.and_then(|change| draft_of(board, change));
    let has_text = draft.is_some();
    if let Some((key, text)) = draft {
        let typed = drafts.text(&key);
        match change {
            // Each line is a card, so there is room for both.
            Some(Change::CardAdded { .. }) if !typed.is_empty() => drafts.set(&key, &format!("{text}\n{typed}")),
            Some(_) | None if typed.is_empty() => drafts.set(&key, &text),
            Some(_) | None => said = format!("{said} It was {}.", quoted(&text)),
        }
    }
    // What was said to be done is not.
    toasts.dismiss_offers();
    toasts.error(said);
    has_text
}
