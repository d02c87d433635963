//! The hand: what clicks, types and drags.
//!
//! Whatever the driver refuses is tried again until the time is up, since the window may be on its way to its next
//! picture. Nothing is done twice: what has been done is seen in the window itself.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use fantoccini::actions::{
    Actions, InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction,
};
use fantoccini::key::Key;
use serde_json::{Value, json};

use super::super::wait::until;
use super::App;

/// How long one step of a pointer takes, so that the app gets to draw in between.
const POINTER_STEP: Duration = Duration::from_millis(16);

/// How long the app may take to lift what is dragged, before it is reached for anew.
const LIFT: Duration = Duration::from_secs(3);

/// A script that answers something, or the button in it with the given words, once it has not moved for two frames; or
/// null.
const IN_REACH: &str = "
    const [css, words, done] = arguments;
    const find = () => {
        const it = document.querySelector(css);
        if (it === null || words === null) return it;
        // The words of an item in a menu have its key beside them.
        const says = (button) => (button.querySelector('.menu__text') ?? button).textContent.replace(/\\s+/g, ' ').trim() === words;
        return [...it.querySelectorAll('button')].find(says) ?? null;
    };
    const place = (it) => JSON.stringify(it.getBoundingClientRect());
    const it = find();
    if (it === null) return done(null);
    const before = place(it);
    setTimeout(done, 5000, null);
    requestAnimationFrame(() => requestAnimationFrame(() => done(it === find() && before === place(it) ? it : null)));
";

/// A script that puts the caret behind the text in a field and answers the field and the text; or null while it cannot.
const CARET: &str = "
    const it = document.querySelector(arguments[0]);
    if (it === null || !it.checkVisibility({ visibilityProperty: true })) return null;
    if (document.activeElement !== it) it.focus();
    if (document.activeElement !== it) return null;
    const end = it.value.length;
    if (it.selectionStart !== end || it.selectionEnd !== end) it.setSelectionRange(end, end);
    return [it, it.value];
";

impl App {
    /// Clicks something once it is in sight, at rest, and nothing covers it.
    pub(crate) async fn click(&self, css: &str) -> Result<()> {
        self.click_on(css, None).await
    }

    /// Clicks the button that says something, inside of what `css` selects.
    pub(crate) async fn click_button(&self, css: &str, words: &str) -> Result<()> {
        self.click_on(css, Some(words)).await
    }

    async fn click_on(&self, css: &str, words: Option<&str>) -> Result<()> {
        let what = words.map_or_else(|| css.to_owned(), |words| format!("the button {words:?} in {css}"));
        self.wait(&format!("{what} to be clicked"), async || {
            let it = self.driver.ask_and_wait(IN_REACH, vec![json!(css), json!(words)]).await?;
            ensure!(!it.is_null(), "it is not there or it moves");
            Ok(Some(self.driver.click(&it).await?))
        })
        .await?;
        Ok(())
    }

    /// Puts the caret into a field and types, after what is in it. A line break is the Enter key, with which the field
    /// hands on its text.
    pub(crate) async fn write(&self, css: &str, text: &str) -> Result<()> {
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.hand_on(css).await?;
            }
            self.write_line(css, line).await?;
        }
        Ok(())
    }

    async fn write_line(&self, css: &str, line: &str) -> Result<()> {
        // What the field is to hold in the end, once a key was pressed.
        let mut whole = None;
        let mut is_typed = false;
        self.wait(&format!("{line:?} to be typed into {css}"), async || {
            let (field, text) = self.caret(css).await?;
            let whole: &String = whole.get_or_insert_with(|| format!("{text}{line}"));
            if text == *whole {
                return Ok(Some(()));
            }
            let rest = whole.strip_prefix(&text).with_context(|| format!("it holds {text:?}"))?;
            // A key that was pressed and does not show up is a fault of the app.
            ensure!(!is_typed, "it only holds {text:?}");
            if let Err(error) = self.driver.send_keys(&field, rest).await {
                // Some keys may have come through: those that have not are pressed again.
                self.come_to_rest().await.ok();
                return Err(error);
            }
            is_typed = true;
            Ok(None)
        })
        .await?;
        Ok(())
    }

    /// Presses the Enter key in a field, and waits until what was in it is gone.
    async fn hand_on(&self, css: &str) -> Result<()> {
        let text_in = format!("return document.querySelector({})?.value ?? null", json!(css));
        let (_, text) =
            self.wait(&format!("{css} to be typed into"), async || Ok(Some(self.caret(css).await?))).await?.0;
        let mut is_pressed = false;
        self.wait(&format!("{css} to hand on {text:?}"), async || {
            if self.ask(&text_in).await? != Value::String(text.clone()) {
                return Ok(Some(()));
            }
            if !is_pressed {
                let (field, _) = self.caret(css).await?;
                if let Err(error) = self.driver.send_keys(&field, &char::from(Key::Enter).to_string()).await {
                    self.come_to_rest().await.ok();
                    return Err(error);
                }
                is_pressed = true;
            }
            Ok(None)
        })
        .await?;
        Ok(())
    }

    /// Puts the caret behind the text in a field; gives the field and the text.
    async fn caret(&self, css: &str) -> Result<(Value, String)> {
        let answer = self.driver.ask(CARET, vec![json!(css)]).await?;
        let answer: Option<(Value, String)> = serde_json::from_value(answer)?;
        answer.context("it is not there or does not take the focus")
    }

    /// Presses keys where the focus is: characters, or those of [`fantoccini::key::Key`].
    pub(crate) async fn press(&self, keys: &[char]) -> Result<()> {
        let mut actions = KeyActions::new("keyboard".to_owned());
        for &value in keys {
            actions = actions.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        }
        self.driver.act(actions).await.with_context(|| format!("could not press {keys:?}"))
    }

    /// Presses a key where the focus is while others are held.
    pub(crate) async fn press_with(&self, held: &[Key], key: char) -> Result<()> {
        let mut actions = KeyActions::new("keyboard".to_owned());
        for &value in held {
            actions = actions.then(KeyAction::Down { value: value.into() });
        }
        actions = actions.then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key });
        for &value in held.iter().rev() {
            actions = actions.then(KeyAction::Up { value: value.into() });
        }
        self.driver.act(actions).await.with_context(|| format!("could not press {key:?} with {held:?}"))
    }

    /// Drags something with the mouse, step by step as a hand does, and calls `held` before it lets go. `way` gives the
    /// points from which and to which, when everything is at rest. Gives the moment at which it let go.
    pub(crate) async fn drag(
        &self,
        way: impl AsyncFn() -> Result<((f64, f64), (f64, f64))>,
        held: impl AsyncFnOnce() -> Result<()>,
    ) -> Result<Instant> {
        self.wait("something to be dragged", async || {
            self.come_to_rest().await?;
            let (from, to) = way().await?;
            let taken = match self.driver.act(carry(from, to)).await {
                Ok(()) => self.is_lifted().await,
                Err(error) => Err(error),
            };
            if taken.is_err() {
                self.let_go().await?;
            }
            taken.map(Some)
        })
        .await?;
        held().await?;
        let moment = Instant::now();
        self.let_go().await?;
        Ok(moment)
    }

    async fn let_go(&self) -> Result<()> {
        let up = PointerAction::Up { button: MOUSE_BUTTON_LEFT };
        self.driver.act(MouseActions::new("mouse".to_owned()).then(up)).await
    }

    async fn is_lifted(&self) -> Result<()> {
        let is_lifted = "return document.querySelector('[data-testid=\"in-hand\"]') !== null";
        let look = async || Ok((self.ask(is_lifted).await? == Value::Bool(true)).then_some(()));
        until("it to be in the hand", LIFT, look).await?;
        Ok(())
    }
}

/// Presses the button of the mouse at one point and moves to the other.
fn carry(from: (f64, f64), to: (f64, f64)) -> Actions {
    const N_STEPS: u32 = 24;
    let move_to =
        |(x, y): (f64, f64)| PointerAction::MoveTo { duration: Some(POINTER_STEP), x: x.round(), y: y.round() };
    let mut way = MouseActions::new("mouse".to_owned())
        .then(move_to(from))
        .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT });
    for step in 1..=N_STEPS {
        let done = f64::from(step) / f64::from(N_STEPS);
        way = way.then(move_to((from.0 + (to.0 - from.0) * done, from.1 + (to.1 - from.1) * done)));
    }
    way.into()
}
