//! What came to nothing on a followed board: it is kept under what needs attention.

use std::collections::HashMap;

use roost_board::durable::News;
use roost_board::{Board, CardId, Change, OpId, Proposal, Replica, Subject};
use roost_bridge::{AttentionItem, Draft, DraftKey, Refusal, Wanted};
use uuid::Uuid;

use super::task::Task;
use super::writing::After;
use crate::core::attention::now;
use crate::core::drafts::Belonging;
use crate::core::error::Error;
use crate::core::store::AccountWrite;

/// With more proposals that wait, the view is not made anew for the subject of one that is refused.
const VIEWED_MAX: usize = 1_000;

/// What is lost with a board.
pub(super) struct Loss {
    refusal: Refusal,
    items: Vec<AttentionItem>,
    /// The drafts that are among the items.
    drafts: Vec<DraftKey>,
}

impl Task {
    /// The server has refused a proposal. The person is told once it is written down.
    pub(super) fn refuse(&mut self, op: OpId, refusal: Refusal) {
        let outcome = self.replica.refused(op);
        let mut writes = self.of_board(outcome.writes);
        let refused = outcome.news.into_iter().find_map(|news| match news {
            News::Refused(proposal) => Some(proposal),
            News::Entries(_) | News::Reset => None,
        });
        let Some(proposal) = refused else { return };
        let wanted = Wanted::Change { change: proposal.change.clone() };
        let item = self.item(op, self.subject(&proposal.change), wanted, refusal);
        writes.push(AccountWrite::Attention(item.clone()));
        self.write(writes, After::Refused(Box::new(item), Box::new(proposal)));
    }

    /// What a change is about, as last known. The view is not made anew for each of very many that are refused.
    fn subject(&self, change: &Change) -> Option<String> {
        let confirmed = self.replica.replica().map(Replica::confirmed);
        let known = subject(confirmed, change, |id| title(confirmed?, id));
        if known.is_some() || self.replica.n_waiting() > VIEWED_MAX {
            return known;
        }
        let view = self.replica.view();
        subject(view, change, |id| title(view?, id))
    }

    fn item(&self, id: OpId, subject: Option<String>, wanted: Wanted, refusal: Refusal) -> AttentionItem {
        let (board_id, board_name) = (self.board_id, self.name());
        AttentionItem { id, board_id, board_name, subject, wanted, refusal, at: now() }
    }

    /// The board is gone for this person, and with it everything that is kept of it; not what they wrote.
    pub(super) async fn lose(&mut self, refusal: Refusal) {
        let drafts = self.surroundings.drafts.all().await.unwrap_or_else(|error| {
            tracing::error!(%error, "the drafts of a board that is gone cannot be read");
            Vec::new()
        });
        let view = self.replica.view().cloned();
        let confirmed = self.replica.replica().map(|replica| replica.confirmed().clone());
        let belonging = Belonging::to(self.board_id, view.as_ref());
        let drafts: Vec<Draft> = drafts.into_iter().filter(|draft| belonging.has(&draft.key)).collect();
        let name = self.name();
        let new_board = self.unmade.take().map(|name| (new_id(), None, Wanted::NewBoard { name }));

        let (outcome, lost) = self.replica.gone();
        // As the server has them, and what is only here.
        let boards = [confirmed.as_ref(), view.as_ref()];
        let titles = boards.map(|board| board.map(titles).unwrap_or_default());
        let changes = lost.into_iter().map(|Proposal { op, change, .. }| {
            let mut known = boards.iter().zip(&titles);
            let subject = known.find_map(|(board, titles)| subject(*board, &change, |id| titles.get(&id).cloned()));
            (op, subject, Wanted::Change { change })
        });
        let keys = drafts.iter().map(|draft| draft.key.clone()).collect();
        let typed = drafts.into_iter().map(|Draft { key, text }| (new_id(), None, Wanted::Draft { key, text }));
        let (board_id, at) = (self.board_id, now());
        let items: Vec<AttentionItem> = new_board
            .into_iter()
            .chain(changes)
            .chain(typed)
            .map(|(id, subject, wanted)| {
                let (board_name, refusal) = (name.clone(), refusal.clone());
                AttentionItem { id, board_id, board_name, subject, wanted, refusal, at }
            })
            .collect();

        let mut writes = self.of_board(outcome.writes);
        writes.extend(items.iter().cloned().map(AccountWrite::Attention));
        self.write(writes, After::Gone(Loss { refusal, items, drafts: keys }));
        self.outbox.start_over();
        self.line = None;
        self.is_over = true;
        self.turn_away(|| Error::NoSuchBoard);
    }

    /// What is lost with the board is written down, or could not be.
    pub(super) fn gone(&mut self, Loss { refusal, items, drafts }: Loss, is_written: bool) {
        let has_lost = !items.is_empty();
        self.surroundings.attention.add(items);
        self.surroundings.boards.remove(self.board_id);
        self.screen.gone(refusal, has_lost);
        if !is_written {
            // It is all still on disk: at the next start the server says again that the board is gone.
            tracing::error!(board = %self.board_id, "what is lost with a board is not kept");
            return;
        }
        for key in drafts {
            // The text is kept elsewhere; what stays of it here does no harm.
            drop(self.surroundings.drafts.save(&key, String::new()));
        }
    }

    /// The name of the board, as last known.
    pub(super) fn name(&self) -> String {
        let summary = || self.surroundings.boards.summary(self.board_id).map(|summary| summary.name);
        let confirmed = self.replica.replica().map(|replica| replica.confirmed().name().to_owned());
        confirmed.or_else(summary).or_else(|| self.unmade.clone()).unwrap_or_default()
    }
}

fn new_id() -> OpId {
    OpId::from_uuid(Uuid::now_v7())
}

/// What a change is about, if it has a name.
fn subject(board: Option<&Board>, change: &Change, title: impl Fn(CardId) -> Option<String>) -> Option<String> {
    let list = |id| {
        let lists = board?.lists().iter().chain(board?.archived_lists());
        lists.into_iter().find(|list| list.id() == id).map(|list| list.name().to_owned())
    };
    match change.subject() {
        Subject::Board | Subject::Unknown => None,
        Subject::NewList(list) => Some(list.name.clone()),
        Subject::List(id) => list(id),
        Subject::NewCard(card) => Some(card.title.clone()),
        Subject::Card(id) => title(id),
        Subject::NewMember(member) => Some(member.user.full_name()),
        Subject::Member(id) => board?.member(id).map(|member| member.user.full_name()),
    }
}

/// The title of a card, archived or not.
fn title(board: &Board, id: CardId) -> Option<String> {
    let in_sight = board.card(id).cloned();
    let card = in_sight.or_else(|| cards(board).find(|card| card.id == id).cloned());
    card.map(|card| card.title.clone())
}

fn titles(board: &Board) -> HashMap<CardId, String> {
    cards(board).map(|card| (card.id, card.title.clone())).collect()
}

fn cards(board: &Board) -> impl Iterator<Item = &std::sync::Arc<roost_board::Card>> {
    let lists = board.lists().iter().chain(board.archived_lists());
    lists.flat_map(|list| list.cards().iter().chain(list.archived_cards()))
}
