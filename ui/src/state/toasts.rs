//! Short messages at the bottom of the window.

use std::rc::Rc;

use roost_bridge::CommandError;
use yew::prelude::*;

use crate::words::sentence;

/// How many messages are shown at once; the oldest give way.
const SHOWN_MAX: usize = 3;

/// What kind of message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToastKind {
    /// Something was done; goes by itself.
    Done,
    /// Something to know; stays until it is dismissed.
    Notice,
    /// Something was refused or went wrong; stays until it is dismissed.
    Error,
}

/// A button in a message.
#[derive(Debug, Clone, PartialEq)]
pub struct ToastAction {
    /// What it says.
    pub label: AttrValue,
    /// What it does. The message goes with it.
    pub run: Callback<()>,
}

/// A message.
#[derive(Debug, Clone, PartialEq)]
pub struct Toast {
    /// What kind of message it is.
    pub kind: ToastKind,
    /// What it says.
    pub text: AttrValue,
    /// What can be done about it.
    pub action: Option<ToastAction>,
}

/// The messages that are shown, oldest first, each with its number.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ToastList {
    toasts: Vec<(u32, Toast)>,
    n_shown_ever: u32,
}

impl ToastList {
    /// The messages, oldest first, each with its number.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Toast)> {
        self.toasts.iter().map(|(number, toast)| (*number, toast))
    }

    /// Takes the oldest away; what the person has to know stays for as long as there is something else.
    fn give_way(&mut self) {
        let index = self.toasts.iter().position(|(_, toast)| toast.kind != ToastKind::Notice);
        self.toasts.remove(index.unwrap_or(0));
    }
}

/// What happens to the messages.
#[derive(Debug)]
pub enum ToastsAction {
    /// One more. What was done before gives way to what is done now, and the same text is not shown twice.
    Show(Toast),
    /// One less.
    Dismiss(u32),
    /// Those of a kind with a button are out of date: what it would do was done, or cannot be done any more.
    DismissOffers(ToastKind),
}

impl Reducible for ToastList {
    type Action = ToastsAction;

    fn reduce(self: Rc<Self>, action: ToastsAction) -> Rc<Self> {
        match action {
            ToastsAction::Show(toast) => {
                let mut list = (*self).clone();
                let both_done = |other: &Toast| (other.kind, toast.kind) == (ToastKind::Done, ToastKind::Done);
                list.toasts.retain(|(_, other)| other.text != toast.text && !both_done(other));
                list.toasts.push((list.n_shown_ever, toast));
                list.n_shown_ever += 1;
                while list.toasts.len() > SHOWN_MAX {
                    list.give_way();
                }
                list.into()
            }
            ToastsAction::Dismiss(number) => {
                if self.toasts.iter().all(|(other, _)| *other != number) {
                    return self;
                }
                let mut list = (*self).clone();
                list.toasts.retain(|(other, _)| *other != number);
                list.into()
            }
            ToastsAction::DismissOffers(kind) => {
                let is_offer = |toast: &Toast| toast.kind == kind && toast.action.is_some();
                if !self.toasts.iter().any(|(_, toast)| is_offer(toast)) {
                    return self;
                }
                let mut list = (*self).clone();
                list.toasts.retain(|(_, toast)| !is_offer(toast));
                list.into()
            }
        }
    }
}

/// Shows messages. Stays the same for the life of the app, so that it can be a dependency of anything.
#[derive(Clone, PartialEq)]
pub struct Toasts(UseReducerDispatcher<ToastList>);

impl Toasts {
    /// Shows through `dispatcher`.
    #[must_use]
    pub fn new(dispatcher: UseReducerDispatcher<ToastList>) -> Self {
        Self(dispatcher)
    }

    /// Says that something was done.
    pub fn done(&self, text: impl Into<AttrValue>) {
        self.show(Toast { kind: ToastKind::Done, text: text.into(), action: None });
    }

    /// Says that something was done, with a button such as Undo.
    pub fn done_with(&self, text: impl Into<AttrValue>, label: impl Into<AttrValue>, run: Callback<()>) {
        let action = Some(ToastAction { label: label.into(), run });
        self.show(Toast { kind: ToastKind::Done, text: text.into(), action });
    }

    /// Says something that is worth knowing.
    pub fn notice(&self, text: impl Into<AttrValue>) {
        self.show(Toast { kind: ToastKind::Notice, text: text.into(), action: None });
    }

    /// Says that something went wrong, and what to do next.
    pub fn error(&self, text: impl Into<AttrValue>) {
        self.show(Toast { kind: ToastKind::Error, text: text.into(), action: None });
    }

    /// Says why the core has refused something.
    pub fn refused(&self, error: &CommandError) {
        self.error(sentence(&error.message));
    }

    /// Shows a message.
    pub fn show(&self, toast: Toast) {
        self.0.dispatch(ToastsAction::Show(toast));
    }

    /// Takes away what says that something was done and can be taken back, since it cannot any more.
    pub fn dismiss_offers(&self) {
        self.0.dispatch(ToastsAction::DismissOffers(ToastKind::Done));
    }

    /// Takes away what says that something went wrong and can be looked at, since it is.
    pub fn dismiss_calls(&self) {
        self.0.dispatch(ToastsAction::DismissOffers(ToastKind::Error));
    }

    /// Takes a message away.
    pub fn dismiss(&self, number: u32) {
        self.0.dispatch(ToastsAction::Dismiss(number));
    }
}

/// Shows messages.
#[hook]
pub fn use_toasts() -> Toasts {
    use_context::<Toasts>().expect("inside of StateProvider")
}

/// The messages that are shown.
#[hook]
pub fn use_toast_list() -> Rc<ToastList> {
    use_context::<Rc<ToastList>>().expect("inside of StateProvider")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show_as(kind: ToastKind, list: Rc<ToastList>, text: &'static str) -> Rc<ToastList> {
        list.reduce(ToastsAction::Show(Toast { kind, text: text.into(), action: None }))
    }

    fn show(list: Rc<ToastList>, text: &'static str) -> Rc<ToastList> {
        show_as(ToastKind::Error, list, text)
    }

    fn texts(list: &ToastList) -> Vec<&str> {
        list.iter().map(|(_, toast)| toast.text.as_str()).collect()
    }

    #[test]
    fn the_oldest_give_way_and_nothing_is_said_twice() {
        let list = ["a", "b", "a", "c", "d"].into_iter().fold(Rc::default(), show);
        assert_eq!(texts(&list), ["a", "c", "d"]);
    }

    #[test]
    fn what_is_done_replaces_what_was_done_and_no_error() {
        let list = show(Rc::default(), "refused");
        let list =
            ["moved one", "moved another"].into_iter().fold(list, |list, text| show_as(ToastKind::Done, list, text));
        assert_eq!(texts(&list), ["refused", "moved another"]);
    }

    #[test]
    fn a_notice_outlasts_what_else_is_said() {
        let list = show_as(ToastKind::Notice, Rc::default(), "a file was set aside");
        let list = ["a", "b", "c"].into_iter().fold(list, show);
        assert_eq!(texts(&list), ["a file was set aside", "b", "c"]);
    }

    #[test]
    fn a_dismissed_message_goes_and_the_others_keep_their_numbers() {
        let list = ["a", "b"].into_iter().fold(Rc::default(), show);
        let list = list.reduce(ToastsAction::Dismiss(0));
        assert_eq!(list.iter().map(|(number, _)| number).collect::<Vec<_>>(), [1]);
        let same = list.clone().reduce(ToastsAction::Dismiss(0));
        assert!(Rc::ptr_eq(&list, &same));
    }

    #[test]
    fn an_offer_that_is_out_of_date_goes_and_what_is_said_stays() {
        let list = show(Rc::default(), "refused");
        let action = Some(ToastAction { label: "Undo".into(), run: Callback::noop() });
        let offer = Toast { kind: ToastKind::Done, text: "moved".into(), action: action.clone() };
        let way = Toast { kind: ToastKind::Error, text: "look there".into(), action };
        let list = [offer, way].into_iter().fold(list, |list, toast| list.reduce(ToastsAction::Show(toast)));
        let list = list.reduce(ToastsAction::DismissOffers(ToastKind::Done));
        assert_eq!(texts(&list), ["refused", "look there"]);
        assert_eq!(texts(&list.reduce(ToastsAction::DismissOffers(ToastKind::Error))), ["refused"]);
    }
}
