//! Looking for the WebSocket again while a socket does with long poll.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use roost_protocol::{Message, Payload, Ref, event};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::backoff::Backoff;
use crate::config::SocketConfig;
use crate::connect::{self, ConnectError};
use crate::transport::{Line, Transport};
use crate::tries::Try;

/// The ref of the message that a WebSocket is tried with; those of the socket begin with 1.
const REF: u64 = 0;

/// Tries for a WebSocket beside a line that works.
pub(crate) struct Probe {
    begin: Box<dyn Fn() -> Try<Line> + Send>,
    is_allowed: bool,
    soon: Duration,
    backoff: Backoff,
    jitter: fn() -> f64,
    under_way: Option<Try<Line>>,
    /// When the next is to begin, whatever lines come and go until then.
    next: Option<Instant>,
    failures: u32,
}

impl Probe {
    pub(crate) fn new(config: &Arc<SocketConfig>, jitter: fn() -> f64) -> Self {
        let begin = {
            let config = config.clone();
            move || -> Try<Line> { Box::pin(websocket(config.clone())) }
        };
        Self {
            begin: Box::new(begin),
            is_allowed: config.fallback,
            soon: config.fallback_time,
            backoff: config.websocket_backoff,
            jitter,
            under_way: None,
            next: None,
            failures: 0,
        }
    }

    /// There is a line now.
    pub(crate) fn attend(&mut self, transport: Transport, now: Instant) {
        match transport {
            Transport::LongPoll if self.is_allowed => {
                self.next.get_or_insert(now + self.soon);
            }
            Transport::LongPoll | Transport::WebSocket => {
                self.next = None;
                self.failures = 0;
            }
        }
    }

    /// There is none any more.
    pub(crate) fn give_up(&mut self) {
        self.under_way = None;
    }

    /// Begins one now, if they are wanted at all: there is a reason to think that it will succeed.
    pub(crate) fn hurry(&mut self, now: Instant) {
        if self.next.is_some() {
            self.failures = 0;
            self.next = Some(now);
        }
    }

    /// The WebSocket that is found, sooner or later. Nothing is lost when this is dropped at an await point.
    pub(crate) async fn succeed(&mut self) -> Line {
        loop {
            if let Some(tried) = &mut self.under_way {
                let tried = tried.await;
                self.under_way = None;
                match tried {
                    Ok(line) => return line,
                    Err(error) => tracing::debug!(%error, "the WebSocket is still blocked"),
                }
            }
            let Some(next) = self.next else { return std::future::pending().await };
            tokio::time::sleep_until(next).await;
            self.failures = self.failures.saturating_add(1);
            self.next = Some(Instant::now() + self.backoff.delay(self.failures, (self.jitter)()));
            self.under_way = Some((self.begin)());
        }
    }
}

/// A WebSocket on which the server has said something: some are let open, and then nothing comes through.
async fn websocket(config: Arc<SocketConfig>) -> Result<Line, ConnectError> {
    let beating = async {
        let mut line = connect::open(&config, Transport::WebSocket, &Notify::new()).await?;
        let heartbeat = Message {
            join_ref: Ref::NULL,
            ref_: Ref::from(REF),
            topic: "phoenix".to_owned(),
            event: event::HEARTBEAT.to_owned(),
            payload: Payload::empty(),
        };
        let heartbeat = config.vsn.encode_push(&heartbeat).expect("JSON can always be written");
        line.wire.send(heartbeat).await?;
        match line.wire.next().await {
            Some(Ok(_)) => Ok(line),
            Some(Err(gone)) => Err(gone.into()),
            None => Err(ConnectError::Timeout),
        }
    };
    let time = config.connect_timeout.saturating_mul(2);
    tokio::time::timeout(time, beating).await.unwrap_or(Err(ConnectError::Timeout))
}
