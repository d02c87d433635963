//! Taking a change back.

use crate::board::Board;
use crate::change::{Change, Context, NewComment};

impl Board {
    /// The change that takes `change` back, seen from the board as it is *before* it; `None` when `change` could not
    /// be applied here, or when the actor could not take it back: whoever leaves a board has to be invited again.
    ///
    /// Nothing is erased: a list or a card that was added is taken back by archiving it, so what others did to it in
    /// the meantime is kept. Applied right after `change`, the inverse leads back to the same board, save for that
    /// archived thing and for the time of a comment, which is that of its return.
    #[must_use]
    pub fn invert(&self, context: &Context, change: &Change) -> Option<Change> {
        self.clone().apply(context, change).ok()?;
        Some(match change {
            Change::BoardRenamed { .. } => Change::BoardRenamed { name: self.name.clone() },
            Change::ListAdded { list } => Change::ListArchived { list_id: list.id },
            Change::ListMoved { list_id, .. } => {
                Change::ListMoved { list_id: *list_id, position: self.list(*list_id)?.position.clone() }
            }
            Change::ListRenamed { list_id, .. } => {
                Change::ListRenamed { list_id: *list_id, name: self.list(*list_id)?.name.clone() }
            }
            Change::ListArchived { list_id } => Change::ListRestored { list_id: *list_id },
            Change::ListRestored { list_id } => Change::ListArchived { list_id: *list_id },
            Change::CardAdded { card } => Change::CardArchived { card_id: card.id },
            Change::CardMoved { card_id, .. } => {
                let card = self.card(*card_id)?;
                Change::CardMoved { card_id: *card_id, list_id: card.list_id, position: card.position.clone() }
            }
            Change::CardRetitled { card_id, .. } => {
                Change::CardRetitled { card_id: *card_id, title: self.card(*card_id)?.title.clone() }
            }
            Change::CardDescribed { card_id, .. } => {
                Change::CardDescribed { card_id: *card_id, description: self.card(*card_id)?.description.clone() }
            }
            Change::CardArchived { card_id } => Change::CardRestored { card_id: *card_id },
            Change::CardRestored { card_id } => Change::CardArchived { card_id: *card_id },
            Change::CommentAdded { card_id, comment } => {
                Change::CommentRemoved { card_id: *card_id, comment_id: comment.id }
            }
            Change::CommentRemoved { card_id, comment_id } => {
                let comment = self.card(*card_id)?.comments.iter().find(|comment| comment.id == *comment_id)?;
                Change::CommentAdded {
                    card_id: *card_id,
                    comment: NewComment { id: comment.id, body: comment.body.clone() },
                }
            }
            Change::MemberAdded { member } => Change::MemberRemoved { user_id: member.user.id },
            Change::Unknown(_) => return None,
            Change::MemberRemoved { user_id } if *user_id == context.actor => return None,
            Change::MemberRemoved { user_id } => Change::MemberAdded { member: self.member(*user_id)?.clone() },
        })
    }
}
