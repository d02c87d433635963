//! The app as a whole beside a window with an empty page: how long it takes to start, and how much memory it holds.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::process::Command;

use super::group::{self, Group};
use super::screen::Seen;
use super::stage::Stage;
use super::table::{Goal, Row, Sample, Unit};

/// The ground of the window before anything is painted: blue, green, red, and nothing.
const GROUND: [u8; 4] = [0xf4, 0xf7, 0xf8, 0];
/// How long a program is left alone before its memory is counted.
const SETTLE: Duration = Duration::from_secs(5);

/// How many times as long as the bare window the app may take to start.
const START: f64 = 1.3;
/// How much more memory than the bare window the app may hold, in mebibytes.
const MEMORY: f64 = 40.0;

/// From the start of the process to the picture on the screen.
pub(super) async fn start(stage: &Stage) -> Result<Vec<Row>> {
    let n = stage.n(10, 3);
    let mut rows = Vec::new();
    for board in &stage.boards[..3] {
        stage.leave_at(board.id).await?;
        let (mut bare, mut app) = (Vec::new(), Vec::new());
        // In turns, so that whatever else the machine does meets both. The first of each warms the caches of files.
        for turn in 0..=n {
            let times =
                [start_once(stage, &mut bare_command(stage)).await?, start_once(stage, &mut app_command(stage)).await?];
            if turn > 0 {
                bare.push(times[0]);
                app.push(times[1]);
            }
        }
        let bare: Sample = bare.into_iter().collect();
        let goal = Goal::Times(START, bare.median());
        let name = board.name;
        rows.push(Row::new(format!("start of a bare window (beside {name})"), Unit::Milliseconds, bare));
        let row =
            Row::new(format!("start with a cached board of {name}"), Unit::Milliseconds, app.into_iter().collect());
        rows.push(row.goal(goal).note("from spawn to its pixels on the screen"));
    }
    Ok(rows)
}

async fn start_once(stage: &Stage, command: &mut Command) -> Result<f64> {
    let start = Instant::now();
    let program = Group::spawn(command)?;
    let seen = watch(stage, start)?;
    program.end().await?;
    Ok(seen.nearly_all(GROUND).as_secs_f64() * 1_000.0)
}

/// Watches the screen. Nothing else is to be done meanwhile, so it may block.
fn watch(stage: &Stage, start: Instant) -> Result<Seen> {
    tokio::task::block_in_place(|| stage.screen.watch(start))
}

/// How the windows are drawn.
#[derive(Debug, Clone, Copy)]
enum Drawing {
    /// As everywhere, through OpenGL: without a graphics processor all of its surfaces are in the memory of the process.
    Usual,
    /// Without layers, so that there are no such surfaces: nearer to what is left where a graphics processor has them.
    WithoutLayers,
}

/// How much memory the app holds.
pub(super) async fn memory(stage: &Stage) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for drawing in [Drawing::Usual, Drawing::WithoutLayers] {
        let words = match drawing {
            Drawing::Usual => "",
            Drawing::WithoutLayers => ", drawn without layers",
        };
        let (bare, parts) = memory_often(stage, drawing, bare_command).await?;
        let than = bare.median();
        rows.push(Row::new(format!("memory of a bare window{words}"), Unit::Mebibytes, bare).note(parts));
        for board in &stage.boards[..3] {
            stage.leave_at(board.id).await?;
            let (app, parts) = memory_often(stage, drawing, app_command).await?;
            let row = Row::new(format!("memory with {} open{words}", board.name), Unit::Mebibytes, app);
            rows.push(row.goal(Goal::More(MEMORY, than)).note(parts));
        }
    }
    Ok(rows)
}

/// The memory of several runs of a program, and by what processes it was held in the last.
async fn memory_often(stage: &Stage, drawing: Drawing, command: fn(&Stage) -> Command) -> Result<(Sample, String)> {
    let (mut values, mut parts) = (Vec::new(), String::new());
    for _ in 0..stage.n(3, 1) {
        let mut command = command(stage);
        match drawing {
            Drawing::Usual => {}
            Drawing::WithoutLayers => {
                command.env("WEBKIT_DISABLE_COMPOSITING_MODE", "1");
            }
        }
        let program = Group::spawn(&mut command)?;
        watch(stage, Instant::now())?;
        tokio::time::sleep(SETTLE).await;
        let by_name = group::memory(program.pid())?;
        program.end().await?;
        values.push(by_name.values().sum());
        let named: Vec<String> = by_name.iter().map(|(name, mebibytes)| format!("{name} {mebibytes:.0}")).collect();
        parts = named.join(", ");
    }
    Ok((values.into_iter().collect(), parts))
}

fn bare_command(stage: &Stage) -> Command {
    let mut command = Command::new(&stage.bare);
    command.arg(stage.bare_caches()).stdout(Stdio::null());
    command
}

fn app_command(stage: &Stage) -> Command {
    let mut command = Command::new(&stage.app);
    command.arg("--profile").arg(stage.profile()).stdout(Stdio::null());
    command
}
