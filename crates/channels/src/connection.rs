//! One connection that is open, by whatever transport, until its end.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{Sink as _, SinkExt as _, StreamExt as _};
use roost_protocol::{Frame, ServerMessage};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::backlog::Backlog;
use crate::choice::Choice;
use crate::config::SocketConfig;
use crate::heard::Heard;
use crate::heartbeat::{Beat, Heartbeat};
use crate::probe::Probe;
use crate::task::{Command, Desk};
use crate::topics::Topics;
use crate::transport::{Gone, Incoming, Line, Transport, Wire};
use crate::tries::{Refused, Tries};

/// How long a better line waits for the answers that are to come on this one.
const SWITCH_TIME: Duration = Duration::from_secs(5);

/// How a connection ended.
pub(crate) enum End {
    /// The socket was shut down.
    Stopped,
    /// The server has closed it; the text is for logs.
    Closed(String),
    /// By itself; the text is for logs.
    Lost(String),
    /// There was reason to think it dead, and this is what became of trying anew.
    Replaced(Box<Result<Line, Refused>>),
    /// There is a better one.
    Surpassed(Box<Line>),
}

impl From<Gone> for End {
    fn from(gone: Gone) -> Self {
        match gone {
            Gone::Closed(reason) => Self::Closed(reason),
            Gone::Lost(reason) => Self::Lost(reason),
        }
    }
}

/// What else goes on while a connection is served.
pub(crate) struct Beside<'a> {
    /// Another connection that is tried, as long as this one is in doubt.
    pub(crate) tries: &'a mut Tries<Line>,
    /// A better one that is looked for.
    pub(crate) probe: &'a mut Probe,
    /// What is learnt about transports.
    pub(crate) choice: &'a Choice,
}

/// Serves a connection until it ends, another one has taken its place, or `stop` is cancelled.
pub(crate) async fn serve(
    line: Line,
    config: &SocketConfig,
    desk: &mut Desk,
    beside: Beside<'_>,
    stop: &CancellationToken,
) -> End {
    let Line { transport, wire, heard } = line;
    let (sink, mut reader) = wire.split();
    let mut writer = Writer { sink, is_dirty: false };
    let now = Instant::now();
    let heartbeat = Heartbeat::new(config, now);
    let mut served = Served {
        config,
        desk,
        beside,
        transport,
        heard,
        n_unread: 0,
        heartbeat,
        is_mute: true,
        is_distrusted: false,
        surpassed: None,
    };
    served.begin(now);
    let end = loop {
        served.look();
        let due = served.due();
        let full = served.desk.topics.full();
        let has_work = writer.is_dirty || !served.desk.topics.outgoing.is_empty();
        let is_surpassed = served.surpassed.is_some();
        if served.is_free(has_work)
            && let Some((better, _)) = served.surpassed.take()
        {
            break End::Surpassed(Box::new(better));
        }
        let Served { desk: Desk { commands, topics }, beside: Beside { tries, probe, .. }, .. } = &mut served;
        let end = tokio::select! {
            () = stop.cancelled() => Some(End::Stopped),
            frame = reader.next(), if full.is_none() => served.received(frame),
            () = has_room(full.as_ref(), config.max_waiting) => None,
            Some(command) = commands.recv() => served.asked(command),
            result = poll_fn(|cx| writer.poll_write(topics, cx)), if has_work => result.err().map(End::from),
            outcome = tries.step(|_| {}) => served.tried(outcome),
            better = probe.succeed(), if !is_surpassed => served.found(better),
            () = tokio::time::sleep_until(due) => served.on_time(),
        };
        if let Some(end) = end {
            break end;
        }
    };
    let end = served.end(end);
    let says_goodbye = matches!(end, End::Stopped | End::Surpassed(_));
    if says_goodbye || matches!(end, End::Closed(_)) {
        if says_goodbye && transport == Transport::LongPoll {
            // The server would keep the channels until it misses the polls.
            desk.topics.leave_all();
        }
        let closing = close(&mut writer, &mut reader, &mut desk.topics, says_goodbye);
        if tokio::time::timeout(config.close_timeout, closing).await.is_err() {
            tracing::debug!("the server takes too long to close the connection; it is cut");
        }
    }
    end
}

/// Waits until a backlog has room again; for ever if there is none.
async fn has_room(full: Option<&Backlog>, max: usize) {
    match full {
        Some(backlog) => backlog.has_room(max).await,
        None => std::future::pending().await,
    }
}

/// A connection that is served. What happens to it answers its end, if it is that.
struct Served<'a> {
    config: &'a SocketConfig,
    desk: &'a mut Desk,
    beside: Beside<'a>,
    transport: Transport,
    heard: Heard,
    /// How often it was not read at all, since too much waits here: that is no silence of the server's.
    n_unread: u64,
    heartbeat: Heartbeat,
    /// Whether no frame has come yet.
    is_mute: bool,
    /// Whether that was held against its transport.
    is_distrusted: bool,
    /// A better line, and until when it waits at most.
    surpassed: Option<(Line, Instant)>,
}

impl Served<'_> {
    fn begin(&mut self, now: Instant) {
        tracing::debug!(transport = %self.transport, "the connection is open");
        if self.transport == Transport::LongPoll {
            // It has opened by an answer of the server's.
            self.beside.choice.works(self.transport);
        }
        self.beside.probe.attend(self.transport, now);
        self.look();
        self.desk.topics.connected(now);
    }

    fn end(&mut self, end: End) -> End {
        self.beside.probe.give_up();
        // A server that says goodbye is heard.
        if !matches!(end, End::Stopped | End::Closed(_)) {
            self.distrust();
        }
        match (end, self.surpassed.take()) {
            (End::Lost(reason), Some((better, _))) => {
                tracing::info!(%reason, "the connection is lost");
                End::Replaced(Box::new(Ok(better)))
            }
            (end, _) => end,
        }
    }

    /// Something is wrong with this connection. If nothing has ever come on it, that may be the transport.
    fn distrust(&mut self) {
        if self.is_mute && self.transport == Transport::WebSocket && !std::mem::replace(&mut self.is_distrusted, true) {
            self.beside.choice.was_mute();
        }
    }

    /// Takes note of how it stands.
    fn look(&mut self) {
        self.n_unread += u64::from(self.desk.topics.full().is_some());
        self.desk.topics.n_heard = self.heard.n_bytes() + self.n_unread;
        if !self.heartbeat.is_doubtful() {
            self.beside.tries.stop();
        }
    }

    /// When [`on_time`](Self::on_time) is to be called.
    fn due(&self) -> Instant {
        let due =
            [Some(self.heartbeat.due()), self.desk.topics.due(), self.surpassed.as_ref().map(|(_, until)| *until)];
        due.into_iter().flatten().min().expect("a heartbeat is always due")
    }

    fn received(&mut self, frame: Option<Result<Incoming, Gone>>) -> Option<End> {
        let decoded = match frame {
            Some(Ok(Incoming::Text(text))) => self.config.vsn.decode_server_text(&text),
            Some(Ok(Incoming::Binary(bytes))) => self.config.vsn.decode_server_binary(&bytes),
            Some(Err(gone)) => return Some(gone.into()),
            None => return Some(End::Lost("the server has ended the connection".to_owned())),
        };
        if std::mem::take(&mut self.is_mute) {
            self.beside.choice.works(self.transport);
        }
        match decoded {
            Ok(decoded) => {
                if let ServerMessage::Reply(reply) = &decoded {
                    self.heartbeat.answered(reply);
                }
                self.desk.topics.receive(decoded, Instant::now());
            }
            Err(error) => tracing::warn!(%error, "passed over a frame that is no message"),
        }
        None
    }

    fn asked(&mut self, command: Command) -> Option<End> {
        if self.desk.carry_out(command) {
            let now = Instant::now();
            self.heartbeat.hurry(now);
            self.beside.probe.hurry(now);
            if self.heartbeat.is_doubtful() {
                self.beside.tries.hurry(now);
            }
        }
        None
    }

    fn tried(&self, outcome: Option<Result<Line, Refused>>) -> Option<End> {
        match outcome {
            Some(outcome) => Some(End::Replaced(Box::new(outcome))),
            None if self.beside.tries.are_in_vain(Instant::now()) => {
                Some(End::Lost("it is silent, and a new one does not come about".to_owned()))
            }
            // Until there is another, or no way for one, this one may only be slow.
            None => None,
        }
    }

    fn found(&mut self, better: Line) -> Option<End> {
        tracing::debug!(transport = %better.transport, "there is a better connection");
        self.surpassed = Some((better, Instant::now() + SWITCH_TIME));
        None
    }

    /// Whether a better line may take over now: nobody waits for an answer on this one, or not any longer.
    fn is_free(&self, has_work: bool) -> bool {
        let is_over = self.surpassed.as_ref().is_some_and(|(_, until)| *until <= Instant::now());
        is_over || !has_work && self.desk.topics.is_idle()
    }

    fn on_time(&mut self) -> Option<End> {
        let now = Instant::now();
        self.look();
        if self.desk.topics.on_time(now) {
            self.heartbeat.hurry(now);
        }
        match self.heartbeat.on_time(now, self.desk.topics.n_heard) {
            Beat::Nothing => None,
            Beat::Send => {
                self.heartbeat.sent(self.desk.topics.heartbeat(), now);
                None
            }
            Beat::Doubtful => {
                self.distrust();
                self.beside.tries.hurry(now);
                None
            }
            Beat::Missed => Some(End::Lost("the server does not answer heartbeats".to_owned())),
        }
    }
}

/// Sends what is left, says goodbye when it is this side that ends, and reads until the other side has ended too.
async fn close(writer: &mut Writer, reader: &mut SplitStream<Box<dyn Wire>>, topics: &mut Topics, says_goodbye: bool) {
    if says_goodbye {
        let goodbye = async {
            poll_fn(|cx| writer.poll_write(topics, cx)).await?;
            writer.sink.close().await
        };
        if goodbye.await.is_err() {
            return;
        }
    }
    while let Some(Ok(_)) = reader.next().await {}
}

/// Sends frames in such a way that nothing is lost when sending is interrupted by something more urgent, such as a
/// frame that arrives while the other side is slow to read.
struct Writer {
    sink: SplitSink<Box<dyn Wire>, Frame>,
    /// Whether something that was handed to the sink may not be on its way yet.
    is_dirty: bool,
}

impl Writer {
    /// Ready when everything outgoing is on its way.
    fn poll_write(&mut self, topics: &mut Topics, cx: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        loop {
            ready!(Pin::new(&mut self.sink).poll_ready(cx))?;
            let Some(frame) = topics.outgoing.pop_front() else { break };
            self.is_dirty = true;
            Pin::new(&mut self.sink).start_send(frame)?;
        }
        ready!(Pin::new(&mut self.sink).poll_flush(cx))?;
        self.is_dirty = false;
        Poll::Ready(Ok(()))
    }
}
