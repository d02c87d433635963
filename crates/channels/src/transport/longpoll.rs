//! The transport that is requests: some wait for what the server says, others carry what is said to it.
//!
//! Each direction has its own connection, since a server answers the requests of one connection in order, and a poll is
//! answered late. What a poll or a post came to is unknown when its connection breaks. A server that counts messages (it
//! says `ack` in its answers) is asked again, and nothing is lost or doubled; with any other the session has ended, as a
//! WebSocket would have.

mod batch;
mod http;
mod session;

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Sink, Stream, StreamExt as _, stream};
use http_body_util::Full;
use hyper::Request;
use roost_protocol::Frame;
use tokio::sync::Notify;

use self::batch::{Batch, Queue};
use self::http::Http;
pub(crate) use self::http::HttpError;
use self::session::{Address, Answer, Foreign, GONE, Session, TOO_MANY};
use super::{Gone, Incoming, Line, Transport};
use crate::backoff;
use crate::config::SocketConfig;
use crate::connect::ConnectError;
use crate::heard::Heard;

/// How often a request is made before the session is taken for lost, when its connection breaks each time.
const ATTEMPTS: u32 = 4;

/// Opens a session. `reached` is told when the machine is.
pub(crate) async fn open(config: &Arc<SocketConfig>, reached: &Notify) -> Result<Line, ConnectError> {
    let address = Address::new(config).ok_or_else(|| not_long_poll("the token cannot be sent in a header"))?;
    let heard = Heard::default();
    let mut http = Http::new(config.clone(), heard.clone());
    http.connect(reached).await?;
    let response = http.ask(address.open()).await?;
    let answer = Answer::read(&response).map_err(|Foreign { status }| match status {
        // A page of somebody in between, or of a server that knows no long poll and says nothing wrong.
        200 => not_long_poll("the answer is something else"),
        status => ConnectError::Status(status),
    })?;
    match answer {
        Answer { status: GONE, token: Some(token), ack, .. } if !token.is_empty() => {
            let session = Arc::new(Session { config: config.clone(), address, token, counts: ack.is_some() });
            Ok(Line { transport: Transport::LongPoll, wire: Box::new(LongPoll::new(&session, http)), heard })
        }
        Answer { status: status @ 403, .. } => Err(ConnectError::Refused { status }),
        Answer { status, .. } => Err(not_long_poll(&format!("status {status}"))),
    }
}

fn not_long_poll(what: &str) -> ConnectError {
    ConnectError::NotLongPoll(what.to_owned())
}

/// An open session.
struct LongPoll {
    incoming: Pin<Box<dyn Stream<Item = Result<Incoming, Gone>> + Send>>,
    outgoing: Queue,
    posting: Posting,
    is_closed: bool,
}

enum Posting {
    Resting(Poster),
    UnderWay(Pin<Box<dyn Future<Output = Result<Poster, Gone>> + Send>>),
    Failed,
}

impl LongPoll {
    fn new(session: &Arc<Session>, polls: Http) -> Self {
        let reader = Reader { session: session.clone(), http: polls, n_received: 0, ready: VecDeque::new() };
        // Posts are answered whether or not the server says anything: what is heard of it is what comes by polls.
        let posts = Http::new(session.config.clone(), Heard::default());
        let poster = Poster { session: session.clone(), http: posts, n_sent: 0 };
        Self {
            incoming: reader.stream().boxed(),
            outgoing: Queue::default(),
            posting: Posting::Resting(poster),
            is_closed: false,
        }
    }

    /// Ready when a batch has been taken by the server, or there is none.
    fn poll_post(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        self.posting = match std::mem::replace(&mut self.posting, Posting::Failed) {
            Posting::Failed => return Poll::Ready(Err(Gone::Lost("the session has failed".to_owned()))),
            Posting::Resting(poster) => match self.outgoing.next_batch() {
                None => {
                    self.posting = Posting::Resting(poster);
                    return Poll::Ready(Ok(()));
                }
                Some(batch) => Posting::UnderWay(Box::pin(poster.post(batch))),
            },
            under_way @ Posting::UnderWay(_) => under_way,
        };
        if let Posting::UnderWay(posting) = &mut self.posting {
            let posted = ready!(posting.as_mut().poll(cx));
            self.posting = Posting::Failed;
            self.posting = Posting::Resting(posted?);
        }
        Poll::Ready(Ok(()))
    }

    fn is_at_rest(&self) -> bool {
        self.outgoing.is_empty() && matches!(self.posting, Posting::Resting(_))
    }
}

impl Stream for LongPoll {
    type Item = Result<Incoming, Gone>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_closed {
            return Poll::Ready(None);
        }
        self.incoming.as_mut().poll_next(cx)
    }
}

impl Sink<Frame> for LongPoll {
    type Error = Gone;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        while self.outgoing.is_full() {
            ready!(self.poll_post(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    fn start_send(mut self: Pin<&mut Self>, frame: Frame) -> Result<(), Gone> {
        self.outgoing.push(frame);
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        while !self.is_at_rest() {
            ready!(self.poll_post(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    /// There is no word for goodbye: a session ends when nobody polls any more.
    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        self.is_closed = true;
        self.poll_flush(cx)
    }
}

/// The direction in which the server says something.
struct Reader {
    session: Arc<Session>,
    http: Http,
    n_received: u64,
    ready: VecDeque<Incoming>,
}

impl Reader {
    /// Everything that the server says, and at last why it says nothing more.
    fn stream(self) -> impl Stream<Item = Result<Incoming, Gone>> + Send {
        stream::unfold(Some(self), |reader| async {
            let mut reader = reader?;
            match reader.next().await {
                Ok(frame) => Some((Ok(frame), Some(reader))),
                Err(gone) => Some((Err(gone), None)),
            }
        })
    }

    async fn next(&mut self) -> Result<Incoming, Gone> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Ok(frame);
            }
            let request = self.session.poll(self.n_received);
            // Silence is for heartbeats to find: servers answer polls as late as they like.
            let answer = ask(&mut self.http, &self.session, &request, None).await?;
            match answer.status {
                200 | 204 => self.take(answer)?,
                status => return Err(ended(status)),
            }
        }
    }

    /// Takes the messages of an answer that have not come before.
    fn take(&mut self, answer: Answer) -> Result<(), Gone> {
        let n_before = answer.ack.unwrap_or(self.n_received);
        let n_known =
            self.n_received.checked_sub(n_before).ok_or_else(|| Gone::Lost("messages are missing".to_owned()))?;
        let n_ready = self.ready.len();
        self.ready.extend(answer.frames().skip(usize::try_from(n_known).unwrap_or(usize::MAX)));
        self.n_received += (self.ready.len() - n_ready) as u64;
        Ok(())
    }
}

/// The direction in which something is said to the server.
struct Poster {
    session: Arc<Session>,
    http: Http,
    n_sent: u64,
}

impl Poster {
    async fn post(mut self, batch: Batch) -> Result<Self, Gone> {
        let request = self.session.post(&batch, self.n_sent);
        let patience = self.session.config.heartbeat_timeout;
        let answer = ask(&mut self.http, &self.session, &request, Some(patience)).await?;
        match answer.status {
            200 => {
                self.n_sent += batch.n_frames;
                Ok(self)
            }
            status => Err(ended(status)),
        }
    }
}

fn ended(status: u16) -> Gone {
    Gone::Lost(match status {
        GONE => "the server does not know the session any more".to_owned(),
        status => format!("the server answers with status {status}"),
    })
}

/// The answer to a request; where that is lost, and the server counts, the answer to the same request made again.
async fn ask(
    http: &mut Http,
    session: &Session,
    request: &Request<Full<Bytes>>,
    patience: Option<Duration>,
) -> Result<Answer, Gone> {
    let mut n_failures = 0;
    loop {
        let asked = match patience {
            None => http.ask(request.clone()).await,
            Some(patience) => {
                let asked = tokio::time::timeout(patience, http.ask(request.clone())).await;
                asked.unwrap_or(Err(HttpError::Timeout))
            }
        };
        let (reason, may_be_repeated) = match asked {
            Ok(response) => match Answer::read(&response) {
                // The server still has requests from before, whose connections it does not know to have ended.
                Ok(Answer { status: TOO_MANY, .. }) => ("the server has too many requests".to_owned(), true),
                Ok(answer) => return Ok(answer),
                // A gateway that could not get through, and whatever else cuts in.
                Err(Foreign { status }) => {
                    (format!("something answers with HTTP status {status}"), !(400..500).contains(&status))
                }
            },
            Err(error @ HttpError::TooLong(_)) => (error.to_string(), false),
            Err(error) => (error.to_string(), true),
        };
        n_failures += 1;
        if !session.counts || !may_be_repeated || n_failures == ATTEMPTS {
            return Err(Gone::Lost(reason));
        }
        tracing::debug!(%reason, "a request is made again");
        tokio::time::sleep(session.config.backoff.delay(n_failures, backoff::jitter())).await;
    }
}
