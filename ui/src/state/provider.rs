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
    let latest_set_session = use_mut_ref(|| set_session.clone());
    *latest_set_session.borrow_mut() = set_session.clone();

    use_effect_with((), {
        let link = link.clone();
        move |()| {
            let on_session = move |session| {
                let set_session = latest_set_session.borrow().clone();
                set_session.emit(session);
            };
            let tell = link.tell.clone();
            let session = core::listen::<Session>(on_session);
            let connection = core::listen::<ConnectionState>({
                let tell = tell.clone();
                move |connection| tell.dispatch(Told::Connection(connection))
            });
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
        }
    });

    use_effect_with(model.theme, |chosen| theme::apply(*chosen));
    let choose_theme = use_callback((), {
        let (tell, toasts) = (link.tell.clone(), toasts.clone());
        move |theme: Theme, ()| {
            tell.dispatch(Told::Theme(theme));
            let toasts = toasts.clone();
            spawn_local(async move {
                if let Err(error) = core::call(SetTheme { theme }).await {
                    toasts.refused(&error);
                }
            });
        }
    });
    let retry = use_callback((), move |(), ()| {
        let link = link.clone();
        spawn_local(async move { link.load().await });
    });

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

/// What the core is asked by the provider itself.
#[derive(Clone)]
struct CoreLink {
    tell: UseReducerDispatcher<Model>,
    drafts: DraftStore,
}

impl CoreLink {
    /// Asks for everything.
    async fn load(&self) {
        self.tell.dispatch(Told::Asked);
        match core::call(GetState {}).await {
            Ok(mut state) => {
                self.drafts.load(std::mem::take(&mut state.drafts));
                // Before the first page is drawn, so that it is never seen in another theme.
                theme::apply(state.theme);
                self.tell.dispatch(Told::State(Box::new(state)));
            }
            Err(error) => self.tell.dispatch(Told::Failed(error)),
        }
    }

    /// Takes a session over. Another account has other boards and drafts: they are there before it is shown.
    fn take_session(&self, session: Session, current: &Session) {
        if account(&session).is_none_or(|new| account(current).is_some_and(|old| is_same(old, new))) {
            self.tell.dispatch(Told::Session(session));
        } else {
            let link = self.clone();
            spawn_local(async move { link.load().await });
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
