//! What the parts of the page ask for.

use std::sync::Arc;

use roost_board::{CardId, Change, CommentId, Doing, ListId, NewCard, NewComment, NewList};
use yew::prelude::*;

use super::{BoardView, OpenedCard};
use crate::board::act::{Act, Edit, Over};
use crate::board::elements;
use crate::board::field::Leave;
use crate::board::place::Item;
use crate::board::shared::Shared;
use crate::clock::new_uuid;
use crate::words::quoted;

impl BoardView {
    pub(super) fn act(&mut self, ctx: &Context<Self>, act: Act) -> bool {
        match act {
            Act::AddCards(list, titles) => self.add_cards(ctx, list, titles),
            Act::AddLists(names) => names.into_iter().for_each(|name| self.add_list(ctx, name)),
            Act::Rename(what, name) => self.rename(ctx, what, name),
            Act::Describe(card_id, description) => {
                self.propose(ctx, Change::CardDescribed { card_id, description });
            }
            Act::Comment(card_id, body) => {
                let comment = NewComment { id: CommentId::from_uuid(new_uuid()), body };
                self.propose(ctx, Change::CommentAdded { card_id, comment });
            }
            Act::RemoveComment(card_id, comment_id) => {
                self.propose(ctx, Change::CommentRemoved { card_id, comment_id });
            }
            Act::Move(item, place) => {
                self.move_item(ctx, item, place);
                self.wants_focus = true;
            }
            Act::Archive(item) => self.archive(ctx, item),
            Act::Restore(card_id) => {
                self.propose(ctx, Change::CardRestored { card_id });
            }
            Act::RemoveMember(user_id) => {
                self.propose(ctx, Change::MemberRemoved { user_id });
            }
            Act::Step(back, only) => self.step(ctx, back, only),
            Act::Edit(edit) => self.edit(edit),
            Act::Leave(leave) => self.leave(leave),
            Act::Show(over) => self.show(over),
            Act::Focused(item) => {
                return self.current.replace(item) != Some(item);
            }
            Act::Retry => {
                self.failure = None;
                self.open(ctx);
            }
        }
        true
    }

    fn add_cards(&mut self, ctx: &Context<Self>, list_id: ListId, titles: Vec<String>) {
        let mut last = None;
        for title in titles {
            let Some(position) = self.follower.board().and_then(|board| board.card_position(list_id, usize::MAX, None))
            else {
                ctx.props().toasts.error(format!("{} was not added: the list is gone.", quoted(&title)));
                continue;
            };
            let card = NewCard { id: CardId::from_uuid(new_uuid()), list_id, title, position };
            let id = card.id;
            if let Some(done) = self.make(ctx, Change::CardAdded { card }, Doing::Anew) {
                // The focus is in the field; afterwards it is here.
                self.current = Some(Item::Card(id));
                last = Some(done);
            }
        }
        self.redraw();
        self.tell_done(ctx, last);
        self.scroll_to_end = Some(list_id);
    }

    fn add_list(&mut self, ctx: &Context<Self>, name: String) {
        let Some(board) = self.follower.board() else { return };
        let position = board.list_position(usize::MAX, None);
        let list = NewList { id: ListId::from_uuid(new_uuid()), name, position };
        let id = list.id;
        if self.propose(ctx, Change::ListAdded { list }) {
            self.current = Some(Item::List(id));
            // The field moves on to the right.
            self.scroll_board_to_end = self.edit == Some(Edit::NewList);
        }
    }

    fn rename(&mut self, ctx: &Context<Self>, what: Edit, name: String) {
        let change = match what {
            Edit::BoardName => Change::BoardRenamed { name },
            Edit::ListName(list_id) => Change::ListRenamed { list_id, name },
            Edit::CardTitle(card_id) => Change::CardRetitled { card_id, title: name },
            Edit::NewCard(list) => return self.add_cards(ctx, list, vec![name]),
            Edit::NewList => return self.add_list(ctx, name),
        };
        self.propose(ctx, change);
    }

    fn archive(&mut self, ctx: &Context<Self>, item: Item) {
        let Some(name) = self.name_of(item) else { return };
        let change = match item {
            Item::Card(card_id) => Change::CardArchived { card_id },
            Item::List(list_id) => Change::ListArchived { list_id },
        };
        self.show(None);
        if self.propose(ctx, change) {
            self.say(format!("Archived {}", quoted(&name)));
        }
        self.wants_focus = true;
    }

    fn edit(&mut self, edit: Edit) {
        self.edit = Some(edit);
        match edit {
            Edit::NewCard(list) => self.scroll_to_end = Some(list),
            Edit::NewList => self.scroll_board_to_end = true,
            Edit::BoardName | Edit::ListName(_) | Edit::CardTitle(_) => {}
        }
    }

    fn leave(&mut self, leave: Leave) {
        let left = self.edit.take();
        self.current = match left {
            Some(Edit::ListName(id)) => Some(Item::List(id)),
            Some(Edit::CardTitle(id)) => Some(Item::Card(id)),
            Some(Edit::BoardName | Edit::NewCard(_) | Edit::NewList) | None => self.current,
        };
        self.wants_focus |= leave == Leave::Done;
    }

    pub(super) fn show(&mut self, over: Option<Over>) {
        self.edit = None;
        self.opened = match over {
            Some(Over::Card(id)) => {
                let Some(card) = self.board().and_then(|board| board.card(id)) else { return };
                Some(OpenedCard { card: Shared(Arc::clone(card)), is_gone: false })
            }
            Some(Over::Members | Over::Keys) | None => None,
        };
        if over.is_none() && self.over.is_some() {
            self.wants_focus = true;
        }
        self.over = over;
    }

    /// Scrolls to what has just been added, once it is drawn.
    pub(super) fn settle_scroll(&mut self) {
        if let Some(list) = self.scroll_to_end.take()
            && let Some(scroller) = self.root().and_then(|root| elements::scroller(&root, list))
        {
            scroller.set_scroll_top(scroller.scroll_height());
        }
        if std::mem::take(&mut self.scroll_board_to_end)
            && let Some(root) = self.root()
        {
            root.set_scroll_left(root.scroll_width());
        }
    }
}
