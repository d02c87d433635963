//! Short messages at the bottom of the window.

use gloo_timers::callback::Timeout;
use yew::prelude::*;

use super::{Icon, IconButton, IconName};
use crate::state::{Toast, ToastKind, use_toast_list, use_toasts};

/// How long a short message without a button stays, in milliseconds.
const SHORT_MS: u32 = 4_000;
/// How long a message with a button stays: long enough to read it, find the button and press it.
const LONG_MS: u32 = 8_000;
/// How many bytes can be read in the short time.
const SHORT_BYTES: usize = 50;

/// All messages that are shown.
#[component]
pub fn Toaster() -> Html {
    let list = use_toast_list();
    html! {
        <div class="toaster" aria-live="polite" role="status">
            { for list.iter().map(|(number, toast)| html! {
                <OneToast key={number} {number} toast={toast.clone()} />
            }) }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct OneToastProps {
    number: u32,
    toast: Toast,
}

#[component]
fn OneToast(props: &OneToastProps) -> Html {
    let toasts = use_toasts();
    let is_held = use_state_eq(|| false);
    let (number, toast) = (props.number, &props.toast);

    let dismiss = {
        let toasts = toasts.clone();
        Callback::from(move |()| toasts.dismiss(number))
    };
    let stays_ms = match (toast.kind, &toast.action) {
        (ToastKind::Notice | ToastKind::Error, _) => None,
        (ToastKind::Done, Some(_)) => Some(LONG_MS),
        (ToastKind::Done, None) if toast.text.len() > SHORT_BYTES => Some(LONG_MS),
        (ToastKind::Done, None) => Some(SHORT_MS),
    };
    // The clock stands still while the pointer or the focus is on the message, and begins anew after that.
    use_effect_with((*is_held, stays_ms), {
        let dismiss = dismiss.clone();
        move |(is_held, stays_ms)| {
            let timer = stays_ms.filter(|_| !is_held).map(|ms| Timeout::new(ms, move || dismiss.emit(())));
            move || drop(timer)
        }
    });

    let hold = |is_on: bool| {
        let is_held = is_held.clone();
        move || is_held.set(is_on)
    };
    let (enter, leave, focus_in, focus_out) = (hold(true), hold(false), hold(true), hold(false));
    let onaction = {
        let (dismiss, action) = (dismiss.clone(), toast.action.clone());
        move |_| {
            dismiss.emit(());
            if let Some(action) = &action {
                action.run.emit(());
            }
        }
    };
    let (class, icon) = match toast.kind {
        ToastKind::Done => (None, None),
        ToastKind::Notice => (Some("toast--stays"), Some(IconName::Info)),
        ToastKind::Error => (Some("toast--stays"), Some(IconName::Warning)),
    };
    html! {
        <div
            class={classes!("toast", class)}
            data-testid="toast"
            onpointerenter={move |_| enter()}
            onpointerleave={move |_| leave()}
            onfocusin={move |_| focus_in()}
            onfocusout={move |_| focus_out()}
        >
            if let Some(name) = icon {
                <Icon {name} />
            }
            <span class="toast__text">{ &toast.text }</span>
            if let Some(action) = &toast.action {
                <button type="button" class="toast__action" onclick={onaction}>{ &action.label }</button>
            }
            if class.is_some() {
                <IconButton
                    icon={IconName::Close}
                    label="Dismiss"
                    class="toast__close"
                    onclick={move |_| dismiss.emit(())}
                />
            }
        </div>
    }
}
