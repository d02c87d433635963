//! Messages to everyone on a topic, written once for each version of the protocol.

use std::sync::{Arc, OnceLock};

use roost_board::Seq;
use roost_protocol::{Payload, Topic, Vsn, event};
use serde_json::value::RawValue;

use crate::socket::Written;

/// What everyone on a topic is told in one go: one message, or several entries of a board in the order of its log.
pub(crate) struct Broadcast {
    topic: Topic,
    messages: Box<[Message]>,
    n_bytes: usize,
}

/// One message of a broadcast.
pub(crate) struct Message {
    event: &'static str,
    payload: Arc<RawValue>,
    seq: Option<Seq>,
    v1: OnceLock<Written>,
    v2: OnceLock<Written>,
}

impl Broadcast {
    /// Something that is no entry.
    pub(super) fn new(topic: Topic, event: &'static str, payload: Arc<RawValue>) -> Self {
        Self::of(topic, [Message::new(event, payload, None)].into())
    }

    /// Entries of a board.
    pub(super) fn entries(topic: Topic, entries: &[(Seq, Arc<RawValue>)]) -> Self {
        let message = |(seq, json): &(Seq, Arc<RawValue>)| Message::new(event::ENTRY, Arc::clone(json), Some(*seq));
        Self::of(topic, entries.iter().map(message).collect())
    }

    fn of(topic: Topic, messages: Box<[Message]>) -> Self {
        let n_bytes = messages.iter().map(|message| message.payload.get().len()).sum();
        Self { topic, messages, n_bytes }
    }

    /// To whom.
    pub(crate) const fn topic(&self) -> Topic {
        self.topic
    }

    /// What.
    pub(crate) const fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// About how long it is.
    pub(super) const fn n_bytes(&self) -> usize {
        self.n_bytes
    }
}

impl Message {
    const fn new(event: &'static str, payload: Arc<RawValue>, seq: Option<Seq>) -> Self {
        Self { event, payload, seq, v1: OnceLock::new(), v2: OnceLock::new() }
    }

    /// The place in the board's log of the entry that it tells of; `None` when it tells of something else.
    pub(crate) const fn seq(&self) -> Option<Seq> {
        self.seq
    }

    /// As it goes to a socket; every socket gets the same bytes.
    pub(crate) fn written(&self, topic: Topic, vsn: Vsn) -> Written {
        let written = match vsn {
            Vsn::V1 => &self.v1,
            Vsn::V2 => &self.v2,
        };
        written
            .get_or_init(|| {
                let payload = Payload::Json(Arc::clone(&self.payload));
                let frame = vsn.encode_broadcast(&topic.to_string(), self.event, &payload);
                frame.expect("a JSON payload can be written in both versions").into()
            })
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use roost_board::UserId;
    use uuid::Uuid;

    #[test]
    fn all_sockets_of_a_version_share_the_bytes() {
        let topic = Topic::Users(UserId::from_uuid(Uuid::from_u128(1)));
        let payload = RawValue::from_string(r#"{"seq":7}"#.to_owned()).unwrap();
        let broadcast = Broadcast::entries(topic, &[(Seq(7), payload.into())]);
        let [message] = broadcast.messages() else { panic!("expected one message") };
        assert_eq!(message.seq(), Some(Seq(7)));
        let pointers = |vsn| [(); 2].map(|()| message.written(topic, vsn).as_ptr());
        for vsn in [Vsn::V1, Vsn::V2] {
            let [one, other] = pointers(vsn);
            assert_eq!(one, other);
        }
        assert_eq!(
            message.written(topic, Vsn::V2).text(),
            r#"[null,null,"users:00000000-0000-0000-0000-000000000001","entry",{"seq":7}]"#
        );
    }
}
