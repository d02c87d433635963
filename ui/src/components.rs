//! What the interface is drawn with.

mod account_menu;
mod avatar;
mod button;
mod connection;
mod dialog;
mod empty_state;
mod header;
mod icon;
mod mark;
mod menu;
mod person;
mod skeleton;
mod text_field;
mod toaster;

pub use avatar::{Avatar, AvatarStack};
pub use button::{Button, ButtonKind, IconButton};
pub use dialog::Dialog;
pub use empty_state::EmptyState;
pub use header::Header;
pub use icon::{Icon, IconName};
pub use mark::Mark;
pub use menu::{Menu, MenuItem, MenuSeparator};
pub use person::{Person, person_hue};
pub use skeleton::Skeleton;
pub use text_field::{TextField, TextKind};
pub use toaster::Toaster;
