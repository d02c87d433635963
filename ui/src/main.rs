//! The Roost interface: a Yew application that runs in the window of the desktop app.
//!
//! `core` is the way to the desktop core, `state` what the whole interface knows, `components` what it is drawn with,
//! `pages`, `board` and `attention` what it shows.

// A binary exports nothing: `pub` here means "for the other modules". Yew's derived properties are not `Debug`, and
// hooks and components take their arguments by value.
#![allow(unreachable_pub, missing_debug_implementations, clippy::needless_pass_by_value)]

mod app;
mod attention;
mod board;
mod clock;
mod components;
mod core;
mod crash;
mod dom;
mod pages;
mod state;
mod words;

fn main() {
    crash::install();
    dom::keep_web_view_menu_to_text();
    dom::give_texts_their_undo();
    let document = web_sys::window().and_then(|window| window.document());
    let root = document.and_then(|document| document.get_element_by_id("app")).expect("index.html has #app");
    yew::Renderer::<app::App>::with_root(root).render();
}
