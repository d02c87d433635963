//! The task that owns a connection: it connects, serves the connection while it lasts, pauses and connects again.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::backoff;
use crate::config::SocketConfig;
use crate::connection::{self, End, Line};
use crate::socket::SocketState;
use crate::tls;
use crate::topics::{NewChannel, Push, Topics};
use crate::tries::{Refused, Tries, Try};

/// What the handles ask of the task.
pub(crate) enum Command {
    Open(NewChannel),
    Push { topic: String, id: u64, push: Push },
    Leave { topic: String, id: u64, done: Option<oneshot::Sender<()>> },
    ReconnectNow,
}

/// Hands a command to the task. When that has ended, the command is dropped, and whoever waits for its answer sees
/// that.
pub(crate) fn send(commands: &mpsc::UnboundedSender<Command>, command: Command) {
    commands.send(command).ok();
}

/// The commands, and what they act on.
pub(crate) struct Desk {
    pub(crate) commands: mpsc::UnboundedReceiver<Command>,
    pub(crate) topics: Topics,
}

impl Desk {
    /// Does what a command asks; `true` if it is [`Command::ReconnectNow`], which is for whoever calls this.
    pub(crate) fn carry_out(&mut self, command: Command) -> bool {
        match command {
            Command::Open(new) => self.topics.open(new, Instant::now()),
            Command::Push { topic, id, push } => self.topics.push(&topic, id, push),
            Command::Leave { topic, id, done } => self.topics.leave(&topic, id, done),
            Command::ReconnectNow => return true,
        }
        false
    }

    /// Carries out commands until one asks to reconnect.
    async fn until_reconnect_now(&mut self) {
        while let Some(command) = self.commands.recv().await {
            if self.carry_out(command) {
                return;
            }
        }
        // Every handle is dropped, so the task is about to be stopped.
        std::future::pending().await
    }
}

/// Runs until `stop` is cancelled.
pub(crate) async fn run(
    mut config: SocketConfig,
    commands: mpsc::UnboundedReceiver<Command>,
    state: watch::Sender<SocketState>,
    stop: CancellationToken,
) {
    tls::prepare(&mut config).await;
    let config = Arc::new(config);
    let mut desk = Desk { commands, topics: Topics::new((*config).clone(), backoff::jitter) };
    let mut tries = tries(&config);
    tries.hurry(Instant::now());
    let mut replaced = None;
    // How many connections in a row have ended as soon as they were open.
    let mut n_brief = 0;
    loop {
        let reached = match replaced.take() {
            Some(by) => by,
            None => match reach(&mut tries, &mut desk, &state, &stop).await {
                Some(reached) => reached,
                None => break,
            },
        };
        let line = match reached {
            Ok(line) => line,
            Err(Refused { status }) => {
                tracing::info!(status, "the server refuses the connection");
                state.send_replace(SocketState::Refused { status });
                continue;
            }
        };
        state.send_replace(SocketState::Open);
        let opened = Instant::now();
        desk.topics.connected(opened);
        let end = connection::serve(line, &config, &mut desk, &mut tries, &stop).await;
        match end {
            End::Stopped => break,
            End::Replaced(by) => {
                desk.topics.disconnected();
                tracing::info!("the connection was silent while another came about");
                replaced = Some(*by);
            }
            End::Lost(reason) => {
                desk.topics.disconnected();
                tracing::info!(%reason, "the connection is lost");
                let now = Instant::now();
                n_brief = if now - opened < config.backoff.max { n_brief + 1 } else { 0 };
                let retry_in = pause(&config, n_brief);
                state.send_replace(SocketState::Waiting { retry_in });
                tries.pause(retry_in, now);
            }
        }
    }
    // Ends every channel and push, so that whoever sees the state sees that too.
    drop(desk);
    state.send_replace(SocketState::Closed);
}

/// What trying comes to, while everything else that is asked is done as well; `None` when `stop` is cancelled.
async fn reach(
    tries: &mut Tries<Line>,
    desk: &mut Desk,
    state: &watch::Sender<SocketState>,
    stop: &CancellationToken,
) -> Option<Result<Line, Refused>> {
    loop {
        tokio::select! {
            () = stop.cancelled() => return None,
            reached = tries.succeed(|now| state.send_modify(|state| *state = now)) => return Some(reached),
            () = desk.until_reconnect_now() => tries.hurry(Instant::now()),
        }
    }
}

fn tries(config: &Arc<SocketConfig>) -> Tries<Line> {
    let begin = {
        let config = config.clone();
        move || -> Try<Line> { Box::pin(connection::connect(config.clone())) }
    };
    Tries::new(config, backoff::jitter, begin)
}

/// The pause after a connection that was open. Whoever ends one as soon as it is there, again and again, is not to be
/// pestered.
fn pause(config: &SocketConfig, n_brief: u32) -> Duration {
    match n_brief {
        0 | 1 => config.backoff.delay(1, backoff::jitter()),
        _ => config.rejoin_backoff.delay(n_brief - 1, backoff::jitter()),
    }
}
