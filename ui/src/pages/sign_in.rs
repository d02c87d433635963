//! Sign in or sign up on the chosen server.

use roost_board::limits::{EMAIL_MAX, PERSON_NAME_MAX};
use roost_bridge::command::{LeaveServer, SignIn as SignInCommand, SignUp};
use roost_bridge::{CommandError, ServerInfo, Session, SignedOutReason};
use wasm_bindgen_futures::spawn_local;
use web_sys::Element;
use yew::prelude::*;

use super::credentials::{Credentials, Field, Mode, Problems};
use super::welcome::Welcome;
use crate::components::{Button, ButtonKind, Icon, IconName, TextField, TextKind};
use crate::core;
use crate::dom;
use crate::state::{use_session, use_toasts};

/// How the page is drawn.
#[derive(Properties, PartialEq)]
pub struct SignInProps {
    /// The chosen server.
    pub server: ServerInfo,
    /// Why somebody who was signed in no longer is.
    pub reason: Option<SignedOutReason>,
}

/// The form to sign in, and the one to sign up.
#[component]
pub fn SignIn(props: &SignInProps) -> Html {
    let session = use_session();
    let mode = use_state_eq(|| Mode::SignIn);
    let typed = use_reducer_eq(Credentials::default);
    let problems = use_state_eq(Problems::default);
    let is_busy = use_state_eq(|| false);
    let form = use_node_ref();

    // At the beginning, after a switch and after a refusal the focus is where typing goes on.
    use_effect_with(*mode, {
        let (form, typed) = (form.clone(), typed.clone());
        move |mode| {
            let first_empty = mode.fields().iter().copied().find(|field| typed.text(*field).is_empty());
            focus_field(&form, first_empty.unwrap_or(Field::Password));
        }
    });
    let n_refusals = use_state_eq(|| 0_u32);
    use_effect_with(*n_refusals, {
        let (form, mode, problems) = (form.clone(), *mode, problems.clone());
        move |_| {
            if let Some(field) = problems.first(mode) {
                focus_field(&form, field);
            }
        }
    });
    let refuse = {
        let (problems, n_refusals) = (problems.clone(), n_refusals);
        move |new: Problems| {
            problems.set(new);
            n_refusals.set(*n_refusals + 1);
        }
    };

    let onsubmit = {
        let (typed, is_busy, mode) = (typed.clone(), is_busy.clone(), *mode);
        move |event: SubmitEvent| {
            event.prevent_default();
            if *is_busy {
                return;
            }
            let missing = typed.problems(mode);
            if !missing.is_empty() {
                refuse(missing);
                return;
            }
            is_busy.set(true);
            let (typed, refuse, is_busy, session) = (typed.clone(), refuse.clone(), is_busy.clone(), session.clone());
            spawn_local(async move {
                match send(mode, &typed).await {
                    Ok(new) => session.set(new),
                    Err(error) => refuse(Problems::of(&error, mode)),
                }
                is_busy.set(false);
            });
        }
    };
    let oninput = {
        let (typed, problems) = (typed.dispatcher(), problems.clone());
        Callback::from(move |(field, text): (Field, String)| {
            typed.dispatch((field, text));
            problems.set(problems.without(field));
        })
    };
    let on_switch = {
        let (mode, problems) = (mode.clone(), problems.clone());
        move |_| {
            mode.set(other(*mode));
            problems.set(Problems::default());
        }
    };
    let words = Words::of(*mode);
    html! {
        <Welcome>
            <h1 class="welcome__title">{ words.title }</h1>
            <ServerLine server={props.server.clone()} />
            { props.reason.map(reason_words).unwrap_or_default() }
            <form ref={form} class="sign-in" novalidate=true aria-label={words.title} {onsubmit}>
                if let Some(problem) = &problems.form {
                    <p class="form-problem" role="alert" data-testid="form-problem">
                        <Icon name={IconName::Warning} />{ problem }
                    </p>
                }
                { fields(*mode, &typed, &problems, &oninput) }
                <Button kind={ButtonKind::Primary} class="button--large button--wide" submit=true busy={*is_busy} testid="submit">
                    { words.submit }
                </Button>
            </form>
            <p class="welcome__switch">
                { words.question }
                <button type="button" class="link" data-testid="switch" onclick={on_switch}>{ words.switch }</button>
            </p>
        </Welcome>
    }
}

fn focus_field(form: &NodeRef, field: Field) {
    let Some(form) = form.cast::<Element>() else { return };
    if let Some(input) = dom::all(&form, &format!("[data-testid={}]", field.name())).first() {
        dom::focus(input);
    }
}

fn other(mode: Mode) -> Mode {
    match mode {
        Mode::SignIn => Mode::SignUp,
        Mode::SignUp => Mode::SignIn,
    }
}

async fn send(mode: Mode, typed: &Credentials) -> Result<Session, CommandError> {
    let text = |field| typed.text(field).trim().to_owned();
    // A password is taken as it is.
    let password = typed.text(Field::Password).to_owned();
    match mode {
        Mode::SignIn => core::call(SignInCommand { email: text(Field::Email), password }).await,
        Mode::SignUp => {
            let (first_name, last_name) = (text(Field::FirstName), text(Field::LastName));
            core::call(SignUp { first_name, last_name, email: text(Field::Email), password }).await
        }
    }
}

/// What the page says.
struct Words {
    title: &'static str,
    submit: &'static str,
    question: &'static str,
    switch: &'static str,
}

impl Words {
    fn of(mode: Mode) -> Self {
        match mode {
            Mode::SignIn => Self {
                title: "Sign in",
                submit: "Sign in",
                question: "No account on this server yet?",
                switch: "Sign up",
            },
            Mode::SignUp => Self {
                title: "Sign up",
                submit: "Make an account",
                question: "You have an account already?",
                switch: "Sign in",
            },
        }
    }
}

fn reason_words(reason: SignedOutReason) -> Html {
    match reason {
        SignedOutReason::Refused => html! {
            <p class="form-notice" role="status" data-testid="signed-out-reason">
                <Icon name={IconName::Info} />
                { "The server asks you to sign in again. Your boards and the changes that wait are kept." }
            </p>
        },
    }
}

fn fields(mode: Mode, typed: &Credentials, problems: &Problems, oninput: &Callback<(Field, String)>) -> Html {
    let field = |field: Field| {
        let (label, kind, autocomplete, max) = match field {
            Field::FirstName => ("First name", TextKind::Line, "given-name", Some(PERSON_NAME_MAX)),
            Field::LastName => ("Last name", TextKind::Line, "family-name", Some(PERSON_NAME_MAX)),
            Field::Email => ("E-mail", TextKind::Email, "email", Some(EMAIL_MAX)),
            Field::Password if mode == Mode::SignUp => ("Password", TextKind::Secret, "new-password", None),
            Field::Password => ("Password", TextKind::Secret, "current-password", None),
        };
        let errors = problems.fields.get(&field).into_iter().flatten().map(|text| text.clone().into());
        html! {
            <TextField
                key={field.name()}
                {label}
                {kind}
                {autocomplete}
                max_length={max}
                value={typed.text(field).to_owned()}
                errors={errors.collect::<Vec<AttrValue>>()}
                testid={field.name()}
                oninput={oninput.reform(move |text| (field, text))}
            />
        }
    };
    match mode {
        Mode::SignIn => html! { <>{ field(Field::Email) }{ field(Field::Password) }</> },
        Mode::SignUp => html! {
            <>
                <div class="sign-in__names">{ field(Field::FirstName) }{ field(Field::LastName) }</div>
                { field(Field::Email) }
                { field(Field::Password) }
            </>
        },
    }
}

#[derive(Properties, PartialEq)]
struct ServerLineProps {
    server: ServerInfo,
}

/// On which server, and the way back to the choice.
#[component]
fn ServerLine(props: &ServerLineProps) -> Html {
    let session = use_session();
    let toasts = use_toasts();
    let onclick = move |_| {
        let (session, toasts) = (session.clone(), toasts.clone());
        spawn_local(async move {
            match core::call(LeaveServer {}).await {
                Ok(new) => session.set(new),
                Err(error) => toasts.refused(&error),
            }
        });
    };
    html! {
        <p class="server-line">
            <Icon name={IconName::Server} />
            <span class="truncate" title={props.server.address.clone()} data-testid="server">{ &props.server.address }</span>
            <button type="button" class="link" data-testid="change-server" {onclick}>{ "Change" }</button>
        </p>
    }
}
