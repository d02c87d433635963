//! Many people at once: the last change wins, nothing is there twice, nothing is lost, and ties are no matter of luck.

use std::collections::BTreeSet;

use proptest::prelude::*;
use roost_board::{
    Board, CardId, Change, Entry, ListId, NewCard, Position, Proposal, Replica, Seq, Snapshot, Timestamp,
};

use crate::draw::{card_added, card_id, context, furnished_board, list_id, op_id, some_changes, user_id, with};
use crate::sight::{Slot, all_cards, slots};

/// What an accepted change writes, field by field, told from the change alone.
fn written(change: &Change) -> Vec<(Slot, String)> {
    let place = |list: ListId, position: &Position| format!("{list} {position}");
    match change {
        Change::BoardRenamed { name } => vec![(Slot::BoardName, name.clone())],
        Change::ListAdded { list } => {
            vec![(Slot::ListName(list.id), list.name.clone()), (Slot::ListPosition(list.id), list.position.to_string())]
        }
        Change::ListMoved { list_id, position } => vec![(Slot::ListPosition(*list_id), position.to_string())],
        Change::ListRenamed { list_id, name } => vec![(Slot::ListName(*list_id), name.clone())],
        Change::CardAdded { card } => vec![
            (Slot::CardTitle(card.id), card.title.clone()),
            (Slot::CardDescription(card.id), String::new()),
            (Slot::CardPlace(card.id), place(card.list_id, &card.position)),
        ],
        Change::CardMoved { card_id, list_id, position } => {
            vec![(Slot::CardPlace(*card_id), place(*list_id, position))]
        }
        Change::CardRetitled { card_id, title } => vec![(Slot::CardTitle(*card_id), title.clone())],
        Change::CardDescribed { card_id, description } => {
            vec![(Slot::CardDescription(*card_id), description.clone())]
        }
        Change::ListArchived { .. }
        | Change::ListRestored { .. }
        | Change::CardArchived { .. }
        | Change::CardRestored { .. }
        | Change::CommentAdded { .. }
        | Change::CommentRemoved { .. }
        | Change::MemberAdded { .. }
        | Change::MemberRemoved { .. }
        | Change::Unknown(_) => Vec::new(),
    }
}

proptest! {
    /// Field by field, what was accepted last is what is there, whatever happened to the rest of the card or list.
    #[test]
    fn the_last_accepted_change_of_a_field_wins(changes in some_changes(80)) {
        let mut board = furnished_board();
        let mut expected = slots(&board);
        for (context, change) in &changes {
            if board.apply(context, change).is_ok() {
                expected.extend(written(change));
            }
        }
        prop_assert_eq!(slots(&board), expected);
    }

    /// Whatever is moved, archived and restored, every card that was ever added is there once.
    #[test]
    fn no_card_is_lost_or_there_twice(changes in some_changes(80)) {
        let mut board = furnished_board();
        let mut expected = BTreeSet::from_iter(all_cards(&board));
        for (context, change) in &changes {
            if board.apply(context, change).is_ok()
                && let Change::CardAdded { card } = change
            {
                expected.insert(card.id);
            }
            let cards = all_cards(&board);
            prop_assert_eq!(cards.len(), expected.len(), "after {:?}", change);
            prop_assert_eq!(BTreeSet::from_iter(cards), expected.clone(), "after {:?}", change);
        }
    }
}

const N_DROPPED: u16 = 3;

/// Cards in the first list, and others in the second that are about to be dropped among them.
fn two_lists(n_cards: u16) -> Board {
    let cards = (0..n_cards).map(|n| card_added(20 + n, 0, &format!("b0{n}")));
    with(furnished_board(), cards.chain((0..N_DROPPED).map(|n| card_added(10 + n, 1, &format!("a{n}")))))
}

/// Everybody in turn drops a card on the same spot of the board as they all see it: a new one, or one of the other list.
fn drops(board: &Board, index: usize, is_new: &[bool]) -> Vec<Proposal> {
    let position = board.card_position(list_id(0), index, None).unwrap();
    let drops = (0..N_DROPPED).zip(is_new).map(|(n, &is_new)| {
        let (list_id, position) = (list_id(0), position.clone());
        let change = if is_new {
            Change::CardAdded { card: NewCard { id: card_id(30 + n), list_id, title: "New".to_owned(), position } }
        } else {
            Change::CardMoved { card_id: card_id(10 + n), list_id, position }
        };
        Proposal { op: op_id(n), at: Timestamp::from_millis(0), change }
    });
    drops.collect()
}

/// The dropped cards that are at that spot by now, from top to bottom.
fn at_spot(board: &Board, position: &Position) -> Vec<CardId> {
    let cards = board.list(list_id(0)).unwrap().cards().iter();
    cards.filter(|card| card.position == *position).map(|card| card.id).collect()
}

proptest! {
    /// Whoever is first at the server, the cards come to stand in the same order; and nobody sees two of them swap.
    #[test]
    fn cards_dropped_on_the_same_spot_keep_one_order(
        n_cards in 0..4_u16,
        index in 0..6_usize,
        is_new in prop::collection::vec(any::<bool>(), usize::from(N_DROPPED)),
        order in Just(Vec::from_iter(0..N_DROPPED)).prop_shuffle(),
    ) {
        let before = two_lists(n_cards);
        let spot = before.card_position(list_id(0), index, None).unwrap();
        let drops = drops(&before, index, &is_new);
        let snapshot = || Snapshot { seq: Seq(0), board: before.clone(), last: None };
        let people = 0..N_DROPPED;
        let mut replicas: Vec<Replica> = people.map(|person| Replica::new(user_id(person), snapshot())).collect();
        for (replica, proposal) in replicas.iter_mut().zip(&drops) {
            replica.propose(proposal.clone()).unwrap();
        }

        // Decided in the order of their numbers, everything is where it will be in the end.
        let mut expected = before.clone();
        for (person, proposal) in (0..).zip(&drops) {
            expected.apply(&context(person, 0), &proposal.change).unwrap();
        }
        let final_order = at_spot(&expected, &spot);
        prop_assert_eq!(final_order.len(), usize::from(N_DROPPED));

        for (seq, person) in (1..).zip(&order) {
            let Proposal { op, at, change } = drops[usize::from(*person)].clone();
            let entry = Entry { seq: Seq(seq), op, actor: user_id(*person), at, change };
            for replica in &mut replicas {
                replica.confirm([&entry]).unwrap();
                let seen = at_spot(replica.view(), &spot);
                let in_final_order = final_order.iter().filter(|card| seen.contains(card)).copied();
                prop_assert_eq!(&seen, &Vec::from_iter(in_final_order), "two cards swap");
            }
        }
        for replica in &replicas {
            prop_assert_eq!(replica.view(), &expected);
        }
    }
}
