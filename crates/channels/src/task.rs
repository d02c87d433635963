//! The task that owns a connection: it connects, serves the connection while it lasts, pauses and connects again.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::backoff::{self, Backoff};
use crate::choice::Choice;
use crate::config::SocketConfig;
use crate::connect::connect;
use crate::connection::{self, Beside, End};
use crate::probe::Probe;
use crate::socket::SocketState;
use crate::tls;
use crate::topics::{NewChannel, Push, Topics};
use crate::transport::Line;
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
    choice: Arc<Choice>,
    commands: mpsc::UnboundedReceiver<Command>,
    state: watch::Sender<SocketState>,
    stop: CancellationToken,
) {
    tls::prepare(&mut config).await;
    let config = Arc::new(config);
    let desk = Desk { commands, topics: Topics::new((*config).clone(), backoff::jitter) };
    let probe = Probe::new(&config, backoff::jitter);
    let tries = tries(&config, &choice);
    let mut keeper = Keeper { config, choice, desk, tries, probe, state, n_brief: 0 };
    keeper.tries.hurry(Instant::now());
    let mut replaced = None;
    loop {
        let reached = match replaced.take() {
            Some(by) => by,
            None => match keeper.reach(&stop).await {
                Some(reached) => reached,
                None => break,
            },
        };
        match reached {
            Ok(line) => match keeper.serve(line, &stop).await {
                End::Stopped => break,
                End::Replaced(by) => replaced = Some(*by),
                End::Surpassed(by) => replaced = Some(Ok(*by)),
                End::Closed(_) | End::Lost(_) => {}
            },
            Err(Refused { status }) => {
                tracing::info!(status, "the server refuses the connection");
                keeper.state.send_replace(SocketState::Refused { status });
            }
        }
    }
    let Keeper { desk, state, .. } = keeper;
    // Ends every channel and push, so that whoever sees the state sees that too.
    drop(desk);
    state.send_replace(SocketState::Closed);
}

fn tries(config: &Arc<SocketConfig>, choice: &Arc<Choice>) -> Tries<Line> {
    let begin = {
        let (config, choice) = (config.clone(), choice.clone());
        move || -> Try<Line> { Box::pin(connect(config.clone(), choice.first())) }
    };
    Tries::new(config, backoff::jitter, begin)
}

/// What it takes to keep a connection open.
struct Keeper {
    config: Arc<SocketConfig>,
    choice: Arc<Choice>,
    desk: Desk,
    tries: Tries<Line>,
    probe: Probe,
    state: watch::Sender<SocketState>,
    /// How many connections in a row have ended as soon as they were open.
    n_brief: u32,
}

impl Keeper {
    /// What trying to connect comes to, while everything else that is asked is done as well; `None` when `stop` is
    /// cancelled.
    async fn reach(&mut self, stop: &CancellationToken) -> Option<Result<Line, Refused>> {
        let Self { desk, tries, state, .. } = self;
        loop {
            tokio::select! {
                () = stop.cancelled() => return None,
                reached = tries.succeed(|now| state.send_modify(|state| *state = now)) => return Some(reached),
                () = desk.until_reconnect_now() => tries.hurry(Instant::now()),
            }
        }
    }

    /// Serves a connection until its end.
    async fn serve(&mut self, line: Line, stop: &CancellationToken) -> End {
        let opened = Instant::now();
        self.state.send_replace(SocketState::Open);
        let beside = Beside { tries: &mut self.tries, probe: &mut self.probe, choice: &self.choice };
        let end = connection::serve(line, &self.config, &mut self.desk, beside, stop).await;
        match &end {
            // Its channels end as closed.
            End::Stopped => return end,
            End::Replaced(_) => tracing::info!("the connection was silent while another came about"),
            End::Surpassed(by) => tracing::info!(by = %by.transport, "a better connection takes over"),
            End::Lost(reason) => {
                tracing::info!(%reason, "the connection is lost");
                self.pause(opened, self.config.backoff);
            }
            End::Closed(reason) => {
                tracing::info!(%reason, "the server has closed the connection");
                self.pause(opened, self.config.rejoin_backoff);
            }
        }
        self.desk.topics.disconnected();
        end
    }

    /// Pauses after a connection that was open. Whoever ends one as soon as it is there, again and again, is not to be
    /// pestered.
    fn pause(&mut self, opened: Instant, if_brief: Backoff) {
        let now = Instant::now();
        let is_brief = now - opened < self.config.backoff.max;
        self.n_brief = if is_brief { self.n_brief.saturating_add(1) } else { 0 };
        let (pauses, n) = if is_brief { (if_brief, self.n_brief) } else { (self.config.backoff, 1) };
        let retry_in = pauses.delay(n, backoff::jitter());
        self.state.send_replace(SocketState::Waiting { retry_in });
        self.tries.pause(retry_in, now);
    }
}
