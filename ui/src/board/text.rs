//! A text of many lines, saved as a draft with each key.

use roost_bridge::DraftKey;
use yew::prelude::*;

use super::field::{Focus, Typed, UnsavedNote, use_typed};
use crate::components::{Button, ButtonKind};

/// How a [`TextArea`] is drawn and what it does.
#[derive(Properties, Clone, PartialEq)]
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

/// What the listeners of a [`TextArea`] do.
#[derive(Clone)]
struct Text {
    typed: Typed,
    props: TextAreaProps,
    error: UseStateHandle<Option<AttrValue>>,
}

impl Text {
    fn input(&self) {
        self.typed.keep();
        self.error.set(None);
    }

    fn save(&self) {
        let props = &self.props;
        let text = self.typed.text().replace("\r\n", "\n");
        let text = text.trim_end();
        if props.is_off || (text.trim().is_empty() && !props.may_be_empty) {
            return;
        }
        let length = text.chars().count();
        if length > props.max {
            self.error.set(Some(format!("That is {length} characters; there can be {}.", props.max).into()));
            return;
        }
        self.typed.done();
        if props.on_close.is_none() {
            self.typed.begin_anew();
        }
        props.on_done.emit(text.to_owned());
    }

    fn key(&self, event: &KeyboardEvent) {
        if event.is_composing() {
            return;
        }
        match (event.key().as_str(), &self.props.on_close) {
            ("Enter", _) if event.ctrl_key() || event.meta_key() => {
                event.prevent_default();
                self.save();
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

    fn discard(&self) {
        self.typed.discard();
        if let Some(on_close) = &self.props.on_close {
            on_close.emit(());
        }
    }

    fn on<E: 'static>(&self, act: impl Fn(&Self, E) + 'static) -> Callback<E> {
        let text = self.clone();
        Callback::from(move |event| act(&text, event))
    }
}

/// A text of many lines.
#[component]
pub(crate) fn TextArea(props: &TextAreaProps) -> Html {
    let focus = if props.takes_focus { Focus::Caret } else { Focus::None };
    let typed = use_typed(props.draft.clone(), props.value.clone(), focus, props.n_refused);
    let error = use_state_eq(|| None::<AttrValue>);
    let text = Text { typed: typed.clone(), props: props.clone(), error: error.clone() };
    html! {
        <div class="text-area">
            <textarea
                ref={typed.area.clone()}
                class="text-area__area"
                rows="1"
                aria-label={&props.label}
                placeholder={&props.placeholder}
                aria-invalid={error.is_some().then_some("true")}
                data-draft={props.draft.to_string()}
                data-testid={&props.testid}
                oninput={text.on(|text, _: InputEvent| text.input())}
                onkeydown={text.on(|text, event: KeyboardEvent| text.key(&event))}
            />
            if let Some(error) = &*error {
                <p class="line-field__error" role="alert">{ error }</p>
            }
            if let Some(note) = &props.note {
                <p class="text-area__note" role="status">{ note }</p>
            }
            if typed.is_changed() || props.on_close.is_some() {
                <div class="text-area__actions">
                    <Button
                        kind={ButtonKind::Primary} disabled={props.is_off} onclick={text.on(|text, _: MouseEvent| text.save())}
                        testid={format!("{}-save", props.testid)}
                    >
                        { &props.verb }
                    </Button>
                    if let Some(on_close) = &props.on_close {
                        <Button kind={ButtonKind::Quiet} onclick={on_close.reform(|_| ())}>{ "Close" }</Button>
                    }
                    <span class="text-area__keys" aria-hidden="true"><kbd class="kbd">{ "Ctrl ↵" }</kbd></span>
                    if typed.is_from_before() {
                        <UnsavedNote on_discard={text.on(|text, ()| text.discard())} />
                    }
                </div>
            }
        </div>
    }
}
