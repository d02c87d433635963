//! The app in its window, driven and asked from outside.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use rustix::process::{Pid, Signal, kill_process};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::process::Command;

use super::group::{Group, first_child};

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked.
const PERIOD: Duration = Duration::from_millis(20);
/// How long one step of a pointer takes, so that the app gets to draw in between.
const POINTER_STEP: Duration = Duration::from_millis(16);
/// How many steps a drag has.
const N_STEPS: u32 = 8;

/// What is put into the page.
const PAGE: &str = include_str!("page/page.js");

/// A script that is done when no animation is under way, but for those without an end, and a frame was drawn.
const AT_REST: &str = "
    const done = arguments[arguments.length - 1];
    setTimeout(done, 2000);
    const moving = document.getAnimations().filter((it) => it.effect.getComputedTiming().endTime !== Infinity);
    Promise.allSettled([document.fonts.ready, ...moving.map((it) => it.finished)])
        .then(() => requestAnimationFrame(() => requestAnimationFrame(done)));
";

/// A running app, with the driver that is in front of it and ends with it.
#[derive(Debug)]
pub(crate) struct Window {
    client: Client,
    _driver: Group,
    pid: Pid,
}

/// A point in the window, in CSS pixels.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
pub(crate) struct Point {
    x: f64,
    y: f64,
}

impl Window {
    /// Starts the app with a profile, and waits until its window can be asked.
    pub(crate) async fn open(app: &Path, profile: &Path) -> Result<Self> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut command = Command::new("WebKitWebDriver");
        command
            .arg(format!("--port={port}"))
            // Without these the app does not let itself be driven, and the driver waits for ever.
            .env("TAURI_AUTOMATION", "true")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .stdout(Stdio::null());
        let driver = Group::spawn(&mut command)?;
        let options = json!({ "binary": app.to_str(), "args": ["--profile", profile] });
        let Value::Object(capabilities) = json!({ "webkitgtk:browserOptions": options }) else {
            bail!("capabilities are an object");
        };
        let start = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            ensure!(start.elapsed() < PATIENCE, "the driver does not listen");
            tokio::time::sleep(PERIOD).await;
        }
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let session = builder.capabilities(capabilities);
        let client = tokio::time::timeout(PATIENCE, session.connect(&format!("http://127.0.0.1:{port}")))
            .await
            .context("the app did not show a window")?
            .context("the app did not start")?;
        let pid = first_child(driver.pid())?.context("the driver has started nothing")?;
        Ok(Self { client, _driver: driver, pid })
    }

    /// Asks the app to end, and waits until it has.
    pub(crate) async fn close(self) -> Result<()> {
        kill_process(self.pid, Signal::TERM)?;
        let stat = format!("/proc/{}/stat", self.pid.as_raw_nonzero());
        let start = Instant::now();
        // One that has ended and was not waited for is a Z.
        while std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
            ensure!(start.elapsed() < PATIENCE, "the app does not end");
            tokio::time::sleep(PERIOD).await;
        }
        Ok(())
    }

    /// What an expression comes to in the page, `roostBench` being what measures there. A promise is awaited.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, expression: &str) -> Result<T> {
        let script = format!(
            "{PAGE}\nconst done = arguments[arguments.length - 1];
            Promise.resolve(({expression}) ?? null).then(done);"
        );
        let answer = tokio::time::timeout(PATIENCE, self.client.execute_async(&script, Vec::new()));
        let answer = answer.await.with_context(|| format!("no answer to {expression}"))??;
        Ok(serde_json::from_value(answer)?)
    }

    /// Waits until an expression comes to true in the page.
    pub(crate) async fn until(&self, condition: &str) -> Result<()> {
        let start = Instant::now();
        while !self.ask::<bool>(condition).await? {
            ensure!(start.elapsed() < PATIENCE, "waited in vain for {condition}");
            tokio::time::sleep(PERIOD).await;
        }
        Ok(())
    }

    /// Waits until what moves in the window has come to rest.
    pub(crate) async fn come_to_rest(&self) -> Result<()> {
        self.client.execute_async(AT_REST, Vec::new()).await?;
        Ok(())
    }

    /// Clicks something once it is in sight and nothing covers it. It may be drawn anew between finding and clicking.
    pub(crate) async fn click(&self, css: &str) -> Result<()> {
        let start = Instant::now();
        loop {
            let clicked = async { self.client.find(Locator::Css(css)).await?.click().await };
            match clicked.await {
                Ok(()) => return Ok(()),
                Err(error) if start.elapsed() > PATIENCE => {
                    return Err(error).context(format!("could not click {css}"));
                }
                Err(_) => tokio::time::sleep(PERIOD).await,
            }
        }
    }

    /// Drags with the mouse from one point to another.
    pub(crate) async fn drag(&self, from: Point, to: Point) -> Result<()> {
        let move_to =
            |x: f64, y: f64| PointerAction::MoveTo { duration: Some(POINTER_STEP), x: x.round(), y: y.round() };
        let mut way = MouseActions::new("mouse".to_owned())
            .then(move_to(from.x, from.y))
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT });
        for step in 1..=N_STEPS {
            let done = f64::from(step) / f64::from(N_STEPS);
            way = way.then(move_to(from.x + (to.x - from.x) * done, from.y + (to.y - from.y) * done));
        }
        let way = way.then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        Ok(self.client.perform_actions(way).await?)
    }
}
