//! Who is signed in, and where.

use std::rc::Rc;

use roost_bridge::Session;
use yew::prelude::*;

/// Who is signed in, and the way to say that this has changed.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionHandle {
    session: Rc<Session>,
    set: Callback<Session>,
}

impl SessionHandle {
    /// A handle on `session`; `set` hears of another one.
    #[must_use]
    pub fn new(session: Rc<Session>, set: Callback<Session>) -> Self {
        Self { session, set }
    }

    /// Who is signed in, and where.
    #[must_use]
    pub fn get(&self) -> &Session {
        &self.session
    }

    /// Takes over what a command has answered, without waiting for the event that says the same.
    pub fn set(&self, session: Session) {
        self.set.emit(session);
    }
}

/// Who is signed in, and where.
#[hook]
pub fn use_session() -> SessionHandle {
    use_context::<SessionHandle>().expect("inside of StateProvider")
}
