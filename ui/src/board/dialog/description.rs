//! The description of a card.

use roost_board::limits::CARD_DESCRIPTION_MAX;
use roost_bridge::DraftKey;
use yew::prelude::*;

use super::super::act::{Act, Dispatch};
use super::super::field::UnsavedNote;
use super::super::shared::SharedCard;
use super::super::text::TextArea;
use crate::dom;
use crate::state::use_draft;

/// How a [`Description`] is drawn.
#[derive(Properties, PartialEq)]
pub(super) struct DescriptionProps {
    pub(super) card: SharedCard,
    pub(super) is_gone: bool,
    pub(super) n_refused: u32,
    pub(super) dispatch: Dispatch,
}

/// The description of a card: a click or Enter edits it.
#[component]
pub(super) fn Description(props: &DescriptionProps) -> Html {
    let id = props.card.id;
    let draft = use_draft(DraftKey::card_description(id));
    // The description that the draft goes out from; none while it is only read.
    let base = use_state_eq(|| (!draft.text().is_empty()).then(|| props.card.description.clone()));
    // After a refusal what was typed is back in the draft, so it is shown.
    use_effect_with(props.n_refused, {
        let (base, draft, card) = (base.clone(), draft.clone(), props.card.clone());
        move |_| {
            if base.is_none() && !draft.text().is_empty() {
                base.set(Some(card.description.clone()));
            }
        }
    });
    // The focus goes back to the text when the field is closed.
    let button = use_node_ref();
    let was_edited = use_mut_ref(|| false);
    use_effect_with(base.is_some(), {
        let button = button.clone();
        move |is_edited| {
            if was_edited.replace(*is_edited) && !is_edited {
                dom::focus_ref(&button);
            }
        }
    });
    let description = &props.card.description;
    let Some(base_text) = &*base else {
        let onclick = {
            let (base, description) = (base.setter(), description.clone());
            move |_: MouseEvent| base.set(Some(description.clone()))
        };
        let class = classes!("description", description.is_empty().then_some("description--empty"));
        let on_discard = {
            let draft = draft.clone();
            Callback::from(move |()| draft.clear())
        };
        return html! {
            <>
                <button
                    ref={button} type="button" {class} title="Edit the description" disabled={props.is_gone}
                    data-testid="card-description-text" {onclick}
                >
                    { if description.is_empty() { "Add a description" } else { description } }
                </button>
                if !draft.text().is_empty() {
                    <UnsavedNote {on_discard} />
                }
            </>
        };
    };
    let close = {
        let base = base.setter();
        Callback::from(move |()| base.set(None))
    };
    let on_done = {
        let (dispatch, close, description) = (props.dispatch.clone(), close.clone(), description.clone());
        Callback::from(move |text: String| {
            if text != description {
                dispatch.emit(Act::Describe(id, text));
            }
            close.emit(());
        })
    };
    let note = (base_text != description)
        .then(|| AttrValue::from("Somebody has changed the description since you began. Saving replaces theirs."));
    html! {
        <TextArea
            n_refused={props.n_refused}
            draft={DraftKey::card_description(id)}
            value={base_text.clone()}
            label="Description"
            placeholder="What is there to know about it?"
            verb="Save"
            max={CARD_DESCRIPTION_MAX}
            may_be_empty=true
            takes_focus=true
            is_off={props.is_gone}
            {note}
            {on_done}
            on_close={close}
            testid="card-description"
        />
    }
}
