//! Floor B: a tokio-tungstenite task for each socket, with a write buffer and a channel.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::prepared::{Lines, Prepared, Request};
use crate::client::message::Topic;

const WRITE_BUFFER: usize = 64 * 1024;

/// Eagerly allocated for each socket, so no more than is of use.
const READ_BUFFER: usize = 1_024;

struct Subscribers {
    sockets: Vec<UnboundedSender<Utf8Bytes>>,
    lines: Lines,
}

type Topics = Mutex<HashMap<Topic, Arc<Mutex<Subscribers>>>>;

/// Serves until the process is ended.
pub(super) fn serve(prepared: Prepared, listening: impl FnOnce(SocketAddr)) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let port = TcpSocket::new_v4()?;
        port.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let listener = port.listen(1_024)?;
        listening(listener.local_addr()?);
        let (topics, prepared) = (Arc::new(Topics::default()), Arc::new(prepared));
        loop {
            let (stream, _) = listener.accept().await.context("cannot accept")?;
            stream.set_nodelay(true)?;
            let (topics, prepared) = (Arc::clone(&topics), Arc::clone(&prepared));
            // A socket that fails has gone; nobody is there to be told.
            tokio::spawn(async move { drop(socket(stream, &topics, &prepared).await) });
        }
    })
}

async fn socket(stream: TcpStream, topics: &Topics, prepared: &Prepared) -> Result<()> {
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER).write_buffer_size(WRITE_BUFFER);
    let mut socket = tokio_tungstenite::accept_async_with_config(stream, Some(config)).await?;
    let (sender, mut queue) = mpsc::unbounded_channel::<Utf8Bytes>();
    let mut topic = None;
    loop {
        tokio::select! {
            message = socket.next() => {
                let Some(Message::Text(text)) = message.transpose()? else { return Ok(()) };
                if let Some(request) = Request::read(text.as_bytes()) {
                    answer(request, topics, prepared, &sender, &mut topic);
                }
            }
            Some(text) = queue.recv() => {
                socket.feed(Message::Text(text)).await?;
                while let Ok(text) = queue.try_recv() {
                    socket.feed(Message::Text(text)).await?;
                }
                socket.flush().await?;
            }
        }
    }
}

fn answer(
    request: Request<'_>,
    topics: &Topics,
    prepared: &Prepared,
    own: &UnboundedSender<Utf8Bytes>,
    topic: &mut Option<Arc<Mutex<Subscribers>>>,
) {
    let subscribers = topic.get_or_insert_with(|| {
        let mut topics = topics.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let lines = Lines::new(request, |text| text.as_bytes().to_vec());
            Arc::new(Mutex::new(Subscribers { sockets: Vec::new(), lines }))
        };
        Arc::clone(topics.entry(request.topic()).or_insert_with(new))
    });
    let mut subscribers = subscribers.lock().unwrap_or_else(PoisonError::into_inner);
    let Subscribers { sockets, lines } = &mut *subscribers;
    if request.is_proposal() {
        let (entry, reply) = lines.of(request);
        let (entry, reply) = (text(entry), text(reply));
        sockets.retain(|socket| socket.send(entry.clone()).is_ok());
        // The queue is that of whoever asks.
        drop(own.send(reply));
    } else {
        sockets.push(own.clone());
        for text in prepared.join(request) {
            drop(own.send(text.into()));
        }
    }
}

fn text(bytes: &[u8]) -> Utf8Bytes {
    Utf8Bytes::try_from(bytes.to_vec()).expect("only digits are ever changed")
}
