//! A message to everyone on a topic, written once for each version of the protocol.

use std::sync::{Arc, OnceLock};

use roost_board::Seq;
use roost_protocol::{Payload, Topic, Vsn, event};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::socket::Written;

/// A message to everyone on a topic.
pub(crate) struct Broadcast {
    topic: Topic,
    event: &'static str,
    payload: Payload,
    seq: Option<Seq>,
    n_bytes: usize,
    v1: OnceLock<Written>,
    v2: OnceLock<Written>,
}

#[derive(Deserialize)]
struct Numbered {
    seq: Seq,
}

impl Broadcast {
    pub(super) fn new(topic: Topic, event: &'static str, payload: Arc<RawValue>) -> Self {
        let seq = (event == event::ENTRY)
            .then(|| serde_json::from_str::<Numbered>(payload.get()).ok())
            .flatten()
            .map(|numbered| numbered.seq);
        let n_bytes = payload.get().len();
        let (v1, v2) = (OnceLock::new(), OnceLock::new());
        Self { topic, event, payload: Payload::Json(payload), seq, n_bytes, v1, v2 }
    }

    /// To whom.
    pub(crate) const fn topic(&self) -> Topic {
        self.topic
    }

    /// The place in the board's log of the entry that it tells of; `None` when it tells of something else.
    pub(crate) const fn seq(&self) -> Option<Seq> {
        self.seq
    }

    /// About how long it is.
    pub(super) const fn n_bytes(&self) -> usize {
        self.n_bytes
    }

    /// As it goes to a socket; every socket gets the same bytes.
    pub(crate) fn written(&self, vsn: Vsn) -> Written {
        let written = match vsn {
            Vsn::V1 => &self.v1,
            Vsn::V2 => &self.v2,
        };
        written
            .get_or_init(|| {
                let frame = vsn.encode_broadcast(&self.topic.to_string(), self.event, &self.payload);
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
        let broadcast = Broadcast::new(topic, event::ENTRY, payload.into());
        assert_eq!(broadcast.seq(), Some(Seq(7)));
        let pointers = |vsn| [(); 2].map(|()| broadcast.written(vsn).as_ptr());
        for vsn in [Vsn::V1, Vsn::V2] {
            let [one, other] = pointers(vsn);
            assert_eq!(one, other);
        }
        assert_eq!(
            broadcast.written(Vsn::V2).text(),
            r#"[null,null,"users:00000000-0000-0000-0000-000000000001","entry",{"seq":7}]"#
        );
    }
}
