//! Roost on the desktop: a window around the [`core`].
//!
//! The core knows who is signed in, keeps the connection and owns every replica; this crate puts a window, the
//! keyring and the bundled server around it, and carries commands in and events out.

#![allow(clippy::needless_pass_by_value, reason = "Tauri hands its arguments over by value")]
#![allow(clippy::exit, reason = "in the code that Tauri generates for the context")]

mod bundled;
mod commands;
pub mod core;
mod events;
pub mod profile;
pub mod secret;
mod window;

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tauri::async_runtime::{block_on, spawn};
use tauri::{AppHandle, Manager as _, RunEvent, WindowEvent};
use tauri_plugin_window_state::StateFlags;

use crate::core::{Core, Patience};
use crate::profile::{Profile, ProfileError, ProfileLock};
use crate::secret::Keyring;

/// Runs the app with the profile in a folder, or the usual one, until its window is closed.
///
/// A second start with the same profile raises the window of the first, and ends the process.
///
/// # Errors
/// When the profile cannot be used or the window cannot be opened; the error says what to do.
pub fn run(profile: Option<&Path>) -> Result<()> {
    let profile = Profile::open(profile)?;
    let mut context = tauri::generate_context!();
    profile.identifier().clone_into(&mut context.config_mut().identifier);
    let window_state = tauri_plugin_window_state::Builder::new()
        .with_filename(profile.window_state().to_str().context("the profile folder's path is not UTF-8")?)
        .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED)
        .build();

    let app = tauri::Builder::default()
        // First, so that a second start ends here.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| window::raise(app)))
        .plugin(window_state)
        .invoke_handler(commands::handle)
        .on_window_event(|window, event| {
            // What may have happened while nobody looked: the machine slept, the network changed.
            if let WindowEvent::Focused(true) = event {
                window.state::<Core>().reconnect();
            }
        })
        .build(context)
        .context("the app cannot start")?;

    app.manage(lock_when_free(&profile)?);
    let (core, events) = block_on(Core::open(&profile, Keyring::new(profile.identifier()), Patience::default()))?;
    app.manage(core.clone());
    spawn(events::forward(app.handle().clone(), events));
    spawn(end_on_signal(app.handle().clone()));
    window::open(app.handle(), &profile, core.theme()).context("the window cannot be opened")?;
    app.run(move |app, event| {
        if let RunEvent::Exit = event {
            // Whoever starts the app from here on gets a new one, and does not ask this one to show its window.
            tauri_plugin_single_instance::destroy(app);
            block_on(core.shutdown());
        }
    });
    Ok(())
}

/// Takes the profile, from the last run if that is still on its way out: somebody who closes the window and opens it
/// again at once is not told to come back later.
fn lock_when_free(profile: &Profile) -> Result<ProfileLock, ProfileError> {
    const END_OF_LAST_RUN: Duration = Duration::from_secs(10);
    const PERIOD: Duration = Duration::from_millis(25);

    let start = Instant::now();
    loop {
        match profile.lock() {
            Err(ProfileError::InUse(_)) if start.elapsed() < END_OF_LAST_RUN => thread::sleep(PERIOD),
            outcome => return outcome,
        }
    }
}

/// Ends the app as closing its window does when the system or the terminal asks it to end.
async fn end_on_signal(app: AppHandle) {
    let asked = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = asked => {}
                    _ = terminate.recv() => {}
                }
            }
            Err(error) => {
                tracing::warn!(%error, "no signals");
                return;
            }
        }
    }
    #[cfg(not(unix))]
    if asked.await.is_err() {
        return;
    }
    app.exit(0);
}
