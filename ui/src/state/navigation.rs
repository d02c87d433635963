//! Which page of a signed-in person is shown.

use roost_board::BoardId;
use yew::prelude::*;

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Route {
    /// All boards.
    #[default]
    Boards,
    /// One board.
    Board(BoardId),
}

/// Goes from page to page.
#[derive(Debug, Clone, PartialEq)]
pub struct Navigation {
    route: Route,
    go: Callback<Route>,
}

impl Navigation {
    /// The pages, of which `route` is shown; `go` shows another one.
    #[must_use]
    pub fn new(route: Route, go: Callback<Route>) -> Self {
        Self { route, go }
    }

    /// The page that is shown.
    #[must_use]
    pub fn route(&self) -> Route {
        self.route
    }

    /// Shows a page.
    pub fn go(&self, route: Route) {
        self.go.emit(route);
    }
}

/// Goes from page to page.
#[hook]
pub fn use_navigation() -> Navigation {
    use_context::<Navigation>().expect("inside of App")
}
