//! The app in its window, as a hand and an eye would have it.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use fantoccini::actions::{Actions, InputSource, KeyAction, KeyActions, MouseActions, PointerAction};
use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use rustix::process::{Pid, Signal};
use serde_json::{Value, json};
use tokio::process::Command;

use super::group::{Group, is_running, signal};
use super::story::{Album, program};
use super::wait::{PATIENCE, until};

/// How long one step of a pointer takes, so that the app gets to draw in between.
const POINTER_STEP: Duration = Duration::from_millis(16);

/// A script that is done when no animation is under way, but for those without an end, and what is meant to be seen was
/// drawn.
const AT_REST: &str = "
    const done = arguments[arguments.length - 1];
    setTimeout(done, 2000);
    const moving = document.getAnimations().filter((it) => it.effect.getComputedTiming().endTime !== Infinity);
    Promise.allSettled([document.fonts.ready, ...moving.map((it) => it.finished)])
        .then(() => requestAnimationFrame(() => requestAnimationFrame(done)));
";

/// A running app, with the driver that is in front of it. The driver is for this one app and ends with it.
#[derive(Debug)]
pub(crate) struct App {
    whose: &'static str,
    album: Album,
    client: Client,
    driver: Group,
    pid: Pid,
}

impl App {
    /// Starts somebody's app with their profile, and waits until its window can be asked.
    pub(crate) async fn start(whose: &'static str, profile: &Path, album: Album) -> Result<Self> {
        let port = free_port()?;
        let mut command = Command::new("WebKitWebDriver");
        command
            .arg(format!("--port={port}"))
            // Without these the app does not let itself be driven, and the driver waits for ever.
            .env("TAURI_AUTOMATION", "true")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .stdout(Stdio::null());
        let driver = Group::spawn(&mut command)?;
        let options = json!({ "binary": program("ROOST_APP_BIN")?.to_str(), "args": ["--profile", profile] });
        let Value::Object(capabilities) = json!({ "webkitgtk:browserOptions": options }) else {
            bail!("capabilities are an object");
        };
        let address = format!("http://127.0.0.1:{port}");
        until("the driver to listen", PATIENCE, async || {
            Ok(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok())
        })
        .await?;
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let session = builder.capabilities(capabilities);
        let client = tokio::time::timeout(PATIENCE, session.connect(&address))
            .await
            .context("the app did not show a window")?
            .context("the app did not start")?;
        let pid = driver.first_child()?.context("the driver has started nothing")?;
        Ok(Self { whose, album, client, driver, pid })
    }

    /// Asks the app to end, as the desktop does when somebody logs out. Were its window closed through the driver, the
    /// driver would kill it at once.
    pub(crate) fn ask_to_end(&self) -> Result<()> {
        signal(self.pid, Signal::TERM)
    }

    /// Waits until the app has ended by itself.
    pub(crate) async fn ended(self) -> Result<()> {
        until("the app to end", PATIENCE, async || Ok((!is_running(self.pid)).then_some(()))).await?;
        drop(self.driver);
        Ok(())
    }

    /// Kills the app, as a crash or a power cut would.
    pub(crate) async fn kill(self) -> Result<()> {
        signal(self.pid, Signal::KILL)?;
        until("the app to be gone", PATIENCE, async || Ok((!is_running(self.pid)).then_some(()))).await?;
        drop(self.driver);
        Ok(())
    }

    /// Waits until what moves in the window has come to rest, as a hand does before it reaches for something.
    pub(crate) async fn come_to_rest(&self) -> Result<()> {
        self.client.execute_async(AT_REST, Vec::new()).await?;
        Ok(())
    }

    /// Takes a picture of the window, once what moves in it has come to rest.
    pub(crate) async fn picture(&self, what: &str) -> Result<()> {
        // A window that does not answer is worth a picture too.
        self.come_to_rest().await.ok();
        self.album.keep(self.whose, what, &self.client.screenshot().await?)
    }

    /// Looks until there is something; when there never is, takes a picture of what there is instead.
    pub(crate) async fn wait<T>(
        &self,
        what: &str,
        look: impl AsyncFnMut() -> Result<Option<T>>,
    ) -> Result<(T, Duration)> {
        let waited = until(what, PATIENCE, look).await;
        if waited.is_err() {
            // The first error is the one to tell.
            self.picture("is-stuck").await.ok();
        }
        waited.with_context(|| format!("in {}'s window", self.whose))
    }

    /// What a script answers that runs in the window.
    pub(crate) async fn ask(&self, script: &str) -> Result<Value> {
        Ok(self.client.execute(script, Vec::new()).await?)
    }

    /// Waits until something is drawn.
    pub(crate) async fn see(&self, css: &str) -> Result<Element> {
        let is_drawn = format!(
            "const it = document.querySelector({});
            return it !== null && it.getClientRects().length > 0 && it.checkVisibility({{ visibilityProperty: true }})",
            json!(css),
        );
        let (element, _) = self
            .wait(&format!("{css} to be drawn"), async || {
                if self.ask(&is_drawn).await? != Value::Bool(true) {
                    return Ok(None);
                }
                Ok(Some(self.client.find(Locator::Css(css)).await?))
            })
            .await?;
        Ok(element)
    }

    /// Waits until nothing of the kind is there.
    pub(crate) async fn miss(&self, css: &str) -> Result<()> {
        self.wait(&format!("{css} to be gone"), async || {
            Ok(self.client.find_all(Locator::Css(css)).await?.is_empty().then_some(()))
        })
        .await?;
        Ok(())
    }

    /// Waits until one of the things of a kind says a text, and gives how long that took.
    pub(crate) async fn read(&self, css: &str, text: &str) -> Result<Duration> {
        let script = format!(
            "return [...document.querySelectorAll({})].some((e) => String(e.value ?? '').includes({text}) || e.innerText.includes({text}))",
            json!(css),
            text = json!(text),
        );
        let ((), took) = self
            .wait(&format!("{css} to say {text:?}"), async || {
                Ok((self.ask(&script).await? == Value::Bool(true)).then_some(()))
            })
            .await?;
        Ok(took)
    }

    /// Clicks something once it is in sight and nothing covers it.
    pub(crate) async fn click(&self, css: &str) -> Result<()> {
        self.wait(&format!("{css} to be clicked"), async || {
            Ok(Some(self.client.find(Locator::Css(css)).await?.click().await?))
        })
        .await?;
        Ok(())
    }

    /// Clicks the button that says something, inside of what `css` selects.
    pub(crate) async fn click_button(&self, css: &str, words: &str) -> Result<()> {
        let xpath = format!(".//button[normalize-space()={}]", json!(words));
        self.wait(&format!("the button {words:?}"), async || {
            let inside = self.client.find(Locator::Css(css)).await?;
            Ok(Some(inside.find(Locator::XPath(&xpath)).await?.click().await?))
        })
        .await?;
        Ok(())
    }

    /// Puts the caret into a field and types, after what is in it; a line break is the Enter key.
    pub(crate) async fn write(&self, css: &str, text: &str) -> Result<()> {
        let field = self.see(css).await?;
        let keys = text.replace('\n', &char::from(Key::Enter).to_string());
        field.send_keys(&keys).await.with_context(|| format!("could not type into {css}"))
    }

    /// Presses keys where the focus is: characters, or those of [`fantoccini::key::Key`].
    pub(crate) async fn press(&self, keys: &[char]) -> Result<()> {
        let mut actions = KeyActions::new("keyboard".to_owned());
        for &value in keys {
            actions = actions.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        }
        Ok(self.client.perform_actions(actions).await?)
    }

    /// Drags something with the mouse to a point, step by step as a hand does, and calls `held` before it lets go.
    /// Gives the moment at which it did.
    pub(crate) async fn drag(
        &self,
        from: (f64, f64),
        to: (f64, f64),
        held: impl AsyncFnOnce() -> Result<()>,
    ) -> Result<Instant> {
        const N_STEPS: u32 = 24;
        let move_to =
            |(x, y): (f64, f64)| PointerAction::MoveTo { duration: Some(POINTER_STEP), x: x.round(), y: y.round() };
        let mut way = MouseActions::new("mouse".to_owned())
            .then(move_to(from))
            .then(PointerAction::Down { button: fantoccini::actions::MOUSE_BUTTON_LEFT });
        for step in 1..=N_STEPS {
            let done = f64::from(step) / f64::from(N_STEPS);
            way = way.then(move_to((from.0 + (to.0 - from.0) * done, from.1 + (to.1 - from.1) * done)));
        }
        self.client.perform_actions(Actions::from(way)).await?;
        held().await?;
        let let_go = MouseActions::new("mouse".to_owned())
            .then(PointerAction::Up { button: fantoccini::actions::MOUSE_BUTTON_LEFT });
        let moment = Instant::now();
        self.client.perform_actions(let_go).await?;
        Ok(moment)
    }

    /// Where something is in the window: left, top, width, height, in CSS pixels.
    pub(crate) async fn place(&self, css: &str) -> Result<(f64, f64, f64, f64)> {
        Ok(self.see(css).await?.rectangle().await?)
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
