//! The last resort: an error page that needs nothing of what has just failed.

use std::panic::PanicHookInfo;

use wasm_bindgen::JsCast;

/// Shows the error page of `index.html` when the interface panics.
pub fn install() {
    yew::set_custom_panic_hook(Box::new(show));
}

fn show(info: &PanicHookInfo<'_>) {
    let text = info.to_string();
    crate::core::log(&text);
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    if let Some(detail) = document.get_element_by_id("crash-detail") {
        detail.set_text_content(Some(&text));
    }
    if let Some(page) = document.get_element_by_id("crash")
        && let Err(error) = page.remove_attribute("hidden")
    {
        crate::core::log(&format!("{error:?}"));
    }
    if let Some(button) = document.get_element_by_id("crash-reload").and_then(|button| button.dyn_into().ok()) {
        crate::dom::focus(&button);
    }
}
