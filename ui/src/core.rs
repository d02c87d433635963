//! The way to the desktop core: commands and events.
//!
//! This is the only module that touches Tauri. What passes is JSON text: the bridge's types go through serde alone,
//! and a board of thousands of cards costs one parse in the engine and one here.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Function, JSON, Promise, Reflect};
use roost_bridge::{Command, CommandError, Event};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["window", "__TAURI__", "core"], js_name = invoke, catch)]
    fn tauri_invoke(command: &str, arguments: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_namespace = ["window", "__TAURI__", "event"], js_name = listen, catch)]
    fn tauri_listen(event: &str, handler: &JsValue) -> Result<Promise, JsValue>;
}

/// A command's arguments as Tauri wants them: one object, one name in it.
#[derive(Serialize)]
struct Arguments<C> {
    args: C,
}

/// Asks the core for something and waits for its answer.
///
/// # Errors
/// What the core answers; `internal` when it answers something that the bridge does not know.
pub async fn call<C: Command>(command: C) -> Result<C::Reply, CommandError> {
    let arguments = to_js(&Arguments { args: command }).map_err(|text| internal(C::NAME, &text))?;
    let answer = match tauri_invoke(C::NAME, &arguments) {
        Ok(promise) => JsFuture::from(promise).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(reply) => from_js(&reply).map_err(|text| internal(C::NAME, &text)),
        Err(error) => Err(from_js(&error).unwrap_or_else(|_| internal(C::NAME, &text_of(&error)))),
    }
}

/// Listens to an event until the guard that is answered is dropped.
///
/// The core hears of the listener a moment later: [`Listener::ready`] waits for that. Whoever wants a state and what
/// changes from then on listens first, waits, and then asks for the state.
#[must_use = "the listener ends when it is dropped"]
pub fn listen<E: Event + 'static>(callback: impl Fn(E) + 'static) -> Listener {
    let is_live = Rc::new(Cell::new(true));
    let handler: Closure<dyn Fn(JsValue)> = Closure::new({
        let is_live = is_live.clone();
        move |message: JsValue| {
            if !is_live.get() {
                return;
            }
            let payload = Reflect::get(&message, &JsValue::from_str("payload")).unwrap_or(JsValue::NULL);
            match from_js(&payload) {
                Ok(event) => callback(event),
                Err(text) => log(&format!("event {}: {text}", E::NAME)),
            }
        }
    });
    let registration = tauri_listen(E::NAME, handler.as_ref()).unwrap_or_else(|error| Promise::reject(&error));
    Listener { name: E::NAME, is_live, handler: Some(handler), registration }
}

/// Keeps a listener alive.
#[must_use = "the listener ends when it is dropped"]
pub struct Listener {
    name: &'static str,
    is_live: Rc<Cell<bool>>,
    handler: Option<Closure<dyn Fn(JsValue)>>,
    registration: Promise,
}

impl Listener {
    /// Waits until the core knows of the listener.
    ///
    /// # Errors
    /// `internal` when it cannot be told.
    pub fn ready(&self) -> impl Future<Output = Result<(), CommandError>> + use<> {
        let registration = JsFuture::from(self.registration.clone());
        let name = self.name;
        async move { registration.await.map(drop).map_err(|error| internal(name, &text_of(&error))) }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.is_live.set(false);
        let (registration, handler) = (JsFuture::from(self.registration.clone()), self.handler.take());
        spawn_local(async move {
            if let Ok(unlisten) = registration.await
                && let Some(unlisten) = unlisten.dyn_ref::<Function>()
                && let Err(error) = unlisten.call0(&JsValue::NULL)
            {
                log(&text_of(&error));
            }
            // Only now can no call of it be under way.
            drop(handler);
        });
    }
}

/// Writes a line for developers to the console of the window.
pub fn log(text: &str) {
    web_sys::console::error_1(&JsValue::from_str(text));
}

fn to_js(value: &impl Serialize) -> Result<JsValue, String> {
    let text = serde_json::to_string(value).map_err(|error| error.to_string())?;
    JSON::parse(&text).map_err(|error| text_of(&error))
}

fn from_js<T: DeserializeOwned>(value: &JsValue) -> Result<T, String> {
    // Nothing at all has no JSON; the bridge's word for it is null.
    if value.is_undefined() {
        return serde_json::from_str("null").map_err(|error| error.to_string());
    }
    let text = JSON::stringify(value).map_err(|error| text_of(&error))?;
    serde_json::from_str(&String::from(text)).map_err(|error| error.to_string())
}

fn text_of(error: &JsValue) -> String {
    // An error of the engine has no JSON of its own.
    if let Some(error) = error.dyn_ref::<js_sys::Error>() {
        return error.to_string().into();
    }
    error.as_string().or_else(|| JSON::stringify(error).ok().map(String::from)).unwrap_or_default()
}

fn internal(name: &str, detail: &str) -> CommandError {
    log(&format!("{name}: {detail}"));
    CommandError {
        code: "internal".to_owned(),
        message: "Something went wrong inside Roost. Try again, and restart it if that does not help.".to_owned(),
        fields: std::collections::BTreeMap::new(),
    }
}
