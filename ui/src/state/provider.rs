//! Listens to the core and hands what it tells to the contexts.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use roost_board::{BoardId, OpId};
use roost_bridge::command::{GetState, SetTheme};
use roost_bridge::{Account, Attention, BoardsPage, ConnectionState, Notice, Session, Theme};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::drafts::DraftStore;
use super::model::{Model, Told};
use super::toasts::{Toast, ToastAction, ToastKind};
use super::{AttentionHandle, SessionHandle, ThemeHandle, ToastList, Toasts, theme};
use crate::attention::words::news;
use crate::core;

pub use super::model::Loading;

/// How far the first picture is, and the way to try again.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// How far it is.
    pub loading: Loading,
    /// The board that was open when the app was last closed.
    pub last_board: Option<BoardId>,
    /// Asks the core again.
    pub retry: Callback<()>,
}

/// How far the first picture is.
#[hook]
pub fn use_start() -> Start {
    use_context::<Start>().expect("inside of StateProvider")
}

/// The contexts of the whole interface.
#[component]
pub fn StateProvider(props: &yew::html::ChildrenProps) -> Html {
    let model = use_reducer_eq(Model::default);
    let toast_list = use_reducer_eq(ToastList::default);
    let toasts = Toasts::new(toast_list.dispatcher());
    let drafts = (*use_memo((), |()| DraftStore::default())).clone();
    let is_attending = use_state_eq(|| false);
    let set_attending = use_callback((), {
        let set = is_attending.setter();
        move |is_on: bool, ()| set.set(is_on)
    });
    let known = (*use_memo((), |()| Known::default())).clone();
    let link = CoreLink {
        tell: model.dispatcher(),
        drafts: drafts.clone(),
        toasts: toasts.clone(),
        attend: set_attending.clone(),
        known,
    };
    let attention = AttentionHandle::new(model.attention.clone(), *is_attending, set_attending);

    let set_session = use_callback((*model.session).clone(), {
        let link = link.clone();
        move |session: Session, current| link.take_session(session, current)
    });
    use_announcements(&link, &set_session);
    use_effect_with(model.theme, |chosen| theme::apply(*chosen));
    let choose_theme = use_callback((), {
        let link = link.clone();
        move |theme: Theme, ()| spawn_local(link.clone().choose_theme(theme))
    });
    let retry = use_callback((), move |(), ()| spawn_local(link.clone().load()));

    let start = Start { loading: model.loading.clone(), last_board: model.last_board, retry };

    html! {
        <ContextProvider<Toasts> context={toasts}>
        <ContextProvider<DraftStore> context={drafts}>
        <ContextProvider<Start> context={start}>
        <ContextProvider<ThemeHandle> context={ThemeHandle::new(model.theme, choose_theme)}>
        <ContextProvider<SessionHandle> context={SessionHandle::new(model.session.clone(), set_session)}>
        <ContextProvider<ConnectionState> context={model.connection}>
        <ContextProvider<Rc<BoardsPage>> context={model.boards.clone()}>
        <ContextProvider<AttentionHandle> context={attention}>
        <ContextProvider<Rc<ToastList>> context={Rc::new((*toast_list).clone())}>
            { props.children.clone() }
        </ContextProvider<Rc<ToastList>>>
        </ContextProvider<AttentionHandle>>
        </ContextProvider<Rc<BoardsPage>>>
        </ContextProvider<ConnectionState>>
        </ContextProvider<SessionHandle>>
        </ContextProvider<ThemeHandle>>
        </ContextProvider<Start>>
        </ContextProvider<DraftStore>>
        </ContextProvider<Toasts>>
    }
}

/// Listens to what the core announces, and asks for everything once it is listened to.
#[hook]
fn use_announcements(link: &CoreLink, set_session: &Callback<Session>) {
    let set_session = {
        // The listener stays, the callback changes with the session.
        let latest = use_mut_ref(|| set_session.clone());
        *latest.borrow_mut() = set_session.clone();
        latest
    };
    let link = link.clone();
    use_effect_with((), move |()| {
        let session = core::listen::<Session>(move |session| {
            let set_session = set_session.borrow().clone();
            set_session.emit(session);
        });
        let tell = link.tell.clone();
        let connection = core::listen::<ConnectionState>(move |connection| tell.dispatch(Told::Connection(connection)));
        let tell = link.tell.clone();
        let boards = core::listen::<BoardsPage>(move |boards| tell.dispatch(Told::Boards(boards)));
        let told = link.clone();
        let attention = core::listen::<Attention>(move |attention| told.take_attention(attention));
        let toasts = link.toasts.clone();
        let notice = core::listen::<Notice>(move |notice| toasts.notice(notice.message));
        let ready = [session.ready(), connection.ready(), boards.ready(), attention.ready(), notice.ready()];
        spawn_local(async move {
            for listener in ready {
                if let Err(error) = listener.await {
                    link.tell.dispatch(Told::Failed(error));
                    return;
                }
            }
            link.load().await;
        });
        move || drop((session, connection, boards, attention, notice))
    });
}

/// What needs attention as far as the person was told; `None` before the first answer.
type Known = Rc<RefCell<Option<BTreeSet<OpId>>>>;

/// What the core is asked by the provider itself.
#[derive(Clone)]
struct CoreLink {
    tell: UseReducerDispatcher<Model>,
    drafts: DraftStore,
    toasts: Toasts,
    /// Shows what needs attention, or no more.
    attend: Callback<bool>,
    /// What needs attention as far as the person was told; `None` before the first answer.
    known: Known,
}

impl CoreLink {
    /// Asks for everything.
    async fn load(self) {
        self.tell.dispatch(Told::Asked);
        match core::call(GetState {}).await {
            Ok(mut state) => {
                let owner = account(&state.session).map(|account| account.user.id);
                self.drafts.load(owner, std::mem::take(&mut state.drafts));
                // Before the first page is drawn, so that it is never seen in another theme.
                theme::apply(state.theme);
                self.known.replace(Some(ids(&state.attention)));
                for notice in std::mem::take(&mut state.notices) {
                    self.toasts.notice(notice.message);
                }
                self.tell.dispatch(Told::State(Box::new(state)));
            }
            Err(error) => self.tell.dispatch(Told::Failed(error)),
        }
    }

    /// Draws a theme at once and has the core keep it.
    async fn choose_theme(self, theme: Theme) {
        self.tell.dispatch(Told::Theme(theme));
        if let Err(error) = core::call(SetTheme { theme }).await {
            self.toasts.refused(&error);
        }
    }

    /// Takes over what needs attention, and says so of what is new.
    fn take_attention(&self, attention: Attention) {
        // What was there before the start is no news, and the button in the header says it anyway.
        if let Some(known) = &mut *self.known.borrow_mut() {
            if let Some(text) = news(known, &attention.items) {
                let run = self.attend.reform(|()| true);
                let action = Some(ToastAction { label: "Show".into(), run });
                self.toasts.show(Toast { kind: ToastKind::Error, text: text.into(), action });
            }
            *known = ids(&attention);
        }
        self.tell.dispatch(Told::Attention(attention));
    }

    /// Takes a session over. Another account has other boards and drafts: they are there before it is shown.
    fn take_session(&self, session: Session, current: &Session) {
        if account(&session).is_none_or(|new| account(current).is_some_and(|old| is_same(old, new))) {
            self.tell.dispatch(Told::Session(session));
        } else {
            spawn_local(self.clone().load());
        }
    }
}

fn ids(attention: &Attention) -> BTreeSet<OpId> {
    attention.items.iter().map(|item| item.id).collect()
}

fn account(session: &Session) -> Option<&Account> {
    match session {
        Session::SignedIn { account } => Some(account),
        Session::Unconnected | Session::SignedOut { .. } => None,
    }
}

fn is_same(one: &Account, other: &Account) -> bool {
    one.user.id == other.user.id
}
