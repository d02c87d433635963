//! What a change is about.

use roost_board::{Change, Role, Subject};

use crate::draw::{card_added, card_id, list_added, list_id, member_added, unknown_change, user_id};

#[test]
fn what_is_added_comes_with_its_name_and_all_else_is_known_by_its_id() {
    let list = list_added(3, "a0");
    assert!(matches!(list.subject(), Subject::NewList(list) if list.id == list_id(3)));
    let card = card_added(3, 1, "a0");
    assert!(matches!(card.subject(), Subject::NewCard(card) if card.id == card_id(3)));
    let member = member_added(3, Role::Member);
    assert!(matches!(member.subject(), Subject::NewMember(member) if member.user.id == user_id(3)));
    for (change, subject) in [
        (Change::BoardRenamed { name: "New".to_owned() }, Subject::Board),
        (Change::ListArchived { list_id: list_id(1) }, Subject::List(list_id(1))),
        (Change::CardRetitled { card_id: card_id(1), title: "New".to_owned() }, Subject::Card(card_id(1))),
        (Change::MemberRemoved { user_id: user_id(1) }, Subject::Member(user_id(1))),
        (unknown_change(), Subject::Unknown),
    ] {
        assert_eq!(change.subject(), subject, "{change:?}");
    }
}
