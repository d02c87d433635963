//! How the connection stands, as the core announces it.

use roost_bridge::ConnectionState;
use yew::prelude::*;

/// How the connection stands.
#[hook]
pub fn use_connection() -> ConnectionState {
    use_context::<ConnectionState>().expect("inside of StateProvider")
}
