//! Light, dark, or as the system says.

use roost_bridge::Theme;
use yew::prelude::*;

/// The theme, and the way to choose another one.
#[derive(Debug, Clone, PartialEq)]
pub struct ThemeHandle {
    theme: Theme,
    choose: Callback<Theme>,
}

impl ThemeHandle {
    /// A handle on `theme`; `choose` hears of another choice.
    #[must_use]
    pub fn new(theme: Theme, choose: Callback<Theme>) -> Self {
        Self { theme, choose }
    }

    /// The chosen theme.
    #[must_use]
    pub fn get(&self) -> Theme {
        self.theme
    }

    /// Chooses a theme: it is drawn at once and kept by the core.
    pub fn choose(&self, theme: Theme) {
        self.choose.emit(theme);
    }
}

/// The theme.
#[hook]
pub fn use_theme() -> ThemeHandle {
    use_context::<ThemeHandle>().expect("inside of StateProvider")
}

/// Draws a theme: the style sheets read it from the root element.
pub fn apply(theme: Theme) {
    let Some(root) = web_sys::window().and_then(|window| window.document()?.document_element()) else { return };
    let result = match theme {
        Theme::System => root.remove_attribute("data-theme"),
        Theme::Light => root.set_attribute("data-theme", "light"),
        Theme::Dark => root.set_attribute("data-theme", "dark"),
    };
    if let Err(error) = result {
        crate::core::log(&format!("{error:?}"));
    }
}
