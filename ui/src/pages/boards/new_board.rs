//! A new board: a tile that turns into a form.

use roost_board::limits::BOARD_NAME_MAX;
use roost_board::{BoardId, Field, check_line};
use roost_bridge::DraftKey;
use roost_bridge::command::CreateBoard;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::components::{Button, ButtonKind, Icon, IconName, TextField};
use crate::core;
use crate::dom;
use crate::state::{Route, use_draft, use_navigation};
use crate::words::sentence;

/// How the form stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Closed,
    /// As the person put it away: the tile takes the focus back.
    PutAway,
    /// As the person pressed the tile: the field takes the focus.
    Opened,
    /// With what was typed before the last start: it waits and leaves the focus alone.
    Restored,
}

/// A tile that turns into a form. What is typed is kept as a draft until the board is made.
#[component]
pub fn NewBoard() -> Html {
    let draft = use_draft(DraftKey::new_board());
    let form = use_state_eq(|| if draft.text().is_empty() { Form::Closed } else { Form::Restored });
    let tile = use_node_ref();
    use_effect_with(*form, {
        let tile = tile.clone();
        move |form| {
            if *form == Form::PutAway {
                dom::focus_ref(&tile);
            }
        }
    });
    match *form {
        Form::Closed | Form::PutAway => {
            let onclick = move |_| form.set(Form::Opened);
            html! {
                <button ref={tile} type="button" class="tile tile--new" data-testid="new-board" {onclick}>
                    <Icon name={IconName::Plus} />{ "New board" }
                </button>
            }
        }
        Form::Opened | Form::Restored => {
            let takes_focus = *form == Form::Opened;
            let on_close = move |()| form.set(Form::PutAway);
            html! { <NewBoardForm {takes_focus} {on_close} /> }
        }
    }
}

#[derive(Properties, PartialEq)]
struct NewBoardFormProps {
    takes_focus: bool,
    on_close: Callback<()>,
}

/// The name of a new board.
#[component]
fn NewBoardForm(props: &NewBoardFormProps) -> Html {
    let draft = use_draft(DraftKey::new_board());
    let error = use_state_eq(|| None::<AttrValue>);
    let is_busy = use_state_eq(|| false);
    let field = use_node_ref();
    let onsubmit = use_create(&error, &is_busy, &field);
    use_effect_with(props.takes_focus, {
        let field = field.clone();
        move |takes_focus| {
            if *takes_focus {
                dom::focus_ref(&field);
            }
        }
    });
    let oninput = {
        let (draft, error) = (draft.clone(), error.clone());
        move |text: String| {
            draft.set(&text);
            error.set(None);
        }
    };
    let onkeydown = {
        let on_close = props.on_close.clone();
        move |event: KeyboardEvent| {
            if event.key() == "Escape" && !event.is_composing() {
                event.prevent_default();
                on_close.emit(());
            }
        }
    };
    html! {
        <form class="tile tile--form" novalidate=true aria-label="New board" {onsubmit}>
            <TextField
                label="Name of the board"
                value={draft.text()}
                errors={(*error).clone().into_iter().collect::<Vec<_>>()}
                testid="new-board-name"
                node_ref={field}
                {oninput}
                {onkeydown}
            />
            <span class="tile__buttons">
                <Button kind={ButtonKind::Primary} submit=true busy={*is_busy} testid="new-board-create">
                    { "Make board" }
                </Button>
                <Button kind={ButtonKind::Quiet} onclick={props.on_close.reform(|_| ())}>{ "Not now" }</Button>
            </span>
        </form>
    }
}

/// What sending the form does: the board is made and opened, or the reason stands beside its name.
#[hook]
fn use_create(
    error: &UseStateHandle<Option<AttrValue>>,
    is_busy: &UseStateHandle<bool>,
    field: &NodeRef,
) -> Callback<SubmitEvent> {
    let draft = use_draft(DraftKey::new_board());
    let navigation = use_navigation();
    // The same board if it is asked for again: an answer that was lost makes no second one.
    let id = use_memo((), |()| BoardId::from_uuid(Uuid::now_v7()));
    let (error, is_busy, field) = (error.clone(), is_busy.clone(), field.clone());
    Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        dom::focus_ref(&field);
        if *is_busy {
            return;
        }
        let name = draft.text().trim().to_owned();
        if let Err(problem) = check_line(Field::BoardName, &name, BOARD_NAME_MAX) {
            error.set(Some(sentence(&problem.to_string()).into()));
            return;
        }
        is_busy.set(true);
        error.set(None);
        let (draft, navigation, id) = (draft.clone(), navigation.clone(), *id);
        let (error, is_busy) = (error.clone(), is_busy.clone());
        spawn_local(async move {
            match core::call(CreateBoard { id, name }).await {
                Ok(board) => {
                    draft.clear();
                    navigation.go(Route::Board(board.id));
                }
                Err(refusal) => error.set(Some(sentence(&refusal.message).into())),
            }
            is_busy.set(false);
        });
    })
}
