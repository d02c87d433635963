//! A window with an empty page, opened as the app opens its own: the least that such an app can take.

fn main() {
    #[cfg(target_os = "linux")]
    linux::run();
}

#[cfg(target_os = "linux")]
mod linux {
    #![allow(clippy::exit, reason = "in the code that Tauri generates for the context")]

    use std::path::PathBuf;

    use tauri::WebviewUrl;
    use tauri::utils::config::Color;
    use tauri::webview::WebviewWindowBuilder;

    /// The ground until the page has painted, as the app has it. The page is of another colour, so that it can be seen.
    const GROUND: Color = Color(0xf8, 0xf7, 0xf4, 0xff);

    /// Opens the window, with its caches in the folder that is the one argument.
    pub(super) fn run() {
        let folder: PathBuf = std::env::args_os().nth(1).expect("the folder of the caches is the one argument").into();
        tauri::Builder::default()
            .setup(move |app| {
                let window = WebviewWindowBuilder::new(app, "main", WebviewUrl::default())
                    .title("Bare window")
                    .inner_size(1280.0, 800.0)
                    .min_inner_size(720.0, 480.0)
                    .center()
                    .visible(false)
                    .data_directory(folder)
                    .disable_drag_drop_handler()
                    .build()?;
                window.set_background_color(Some(GROUND))?;
                Ok(window.show()?)
            })
            .run(tauri::generate_context!("bare/tauri.conf.json"))
            .expect("a window can be opened");
    }
}
