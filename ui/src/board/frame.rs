//! A call before the next picture.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

/// A call that is due before the next picture; dropped, it does not come.
pub(crate) struct Frame {
    id: i32,
    _call: Closure<dyn FnMut(f64)>,
}

impl Frame {
    /// Asks for a call with the time of the picture, in milliseconds. `None` where there is no window.
    pub(crate) fn request(call: impl FnOnce(f64) + 'static) -> Option<Self> {
        let call = Closure::once(call);
        let id = web_sys::window()?.request_animation_frame(call.as_ref().unchecked_ref()).ok()?;
        Some(Self { id, _call: call })
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window()
            && let Err(error) = window.cancel_animation_frame(self.id)
        {
            crate::core::log(&format!("{error:?}"));
        }
    }
}
