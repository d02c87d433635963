//! The task that owns a connection: it connects, serves the connection while it lasts, pauses and connects again.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::backoff;
use crate::config::SocketConfig;
use crate::connection::{self, ConnectError, End};
use crate::socket::SocketState;
use crate::tls;
use crate::topics::{NewChannel, Push, Topics};

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

    /// As [`until_reconnect_now`](Self::until_reconnect_now), but not before that time: what is asked earlier counts
    /// then.
    async fn until_reconnect_now_after(&mut self, time: Instant) {
        self.until_reconnect_now().await;
        while tokio::time::timeout_at(time, self.until_reconnect_now()).await.is_ok() {}
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
    let mut desk = Desk { commands, topics: Topics::new(config.clone(), backoff::jitter) };
    let mut failures = 0;
    loop {
        state.send_replace(SocketState::Connecting);
        let connected = tokio::select! {
            () = stop.cancelled() => break,
            connected = connection::connect(&config) => connected,
            // What made the caller ask may well have left this try hanging.
            () = desk.until_reconnect_now_after(Instant::now() + config.hang_time) => continue,
        };
        match connected {
            Ok(stream) => {
                state.send_replace(SocketState::Open);
                let opened = Instant::now();
                desk.topics.connected(opened);
                match connection::serve(stream, &config, &mut desk, &stop).await {
                    End::Stopped => break,
                    End::Lost(reason) => tracing::info!(%reason, "the connection is lost"),
                }
                desk.topics.disconnected();
                // One that ends as soon as it is open is no better than none: whoever ends it is not to be pestered.
                failures = if opened.elapsed() < config.backoff.max { failures + 1 } else { 1 };
            }
            Err(ConnectError::Refused { status }) => {
                tracing::info!(status, "the server refuses the connection");
                state.send_replace(SocketState::Refused { status });
                failures = 0;
                if !pause(None, &mut desk, &stop).await {
                    break;
                }
                continue;
            }
            Err(error) => {
                tracing::debug!(%error, "could not connect");
                failures += 1;
            }
        }
        let retry_in = config.backoff.delay(failures, backoff::jitter());
        state.send_replace(SocketState::Waiting { retry_in });
        if !pause(Some(retry_in), &mut desk, &stop).await {
            break;
        }
    }
    // Ends every channel and push, so that whoever sees the state sees that too.
    drop(desk);
    state.send_replace(SocketState::Closed);
}

/// Waits for so long, without a limit when there is none, or until a command asks to reconnect; `false` when the task
/// is stopped.
async fn pause(duration: Option<Duration>, desk: &mut Desk, stop: &CancellationToken) -> bool {
    let time = async {
        match duration {
            Some(duration) => tokio::time::sleep(duration).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = stop.cancelled() => false,
        () = time => true,
        () = desk.until_reconnect_now() => true,
    }
}
