//! What the whole interface knows: one context for each rate of change, each behind a hook of its own.

mod attention;
mod boards;
mod connection;
mod drafts;
mod model;
mod navigation;
mod provider;
mod session;
mod theme;
mod toasts;

pub use attention::{AttentionHandle, use_attention};
pub use boards::use_boards;
pub use connection::use_connection;
pub use drafts::{DraftHandle, Drafts, use_draft, use_drafts};
pub use navigation::{Navigation, Route, use_navigation};
pub use provider::{Loading, StateProvider, use_start};
pub use session::{SessionHandle, use_session};
pub use theme::{ThemeHandle, use_theme};
pub use toasts::{Toast, ToastKind, ToastList, Toasts, use_toast_list, use_toasts};
