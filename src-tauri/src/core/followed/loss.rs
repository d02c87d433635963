//! What came to nothing on a followed board: it is kept under what needs attention.

use std::collections::HashMap;

use roost_board::durable::News;
use roost_board::{Board, CardId, Change, OpId, Proposal};
use roost_bridge::{AttentionItem, Draft, DraftKey, Refusal, Wanted};
use uuid::Uuid;

use super::task::Task;
use super::writing::After;
use crate::core::attention::now;
use crate::core::drafts::Belonging;
use crate::core::error::Error;
use crate::core::store::AccountWrite;

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
        for news in outcome.news {
            let News::Refused(proposal) = news else { continue };
            let view = self.replica.view();
            let title = |id| view.and_then(|view| title(view, id));
            let item = item(self, proposal.op, subject(view, &proposal.change, title), &refusal, proposal);
            writes.push(AccountWrite::Attention(item.clone()));
            self.write(std::mem::take(&mut writes), After::Refused(Box::new(item)));
        }
    }

    /// The board is gone for this person, and with it everything that is kept of it; not what they wrote.
    pub(super) async fn lose(&mut self, refusal: Refusal) {
        let drafts = self.surroundings.drafts.all().await.unwrap_or_else(|error| {
            tracing::error!(%error, "the drafts of a board that is gone cannot be read");
            Vec::new()
        });
        let view = self.replica.view().cloned();
        let belonging = Belonging::to(self.board_id, view.as_ref());
        let drafts: Vec<Draft> = drafts.into_iter().filter(|draft| belonging.has(&draft.key)).collect();
        let name = self.name();
        let new_board = self.unmade.take().map(|name| (new_id(), None, Wanted::NewBoard { name }));

        let (outcome, lost) = self.replica.gone();
        let titles: HashMap<CardId, String> = view.as_ref().map(titles).unwrap_or_default();
        let changes = lost.into_iter().map(|Proposal { op, change, .. }| {
            let subject = subject(view.as_ref(), &change, |id| titles.get(&id).cloned());
            (op, subject, Wanted::Change { change })
        });
        let keys = drafts.iter().map(|draft| draft.key.clone()).collect();
        let typed = drafts.into_iter().map(|Draft { key, text }| (new_id(), None, Wanted::Draft { key, text }));
        let items: Vec<AttentionItem> = new_board
            .into_iter()
            .chain(changes)
            .chain(typed)
            .map(|(id, subject, wanted)| AttentionItem {
                id,
                board_id: self.board_id,
                board_name: name.clone(),
                subject,
                wanted,
                refusal: refusal.clone(),
                at: now(),
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
    fn name(&self) -> String {
        let summary = || self.surroundings.boards.summary(self.board_id).map(|summary| summary.name);
        let view = self.replica.view().map(|view| view.name().to_owned());
        view.or_else(summary).or_else(|| self.unmade.clone()).unwrap_or_default()
    }
}

fn item(task: &Task, id: OpId, subject: Option<String>, refusal: &Refusal, proposal: Proposal) -> AttentionItem {
    AttentionItem {
        id,
        board_id: task.board_id,
        board_name: task.name(),
        subject,
        wanted: Wanted::Change { change: proposal.change },
        refusal: refusal.clone(),
        at: now(),
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
    match change {
        Change::BoardRenamed { .. } | Change::Unknown(_) => None,
        Change::ListAdded { list } => Some(list.name.clone()),
        Change::ListMoved { list_id, .. }
        | Change::ListRenamed { list_id, .. }
        | Change::ListArchived { list_id }
        | Change::ListRestored { list_id } => list(*list_id),
        Change::CardAdded { card } => Some(card.title.clone()),
        Change::CardMoved { card_id, .. }
        | Change::CardRetitled { card_id, .. }
        | Change::CardDescribed { card_id, .. }
        | Change::CardArchived { card_id }
        | Change::CardRestored { card_id }
        | Change::CommentAdded { card_id, .. }
        | Change::CommentRemoved { card_id, .. } => title(*card_id),
        Change::MemberAdded { member } => Some(member.user.full_name()),
        Change::MemberRemoved { user_id } => board?.member(*user_id).map(|member| member.user.full_name()),
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
