//! The app in its window, as a hand and an eye would have it.

mod hand;

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use fantoccini::ClientBuilder;
use hyper_util::client::legacy::connect::HttpConnector;
use rustix::process::{Pid, Signal};
use serde_json::{Value, json};
use tokio::process::Command;

use super::driver::Driver;
use super::group::{Group, is_running, signal};
use super::story::{self, Album};
use super::wait::{PATIENCE, until};

/// A script that is done when no animation is under way, but for those without an end, and what is meant to be seen was
/// drawn.
const AT_REST: &str = "
    const done = arguments[arguments.length - 1];
    setTimeout(done, 2000);
    const moving = document.getAnimations().filter((it) => it.effect.getComputedTiming().endTime !== Infinity);
    Promise.allSettled([document.fonts.ready, ...moving.map((it) => it.finished)])
        .then(() => requestAnimationFrame(() => requestAnimationFrame(done)));
";

/// A script that gives where something is, or null while it is not drawn.
const PLACE: &str = "
    const it = document.querySelector(arguments[0]);
    if (it === null || it.getClientRects().length === 0) return null;
    if (!it.checkVisibility({ visibilityProperty: true })) return null;
    const { left, top, width, height } = it.getBoundingClientRect();
    return [left, top, width, height];
";

/// A running app, with the driver that is in front of it. The driver is for this one app and ends with it.
#[derive(Debug)]
pub(crate) struct App {
    whose: &'static str,
    album: Album,
    driver: Driver,
    /// The driver's own program.
    program: Group,
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
            // The newest of WebKit's interpreters for wasm crashes once in some hundred starts (2.50.6, x86-64): a call
            // returns with its caller's registers lost. The app loads its window anew then, but the driver ends its
            // session, and with it the test. The interpreter before that one is still there.
            .env("JSC_useWasmIPInt", "0")
            .stdout(Stdio::null());
        let program = Group::spawn(&mut command)?;
        let options = json!({ "binary": story::program("ROOST_APP_BIN")?.to_str(), "args": ["--profile", profile] });
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
        let pid = program.first_child()?.context("the driver has started nothing")?;
        Ok(Self { whose, album, driver: Driver::new(client), program, pid })
    }

    /// Asks the app to end, as the desktop does when somebody logs out. Were its window closed through the driver, the
    /// driver would kill it at once.
    pub(crate) fn ask_to_end(&self) -> Result<()> {
        signal(self.pid, Signal::TERM)
    }

    /// Waits until the app has ended by itself.
    pub(crate) async fn ended(self) -> Result<()> {
        until("the app to end", PATIENCE, async || Ok((!is_running(self.pid)).then_some(()))).await?;
        drop(self.program);
        Ok(())
    }

    /// Kills the app, as a crash or a power cut would.
    pub(crate) async fn kill(self) -> Result<()> {
        signal(self.pid, Signal::KILL)?;
        until("the app to be gone", PATIENCE, async || Ok((!is_running(self.pid)).then_some(()))).await?;
        drop(self.program);
        Ok(())
    }

    /// Waits until what moves in the window has come to rest, as a hand does before it reaches for something.
    pub(crate) async fn come_to_rest(&self) -> Result<()> {
        self.driver.ask_and_wait(AT_REST, Vec::new()).await?;
        Ok(())
    }

    /// Takes a picture of the window, once what moves in it has come to rest.
    pub(crate) async fn picture(&self, what: &str) -> Result<()> {
        // A window that does not answer is worth a picture too.
        self.come_to_rest().await.ok();
        self.album.keep(self.whose, what, &self.driver.screenshot().await?)
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
        self.driver.ask(script, Vec::new()).await
    }

    /// Waits until something is drawn.
    pub(crate) async fn see(&self, css: &str) -> Result<()> {
        self.place(css).await?;
        Ok(())
    }

    /// Waits until something is drawn, and gives where: left, top, width, height, in CSS pixels of the window.
    pub(crate) async fn place(&self, css: &str) -> Result<(f64, f64, f64, f64)> {
        let (place, _) = self
            .wait(&format!("{css} to be drawn"), async || {
                Ok(serde_json::from_value(self.driver.ask(PLACE, vec![json!(css)]).await?)?)
            })
            .await?;
        Ok(place)
    }

    /// Waits until nothing of the kind is there.
    pub(crate) async fn miss(&self, css: &str) -> Result<()> {
        let script = format!("return document.querySelector({}) === null", json!(css));
        self.wait(&format!("{css} to be gone"), async || {
            Ok((self.ask(&script).await? == Value::Bool(true)).then_some(()))
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
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
