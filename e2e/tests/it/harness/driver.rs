//! The WebDriver session in front of a window.

use anyhow::{Context, Error, Result};
use fantoccini::Client;
use fantoccini::actions::Actions;
use fantoccini::elements::{Element, ElementRef};
use fantoccini::error::CmdError;
use serde_json::Value;

/// What the standard calls the reference of an element in an answer.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A WebDriver session whose errors tell their code: the driver leaves many of them without a message.
#[derive(Debug)]
pub(crate) struct Driver(Client);

impl Driver {
    /// A session that has begun.
    pub(crate) fn new(client: Client) -> Self {
        Self(client)
    }

    /// What a script answers that runs in the window.
    pub(crate) async fn ask(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        self.0.execute(script, arguments).await.map_err(with_code)
    }

    /// What a script answers by calling its last argument.
    pub(crate) async fn ask_and_wait(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        self.0.execute_async(script, arguments).await.map_err(with_code)
    }

    /// Clicks an element that a script has answered; refused when something covers it.
    pub(crate) async fn click(&self, element: &Value) -> Result<()> {
        self.element(element)?.click().await.map_err(with_code)
    }

    /// Gives an element that a script has answered the focus and presses keys.
    pub(crate) async fn send_keys(&self, element: &Value, keys: &str) -> Result<()> {
        self.element(element)?.send_keys(keys).await.map_err(with_code)
    }

    /// Moves and presses.
    pub(crate) async fn act(&self, actions: impl Into<Actions>) -> Result<()> {
        self.0.perform_actions(actions).await.map_err(with_code)
    }

    /// A picture of the window: a PNG file's bytes.
    pub(crate) async fn screenshot(&self) -> Result<Vec<u8>> {
        self.0.screenshot().await.map_err(with_code)
    }

    fn element(&self, answer: &Value) -> Result<Element> {
        let reference = answer[ELEMENT].as_str().context("the script's answer is not an element")?;
        Ok(Element::from_element_id(self.0.clone(), ElementRef::from(reference.to_owned())))
    }
}

fn with_code(error: CmdError) -> Error {
    let code = match &error {
        CmdError::Standard(answer) => answer.error(),
        // Not an answer of the driver: the error says all there is.
        _ => return error.into(),
    };
    Error::new(error).context(format!("the driver answers {code:?}"))
}
