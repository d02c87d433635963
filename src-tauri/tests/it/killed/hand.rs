//! Somebody who changes a board as fast as they are answered, with what the interface has: a copy.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;
use roost::core::Core;
use roost_board::{
    BoardId, CardId, Change, Context, Doing, History, ListId, NewCard, NewList, OpId, Proposal, Replica, Timestamp,
};
use roost_bridge::{BoardCopy, CommandError};
use uuid::Uuid;

use super::draw::Draw;
use super::process::{Made, Said, say};

/// How many changes wait for their acknowledgement at a time.
const IN_FLIGHT: usize = 4;
const LISTS: usize = 6;

pub(super) struct Hand {
    core: Core,
    board: BoardId,
    replica: Replica,
    history: History,
    draw: Draw,
    n_made: usize,
}

impl Hand {
    pub(super) fn new(core: Core, copy: BoardCopy, draw: Draw) -> Self {
        let BoardCopy { me, snapshot, pending, history, .. } = copy;
        let board = snapshot.board.id();
        let replica = Replica::with_pending(me, snapshot, pending);
        Self { core, board, replica, history, draw, n_made: 0 }
    }

    /// Makes so many changes.
    pub(super) async fn work(mut self, n: usize) {
        let mut under_way = FuturesOrdered::new();
        while self.n_made < n || !under_way.is_empty() {
            if self.n_made < n && under_way.len() < IN_FLIGHT {
                let made = self.make();
                say(&Said::Tries(self.board, made.clone()));
                let Made { proposal, doing, inverse } = made;
                let op = proposal.op;
                let answered = self.core.propose(self.board, proposal, doing, inverse);
                under_way.push_back(async move { (op, answered.await) });
                continue;
            }
            let (op, answer) = under_way.next().await.unwrap();
            match answer {
                Ok(()) => say(&Said::Kept(op)),
                // Somebody else was here. What is under way already may still be taken.
                Err(error) => {
                    say(&Said::NotKept(op, CommandError::from(error).code));
                    let copy = self.core.open_board(self.board).await.unwrap();
                    self.replica = Replica::with_pending(copy.me, copy.snapshot, copy.pending);
                    self.history = copy.history;
                }
            }
        }
    }

    fn make(&mut self) -> Made {
        let (doing, change) = self.back_or_again().unwrap_or_else(|| (Doing::Anew, self.something_new()));
        let proposal = Proposal { op: OpId::from_uuid(Uuid::now_v7()), at: Timestamp::from_millis(0), change };
        let inverse = self.replica.view().invert(&self.context(), &proposal.change);
        // After a refusal the copy may be behind what is under way: the core knows better.
        if self.replica.propose(proposal.clone()).is_ok() {
            self.history.record(doing, &proposal, inverse.clone());
        }
        self.n_made += 1;
        Made { proposal, doing, inverse }
    }

    fn context(&self) -> Context {
        Context { actor: self.replica.actor(), at: Timestamp::from_millis(0) }
    }

    fn back_or_again(&mut self) -> Option<(Doing, Change)> {
        let (view, context) = (self.replica.view(), self.context());
        let (doing, step) = match self.draw.below(10) {
            0 | 1 => (Doing::Undo, self.history.undo(view, &context)),
            2 | 3 => (Doing::Redo, self.history.redo(view, &context)),
            _ => return None,
        };
        Some((doing, step.ok()?.inverse.clone()))
    }

    fn something_new(&mut self) -> Change {
        let view = self.replica.view();
        let lists = view.lists();
        let name = format!("{} {}", self.n_made, self.draw.below(1_000));
        if lists.len() < 2 || (lists.len() < LISTS && self.draw.percent(10)) {
            let position = view.list_position(lists.len(), None);
            return Change::ListAdded { list: NewList { id: ListId::from_uuid(Uuid::now_v7()), name, position } };
        }
        let list = &lists[self.draw.below(lists.len())];
        let n_cards = list.cards().len();
        let kind = if n_cards == 0 { 0 } else { self.draw.below(6) };
        if kind < 2 {
            let position = view.card_position(list.id(), n_cards, None).unwrap();
            let id = CardId::from_uuid(Uuid::now_v7());
            return Change::CardAdded { card: NewCard { id, list_id: list.id(), title: name, position } };
        }
        let card_id = list.cards()[self.draw.below(n_cards)].id;
        match kind {
            2 => {
                let list_id = lists[self.draw.below(lists.len())].id();
                let position = view.card_position(list_id, 0, Some(card_id)).unwrap();
                Change::CardMoved { card_id, list_id, position }
            }
            3 => Change::CardRetitled { card_id, title: name },
            4 => Change::CardDescribed { card_id, description: name.repeat(20) },
            _ => Change::BoardRenamed { name },
        }
    }
}
