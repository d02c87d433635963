//! The window: one, labelled `main`, which shows the interface and nothing else.

use roost_bridge::Theme;
use tauri::utils::config::Color;
use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, Manager as _, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

use crate::profile::Profile;

/// The window's label, to which the capability is granted.
pub(crate) const LABEL: &str = "main";

/// The ground of the light and of the dark theme, shown until the interface has painted.
const LIGHT: Color = Color(0xf8, 0xf7, 0xf4, 0xff);
const DARK: Color = Color(0x13, 0x10, 0x0d, 0xff);

/// What the system said when the window was opened.
struct SystemTheme(tauri::Theme);

/// Opens the window.
///
/// Its size and place are set while it is hidden, and so is its colour, which depends on what the system says.
pub(crate) fn open(app: &AppHandle, profile: &Profile, theme: Theme) -> tauri::Result<()> {
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .title("Roost")
        .inner_size(1280.0, 800.0)
        .min_inner_size(720.0, 480.0)
        .center()
        .visible(false)
        .data_directory(profile.webview())
        // The interface drags with pointer events; the system's handler would swallow them on some platforms.
        .disable_drag_drop_handler()
        .on_navigation(is_own)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()?;
    come_back_after_a_crash(&window)?;
    let system = window.theme()?;
    app.manage(SystemTheme(system));
    let is_dark = match theme {
        Theme::System => system == tauri::Theme::Dark,
        Theme::Light => false,
        Theme::Dark => true,
    };
    if theme != Theme::System {
        set_theme(app, theme);
    }
    window.set_background_color(Some(if is_dark { DARK } else { LIGHT }))?;
    window.show()
}

/// Loads the interface anew when the process that draws it has crashed, which would leave the window empty for good.
/// What the person did is in the core and on disk.
#[cfg(target_os = "linux")]
fn come_back_after_a_crash(window: &WebviewWindow) -> tauri::Result<()> {
    use webkit2gtk::WebViewExt as _;

    window.with_webview(|webview| {
        webview.inner().connect_web_process_terminated(|view, reason| {
            tracing::error!(?reason, "the process that draws the window has ended; the interface is loaded anew");
            view.reload();
        });
    })
}

/// The views of other systems have ways of their own.
#[cfg(not(target_os = "linux"))]
fn come_back_after_a_crash(_window: &WebviewWindow) -> tauri::Result<()> {
    Ok(())
}

/// Brings the window to the front.
pub(crate) fn raise(app: &AppHandle) {
    let Some(window) = app.get_webview_window(LABEL) else { return };
    let raised = window.show().and_then(|()| window.unminimize()).and_then(|()| window.set_focus());
    if let Err(error) = raised {
        tracing::warn!(%error, "the window could not be raised");
    }
}

/// Gives the window's frame, menus and scroll bars a theme.
pub(crate) fn set_theme(app: &AppHandle, theme: Theme) {
    let native = match theme {
        // On Linux, "none" is taken for light.
        Theme::System if cfg!(target_os = "linux") => app.try_state::<SystemTheme>().map(|system| system.0),
        Theme::System => None,
        Theme::Light => Some(tauri::Theme::Light),
        Theme::Dark => Some(tauri::Theme::Dark),
    };
    if let Some(window) = app.get_webview_window(LABEL)
        && let Err(error) = window.set_theme(native)
    {
        tracing::warn!(%error, "the window's theme could not be set");
    }
}

/// Whether an address is one of the app's own pages: nothing else is ever shown.
fn is_own(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // Windows has no schemes of its own.
        "http" | "https" => cfg!(windows) && url.host_str() == Some("tauri.localhost"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(not(windows))]
    fn the_window_shows_its_own_pages_only() {
        let check = |address: &str, expect| assert_eq!(is_own(&address.parse().unwrap()), expect, "{address}");
        check("tauri://localhost/", true);
        check("tauri://localhost/index.html", true);
        check("tauri://example.org/", false);
        check("https://example.org/", false);
        check("http://tauri.localhost/", false);
        check("file:///etc/passwd", false);
        check("data:text/html,hello", false);
    }
}
