//! How the form to sign in or to sign up behaves.

use roost_bridge::command::{Password, SignIn, SignUp};
use roost_bridge::{CommandError, Session};
use wasm_bindgen_futures::spawn_local;
use web_sys::Element;
use yew::prelude::*;

use super::super::credentials::{Credentials, Field, Mode, Problems};
use crate::core;
use crate::dom;
use crate::state::use_session;

/// The form as it stands, and what can be done with it.
pub struct Form {
    pub mode: Mode,
    pub typed: UseReducerHandle<Credentials>,
    pub problems: UseStateHandle<Problems>,
    pub is_busy: bool,
    /// The `form` element; its fields have their names as `data-testid`.
    pub node: NodeRef,
    pub oninput: Callback<(Field, String)>,
    pub onsubmit: Callback<SubmitEvent>,
    /// From signing in to signing up, and back.
    pub on_switch: Callback<MouseEvent>,
}

/// The form to sign in or to sign up. What was typed outlives the switch between the two.
#[hook]
pub fn use_form() -> Form {
    let mode = use_state_eq(|| Mode::SignIn);
    let typed = use_reducer_eq(Credentials::default);
    let problems = use_state_eq(Problems::default);
    let is_busy = use_state_eq(|| false);
    let node = use_node_ref();

    // At the beginning and after a switch the focus is where typing goes on.
    use_effect_with(*mode, {
        let (node, typed) = (node.clone(), typed.clone());
        move |mode| {
            let first_empty = mode.fields().iter().copied().find(|field| typed.text(*field).is_empty());
            focus_field(&node, first_empty.unwrap_or(Field::Password));
        }
    });
    let oninput = {
        let (typed, problems) = (typed.dispatcher(), problems.clone());
        Callback::from(move |(field, text): (Field, String)| {
            typed.dispatch((field, text));
            problems.set(problems.without(field));
        })
    };
    let on_switch = {
        let (mode, problems) = (mode.clone(), problems.clone());
        Callback::from(move |_| {
            mode.set(mode.other());
            problems.set(Problems::default());
        })
    };
    let onsubmit = use_submit(*mode, &typed, &problems, &is_busy, &node);
    Form { mode: *mode, typed, problems, is_busy: *is_busy, node, oninput, onsubmit, on_switch }
}

/// What sending the form does: it asks the core, unless something is missing.
#[hook]
fn use_submit(
    mode: Mode,
    typed: &UseReducerHandle<Credentials>,
    problems: &UseStateHandle<Problems>,
    is_busy: &UseStateHandle<bool>,
    node: &NodeRef,
) -> Callback<SubmitEvent> {
    let session = use_session();
    // After a refusal the focus goes to the first field that was refused; it stays there while others are corrected.
    let n_refusals = use_state_eq(|| 0_u32);
    use_effect_with(*n_refusals, {
        let (node, problems) = (node.clone(), problems.clone());
        move |_| {
            if let Some(field) = problems.first(mode) {
                focus_field(&node, field);
            }
        }
    });
    let refuse = {
        let problems = problems.clone();
        move |new: Problems| {
            problems.set(new);
            n_refusals.set(*n_refusals + 1);
        }
    };
    let (typed, problems, is_busy) = (typed.clone(), problems.clone(), is_busy.clone());
    Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        if *is_busy {
            return;
        }
        let missing = typed.problems(mode);
        if !missing.is_empty() {
            refuse(missing);
            return;
        }
        problems.set(missing);
        is_busy.set(true);
        let (typed, refuse, is_busy, session) = (typed.clone(), refuse.clone(), is_busy.clone(), session.clone());
        spawn_local(async move {
            match send(mode, &typed).await {
                Ok(new) => session.set(new),
                Err(error) => refuse(Problems::of(&error, mode)),
            }
            is_busy.set(false);
        });
    })
}

fn focus_field(form: &NodeRef, field: Field) {
    let Some(form) = form.cast::<Element>() else { return };
    if let Some(input) = dom::all(&form, &format!("[data-testid={}]", field.name())).first() {
        dom::focus(input);
    }
}

async fn send(mode: Mode, typed: &Credentials) -> Result<Session, CommandError> {
    let text = |field| typed.text(field).trim().to_owned();
    // A password is taken as it is.
    let password = Password(typed.text(Field::Password).to_owned());
    match mode {
        Mode::SignIn => core::call(SignIn { email: text(Field::Email), password }).await,
        Mode::SignUp => {
            let (first_name, last_name) = (text(Field::FirstName), text(Field::LastName));
            core::call(SignUp { first_name, last_name, email: text(Field::Email), password }).await
        }
    }
}
