//! Listens to the core and hands what it tells to the contexts.

use std::rc::Rc;

use roost_bridge::command::{GetState, SetTheme};
use roost_bridge::{Account, BoardsPage, ConnectionState, Session, Theme};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::drafts::DraftStore;
use super::model::{Model, Told};
use super::{SessionHandle, ThemeHandle, ToastList, Toasts, theme};
use crate::core;

pub use super::model::Loading;

/// How far the first picture is, and the way to try again.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// How far it is.
    pub loading: Loading,
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
    let link = CoreLink { tell: model.dispatcher(), drafts: drafts.clone() };

    let set_session = use_callback((*model.session).clone(), {
        let link = link.clone();
        move |session: Session, current| link.take_session(session, current)
    });
    use_announcements(&link, &set_session);
    use_effect_with(model.theme, |chosen| theme::apply(*chosen));
    let choose_theme = use_callback((), {
        let (link, toasts) = (link.clone(), toasts.clone());
        move |theme: Theme, ()| spawn_local(link.clone().choose_theme(theme, toasts.clone()))
    });
    let retry = use_callback((), move |(), ()| spawn_local(link.clone().load()));

    html! {
        <ContextProvider<Toasts> context={toasts}>
        <ContextProvider<DraftStore> context={drafts}>
        <ContextProvider<Start> context={Start { loading: model.loading.clone(), retry }}>
        <ContextProvider<ThemeHandle> context={ThemeHandle::new(model.theme, choose_theme)}>
        <ContextProvider<SessionHandle> context={SessionHandle::new(model.session.clone(), set_session)}>
        <ContextProvider<ConnectionState> context={model.connection}>
        <ContextProvider<Rc<BoardsPage>> context={model.boards.clone()}>
        <ContextProvider<Rc<ToastList>> context={Rc::new((*toast_list).clone())}>
            { props.children.clone() }
        </ContextProvider<Rc<ToastList>>>
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
        let ready = [session.ready(), connection.ready(), boards.ready()];
        spawn_local(async move {
            for listener in ready {
                if let Err(error) = listener.await {
                    link.tell.dispatch(Told::Failed(error));
                    return;
                }
            }
            link.load().await;
        });
        move || drop((session, connection, boards))
    });
}

/// What the core is asked by the provider itself.
#[derive(Clone)]
struct CoreLink {
    tell: UseReducerDispatcher<Model>,
    drafts: DraftStore,
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
                self.tell.dispatch(Told::State(Box::new(state)));
            }
            Err(error) => self.tell.dispatch(Told::Failed(error)),
        }
    }

    /// Draws a theme at once and has the core keep it.
    async fn choose_theme(self, theme: Theme, toasts: Toasts) {
        self.tell.dispatch(Told::Theme(theme));
        if let Err(error) = core::call(SetTheme { theme }).await {
            toasts.refused(&error);
        }
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

fn account(session: &Session) -> Option<&Account> {
    match session {
        Session::SignedIn { account } => Some(account),
        Session::Unconnected | Session::SignedOut { .. } => None,
    }
}

fn is_same(one: &Account, other: &Account) -> bool {
    one.user.id == other.user.id
}
