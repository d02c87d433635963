//! A card, opened.

mod comments;
mod description;
mod side;

use std::rc::Rc;

use roost_board::{Board, Field, User, limits};
use roost_bridge::DraftKey;
use yew::prelude::*;

use super::act::{Act, Dispatch, Edit};
use super::field::{Leave, LineField};
use super::shared::{Shared, SharedCard};
use crate::components::{Button, Dialog, Icon, IconButton, IconName};
use crate::dom;
use crate::state::use_draft;

use comments::Comments;
use description::Description;
use side::Side;

/// How a [`CardDialog`] is drawn.
#[derive(Properties, PartialEq)]
pub(crate) struct CardDialogProps {
    /// The board.
    pub board: Shared<Rc<Board>>,
    /// The card, or the last that was seen of it.
    pub card: SharedCard,
    /// Whether it is not on the board any more.
    pub is_gone: bool,
    /// Who looks at it.
    pub me: User,
    /// Grows when a refused text has gone back to its draft.
    pub n_refused: u32,
    /// The way to act.
    pub dispatch: Dispatch,
    /// It is to be closed.
    pub on_close: Callback<()>,
}

/// A card, opened.
#[component]
pub(crate) fn CardDialog(props: &CardDialogProps) -> Html {
    let id = dom::use_id();
    let (board, card) = (&props.board, &props.card);
    let list = board.list(card.list_id).map(|list| list.name().to_owned());
    let card_id = card.id;
    html! {
        <Dialog labelled_by={id.clone()} on_close={&props.on_close} class="card-dialog" testid="card-dialog">
            <header class="card-dialog__head">
                <span class="card-dialog__where truncate">
                    { board.name() }
                    <span class="header__slash" aria-hidden="true">{ "/" }</span>
                    { list.unwrap_or_else(|| "Archived".to_owned()) }
                </span>
                <IconButton
                    icon={IconName::Close} label="Close" testid="card-dialog-close"
                    onclick={props.on_close.reform(|_| ())}
                />
            </header>
            if props.is_gone {
                <div class="card-dialog__gone" role="alert">
                    <Icon name={IconName::Archive} />
                    <span>{ "This card is not on the board any more. What you typed is still here to copy." }</span>
                    <Button onclick={props.dispatch.reform(move |_| Act::Restore(card_id))}>{ "Bring it back" }</Button>
                </div>
            }
            <div class="card-dialog__body">
                <div class="card-dialog__main">
                    <Title
                        heading_id={id} card={card.clone()} is_gone={props.is_gone} n_refused={props.n_refused}
                        dispatch={&props.dispatch}
                    />
                    <Description
                        card={card.clone()} is_gone={props.is_gone} n_refused={props.n_refused}
                        dispatch={&props.dispatch}
                    />
                    <Comments
                        board={board.clone()} card={card.clone()} is_gone={props.is_gone} me={props.me.clone()}
                        n_refused={props.n_refused} dispatch={&props.dispatch}
                    />
                </div>
                if !props.is_gone {
                    <Side board={board.clone()} card={card.clone()} dispatch={&props.dispatch} />
                }
            </div>
        </Dialog>
    }
}

#[derive(Properties, PartialEq)]
struct TitleProps {
    heading_id: AttrValue,
    card: SharedCard,
    is_gone: bool,
    n_refused: u32,
    dispatch: Dispatch,
}

/// The title: a click or Enter edits it in place.
#[component]
fn Title(props: &TitleProps) -> Html {
    let id = props.card.id;
    let draft = use_draft(DraftKey::card_title(id));
    let is_edited = use_state_eq(|| !draft.text().is_empty());
    let edit = |is_on: bool| {
        let is_edited = is_edited.setter();
        move || is_edited.set(is_on)
    };
    // The focus goes back to the title when the field is closed by a key.
    let button = use_node_ref();
    let takes_focus = use_mut_ref(|| false);
    use_effect_with(*is_edited, {
        let (button, takes_focus) = (button.clone(), takes_focus.clone());
        move |_| {
            if takes_focus.replace(false) {
                dom::focus_ref(&button);
            }
        }
    });
    let content = if *is_edited {
        let close = {
            let (close, takes_focus) = (edit(false), takes_focus.clone());
            Callback::from(move |leave| {
                takes_focus.replace(leave == Leave::Done);
                close();
            })
        };
        html! {
            <LineField
                n_refused={props.n_refused}
                draft={DraftKey::card_title(id)}
                value={props.card.title.clone()}
                label="Title"
                field={Field::CardTitle}
                max={limits::CARD_TITLE_MAX}
                on_done={props.dispatch.reform(move |lines: Vec<String>| Act::Rename(Edit::CardTitle(id), lines.concat()))}
                on_close={close}
                testid="card-title-input"
            />
        }
    } else {
        let open = edit(true);
        html! {
            <button
                ref={button}
                type="button"
                class="card-dialog__title"
                title="Edit the title"
                data-testid="card-title"
                disabled={props.is_gone}
                onclick={move |_| open()}
            >
                { &props.card.title }
            </button>
        }
    };
    html! { <h2 id={&props.heading_id} class="card-dialog__heading">{ content }</h2> }
}
