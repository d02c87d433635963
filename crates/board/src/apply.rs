//! The only way in which a board changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::board::{Board, Card, Comment, List, Member, Role};
use crate::change::{Change, Context, NewCard, NewComment, NewList};
use crate::error::{ApplyError, Field};
use crate::id::{CardId, CommentId, ListId, UserId};
use crate::limits;
use crate::places::Place;
use crate::position::Position;
use crate::siblings::{index_of, insert_sorted, moved_to};
use crate::text::{check_body, check_line, check_text};
use crate::time::Timestamp;

impl Board {
    /// Makes a change happen, or refuses it and leaves the board as it was.
    ///
    /// The outcome depends on the board, the context and the change alone: the server runs it to decide, the desktop
    /// core to follow, the interface to draw, and all come to the same board.
    ///
    /// # Errors
    /// When the actor may not, when something it names is not there, when a text or a number is beyond its limit, or
    /// when the change is none that this version knows.
    pub fn apply(&mut self, context: &Context, change: &Change) -> Result<(), ApplyError> {
        let role = self.role(context.actor).ok_or(ApplyError::NotAMember)?;
        match change {
            Change::BoardRenamed { name } => {
                check_owner(role)?;
                check_line(Field::BoardName, name, limits::BOARD_NAME_MAX)?;
                self.name.clone_from(name);
                Ok(())
            }
            Change::ListAdded { list } => self.add_list(list),
            Change::ListMoved { list_id, position } => self.move_list(*list_id, position),
            Change::ListRenamed { list_id, name } => {
                self.list_index(*list_id)?;
                check_line(Field::ListName, name, limits::LIST_NAME_MAX)?;
                self.list_mut(*list_id)?.name.clone_from(name);
                Ok(())
            }
            Change::ListArchived { list_id } => {
                let index = self.list_index(*list_id)?;
                let list = self.lists.remove(index);
                insert_sorted(&mut self.archived_lists, list);
                Ok(())
            }
            Change::ListRestored { list_id } => self.restore_list(*list_id),
            Change::CardAdded { card } => self.add_card(card),
            Change::CardMoved { card_id, list_id, position } => self.move_card(*card_id, *list_id, position),
            Change::CardRetitled { card_id, title } => {
                self.find_card(*card_id)?;
                check_line(Field::CardTitle, title, limits::CARD_TITLE_MAX)?;
                self.card_mut(*card_id)?.title.clone_from(title);
                Ok(())
            }
            Change::CardDescribed { card_id, description } => {
                self.find_card(*card_id)?;
                check_text(Field::CardDescription, description, limits::CARD_DESCRIPTION_MAX)?;
                self.card_mut(*card_id)?.description.clone_from(description);
                Ok(())
            }
            Change::CardArchived { card_id } => {
                let (list_id, index) = self.find_card(*card_id)?;
                let list = self.list_mut(list_id)?;
                let card = list.cards.remove(index);
                insert_sorted(&mut list.archived_cards, card);
                Ok(())
            }
            Change::CardRestored { card_id } => self.restore_card(*card_id),
            Change::CommentAdded { card_id, comment } => self.add_comment(context, *card_id, comment),
            Change::CommentRemoved { card_id, comment_id } => self.remove_comment(context, *card_id, *comment_id),
            Change::MemberAdded { member } => {
                check_owner(role)?;
                self.add_member(member)
            }
            Change::MemberRemoved { user_id } => {
                if *user_id != context.actor {
                    check_owner(role)?;
                }
                self.remove_member(*user_id)
            }
            Change::Unknown(unknown) => Err(ApplyError::UnknownChange { kind: unknown.kind().to_owned() }),
        }
    }

    fn add_list(&mut self, new: &NewList) -> Result<(), ApplyError> {
        if self.all_lists().any(|list| list.id == new.id) {
            return Err(ApplyError::IdTaken);
        }
        if self.all_lists().count() >= limits::LISTS_MAX {
            return Err(ApplyError::TooMany { what: "lists on a board", max: limits::LISTS_MAX });
        }
        check_line(Field::ListName, &new.name, limits::LIST_NAME_MAX)?;
        let list = List {
            id: new.id,
            name: new.name.clone(),
            position: new.position.clone(),
            cards: Vec::new(),
            archived_cards: Vec::new(),
        };
        insert_sorted(&mut self.lists, Arc::new(list));
        Ok(())
    }

    fn move_list(&mut self, id: ListId, position: &Position) -> Result<(), ApplyError> {
        let index = self.list_index(id)?;
        Arc::make_mut(&mut self.lists[index]).position.clone_from(position);
        moved_to(&mut self.lists, index);
        Ok(())
    }

    fn restore_list(&mut self, id: ListId) -> Result<(), ApplyError> {
        if self.list(id).is_some() {
            return Err(ApplyError::ListNotArchived(id));
        }
        let index = self.archived_lists.iter().position(|list| list.id == id).ok_or(ApplyError::NoSuchList(id))?;
        let list = self.archived_lists.remove(index);
        insert_sorted(&mut self.lists, list);
        Ok(())
    }

    fn add_card(&mut self, new: &NewCard) -> Result<(), ApplyError> {
        self.list_index(new.list_id)?;
        if self.places.get(new.id).is_some() {
            return Err(ApplyError::IdTaken);
        }
        if self.places.len() >= limits::CARDS_MAX {
            return Err(ApplyError::TooMany { what: "cards on a board", max: limits::CARDS_MAX });
        }
        check_line(Field::CardTitle, &new.title, limits::CARD_TITLE_MAX)?;
        let card = Card {
            id: new.id,
            list_id: new.list_id,
            title: new.title.clone(),
            description: String::new(),
            position: new.position.clone(),
            comments: Vec::new(),
        };
        insert_sorted(&mut self.list_mut(new.list_id)?.cards, Arc::new(card));
        self.set_place(new.id, new.list_id, &new.position);
        Ok(())
    }

    fn move_card(&mut self, id: CardId, to: ListId, position: &Position) -> Result<(), ApplyError> {
        let (from, index) = self.find_card(id)?;
        self.list_index(to)?;
        let cards = &mut self.list_mut(from)?.cards;
        let moved = Arc::make_mut(&mut cards[index]);
        moved.list_id = to;
        moved.position.clone_from(position);
        if from == to {
            moved_to(cards, index);
        } else {
            let card = cards.remove(index);
            insert_sorted(&mut self.list_mut(to)?.cards, card);
        }
        self.set_place(id, to, position);
        Ok(())
    }

    fn restore_card(&mut self, id: CardId) -> Result<(), ApplyError> {
        let Place { list_id, position } = self.places.get(id).ok_or(ApplyError::NoSuchCard(id))?;
        let list_index = self.list_index(*list_id)?;
        let index = index_of(&self.lists[list_index].archived_cards, position, id);
        let index = index.ok_or(ApplyError::CardNotArchived(id))?;
        let list = Arc::make_mut(&mut self.lists[list_index]);
        let card = list.archived_cards.remove(index);
        insert_sorted(&mut list.cards, card);
        Ok(())
    }

    fn add_comment(&mut self, context: &Context, card: CardId, new: &NewComment) -> Result<(), ApplyError> {
        let (list, index) = self.find_card(card)?;
        let comments = &self.list(list).ok_or(ApplyError::NoSuchList(list))?.cards[index].comments;
        let Err(place) = comments.binary_search_by_key(&new.id, |comment| comment.id) else {
            return Err(ApplyError::IdTaken);
        };
        if comments.len() >= limits::COMMENTS_MAX {
            return Err(ApplyError::TooMany { what: "comments on a card", max: limits::COMMENTS_MAX });
        }
        check_body(Field::CommentBody, &new.body, limits::COMMENT_BODY_MAX)?;
        let comment = Comment { id: new.id, author: context.actor, body: new.body.clone(), at: context.at };
        self.card_mut(card)?.comments.insert(place, comment);
        Ok(())
    }

    fn remove_comment(&mut self, context: &Context, card: CardId, id: CommentId) -> Result<(), ApplyError> {
        let (list, index) = self.find_card(card)?;
        let comments = &self.list(list).ok_or(ApplyError::NoSuchList(list))?.cards[index].comments;
        let place =
            comments.binary_search_by_key(&id, |comment| comment.id).map_err(|_| ApplyError::NoSuchComment(id))?;
        if comments[place].author != context.actor {
            return Err(ApplyError::NotTheAuthor);
        }
        self.card_mut(card)?.comments.remove(place);
        Ok(())
    }

    fn add_member(&mut self, member: &Member) -> Result<(), ApplyError> {
        if self.member(member.user.id).is_some() {
            return Err(ApplyError::AlreadyAMember(member.user.id));
        }
        if self.members.len() >= limits::MEMBERS_MAX {
            return Err(ApplyError::TooMany { what: "members of a board", max: limits::MEMBERS_MAX });
        }
        member.user.check()?;
        Arc::make_mut(&mut self.members).insert(member.user.id, member.clone());
        Ok(())
    }

    fn remove_member(&mut self, user: UserId) -> Result<(), ApplyError> {
        let role = self.role(user).ok_or(ApplyError::NoSuchMember(user))?;
        let n_owners = self.members.values().filter(|member| member.role == Role::Owner).count();
        if role == Role::Owner && n_owners == 1 {
            return Err(ApplyError::LastOwner);
        }
        let members: &mut BTreeMap<_, _> = Arc::make_mut(&mut self.members);
        members.remove(&user);
        Ok(())
    }

    /// Tells a view, which could only guess when a comment would be accepted, the time that the server has given it:
    /// the comment that is from the time `from` is from `to`. One that was taken back, or made again since, is left alone.
    pub(crate) fn set_comment_time(&mut self, card: CardId, id: CommentId, from: Timestamp, to: Timestamp) {
        let Some(Place { list_id, position }) = self.places.get(card) else { return };
        let mut lists = self.lists.iter_mut().chain(&mut self.archived_lists);
        let Some(list) = lists.find(|list| list.id == *list_id) else { return };
        let List { cards, archived_cards, .. } = Arc::make_mut(list);
        let found = match index_of(cards, position, card) {
            Some(index) => &mut cards[index],
            None => match index_of(archived_cards, position, card) {
                Some(index) => &mut archived_cards[index],
                None => return,
            },
        };
        let Ok(place) = found.comments.binary_search_by_key(&id, |comment| comment.id) else { return };
        if found.comments[place].at == from && from != to {
            Arc::make_mut(found).comments[place].at = to;
        }
    }

    pub(crate) fn all_lists(&self) -> impl Iterator<Item = &Arc<List>> {
        self.lists.iter().chain(&self.archived_lists)
    }

    /// Where a list that is in sight stands in `lists`.
    fn list_index(&self, id: ListId) -> Result<usize, ApplyError> {
        self.lists.iter().position(|list| list.id == id).ok_or_else(|| {
            if self.archived_lists.iter().any(|list| list.id == id) {
                ApplyError::ListArchived(id)
            } else {
                ApplyError::NoSuchList(id)
            }
        })
    }

    fn list_mut(&mut self, id: ListId) -> Result<&mut List, ApplyError> {
        let index = self.list_index(id)?;
        Ok(Arc::make_mut(&mut self.lists[index]))
    }

    /// The list that a card in sight is in, and its place there.
    fn find_card(&self, id: CardId) -> Result<(ListId, usize), ApplyError> {
        let Place { list_id, position } = self.places.get(id).ok_or(ApplyError::NoSuchCard(id))?;
        let list = &self.lists[self.list_index(*list_id)?];
        let index = index_of(&list.cards, position, id).ok_or(ApplyError::CardArchived(id))?;
        Ok((*list_id, index))
    }

    fn set_place(&mut self, id: CardId, list_id: ListId, position: &Position) {
        self.places.insert(id, Place { list_id, position: position.clone() });
    }

    fn card_mut(&mut self, id: CardId) -> Result<&mut Card, ApplyError> {
        let (list_id, index) = self.find_card(id)?;
        Ok(Arc::make_mut(&mut self.list_mut(list_id)?.cards[index]))
    }
}

fn check_owner(role: Role) -> Result<(), ApplyError> {
    match role {
        Role::Owner => Ok(()),
        Role::Member => Err(ApplyError::NotAnOwner),
    }
}
