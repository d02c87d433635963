//! Sign in or sign up on the chosen server.

mod form;

use roost_board::limits::{EMAIL_MAX, PERSON_NAME_MAX};
use roost_bridge::command::LeaveServer;
use roost_bridge::{ServerInfo, SignedOutReason};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::credentials::{Field, Mode};
use super::welcome::Welcome;
use crate::components::{Button, ButtonKind, Icon, IconName, TextField, TextKind};
use crate::core;
use crate::state::{use_session, use_toasts};
use form::{Form, use_form};

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
    let form = use_form();
    let words = Words::of(form.mode);
    html! {
        <Welcome>
            <h1 class="welcome__title">{ words.title }</h1>
            <ServerLine server={props.server.clone()} />
            { props.reason.map(reason_words).unwrap_or_default() }
            <form ref={form.node.clone()} class="sign-in" novalidate=true aria-label={words.title} onsubmit={&form.onsubmit}>
                if let Some(problem) = &form.problems.form {
                    <p class="form-problem" role="alert" data-testid="form-problem">
                        <Icon name={IconName::Warning} />{ problem }
                    </p>
                }
                { fields(&form) }
                <Button
                    kind={ButtonKind::Primary}
                    class="button--large button--wide"
                    submit=true
                    busy={form.is_busy}
                    testid="submit"
                >
                    { words.submit }
                </Button>
            </form>
            <p class="welcome__switch">
                { words.question }
                <button type="button" class="link" data-testid="switch" onclick={&form.on_switch}>{ words.switch }</button>
            </p>
        </Welcome>
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
    let why = match reason {
        SignedOutReason::Refused => "The server asks you to sign in again.",
        SignedOutReason::NoKeyring => "The keyring of this computer cannot be read, so you have to sign in again.",
    };
    html! {
        <p class="form-notice" role="status" data-testid="signed-out-reason">
            <Icon name={IconName::Info} />
            { why }{ " Your boards and the changes that wait are kept." }
        </p>
    }
}

fn fields(form: &Form) -> Html {
    let field = |field: Field| {
        let (label, kind, autocomplete, max) = match field {
            Field::FirstName => ("First name", TextKind::Line, "given-name", Some(PERSON_NAME_MAX)),
            Field::LastName => ("Last name", TextKind::Line, "family-name", Some(PERSON_NAME_MAX)),
            Field::Email => ("E-mail", TextKind::Email, "email", Some(EMAIL_MAX)),
            Field::Password if form.mode == Mode::SignUp => ("Password", TextKind::Secret, "new-password", None),
            Field::Password => ("Password", TextKind::Secret, "current-password", None),
        };
        let errors = form.problems.fields.get(&field).into_iter().flatten().map(|text| text.clone().into());
        html! {
            <TextField
                key={field.name()}
                {label}
                {kind}
                {autocomplete}
                max_length={max}
                value={form.typed.text(field).to_owned()}
                errors={errors.collect::<Vec<AttrValue>>()}
                testid={field.name()}
                oninput={form.oninput.reform(move |text| (field, text))}
            />
        }
    };
    match form.mode {
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
