//! The texts that one account is typing.

use std::collections::HashSet;
use std::sync::Arc;

use roost_board::{Board, BoardId};
use roost_bridge::{Draft, DraftKey};

use super::store::{Store, StoreError};

/// The texts that one account is typing.
#[derive(Debug, Clone)]
pub(crate) struct Drafts {
    store: Arc<Store>,
    account: String,
}

impl Drafts {
    /// Of an account, by its key.
    pub(crate) const fn new(store: Arc<Store>, account: String) -> Self {
        Self { store, account }
    }

    /// All of them.
    pub(crate) async fn all(&self) -> Result<Vec<Draft>, StoreError> {
        self.store.drafts(self.account.clone()).await
    }

    /// Keeps what is being typed; an empty text forgets it. Has its place in the order when this returns.
    pub(crate) fn save(
        &self,
        key: &DraftKey,
        text: String,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + 'static + use<> {
        self.store.save_draft(self.account.clone(), key, text)
    }
}

/// Tells the drafts of one board from all others: their keys begin with the kind and the id of what they belong to.
pub(crate) struct Belonging(HashSet<String>);

impl Belonging {
    /// To a board, as far as it is known what is on it.
    pub(crate) fn to(id: BoardId, board: Option<&Board>) -> Self {
        let mut owners = HashSet::from([format!("board:{id}")]);
        let lists = board.into_iter().flat_map(|board| board.lists().iter().chain(board.archived_lists()));
        for list in lists {
            owners.insert(format!("list:{}", list.id()));
            let cards = list.cards().iter().chain(list.archived_cards());
            owners.extend(cards.map(|card| format!("card:{}", card.id)));
        }
        Self(owners)
    }

    /// Whether a draft belongs to it.
    pub(crate) fn has(&self, key: &DraftKey) -> bool {
        let mut colons = key.as_str().match_indices(':').map(|(index, _)| index);
        let end = colons.nth(1).unwrap_or(key.as_str().len());
        self.0.contains(&key.as_str()[..end])
    }
}

#[cfg(test)]
mod tests {
    use roost_board::{Change, Context, ListId, NewList, Position, Timestamp, User, UserId};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_board_has_the_drafts_of_everything_on_it() {
        let id = BoardId::from_uuid(Uuid::from_u128(2));
        let list_id = ListId::from_uuid(Uuid::from_u128(3));
        let me = UserId::from_uuid(Uuid::from_u128(1));
        let ada = User { id: me, first_name: "Ada".into(), last_name: String::new(), email: "ada@example.org".into() };
        let mut board = Board::new(id, "Spring release", ada).unwrap();
        let list = NewList { id: list_id, name: "A".into(), position: Position::first() };
        let context = Context { actor: me, at: Timestamp::from_millis(0) };
        board.apply(&context, &Change::ListAdded { list }).unwrap();

        let belonging = Belonging::to(id, Some(&board));
        assert!(belonging.has(&DraftKey::new_list(id)));
        assert!(belonging.has(&DraftKey::new_card(list_id)));
        assert!(!belonging.has(&DraftKey::new_board()));
        assert!(!belonging.has(&DraftKey::new_card(ListId::from_uuid(Uuid::from_u128(4)))));
        assert!(!Belonging::to(id, None).has(&DraftKey::new_card(list_id)));
    }
}
