//! Undo and redo, alone and among others.

mod laws;

use expect_test::expect;
use roost_board::{
    ApplyError, Board, Change, Doing, History, NewComment, NotPossible, OpId, Proposal, Role, Timestamp, limits,
};

use crate::draw::{
    card_added, card_id, comment_id, context, furnished_board, list_added, list_id, member_added, op_id, position,
    user, user_id,
};

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
