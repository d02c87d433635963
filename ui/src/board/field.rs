//! A text that is edited in place and saved as a draft with each key.

mod lines;
mod typed;

use std::cell::RefCell;
use std::rc::Rc;

use roost_board::Field;
use roost_bridge::DraftKey;
use yew::prelude::*;

use super::typing::is_drawing;
use crate::components::{Icon, IconName};
use crate::dom;

use lines::{lines, one_line};
pub(crate) use typed::{Focus, Typed, use_typed};

/// How a field was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leave {
    /// By a key or a button of its own: the focus goes back to what was edited.
    Done,
    /// The focus went elsewhere, and stays there.
    Blur,
}

/// How a [`LineField`] is drawn and what it does.
#[derive(Properties, Clone, PartialEq)]
pub(crate) struct LineFieldProps {
    /// What it is a draft of.
    pub draft: DraftKey,
    /// What it is now; empty for something new.
    #[prop_or_default]
    pub value: AttrValue,
    /// What is typed here.
    pub label: AttrValue,
    /// Shown while it is empty.
    #[prop_or_default]
    pub placeholder: AttrValue,
    /// What kind of text it is.
    pub field: Field,
    /// How many characters it can have.
    pub max: usize,
    /// Whether it adds: each line is one more, and it stays open. Otherwise it renames.
    #[prop_or_default]
    pub adds: bool,
    /// What was typed: one line, or several when it adds.
    pub on_done: Callback<Vec<String>>,
    /// It is to be closed.
    pub on_close: Callback<Leave>,
    /// Grows when a refused text has gone back to its draft.
    #[prop_or_default]
    pub n_refused: u32,
    /// It is taller or shorter than before.
    #[prop_or_default]
    pub on_resize: Callback<()>,
    /// What its button says when it adds.
    #[prop_or_default]
    pub verb: AttrValue,
    /// A name for tests.
    pub testid: AttrValue,
}

/// What the listeners of a [`LineField`] do.
#[derive(Clone)]
struct Line {
    typed: Typed,
    props: LineFieldProps,
    error: UseStateHandle<Option<AttrValue>>,
    is_over: Rc<RefCell<bool>>,
}

impl Line {
    fn input(&self) {
        self.typed.keep();
        self.error.set(None);
        self.props.on_resize.emit(());
    }

    /// Closing takes the element away, which some engines report as a blur: only the first of the two counts.
    fn close(&self, leave: Leave) {
        if !self.is_over.replace(true) {
            self.props.on_close.emit(leave);
        }
    }

    fn commit(&self, leave: Leave) {
        let (text, props) = (self.typed.text(), &self.props);
        let result = if props.adds {
            lines(&text, props.field, props.max)
        } else {
            one_line(&text, props.field, props.max).map(|line| vec![line])
        };
        match result {
            Ok(lines) if props.adds => {
                if !lines.is_empty() {
                    self.typed.done();
                    props.on_done.emit(lines);
                }
                self.typed.begin_anew();
                props.on_resize.emit(());
            }
            Ok(lines) => {
                self.typed.done();
                if lines != [props.value.as_str()] {
                    props.on_done.emit(lines);
                }
                self.close(leave);
            }
            Err(text) => self.error.set(Some(text.into())),
        }
    }

    fn key(&self, event: &KeyboardEvent) {
        // What is typed here is no key of the board, but for its undo as long as there is nothing here to undo.
        if !((event.ctrl_key() || event.meta_key()) && self.typed.is_untyped()) {
            event.stop_propagation();
        }
        // In an input method Enter takes a suggestion and Esc leaves it.
        if event.is_composing() {
            return;
        }
        match event.key().as_str() {
            "Enter" => {
                event.prevent_default();
                self.commit(Leave::Done);
            }
            "Escape" => {
                event.prevent_default();
                self.close(Leave::Done);
            }
            _ => {}
        }
    }

    fn blur(&self, event: &FocusEvent) {
        if *self.is_over.borrow() || is_drawing() || !self.typed.is_left_by(event, ".line-field") {
            return;
        }
        let (text, props) = (self.typed.text(), &self.props);
        if props.adds {
            if text.trim().is_empty() {
                self.close(Leave::Blur);
            }
        } else if one_line(&text, props.field, props.max).is_ok() {
            self.commit(Leave::Blur);
        } else {
            // The draft keeps it.
            self.close(Leave::Blur);
        }
    }

    fn discard(&self) {
        self.typed.discard();
        if !self.props.adds {
            self.close(Leave::Done);
        }
    }

    fn on<E: 'static>(&self, act: impl Fn(&Self, E) + 'static) -> Callback<E> {
        let line = self.clone();
        Callback::from(move |event| act(&line, event))
    }
}

/// A text that is edited in place.
#[component]
pub(crate) fn LineField(props: &LineFieldProps) -> Html {
    let focus = if props.adds { Focus::Caret } else { Focus::All };
    let typed = use_typed(props.draft.clone(), props.value.clone(), focus, props.n_refused);
    let error = use_state_eq(|| None::<AttrValue>);
    let is_over = use_mut_ref(|| false);
    let note_id = dom::use_id();
    let line = Line { typed: typed.clone(), props: props.clone(), error: error.clone(), is_over };
    html! {
        <div class="line-field">
            <textarea
                ref={typed.area.clone()}
                class="line-field__area"
                rows="1"
                aria-label={&props.label}
                placeholder={&props.placeholder}
                aria-invalid={error.is_some().then_some("true")}
                aria-describedby={error.is_some().then(|| note_id.clone())}
                spellcheck="true"
                autocomplete="off"
                data-draft={props.draft.to_string()}
                data-testid={&props.testid}
                oninput={line.on(|line, _: InputEvent| line.input())}
                onkeydown={line.on(|line, event: KeyboardEvent| line.key(&event))}
                onblur={line.on(|line, event: FocusEvent| line.blur(&event))}
            />
            if let Some(error) = &*error {
                <p id={note_id} class="line-field__error" role="alert">{ error }</p>
            }
            if typed.is_from_before() {
                <UnsavedNote on_discard={line.on(|line, ()| line.discard())} />
            }
            if props.adds {
                <div class="line-field__actions" onmousedown={keep_focus}>
                    <button
                        type="button" class="button button--primary"
                        onclick={line.on(|line, _: MouseEvent| line.commit(Leave::Done))}
                    >
                        <span class="button__text">{ &props.verb }</span>
                    </button>
                    <button
                        type="button" class="icon-button" aria-label="Close" title="Close, and keep the text"
                        onclick={line.on(|line, _: MouseEvent| line.close(Leave::Done))}
                    >
                        <Icon name={IconName::Close} />
                    </button>
                </div>
            }
        </div>
    }
}

/// Leaves the focus in the text while a button beside it is pressed: a blur could take the button away.
fn keep_focus(event: MouseEvent) {
    event.prevent_default();
}

/// What an [`UnsavedNote`] does.
#[derive(Properties, PartialEq)]
pub(crate) struct UnsavedNoteProps {
    /// The text is not wanted any more.
    pub on_discard: Callback<()>,
}

/// Says that a text is from before and not saved.
#[component]
pub(crate) fn UnsavedNote(props: &UnsavedNoteProps) -> Html {
    html! {
        <p class="unsaved" data-testid="unsaved-draft">
            <span>{ "Unsaved draft" }</span>
            <button type="button" class="unsaved__discard" onmousedown={keep_focus} onclick={props.on_discard.reform(|_| ())}>
                { "Discard" }
            </button>
        </p>
    }
}
