//! Undo and redo, alone and among others.

use std::collections::BTreeMap;

use expect_test::expect;
use proptest::prelude::*;
use roost_board::{
    ApplyError, Board, Card, Change, Doing, History, List, NewComment, NotPossible, OpId, Proposal, Role, Timestamp,
    UserId, limits,
};

use crate::draw::{
    card_added, card_id, comment_id, context, furnished_board, list_added, list_id, member_added, op_id, position,
    some_change, some_changes, user, user_id,
};
use crate::sight::sight;

const ME: u16 = 0;

/// A board, and what I did to it.
struct Desk {
    board: Board,
    history: History,
    n_ops: u16,
}

impl Desk {
    fn new(board: Board) -> Self {
        Self { board, history: History::default(), n_ops: 0 }
    }

    /// I do something; answers under which `op`, or nothing when it was refused.
    fn make(&mut self, doing: Doing, change: Change) -> Option<OpId> {
        let context = context(ME, 0);
        let inverse = self.board.invert(&context, &change);
        self.board.apply(&context, &change).ok()?;
        self.n_ops += 1;
        let op = op_id(self.n_ops);
        self.history.record(doing, &Proposal { op, at: Timestamp::from_millis(0), change }, inverse);
        Some(op)
    }

    fn do_anew(&mut self, change: Change) -> OpId {
        self.make(Doing::Anew, change).unwrap()
    }

    /// Somebody else does something.
    fn other(&mut self, change: &Change) {
        self.board.apply(&context(2, 0), change).unwrap();
    }

    /// I take back, or do again, what is next; what is not possible any more is forgotten.
    fn step(&mut self, doing: Doing) -> Result<(), NotPossible> {
        let context = context(ME, 0);
        let step = match doing {
            Doing::Undo => self.history.undo(&self.board, &context),
            Doing::Redo => self.history.redo(&self.board, &context),
            Doing::Anew => unreachable!("anew is no step"),
        };
        match step.cloned() {
            Ok(step) => {
                self.make(doing, step.inverse).expect("a step that is possible is refused");
                Ok(())
            }
            Err(not_possible) => {
                if let Some(step) = not_possible.step() {
                    self.history.forget(step.op);
                }
                Err(not_possible)
            }
        }
    }

    fn undo(&mut self) -> Result<(), NotPossible> {
        self.step(Doing::Undo)
    }

    fn redo(&mut self) -> Result<(), NotPossible> {
        self.step(Doing::Redo)
    }
}

fn retitled(n: u16, title: &str) -> Change {
    Change::CardRetitled { card_id: card_id(n), title: title.to_owned() }
}

fn title(board: &Board, n: u16) -> &str {
    &board.card(card_id(n)).unwrap().title
}

#[test]
fn a_change_goes_and_comes_back() {
    let mut desk = Desk::new(furnished_board());
    desk.do_anew(retitled(0, "One"));
    desk.do_anew(retitled(0, "Two"));
    desk.undo().unwrap();
    assert_eq!(title(&desk.board, 0), "One");
    desk.undo().unwrap();
    assert_eq!(title(&desk.board, 0), "Card 0");
    assert_eq!(desk.undo(), Err(NotPossible::Nothing));
    desk.redo().unwrap();
    desk.redo().unwrap();
    assert_eq!(title(&desk.board, 0), "Two");
    assert_eq!(desk.redo(), Err(NotPossible::Nothing));
}

#[test]
fn what_is_done_anew_leaves_nothing_to_do_again() {
    let mut desk = Desk::new(furnished_board());
    desk.do_anew(retitled(0, "One"));
    desk.undo().unwrap();
    desk.do_anew(retitled(1, "Two"));
    assert_eq!(desk.redo(), Err(NotPossible::Nothing));
    assert_eq!(desk.history.undo_steps().len(), 1);
}

/// Leaving is no step, and what was to be done again is not on the way back any more.
#[test]
fn what_cannot_be_taken_back_is_no_step() {
    let mut desk = Desk::new(furnished_board());
    desk.do_anew(retitled(0, "One"));
    desk.do_anew(retitled(0, "Two"));
    desk.undo().unwrap();
    desk.do_anew(Change::MemberRemoved { user_id: user_id(ME) });
    assert_eq!((desk.history.undo_steps().len(), desk.history.redo_steps().len()), (1, 0));
}

#[test]
fn the_history_is_two_hundred_deep() {
    assert_eq!(limits::HISTORY_MAX, 200);
    let mut desk = Desk::new(furnished_board());
    for n in 0..250 {
        desk.do_anew(retitled(0, &format!("Title {n}")));
    }
    for n in (49..249).rev() {
        desk.undo().unwrap();
        assert_eq!(title(&desk.board, 0), format!("Title {n}"));
    }
    assert_eq!(desk.undo(), Err(NotPossible::Nothing));
    for _ in 0..200 {
        desk.redo().unwrap();
    }
    assert_eq!(desk.redo(), Err(NotPossible::Nothing));
    assert_eq!(title(&desk.board, 0), "Title 249");
}

/// What the other wrote stays, that much is said, and the step before is the next.
#[test]
fn what_somebody_changed_since_is_not_taken_back() {
    let mut desk = Desk::new(furnished_board());
    desk.do_anew(retitled(1, "Before"));
    let op = desk.do_anew(retitled(0, "Mine"));
    desk.other(&retitled(0, "Theirs"));
    let not_possible = desk.undo().unwrap_err();
    assert!(matches!(&not_possible, NotPossible::Changed { step } if step.op == op));
    assert_eq!(not_possible.step().map(|step| &step.change), Some(&retitled(0, "Mine")));
    assert_eq!(not_possible.to_string(), "it was changed again since");
    assert_eq!(title(&desk.board, 0), "Theirs");
    desk.undo().unwrap();
    assert_eq!(title(&desk.board, 1), "Card 1");
    assert_eq!(desk.undo().unwrap_err().step(), None);
}

#[test]
fn what_somebody_changed_since_is_not_done_again() {
    let mut desk = Desk::new(furnished_board());
    desk.do_anew(retitled(0, "Mine"));
    desk.undo().unwrap();
    desk.other(&retitled(0, "Theirs"));
    assert!(matches!(desk.redo(), Err(NotPossible::Changed { .. })));
    assert_eq!(desk.redo(), Err(NotPossible::Nothing));
    assert_eq!(title(&desk.board, 0), "Theirs");
}

#[test]
fn what_does_not_apply_any_more_says_why() {
    let moved =
        |list, to: &str| Change::CardMoved { card_id: card_id(0), list_id: list_id(list), position: position(to) };
    let archived = Change::CardArchived { card_id: card_id(0) };
    let comment = NewComment { id: comment_id(1), body: "Ready?".to_owned() };
    for (mine, theirs, expected) in [
        (retitled(0, "Mine"), archived.clone(), ApplyError::CardArchived(card_id(0))),
        (moved(1, "a0"), Change::ListArchived { list_id: list_id(0) }, ApplyError::ListArchived(list_id(0))),
        (Change::CommentAdded { card_id: card_id(0), comment }, archived.clone(), ApplyError::CardArchived(card_id(0))),
        (archived, Change::CardRestored { card_id: card_id(0) }, ApplyError::CardNotArchived(card_id(0))),
        (card_added(9, 1, "a0"), Change::CardArchived { card_id: card_id(9) }, ApplyError::CardArchived(card_id(9))),
    ] {
        let mut desk = Desk::new(furnished_board());
        desk.do_anew(mine.clone());
        desk.other(&theirs);
        let before = desk.board.clone();
        let not_possible = desk.undo().unwrap_err();
        assert_eq!(not_possible.to_string(), expected.to_string());
        assert_eq!(not_possible.step().map(|step| &step.change), Some(&mine));
        assert_eq!(desk.board, before);
        assert_eq!(desk.undo(), Err(NotPossible::Nothing));
    }
}

/// A card that I added is archived as the others have made it by now, and comes back so.
#[test]
fn what_others_did_to_an_added_card_is_kept() {
    let mut desk = Desk::new(furnished_board());
    desk.do_anew(card_added(9, 1, "a0"));
    desk.other(&retitled(9, "Theirs"));
    desk.undo().unwrap();
    assert!(desk.board.card(card_id(9)).is_none());
    desk.redo().unwrap();
    assert_eq!(title(&desk.board, 9), "Theirs");
    desk.undo().unwrap();
    assert!(desk.board.card(card_id(9)).is_none());
}

/// The neighbours that a card had when I moved it are not what it goes back to, its place is.
#[test]
fn a_move_is_taken_back_though_its_neighbours_have_moved() {
    let mut desk = Desk::new(furnished_board());
    desk.do_anew(Change::CardMoved { card_id: card_id(0), list_id: list_id(1), position: position("a0") });
    desk.other(&Change::CardMoved { card_id: card_id(1), list_id: list_id(1), position: position("a0V") });
    desk.undo().unwrap();
    let card = desk.board.card(card_id(0)).unwrap();
    assert_eq!((card.list_id, card.position.as_str()), (list_id(0), "a0"));
    assert_eq!(desk.board.card(card_id(1)).unwrap().list_id, list_id(1));
}

/// The server writes the name that is in their profile, whatever the proposal said.
#[test]
fn a_member_who_has_another_name_by_now_can_still_be_removed_again() {
    let mut desk = Desk::new(furnished_board());
    desk.do_anew(Change::MemberRemoved { user_id: user_id(1) });
    desk.undo().unwrap();
    desk.other(&Change::MemberRemoved { user_id: user_id(1) });
    let mut renamed = user(1);
    renamed.first_name = "Robin".to_owned();
    desk.other(&Change::MemberAdded { member: roost_board::Member { user: renamed, role: Role::Member } });
    desk.redo().unwrap();
    assert_eq!(desk.board.member(user_id(1)), None);

    let mut desk = Desk::new(furnished_board());
    desk.do_anew(member_added(3, Role::Member));
    desk.other(&Change::MemberRemoved { user_id: user_id(3) });
    desk.other(&member_added(3, Role::Owner));
    assert!(matches!(desk.undo(), Err(NotPossible::Changed { .. })), "they are an owner by now");
}

/// A proposal that was refused has changed nothing, so there is nothing of it to take back or to do again.
#[test]
fn the_step_of_a_refused_proposal_goes() {
    let mut desk = Desk::new(furnished_board());
    desk.do_anew(retitled(0, "One"));
    let refused = desk.do_anew(retitled(1, "Two"));
    desk.history.forget(refused);
    assert_eq!(desk.history.undo(&desk.board, &context(ME, 0)).unwrap().change, retitled(0, "One"));

    desk.undo().unwrap();
    let refused = desk.history.redo_steps().next_back().unwrap().op;
    desk.history.forget(refused);
    assert_eq!(desk.redo(), Err(NotPossible::Nothing));
    assert_eq!(desk.undo(), Err(NotPossible::Nothing));
}

/// Between the key and the note of it, the step may have become another than the last.
#[test]
fn the_step_that_is_taken_back_is_the_one_that_goes() {
    let mut desk = Desk::new(furnished_board());
    desk.do_anew(retitled(0, "One"));
    let back = desk.history.undo_steps().next_back().unwrap().inverse.clone();
    desk.do_anew(retitled(1, "Two"));
    desk.make(Doing::Undo, back).unwrap();
    assert_eq!(Vec::from_iter(desk.history.undo_steps().map(|step| &step.change)), [&retitled(1, "Two")]);
    desk.redo().unwrap();
    assert_eq!(title(&desk.board, 0), "One");
}

/// It is stored, and read again by later versions.
#[test]
fn json() {
    let mut desk = Desk::new(furnished_board());
    desk.do_anew(list_added(3, "a3"));
    desk.do_anew(Change::CardArchived { card_id: card_id(0) });
    desk.undo().unwrap();
    let json = serde_json::to_string(&desk.history).unwrap();
    expect![[r#"{"undo":[{"op":"0190f6a4-7c1e-7b52-9d3f-000000060001","change":{"type":"list_added","list":{"id":"0190f6a4-7c1e-7b52-9d3f-000000020003","name":"List 3","position":"a3"}},"inverse":{"type":"list_archived","list_id":"0190f6a4-7c1e-7b52-9d3f-000000020003"}}],"redo":[{"op":"0190f6a4-7c1e-7b52-9d3f-000000060003","change":{"type":"card_restored","card_id":"0190f6a4-7c1e-7b52-9d3f-000000030000"},"inverse":{"type":"card_archived","card_id":"0190f6a4-7c1e-7b52-9d3f-000000030000"}}]}"#]].assert_eq(&json);
    assert_eq!(serde_json::from_str::<History>(&json).unwrap(), desk.history);
    assert_eq!(serde_json::from_str::<History>("{}").unwrap(), History::default());
    let doings = serde_json::to_string(&[Doing::Anew, Doing::Undo, Doing::Redo]).unwrap();
    assert_eq!(doings, r#"["anew","undo","redo"]"#);
}

/// What one write can write over, with what is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    BoardName,
    ListName(roost_board::ListId),
    ListPosition(roost_board::ListId),
    CardTitle(roost_board::CardId),
    CardDescription(roost_board::CardId),
    CardPlace(roost_board::CardId),
}

fn slots(board: &Board) -> BTreeMap<Slot, String> {
    let mut slots = BTreeMap::from([(Slot::BoardName, board.name().to_owned())]);
    let add_card = |slots: &mut BTreeMap<Slot, String>, card: &Card| {
        slots.insert(Slot::CardTitle(card.id), card.title.clone());
        slots.insert(Slot::CardDescription(card.id), card.description.clone());
        slots.insert(Slot::CardPlace(card.id), format!("{} {}", card.list_id, card.position));
    };
    let lists: Vec<&List> = board.lists().iter().chain(board.archived_lists()).map(AsRef::as_ref).collect();
    for list in lists {
        slots.insert(Slot::ListName(list.id()), list.name().to_owned());
        slots.insert(Slot::ListPosition(list.id()), list.position().to_string());
        list.cards().iter().chain(list.archived_cards()).for_each(|card| add_card(&mut slots, card));
    }
    slots
}

/// A change whose text or position nobody used before: the `n`th.
fn made_unique(change: Change, n: usize) -> Change {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let text = || format!("Words {n}");
    let place = || position(&format!("b{}{}", DIGITS[n / 62] as char, DIGITS[n % 62] as char));
    match change {
        Change::BoardRenamed { .. } => Change::BoardRenamed { name: text() },
        Change::ListMoved { list_id, .. } => Change::ListMoved { list_id, position: place() },
        Change::ListRenamed { list_id, .. } => Change::ListRenamed { list_id, name: text() },
        Change::CardMoved { card_id, list_id, .. } => Change::CardMoved { card_id, list_id, position: place() },
        Change::CardRetitled { card_id, .. } => Change::CardRetitled { card_id, title: text() },
        Change::CardDescribed { card_id, .. } => Change::CardDescribed { card_id, description: text() },
        other => other,
    }
}

#[derive(Debug, Clone)]
enum Event {
    Mine(Change),
    Theirs(Change),
    Undo,
    Redo,
}

fn some_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        5 => some_change().prop_map(Event::Mine),
        3 => some_change().prop_map(Event::Theirs),
        4 => Just(Event::Undo),
        2 => Just(Event::Redo),
    ]
}

/// Changes that I can take back: all but leaving.
fn is_mine_to_undo(change: &Change) -> bool {
    !matches!(change, Change::MemberRemoved { user_id } if *user_id == crate::draw::user_id(ME))
}

proptest! {
    #[test]
    fn any_sequence_can_be_taken_back_and_done_again(
        before in some_changes(30),
        mine in prop::collection::vec(some_change().prop_filter("no leaving", is_mine_to_undo), 0..40),
        back in 0..40_usize,
    ) {
        let mut desk = Desk::new(furnished_board());
        for (context, change) in &before {
            drop(desk.board.apply(context, change));
        }
        let mut sights = vec![sight(&desk.board)];
        for change in mine {
            if desk.make(Doing::Anew, change).is_some() {
                sights.push(sight(&desk.board));
            }
        }
        prop_assert_eq!(desk.history.undo_steps().len(), sights.len() - 1);
        // Back and forth once a part of the way, then all of it.
        for depth in [back.min(sights.len() - 1), sights.len() - 1] {
            for n in (sights.len() - 1 - depth..sights.len() - 1).rev() {
                prop_assert_eq!(desk.undo(), Ok(()));
                prop_assert_eq!(&sight(&desk.board), &sights[n]);
            }
            for n in sights.len() - depth..sights.len() {
                prop_assert_eq!(desk.redo(), Ok(()));
                prop_assert_eq!(&sight(&desk.board), &sights[n]);
            }
        }
        prop_assert_eq!(desk.redo(), Err(NotPossible::Nothing));
    }

    /// Whatever another wrote last is there after each step of mine.
    #[test]
    fn nothing_of_others_is_written_over(events in prop::collection::vec(some_event(), 0..80)) {
        let mut desk = Desk::new(furnished_board());
        let mut writers: BTreeMap<Slot, UserId> = BTreeMap::new();
        for (n, event) in events.into_iter().enumerate() {
            let before = slots(&desk.board);
            let (writer, is_step) = match event {
                Event::Mine(change) => {
                    desk.make(Doing::Anew, made_unique(change, n));
                    (user_id(ME), false)
                }
                Event::Theirs(change) => {
                    drop(desk.board.apply(&context(2, 0), &made_unique(change, n)));
                    (user_id(2), false)
                }
                Event::Undo => (user_id(ME), desk.undo().is_ok()),
                Event::Redo => (user_id(ME), desk.redo().is_ok()),
            };
            for (slot, value) in slots(&desk.board) {
                if before.get(&slot) != Some(&value) {
                    let was = writers.insert(slot.clone(), writer);
                    prop_assert!(!is_step || was != Some(user_id(2)), "{:?} became {:?}", slot, value);
                }
            }
        }
    }

    /// However it comes about, there is never more than the limit, and no step is there twice.
    #[test]
    fn a_history_stays_within_its_limit(doings in prop::collection::vec((0..3_u8, 0..4_u16), 0..600)) {
        let mut history = History::default();
        for (n, (doing, title)) in (0..).zip(doings) {
            let doing = [Doing::Anew, Doing::Undo, Doing::Redo][usize::from(doing)];
            let proposal = Proposal { op: op_id(n), at: Timestamp::from_millis(0), change: retitled(0, &title.to_string()) };
            history.record(doing, &proposal, Some(retitled(0, "x")));
        }
        let mut ops: Vec<OpId> = history.undo_steps().chain(history.redo_steps()).map(|step| step.op).collect();
        prop_assert!(history.undo_steps().len() <= limits::HISTORY_MAX);
        prop_assert!(history.redo_steps().len() <= limits::HISTORY_MAX);
        let n_steps = ops.len();
        ops.sort_unstable();
        ops.dedup();
        prop_assert_eq!(ops.len(), n_steps);
    }
}
