//! What the header says of a board: its name, who is here, and the way to its members.

mod members;

use std::rc::Rc;

use roost_board::{Board, Field, Role, UserId, limits};
use roost_bridge::{DraftKey, Place, Presence, Session};
use yew::prelude::*;

use super::act::{Act, Dispatch, Edit, Over};
use super::field::LineField;
use super::shared::Shared;
use crate::components::{AvatarStack, Button, IconName, Person};
use crate::state::use_session;

pub(crate) use members::MembersDialog;

/// How a [`BoardName`] is drawn.
#[derive(Properties, PartialEq)]
pub(crate) struct BoardNameProps {
    /// The board.
    pub board: Shared<Rc<Board>>,
    /// Who looks at it.
    pub me: UserId,
    /// Whether it is being edited.
    pub is_edited: bool,
    /// The way to act.
    pub dispatch: Dispatch,
}

/// The name of the board; its owners rename it in place.
#[component]
pub(crate) fn BoardName(props: &BoardNameProps) -> Html {
    let name = props.board.name().to_owned();
    if props.board.role(props.me) != Some(Role::Owner) {
        return html! { <h1 class="header__title" data-testid="board-name" title={name.clone()}>{ name }</h1> };
    }
    if props.is_edited {
        let on_done = props.dispatch.reform(|lines: Vec<String>| Act::Rename(Edit::BoardName, lines.concat()));
        return html! {
            <div class="board-name board-name--edited">
                <LineField
                    draft={DraftKey::board_name(props.board.id())}
                    value={name}
                    label="Name of the board"
                    field={Field::BoardName}
                    max={limits::BOARD_NAME_MAX}
                    {on_done}
                    on_close={props.dispatch.reform(Act::Leave)}
                    testid="rename-board"
                />
            </div>
        };
    }
    html! {
        <h1 class="header__title">
            <button
                type="button"
                class="board-name"
                title="Rename the board"
                data-testid="board-name"
                onclick={props.dispatch.reform(|_: MouseEvent| Act::Edit(Edit::BoardName))}
            >
                { name }
            </button>
        </h1>
    }
}

/// How [`BoardActions`] are drawn.
#[derive(Properties, PartialEq)]
pub(crate) struct BoardActionsProps {
    /// The board.
    pub board: Shared<Rc<Board>>,
    /// Who looks at it.
    pub me: UserId,
    /// Who looks at it now.
    pub present: Vec<Presence>,
    /// The way to act.
    pub dispatch: Dispatch,
}

/// Who is here now, and the way to invite one more.
#[component]
pub(crate) fn BoardActions(props: &BoardActionsProps) -> Html {
    let show = props.dispatch.reform(|_: MouseEvent| Act::Show(Some(Over::Members)));
    // The person's own picture stands at the end of the header anyway.
    let others = props.present.iter().filter(|presence| presence.user_id != props.me);
    let people: Vec<Person> = others.map(|presence| person(&props.board, presence)).collect();
    let label = match people.len() {
        0 => "Members".to_owned(),
        1 => format!("Here now: {}. Members", people[0].name),
        n => format!("Here now: {n} others. Members"),
    };
    let is_owner = props.board.role(props.me) == Some(Role::Owner);
    let session = use_session();
    let is_local = matches!(session.get(), Session::SignedIn { account } if account.place == Place::ThisComputer);
    if is_local {
        // There is nobody else on this computer, and nobody to invite.
        return html! {};
    }
    html! {
        <>
            if !people.is_empty() {
                <button
                    type="button" class="presence" aria-label={label.clone()} title="Members" data-testid="presence"
                    onclick={show.clone()}
                >
                    <AvatarStack {people} label="Here now" />
                </button>
            }
            if is_owner {
                <Button icon={IconName::Person} testid="invite" onclick={show}>{ "Invite" }</Button>
            } else {
                <Button icon={IconName::Members} testid="members" onclick={show}>{ "Members" }</Button>
            }
        </>
    }
}

/// Who is here, by the name that the board has for them.
fn person(board: &Board, presence: &Presence) -> Person {
    board.member(presence.user_id).map_or_else(|| presence.into(), |member| (&member.user).into())
}
