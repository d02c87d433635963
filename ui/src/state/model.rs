//! What the core has told: a reducer over its answers and announcements.

use std::rc::Rc;

use roost_board::BoardId;
use roost_bridge::{AppState, Attention, BoardsPage, CommandError, ConnectionState, Session, Theme};
use yew::Reducible;

/// How far the first picture is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loading {
    /// The core was asked and has not answered.
    Waiting,
    /// It has refused.
    Failed(CommandError),
    /// Everything is there.
    Loaded,
}

/// What the core has told.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub loading: Loading,
    pub session: Rc<Session>,
    pub connection: ConnectionState,
    pub boards: Rc<BoardsPage>,
    pub attention: Rc<Attention>,
    /// The board that was open when the app was last closed.
    pub last_board: Option<BoardId>,
    pub theme: Theme,
    heard: Heard,
}

/// What was announced since the core was last asked for everything: its answer may be older than that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Heard {
    session: bool,
    connection: bool,
    boards: bool,
    attention: bool,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            loading: Loading::Waiting,
            session: Rc::new(Session::Unconnected),
            connection: ConnectionState::default(),
            boards: Rc::default(),
            attention: Rc::default(),
            last_board: None,
            theme: Theme::default(),
            heard: Heard::default(),
        }
    }
}

/// What the core tells.
#[derive(Debug)]
pub enum Told {
    /// It is asked for everything.
    Asked,
    /// Everything.
    State(Box<AppState>),
    /// It cannot answer.
    Failed(CommandError),
    /// Who is signed in.
    Session(Session),
    /// How the connection stands.
    Connection(ConnectionState),
    /// The boards.
    Boards(BoardsPage),
    /// What needs attention.
    Attention(Attention),
    /// The person has chosen a theme.
    Theme(Theme),
}

impl Reducible for Model {
    type Action = Told;

    fn reduce(self: Rc<Self>, told: Told) -> Rc<Self> {
        let mut model = (*self).clone();
        match told {
            Told::Asked => {
                model.heard = Heard::default();
                if matches!(model.loading, Loading::Failed(_)) {
                    model.loading = Loading::Waiting;
                }
            }
            Told::State(state) => model.take(*state),
            Told::Failed(error) => model.loading = Loading::Failed(error),
            Told::Session(session) => {
                model.heard.session = true;
                set(&mut model.session, session);
            }
            Told::Connection(connection) => {
                model.heard.connection = true;
                model.connection = connection;
            }
            Told::Boards(boards) => {
                model.heard.boards = true;
                set(&mut model.boards, boards);
            }
            Told::Attention(attention) => {
                model.heard.attention = true;
                set(&mut model.attention, attention);
            }
            Told::Theme(theme) => model.theme = theme,
        }
        if model == *self { self } else { model.into() }
    }
}

impl Model {
    fn take(&mut self, state: AppState) {
        self.loading = Loading::Loaded;
        self.theme = state.theme;
        self.last_board = state.last_board;
        if !self.heard.session {
            set(&mut self.session, state.session);
        }
        if !self.heard.connection {
            self.connection = state.connection;
        }
        if !self.heard.boards {
            set(&mut self.boards, state.boards);
        }
        if !self.heard.attention {
            set(&mut self.attention, state.attention);
        }
    }
}

/// Keeps the old pointer for an equal value, so that those who compare see no change.
fn set<T: PartialEq>(slot: &mut Rc<T>, value: T) {
    if **slot != value {
        *slot = Rc::new(value);
    }
}

#[cfg(test)]
mod tests {
    use roost_bridge::ConnectionPhase;

    use super::*;

    fn state() -> AppState {
        AppState {
            session: Session::Unconnected,
            connection: ConnectionState::default(),
            boards: BoardsPage::default(),
            theme: Theme::Dark,
            drafts: Vec::new(),
            attention: Attention::default(),
            notices: Vec::new(),
            last_board: None,
        }
    }

    fn live() -> ConnectionState {
        ConnectionState { phase: ConnectionPhase::Live, n_waiting: 0 }
    }

    fn told(actions: impl IntoIterator<Item = Told>) -> Rc<Model> {
        actions.into_iter().fold(Rc::default(), Reducible::reduce)
    }

    #[test]
    fn an_announcement_is_newer_than_the_answer_that_comes_after_it() {
        let model = told([Told::Asked, Told::Connection(live()), Told::State(Box::new(state()))]);
        assert_eq!((model.connection, model.theme), (live(), Theme::Dark));
        assert_eq!(model.loading, Loading::Loaded);
    }

    #[test]
    fn an_announcement_from_before_the_question_is_older_than_its_answer() {
        let model = told([Told::Connection(live()), Told::Asked, Told::State(Box::new(state()))]);
        assert_eq!(model.connection, ConnectionState::default());
    }

    #[test]
    fn the_same_news_twice_draws_nothing() {
        let model = told([Told::Asked, Told::Boards(BoardsPage::default())]);
        let same = model.clone().reduce(Told::Boards(BoardsPage::default()));
        assert!(Rc::ptr_eq(&model, &same));
    }
}
