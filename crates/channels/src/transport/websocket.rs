//! The transport that is one connection.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures_util::{Sink, Stream};
use roost_protocol::Frame;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::error::{Error as WsError, ProtocolError, SubProtocolError};
use tokio_tungstenite::tungstenite::handshake::client::{Request, Response};
use tokio_tungstenite::tungstenite::http::header::{CONTENT_TYPE, HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message as WsMessage, Utf8Bytes};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};

use super::{Gone, Incoming, Line, Transport};
use crate::config::SocketConfig;
use crate::connect::ConnectError;
use crate::dial::dial;
use crate::heard::{Counted, Heard};

type Upgraded = WebSocketStream<MaybeTlsStream<Counted<TcpStream>>>;

/// Opens one. `reached` is told when the machine is.
pub(crate) async fn open(config: &SocketConfig, reached: &Notify) -> Result<Line, ConnectError> {
    let request = request(config).map_err(ConnectError::websocket)?;
    match upgrade(config, request, reached).await {
        Err(ConnectError::WebSocket(error)) if is_unchosen(&error) => {
            // A server that knows no tokens in sub-protocols, as those before Phoenix 1.8, lets everybody in who comes
            // this far. RFC 6455 has the client give up then; who offers none has nothing to miss.
            let without = plain_request(config).map_err(ConnectError::websocket)?;
            upgrade(config, without, reached).await
        }
        upgraded => upgraded,
    }
}

async fn upgrade(config: &SocketConfig, request: Request, reached: &Notify) -> Result<Line, ConnectError> {
    let stream = dial(config.url(), config.proxy.as_ref()).await.map_err(ConnectError::Dial)?;
    reached.notify_one();
    let heard = Heard::default();
    let stream = Counted::new(stream, heard.clone());
    let limits = WebSocketConfig::default()
        .max_message_size(Some(config.max_message_size))
        .max_frame_size(Some(config.max_message_size));
    let connector = config.tls.clone().map_or(Connector::Plain, Connector::Rustls);
    match client_async_tls_with_config(request, stream, Some(limits), Some(connector)).await {
        Ok((stream, _)) => {
            let wire = Box::new(WebSocket { stream, is_closing: false });
            Ok(Line { transport: Transport::WebSocket, wire, heard })
        }
        Err(WsError::Http(response)) => Err(match response.status().as_u16() {
            status @ 403 if !is_page(&response) => ConnectError::Refused { status },
            status => ConnectError::Status(status),
        }),
        Err(error) => Err(ConnectError::websocket(error)),
    }
}

/// Whether an answer is for people: those of Phoenix servers are empty, and what is in between shows its own pages.
fn is_page(response: &Response) -> bool {
    let content_type = response.headers().get(CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().to_ascii_lowercase().starts_with(b"text/html"))
}

fn is_unchosen(error: &WsError) -> bool {
    matches!(error, WsError::Protocol(ProtocolError::SecWebSocketSubProtocolError(SubProtocolError::NoSubProtocol)))
}

fn plain_request(config: &SocketConfig) -> Result<Request, WsError> {
    config.endpoint(Transport::WebSocket).as_str().into_client_request()
}

fn request(config: &SocketConfig) -> Result<Request, WsError> {
    let mut request = plain_request(config)?;
    if let Some(token) = &config.auth_token {
        let protocols = format!("phoenix, base64url.bearer.phx.{}", BASE64_URL_SAFE_NO_PAD.encode(token));
        let mut value = HeaderValue::try_from(protocols).expect("base64 is made of characters that headers may have");
        value.set_sensitive(true);
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, value);
    }
    Ok(request)
}

struct WebSocket {
    stream: Upgraded,
    is_closing: bool,
}

impl Stream for WebSocket {
    type Item = Result<Incoming, Gone>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let item = match ready!(Pin::new(&mut self.stream).poll_next(cx)) {
                Some(Ok(WsMessage::Text(text))) => Ok(Incoming::Text(text)),
                Some(Ok(WsMessage::Binary(bytes))) => Ok(Incoming::Binary(bytes)),
                Some(Ok(WsMessage::Close(frame))) => Err(Gone::Closed(close_reason(frame))),
                // Pings are answered by the library.
                Some(Ok(WsMessage::Ping(_) | WsMessage::Pong(_) | WsMessage::Frame(_))) => continue,
                Some(Err(error)) => Err(lost(&error)),
                None => return Poll::Ready(None),
            };
            return Poll::Ready(Some(item));
        }
    }
}

impl Sink<Frame> for WebSocket {
    type Error = Gone;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        Pin::new(&mut self.stream).poll_ready(cx).map_err(|error| lost(&error))
    }

    fn start_send(mut self: Pin<&mut Self>, frame: Frame) -> Result<(), Gone> {
        let message = match frame {
            Frame::Text(text) => WsMessage::Text(text.into()),
            Frame::Binary(bytes) => WsMessage::Binary(bytes),
        };
        Pin::new(&mut self.stream).start_send(message).map_err(|error| lost(&error))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        Pin::new(&mut self.stream).poll_flush(cx).map_err(|error| lost(&error))
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        if !self.is_closing {
            ready!(self.as_mut().poll_ready(cx))?;
            self.is_closing = true;
            let goodbye = WsMessage::Close(Some(CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::default() }));
            Pin::new(&mut self.stream).start_send(goodbye).map_err(|error| lost(&error))?;
        }
        self.poll_flush(cx)
    }
}

fn lost(error: &WsError) -> Gone {
    Gone::Lost(error.to_string())
}

fn close_reason(frame: Option<CloseFrame>) -> String {
    frame.map_or_else(
        || "the server has closed the connection".to_owned(),
        |frame| format!("the server has closed the connection: {} {}", u16::from(frame.code), frame.reason),
    )
}
