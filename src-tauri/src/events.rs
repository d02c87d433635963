//! The one place that tells the webview something.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use roost_bridge::{Attention, BoardMessage, BoardNews, BoardsPage, ConnectionState, Event, Notice, Session};
use tauri::{AppHandle, Emitter as _, EventTarget, Manager as _};
use tokio::sync::oneshot;

use crate::core::{UiEvent, UiEvents};
use crate::window;

/// How many events are looked at together.
const BATCH_MAX: usize = 256;

/// From how many entries on a message is work for the webview that it may want to rest from.
const LONG: usize = 100;

/// How long the webview may be busy with such a message before it is told more all the same.
const PATIENCE: Duration = Duration::from_secs(1);

/// Tells the webview everything that the core has to tell, in its order, until the core is gone.
pub(crate) async fn forward(app: AppHandle, mut events: UiEvents) {
    let mut batch = Vec::new();
    while events.recv_many(&mut batch, BATCH_MAX).await > 0 {
        for event in latest(std::mem::take(&mut batch)) {
            match event {
                UiEvent::Session(session) => emit::<Session>(&app, &session),
                UiEvent::Connection(state) => emit::<ConnectionState>(&app, &state),
                UiEvent::Boards(page) => emit::<BoardsPage>(&app, &page),
                UiEvent::Board(message) => {
                    emit::<BoardMessage>(&app, &message);
                    if matches!(&message.news, BoardNews::Entries { entries } if entries.len() > LONG) {
                        taken(&app).await;
                    }
                }
                UiEvent::Attention(attention) => emit::<Attention>(&app, &attention),
                UiEvent::Notice(notice) => emit::<Notice>(&app, &notice),
                UiEvent::Theme(theme) => window::set_theme(&app, theme),
            }
        }
    }
}

fn emit<E: Event + Clone>(app: &AppHandle, event: &E) {
    if let Err(error) = app.emit_to(EventTarget::webview_window(window::LABEL), E::NAME, event) {
        tracing::warn!(event = E::NAME, %error, "the window could not be told");
    }
}

/// Waits until the webview has worked on everything that it was told. Were it told all of a flood at once, the input
/// of the person would stand behind it in the same queue.
async fn taken(app: &AppHandle) {
    let Some(window) = app.get_webview_window(window::LABEL) else { return };
    let (sender, receiver) = oneshot::channel();
    let sender = Mutex::new(Some(sender));
    let asked = window.eval_with_callback("0", move |_| {
        if let Some(sender) = sender.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // An error says that the wait is over.
            sender.send(()).ok();
        }
    });
    if asked.is_ok() {
        drop(tokio::time::timeout(PATIENCE, receiver).await);
    }
}

/// Leaves out what a later event of the same batch replaces: states that nobody would see.
fn latest(events: Vec<UiEvent>) -> Vec<UiEvent> {
    let (mut has_connection, mut has_boards, mut has_attention) = (false, false, false);
    let mut kept: Vec<UiEvent> = events
        .into_iter()
        .rev()
        .filter(|event| match event {
            UiEvent::Connection(_) => !std::mem::replace(&mut has_connection, true),
            UiEvent::Boards(_) => !std::mem::replace(&mut has_boards, true),
            UiEvent::Attention(_) => !std::mem::replace(&mut has_attention, true),
            UiEvent::Session(_) | UiEvent::Board(_) | UiEvent::Notice(_) | UiEvent::Theme(_) => true,
        })
        .collect();
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use roost_bridge::Theme;

    use super::*;

    #[test]
    fn only_the_latest_state_is_told_and_everything_else_in_order() {
        let waiting = |n_waiting| UiEvent::Connection(ConnectionState { n_waiting, ..ConnectionState::default() });
        let session = UiEvent::Session(Session::Unconnected);
        let theme = UiEvent::Theme(Theme::Dark);
        let events = vec![waiting(1), session.clone(), waiting(2), theme.clone(), session.clone()];
        assert_eq!(latest(events), [session.clone(), waiting(2), theme, session]);
    }
}
