//! Who changed what last, of those who are not the person at this window: for the words why something is not undone.

use std::collections::HashMap;

use roost_board::{Board, CardId, Change, ListId, NotPossible, Step, UserId};

use super::history_words::step_names;
use super::replica::Back;
use crate::words::{capitalized, doing, quoted, sentence};

/// What a change writes over: two changes of the same thing undo each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Thing {
    BoardName,
    ListName(ListId),
    ListPlace(ListId),
    CardTitle(CardId),
    CardText(CardId),
    CardPlace(CardId),
}

fn thing(change: &Change) -> Option<Thing> {
    match change {
        Change::BoardRenamed { .. } => Some(Thing::BoardName),
        Change::ListRenamed { list_id, .. } => Some(Thing::ListName(*list_id)),
        Change::ListMoved { list_id, .. } => Some(Thing::ListPlace(*list_id)),
        Change::CardRetitled { card_id, .. } => Some(Thing::CardTitle(*card_id)),
        Change::CardDescribed { card_id, .. } => Some(Thing::CardText(*card_id)),
        Change::CardMoved { card_id, .. } => Some(Thing::CardPlace(*card_id)),
        Change::ListAdded { .. }
        | Change::ListArchived { .. }
        | Change::ListRestored { .. }
        | Change::CardAdded { .. }
        | Change::CardArchived { .. }
        | Change::CardRestored { .. }
        | Change::CommentAdded { .. }
        | Change::CommentRemoved { .. }
        | Change::MemberAdded { .. }
        | Change::MemberRemoved { .. }
        | Change::Unknown(_) => None,
    }
}

/// Who changed what last.
#[derive(Debug, Default)]
pub(crate) struct Since(HashMap<Thing, UserId>);

impl Since {
    /// Takes note of what somebody did.
    pub(crate) fn note(&mut self, actor: UserId, change: &Change) {
        if let Some(thing) = thing(change) {
            self.0.insert(thing, actor);
        }
    }

    /// Why a step is not possible, as a sentence.
    pub(crate) fn why(&self, board: &Board, me: UserId, why: &NotPossible, back: Back) -> String {
        let done = match back {
            Back::Undo => "undone",
            Back::Redo => "done again",
        };
        match why {
            NotPossible::Nothing => format!("There is nothing to be {done}."),
            NotPossible::Changed { step } => self.changed(board, me, step),
            NotPossible::Refused { step, error } => {
                let doing = capitalized(&doing(&step.change, &step_names(board, step)));
                format!("{doing} cannot be {done}. {}", sentence(&error.to_string()))
            }
        }
    }

    fn changed(&self, board: &Board, me: UserId, step: &Step) -> String {
        let thing = thing(&step.change);
        let actor = thing.and_then(|thing| self.0.get(&thing)).copied();
        let has = match actor {
            Some(actor) if actor == me => "You have".to_owned(),
            Some(actor) => {
                let name = board.member(actor).map(|member| member.user.first_name.as_str());
                format!("{} has", name.unwrap_or("Somebody"))
            }
            None => "Somebody has".to_owned(),
        };
        let subject = step_names(board, step).subject;
        let moved = |otherwise: &str| {
            let what = subject.as_deref().map_or_else(|| otherwise.to_owned(), quoted);
            format!("{has} moved {what} since, so it stays where it is.")
        };
        match thing {
            Some(Thing::BoardName) => format!("{has} renamed the board since, so its name stays as it is."),
            Some(Thing::ListName(_)) => format!("{has} renamed the list since, so its name stays as it is."),
            Some(Thing::CardTitle(_)) => format!("{has} changed the title since, so it stays as it is."),
            Some(Thing::CardText(_)) => format!("{has} changed the description since, so it stays as it is."),
            Some(Thing::ListPlace(_)) => moved("the list"),
            Some(Thing::CardPlace(_)) => moved("the card"),
            None => format!("{has} changed it since, so it stays as it is."),
        }
    }
}

#[cfg(test)]
mod tests {
    use roost_board::{ApplyError, OpId};
    use uuid::Uuid;

    use super::super::place::tests::{board, card, context};
    use super::*;

    fn step() -> Step {
        let retitled = |title: &str| Change::CardRetitled { card_id: card(101), title: title.to_owned() };
        Step { op: OpId::from_uuid(Uuid::from_u128(9)), change: retitled("Oat milk"), inverse: retitled("Milk") }
    }

    #[test]
    fn it_is_said_who_changed_it_and_what_stays() {
        let (board, me) = (board(&[1]), UserId::from_uuid(Uuid::from_u128(77)));
        let changed = NotPossible::Changed { step: Box::new(step()) };
        let mut since = Since::default();
        assert_eq!(
            since.why(&board, me, &changed, Back::Undo),
            "Somebody has changed the title since, so it stays as it is."
        );
        since.note(context().actor, &Change::CardRetitled { card_id: card(101), title: "Rye bread".to_owned() });
        assert_eq!(
            since.why(&board, me, &changed, Back::Undo),
            "Ada has changed the title since, so it stays as it is."
        );
    }

    #[test]
    fn what_does_not_apply_any_more_is_named() {
        let refused = NotPossible::Refused { step: Box::new(step()), error: ApplyError::CardArchived(card(101)) };
        assert_eq!(
            Since::default().why(&board(&[1]), context().actor, &refused, Back::Undo),
            "Renaming “Milk” to “Oat milk” cannot be undone. The card is archived."
        );
    }
}
