//! A line of text with its label and what is wrong with it.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::{IconButton, IconName};
use crate::dom;

/// What kind of text a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextKind {
    /// Any line.
    #[default]
    Line,
    /// An e-mail address.
    Email,
    /// A secret, with a button that shows it.
    Secret,
    /// The address of a server.
    Address,
}

/// How a [`TextField`] is drawn.
#[derive(Properties, PartialEq)]
pub struct TextFieldProps {
    /// What is to be typed.
    pub label: AttrValue,
    /// Whether the label is there for screen readers only.
    #[prop_or_default]
    pub hide_label: bool,
    /// What was typed.
    pub value: AttrValue,
    /// What is typed.
    pub oninput: Callback<String>,
    /// What is wrong with it: each a sentence.
    #[prop_or_default]
    pub errors: Vec<AttrValue>,
    /// A word of help, shown while nothing is wrong.
    #[prop_or_default]
    pub hint: Option<AttrValue>,
    /// What kind of text it takes.
    #[prop_or_default]
    pub kind: TextKind,
    /// An example, shown while it is empty.
    #[prop_or_default]
    pub placeholder: AttrValue,
    /// What the system may fill in, as HTML has it.
    #[prop_or(AttrValue::Static("off"))]
    pub autocomplete: AttrValue,
    /// The longest text in UTF-16 units.
    #[prop_or_default]
    pub max_length: Option<usize>,
    /// Whether it has the focus as soon as the dialog is there that it is in.
    #[prop_or_default]
    pub is_first: bool,
    /// What stands at its end.
    #[prop_or_default]
    pub end: Html,
    /// Keys, before the field has them.
    #[prop_or_default]
    pub onkeydown: Callback<KeyboardEvent>,
    /// The focus goes elsewhere.
    #[prop_or_default]
    pub onblur: Callback<FocusEvent>,
    /// A name for tests.
    #[prop_or_default]
    pub testid: Option<AttrValue>,
    /// The `input` element.
    #[prop_or_default]
    pub node_ref: NodeRef,
}

/// A line of text with its label and what is wrong with it.
#[component]
pub fn TextField(props: &TextFieldProps) -> Html {
    let id = dom::use_id();
    let note_id = format!("{id}-note");
    let is_shown = use_state_eq(|| false);
    let is_wrong = !props.errors.is_empty();
    let oninput = {
        let oninput = props.oninput.clone();
        move |event: InputEvent| oninput.emit(event.target_unchecked_into::<HtmlInputElement>().value())
    };
    let onclick = {
        let is_shown = is_shown.clone();
        move |_| is_shown.set(!*is_shown)
    };
    let (kind, mode) = match props.kind {
        TextKind::Line => ("text", "text"),
        // Not type=email: its own messages would say the same in other words, and its value is trimmed behind our back.
        TextKind::Email => ("text", "email"),
        TextKind::Secret => (if *is_shown { "text" } else { "password" }, "text"),
        TextKind::Address => ("text", "url"),
    };
    let is_plain_text = props.kind == TextKind::Line;
    html! {
        <div class={classes!("field", is_wrong.then_some("field--wrong"))}>
            <label class={classes!("field__label", props.hide_label.then_some("visually-hidden"))} for={id.clone()}>
                { &props.label }
            </label>
            <div class="field__box">
                <input
                    ref={props.node_ref.clone()}
                    {id}
                    class="field__input"
                    type={kind}
                    inputmode={mode}
                    value={&props.value}
                    placeholder={&props.placeholder}
                    autocomplete={&props.autocomplete}
                    autocapitalize={if is_plain_text { "sentences" } else { "off" }}
                    spellcheck="false"
                    maxlength={props.max_length.map(|max| max.to_string())}
                    aria-invalid={is_wrong.then_some("true")}
                    aria-describedby={(is_wrong || props.hint.is_some()).then(|| note_id.clone())}
                    data-autofocus={props.is_first.then_some("")}
                    data-testid={props.testid.clone()}
                    onkeydown={&props.onkeydown}
                    onblur={&props.onblur}
                    {oninput}
                />
                if props.kind == TextKind::Secret {
                    <IconButton
                        icon={if *is_shown { IconName::EyeOff } else { IconName::Eye }}
                        label={if *is_shown { "Hide password" } else { "Show password" }}
                        class="field__button"
                        {onclick}
                    />
                }
                { props.end.clone() }
            </div>
            if is_wrong {
                <div id={note_id} class="field__errors" role="alert">
                    { for props.errors.iter().map(|error| html! { <p>{ error }</p> }) }
                </div>
            } else if let Some(hint) = &props.hint {
                <p id={note_id} class="field__hint">{ hint }</p>
            }
        </div>
    }
}
