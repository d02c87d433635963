//! The members of a board, and the way to invite one more.

use std::rc::Rc;

use roost_board::{Board, BoardId, Member, Role, UserId};
use roost_bridge::command::Invite;
use roost_bridge::{CommandError, DraftKey, Presence};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::board::act::{Act, Dispatch};
use crate::board::shared::Shared;
use crate::components::{Avatar, Button, ButtonKind, Dialog, IconButton, IconName, Person, TextField, TextKind};
use crate::state::{use_draft, use_toasts};
use crate::words::sentence;
use crate::{core, dom};

/// How a [`MembersDialog`] is drawn.
#[derive(Properties, PartialEq)]
pub(crate) struct MembersDialogProps {
    /// The board.
    pub board: Shared<Rc<Board>>,
    /// Who looks at it.
    pub me: UserId,
    /// Who looks at it now.
    pub present: Vec<Presence>,
    /// The way to act.
    pub dispatch: Dispatch,
    /// It is to be closed.
    pub on_close: Callback<()>,
}

/// The members of a board.
#[component]
pub(crate) fn MembersDialog(props: &MembersDialogProps) -> Html {
    let id = dom::use_id();
    let board = &props.board;
    let is_owner = board.role(props.me) == Some(Role::Owner);
    let n_owners = board.members().filter(|member| member.role == Role::Owner).count();
    let mut members: Vec<&Member> = board.members().collect();
    members.sort_by_key(|member| (member.role != Role::Owner, member.user.full_name().to_lowercase()));
    html! {
        <Dialog labelled_by={id.clone()} on_close={&props.on_close} class="members-dialog" testid="members-dialog">
            <header class="board-dialog__head">
                <h2 {id} class="board-dialog__title">{ "Members" }</h2>
                <IconButton icon={IconName::Close} label="Close" onclick={props.on_close.reform(|_| ())} />
            </header>
            if is_owner {
                <InviteForm board_id={board.id()} />
            }
            <ul class="members">
                { for members.into_iter().map(|member| html! {
                    <MemberRow
                        key={member.user.id.to_string()}
                        member={member.clone()}
                        is_here={props.present.iter().any(|presence| presence.user_id == member.user.id)}
                        is_me={member.user.id == props.me}
                        can_be_removed={
                            (is_owner || member.user.id == props.me) && (member.role != Role::Owner || n_owners > 1)
                        }
                        dispatch={&props.dispatch}
                    />
                }) }
            </ul>
            if !is_owner {
                <p class="members__note">{ "Only owners of the board can invite others." }</p>
            }
        </Dialog>
    }
}

#[derive(Properties, PartialEq)]
struct InviteFormProps {
    board_id: BoardId,
}

#[component]
fn InviteForm(props: &InviteFormProps) -> Html {
    let draft = use_draft(DraftKey::invite(props.board_id));
    let errors = use_state_eq(Vec::<AttrValue>::new);
    let is_busy = use_state_eq(|| false);
    let toasts = use_toasts();
    let oninput = {
        let (draft, errors) = (draft.clone(), errors.clone());
        Callback::from(move |text: String| {
            draft.set(&text);
            errors.set(Vec::new());
        })
    };
    let onsubmit = {
        let (draft, errors, is_busy, board_id) = (draft.clone(), errors.clone(), is_busy.clone(), props.board_id);
        move |event: SubmitEvent| {
            event.prevent_default();
            let email = draft.text().trim().to_owned();
            if *is_busy {
                return;
            }
            if email.is_empty() {
                errors.set(vec!["Type the e-mail address of whom you want to invite.".into()]);
                return;
            }
            is_busy.set(true);
            errors.set(Vec::new());
            let (draft, errors, is_busy, toasts) = (draft.clone(), errors.clone(), is_busy.clone(), toasts.clone());
            spawn_local(async move {
                match core::call(Invite { board_id, email: email.clone() }).await {
                    Ok(()) => {
                        draft.clear();
                        toasts.done(format!("Invited {email}"));
                    }
                    Err(error) => errors.set(vec![words(&error, &email).into()]),
                }
                is_busy.set(false);
            });
        }
    };
    html! {
        <form class="invite" novalidate=true {onsubmit}>
            <TextField
                label="E-mail address of whom to invite"
                hide_label=true
                value={draft.text()}
                {oninput}
                errors={(*errors).clone()}
                kind={TextKind::Email}
                placeholder="name@example.org"
                testid="invite-email"
                is_first=true
            />
            <Button kind={ButtonKind::Primary} class="button--large" submit=true busy={*is_busy} testid="invite-send">
                { "Invite" }
            </Button>
        </form>
    }
}

/// Why somebody could not be invited, and what to do next.
fn words(error: &CommandError, email: &str) -> String {
    match error.code.as_str() {
        "no_such_user" => format!("Nobody has an account as {email}. Ask them to sign up first, then invite them."),
        "already_a_member" => format!("{email} is a member already."),
        "not_an_owner" => "Only owners of the board can invite others.".to_owned(),
        _ => sentence(&error.message),
    }
}

#[derive(Properties, PartialEq)]
struct MemberRowProps {
    member: Member,
    is_here: bool,
    is_me: bool,
    can_be_removed: bool,
    dispatch: Dispatch,
}

#[component]
fn MemberRow(props: &MemberRowProps) -> Html {
    let asks = use_state_eq(|| false);
    let user = &props.member.user;
    let row = use_node_ref();
    // The button that has the focus gives way to the question, and that to the button again: the focus goes along.
    let was_asked = use_mut_ref(|| false);
    use_effect_with(*asks, {
        let row = row.clone();
        move |is_asked| {
            if was_asked.replace(*is_asked) != *is_asked
                && let Some(row) = row.cast::<Element>()
                && let Some(last) = dom::focusable(&row).last()
            {
                dom::focus(last);
            }
        }
    });
    let act = {
        let (dispatch, id, row) = (props.dispatch.clone(), user.id, row.clone());
        move |_: MouseEvent| {
            // The row goes; the focus stays in the dialog.
            let dialog = row.cast::<Element>().and_then(|row| row.closest("[role=dialog]").ok()?);
            if let Some(dialog) = dialog.and_then(|dialog| dialog.dyn_into::<HtmlElement>().ok()) {
                dom::focus(&dialog);
            }
            dispatch.emit(Act::RemoveMember(id));
        }
    };
    let ask = |is_asked: bool| {
        let asks = asks.clone();
        move |_: MouseEvent| asks.set(is_asked)
    };
    let role = match props.member.role {
        Role::Owner => "Owner",
        Role::Member => "Member",
    };
    // Neither can be undone by whoever does it: only an owner lets somebody in again, and by an invitation.
    let (verb, question) = if props.is_me {
        ("Leave", "Leave this board? Only an owner can invite you again.".to_owned())
    } else {
        ("Remove", format!("Remove {} from this board?", user.full_name()))
    };
    html! {
        <li ref={row} class="member" data-testid="member" data-user-id={user.id.to_string()}>
            <Avatar person={Person::from(user)} size={28} named=false />
            <div class="member__who">
                <span class="member__name truncate">
                    { user.full_name() }
                    if props.is_me { <span class="member__you">{ " (you)" }</span> }
                    if props.is_here { <span class="member__here">{ "here now" }</span> }
                </span>
                <span class="member__email truncate">{ &user.email }</span>
            </div>
            <span class="member__role">{ role }</span>
            <span class="member__action">
                if props.can_be_removed && !*asks {
                    <Button kind={ButtonKind::Quiet} onclick={ask(true)}>{ verb }</Button>
                }
            </span>
            if *asks {
                <div class="member__ask" role="alert">
                    <span>{ question }</span>
                    <Button kind={ButtonKind::Danger} onclick={act}>{ verb }</Button>
                    <Button kind={ButtonKind::Quiet} onclick={ask(false)}>{ "Cancel" }</Button>
                </div>
            }
        </li>
    }
}
