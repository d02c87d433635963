//! A text of many lines, saved as a draft with each key.

use roost_bridge::DraftKey;
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use super::field::{UnsavedNote, fit, use_restored};
use crate::components::{Button, ButtonKind};
use crate::dom;
use crate::state::use_draft;

/// How a [`TextArea`] is drawn and what it does.
#[derive(Properties, PartialEq)]
pub(crate) struct TextAreaProps {
    /// What it is a draft of.
    pub draft: DraftKey,
    /// The text as it was when editing began; empty for something new.
    #[prop_or_default]
    pub value: AttrValue,
    /// What is typed here.
    pub label: AttrValue,
    /// Shown while it is empty.
    pub placeholder: AttrValue,
    /// What its button says.
    pub verb: AttrValue,
    /// How many characters it can have.
    pub max: usize,
    /// Whether an empty text can be saved.
    #[prop_or_default]
    pub may_be_empty: bool,
    /// Whether it has the focus at once.
    #[prop_or_default]
    pub takes_focus: bool,
    /// Whether nothing can be saved now. The text stays to be copied.
    #[prop_or_default]
    pub is_off: bool,
    /// Something to know before saving.
    #[prop_or_default]
    pub note: Option<AttrValue>,
    /// What was typed.
    pub on_done: Callback<String>,
    /// It is to be closed; something that stays open has nothing to close.
    #[prop_or_default]
    pub on_close: Option<Callback<()>>,
    /// Grows when a refused text has gone back to its draft.
    pub n_refused: u32,
    /// A name for tests.
    pub testid: AttrValue,
}

/// A text of many lines. As in `LineField`, what is typed belongs to the element alone.
#[component]
pub(crate) fn TextArea(props: &TextAreaProps) -> Html {
    let draft = use_draft(props.draft.clone());
    let area = use_node_ref();
    let error = use_state_eq(|| None::<AttrValue>);
    let was_kept = *use_memo((), |()| !draft.text().is_empty());

    use_effect_with((), {
        let (area, draft, value, takes_focus) = (area.clone(), draft.clone(), props.value.clone(), props.takes_focus);
        move |()| {
            if let Some(area) = area.cast::<HtmlTextAreaElement>() {
                let kept = draft.text();
                area.set_value(if kept.is_empty() { &value } else { &kept });
                fit(&area);
                if takes_focus {
                    dom::focus(&area);
                }
            }
        }
    });

    use_restored(&area, &draft, props.n_refused);

    let oninput = {
        let (draft, value, error) = (draft.clone(), props.value.clone(), error.clone());
        move |event: InputEvent| {
            let area: HtmlTextAreaElement = event.target_unchecked_into();
            let text = area.value();
            draft.set(if text == *value { "" } else { &text });
            error.set(None);
            fit(&area);
        }
    };
    let save = {
        let (area, draft, error, on_done) = (area.clone(), draft.clone(), error.clone(), props.on_done.clone());
        let (max, may_be_empty, is_off, stays) =
            (props.max, props.may_be_empty, props.is_off, props.on_close.is_none());
        Callback::from(move |()| {
            let Some(area) = area.cast::<HtmlTextAreaElement>() else { return };
            let text = area.value().replace("\r\n", "\n");
            let text = text.trim_end();
            let length = text.chars().count();
            if is_off || (text.trim().is_empty() && !may_be_empty) {
                return;
            }
            if length > max {
                error.set(Some(format!("That is {length} characters; there can be {max}.").into()));
                return;
            }
            // The draft goes first: a refusal puts the text back.
            draft.clear();
            if stays {
                area.set_value("");
                fit(&area);
            }
            on_done.emit(text.to_owned());
        })
    };
    let onkeydown = {
        let (save, on_close) = (save.clone(), props.on_close.clone());
        move |event: KeyboardEvent| {
            if event.is_composing() {
                return;
            }
            match (event.key().as_str(), &on_close) {
                ("Enter", _) if event.ctrl_key() || event.meta_key() => {
                    event.prevent_default();
                    save.emit(());
                }
                // The draft keeps it.
                ("Escape", Some(on_close)) => {
                    event.prevent_default();
                    event.stop_propagation();
                    on_close.emit(());
                }
                _ => {}
            }
        }
    };
    let discard = {
        let (area, draft, value, on_close) = (area.clone(), draft.clone(), props.value.clone(), props.on_close.clone());
        Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            draft.clear();
            if let Some(area) = area.cast::<HtmlTextAreaElement>() {
                area.set_value(&value);
                fit(&area);
            }
            if let Some(on_close) = &on_close {
                on_close.emit(());
            }
        })
    };
    let is_changed = !draft.text().is_empty();
    let has_close = props.on_close.is_some();
    html! {
        <div class="text-area">
            <textarea
                ref={area}
                class="text-area__area"
                rows="1"
                aria-label={&props.label}
                placeholder={&props.placeholder}
                aria-invalid={error.is_some().then_some("true")}
                data-testid={&props.testid}
                {oninput}
                {onkeydown}
            />
            if let Some(error) = &*error {
                <p class="line-field__error" role="alert">{ error }</p>
            }
            if let Some(note) = &props.note {
                <p class="text-area__note" role="status">{ note }</p>
            }
            if is_changed || has_close {
                <div class="text-area__actions">
                    <Button
                        kind={ButtonKind::Primary} disabled={props.is_off} onclick={save.reform(|_| ())}
                        testid={format!("{}-save", props.testid)}
                    >
                        { &props.verb }
                    </Button>
                    if let Some(on_close) = &props.on_close {
                        <Button kind={ButtonKind::Quiet} onclick={on_close.reform(|_| ())}>{ "Close" }</Button>
                    }
                    <span class="text-area__keys" aria-hidden="true"><kbd class="kbd">{ "Ctrl ↵" }</kbd></span>
                    if was_kept && is_changed {
                        <UnsavedNote on_discard={discard} />
                    }
                </div>
            }
        </div>
    }
}
