//! What happens in the window: drags, opening, catching up, scrolling. All of it is measured inside of the page.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use roost_board::{BoardId, CardId, ListId};
use serde::Deserialize;
use serde_json::json;
use tokio::time::MissedTickBehavior;

use super::core::{CATCH_UP, N_MISSED, rename};
use super::stage::Stage;
use super::table::{Goal, Row, Sample, Unit};
use super::window::{Point, Window};
use super::world::Filled;

/// The time between two frames, in milliseconds.
const FRAME: f64 = 16.7;
/// How far a list is scrolled in each frame, in pixels.
const SCROLL: u32 = 30;
/// The time between two entries that arrive while a list scrolls.
const ENTRY_PERIOD: Duration = Duration::from_millis(20);

/// What the page says of an event and of what was shown because of it; times in milliseconds.
#[derive(Debug, Deserialize)]
struct Shown {
    /// From the event to the first code that hears of it.
    reach: f64,
    /// From there until all code that hears of it has run, and the change is in the document.
    work: f64,
    /// From there to the frame.
    wait: f64,
    /// From there to the paint.
    paint: f64,
    /// From the event to the paint.
    total: f64,
    /// In which frame it was shown.
    frames: u32,
}

#[derive(Debug, Deserialize)]
struct Plan {
    card: CardId,
    list: ListId,
    from: Point,
    to: Point,
}

/// Drags cards from list to list.
pub(super) async fn drag(stage: &Stage) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for board in &stage.boards[..3] {
        let window = show(stage, board).await?;
        let mut drops = Vec::new();
        for number in 0..stage.n(60, 10) {
            let plan: Plan = window.ask(&format!("roostBench.plan({number})")).await?;
            let watch = format!("roostBench.watchDrop({}, {})", json!(plan.card), json!(plan.list));
            window.ask::<()>(&watch).await?;
            window.drag(plan.from, plan.to).await?;
            drops.push(window.ask::<Shown>("roostBench.watched()").await?);
            window.come_to_rest().await?;
        }
        window.close().await?;
        let of = |what: fn(&Shown) -> f64| drops.iter().map(what).collect::<Sample>();
        let n_late = drops.iter().filter(|drop| drop.frames > 1).count();
        let parts = [
            ("event to code", of(|drop| drop.reach)),
            ("code", of(|drop| drop.work)),
            ("wait for the frame", of(|drop| drop.wait)),
            ("paint", of(|drop| drop.paint)),
        ];
        let parts = parts.map(|(what, part)| format!("{what} {:.0}/{:.0}", part.median(), part.percentile(99)));
        let row = Row::new(format!("pointer-up to frame: {}", board.name), Unit::Milliseconds, of(|drop| drop.total));
        rows.push(row.goal(Goal::P99(FRAME)).note(format!(
            "{n_late} of {} later than the first frame; {} (median/p99)",
            drops.len(),
            parts.join(", ")
        )));
    }
    Ok(rows)
}

/// Opens a board that is in the cache by a click on its tile.
pub(super) async fn open(stage: &Stage) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for board in &stage.boards[2..] {
        let mut opened = Vec::new();
        for _ in 0..stage.n(10, 2) {
            let window = Window::open(&stage.app, &stage.profile()).await?;
            go_to_boards(&window, board.id).await?;
            let watch = format!("roostBench.watchOpening({})", json!(board.id));
            window.ask::<()>(&watch).await?;
            window.click(&tile(board.id)).await?;
            opened.push(window.ask::<Shown>("roostBench.watched()").await?.total);
            window.close().await?;
        }
        let sample = opened.into_iter().collect();
        let row = Row::new(format!("click to open board: {}", board.name), Unit::Milliseconds, sample);
        rows.push(row.note("in the window, first time since its start"));
    }
    Ok(rows)
}

/// Catches up with what was missed while the board is in sight.
pub(super) async fn catch_up(stage: &Stage) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for board in &stage.boards[2..] {
        let window = show(stage, board).await?;
        let (mut took, mut longest) = (Vec::new(), Vec::new());
        for round in 0..stage.n(5, 1) {
            see_connection(&window, "Live").await?;
            stage.link.close();
            see_connection(&window, "Offline").await?;
            let name = format!("Caught up {round}");
            // One of them is seen at the top of the window, and it is the last.
            board.propose(board.bustle(N_MISSED - 1, (round + 9) * N_MISSED)).await?;
            board.propose([rename(board, &name)]).await?;
            let watch = format!("roostBench.watchListName({}, {})", json!(board.lists[0]), json!(name));
            window.ask::<()>(&watch).await?;
            window.ask::<()>("roostBench.record(0)").await?;
            stage.link.open();
            // Impatience has nothing to do with it: the time begins when the answer arrives.
            window.ask::<()>("document.querySelector('[data-testid=\"reconnect\"]')?.click()").await?;
            let done: f64 = window.ask("roostBench.watched()").await?;
            let arrived = stage.link.large_at()?.duration_since(UNIX_EPOCH)?.as_secs_f64() * 1_000.0;
            took.push(done - arrived);
            let frames: Sample = window.ask::<Vec<f64>>("roostBench.recorded()").await?.into_iter().collect();
            longest.push(frames.worst());
        }
        window.close().await?;
        let name = board.name;
        let row = Row::new(format!("catch up 10,000 entries: {name}"), Unit::Milliseconds, took.into_iter().collect());
        rows.push(row.goal(Goal::Median(CATCH_UP)).note("until it is painted in the window"));
        let sample = longest.into_iter().collect();
        let row = Row::new(format!("longest frame meanwhile: {name}"), Unit::Milliseconds, sample);
        rows.push(row.note("how long input may wait"));
    }
    Ok(rows)
}

/// Scrolls a long list, with and without entries that arrive meanwhile.
pub(super) async fn scroll(stage: &Stage) -> Result<Vec<Row>> {
    let board = &stage.boards[3];
    let time = Duration::from_secs(stage.n(10, 2).try_into()?);
    let window = show(stage, board).await?;
    window.ask::<()>(&format!("roostBench.record({SCROLL})")).await?;
    tokio::time::sleep(time).await;
    let alone: Vec<f64> = window.ask("roostBench.recorded()").await?;
    window.ask::<()>(&format!("roostBench.record({SCROLL})")).await?;
    let n_entries = bustle(board, time).await?;
    let together: Vec<f64> = window.ask("roostBench.recorded()").await?;
    window.close().await?;
    let row = |what: &str, frames: Vec<f64>| {
        let n_long = frames.iter().filter(|frame| **frame > 1.5 * FRAME).count();
        let n = frames.len();
        let row = Row::new(what, Unit::Milliseconds, frames.into_iter().collect());
        (row, format!("{n_long} of {n} frames took longer than one and a half"))
    };
    let (alone, alone_note) = row("frames while a list of 10,000 cards scrolls", alone);
    let (together, note) = row("the same while 50 entries a second arrive", together);
    ensure!(n_entries > 0, "nothing has arrived");
    Ok(vec![alone.note(alone_note), together.note(format!("{note}; {n_entries} entries"))])
}

/// Makes changes at an even pace for a while; tells how many.
async fn bustle(board: &Filled, time: Duration) -> Result<usize> {
    let mut ticks = tokio::time::interval(ENTRY_PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let end = SystemTime::now() + time;
    let mut n_entries = 0;
    for change in board.bustle(usize::MAX, 77) {
        ticks.tick().await;
        if SystemTime::now() > end {
            break;
        }
        board.propose([change]).await?;
        n_entries += 1;
    }
    Ok(n_entries)
}

/// Starts the app and has it show a board.
async fn show(stage: &Stage, board: &Filled) -> Result<Window> {
    let window = Window::open(&stage.app, &stage.profile()).await?;
    let cards = format!("[data-board-id=\"{}\"] [data-testid=\"card\"]", board.id);
    let is_there = format!("document.querySelector({}) !== null", json!(cards));
    go_to_boards(&window, board.id).await?;
    window.click(&tile(board.id)).await?;
    window.until(&is_there).await?;
    see_connection(&window, "Live").await?;
    window.come_to_rest().await?;
    Ok(window)
}

/// Leads to the page of boards, wherever the app has started, and waits for the tile of a board.
async fn go_to_boards(window: &Window, board: BoardId) -> Result<()> {
    const BACK: &str = "[data-testid=\"back-to-boards\"]";
    let (back, tile) = (json!(BACK), json!(tile(board)));
    window.until(&format!("document.querySelector({back}) ?? document.querySelector({tile}) ? true : false")).await?;
    if window.ask::<bool>(&format!("document.querySelector({back}) !== null")).await? {
        window.click(BACK).await?;
    }
    window.until(&format!("document.querySelector({tile}) !== null")).await?;
    window.come_to_rest().await
}

fn tile(board: BoardId) -> String {
    format!("[data-testid=\"board\"][data-board-id=\"{board}\"]")
}

/// Waits until the window says how the connection stands.
async fn see_connection(window: &Window, words: &str) -> Result<()> {
    let says = "document.querySelector('[data-testid=\"connection\"]')?.innerText ?? ''";
    window.until(&format!("({says}).includes({})", json!(words))).await
}
