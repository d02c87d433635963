//! The bytes that the floors send, ready but for a few of them.

use std::ops::Range;

use crate::client::message::{Topic, at};

/// What a server without logic says.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    /// Stands for a board in the answer to a join.
    board: String,
    presence: String,
}

/// A message to a server without logic: where its parts are never differs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a>(&'a [u8]);

impl<'a> Request<'a> {
    /// A message of the generator; `None` when it is none.
    pub(super) fn read(text: &'a [u8]) -> Option<Self> {
        (text.len() > at::EVENT).then_some(Self(text))
    }

    pub(super) fn topic(self) -> Topic {
        self.0[at::TOPIC].try_into().expect("a range of that length")
    }

    /// Whether it is one, or else a join.
    pub(super) fn is_proposal(self) -> bool {
        self.0[at::EVENT..].starts_with(b"propose") && self.0.len() > at::OP.end
    }

    fn part(self, range: std::ops::Range<usize>) -> &'a str {
        std::str::from_utf8(&self.0[range]).unwrap_or_default()
    }
}

const ID: &str = "01900000-0000-7001-8000-000000000000";

impl Prepared {
    /// With answers to joins that have so many bytes.
    pub(super) fn new(join_bytes: usize) -> Self {
        let meta = r#"{"metas":[{"phx_ref":"AAAAAAAAAAA","name":"Ada Berg 1","online_at":"2026-01-01T00:00:00Z"}]}"#;
        let people: Vec<_> = (0..10).map(|number| format!(r#""{}{number}":{meta}"#, &ID[..35])).collect();
        Self { board: "x".repeat(join_bytes), presence: people.join(",") }
    }

    /// What somebody who joins is told: the answer, and who is there.
    pub(super) fn join(&self, request: Request<'_>) -> [String; 2] {
        let (join_ref, topic) = (request.part(at::JOIN_REF), request.part(at::TOPIC));
        let reference = request.part(at::REF);
        let Self { board, presence } = self;
        [
            format!(
                r#"["{join_ref}","{reference}","{topic}","phx_reply",{{"response":{{"seq":0,"board":"{board}"}},"status":"ok"}}]"#
            ),
            format!(r#"["{join_ref}",null,"{topic}","presence_state",{{{presence}}}]"#),
        ]
    }
}

/// What is said of the proposals on one topic. Only a few bytes of it differ from one to the next.
#[derive(Debug)]
pub(super) struct Lines {
    entry: Vec<u8>,
    reply: Vec<u8>,
    entry_seq: Range<usize>,
    entry_op: Range<usize>,
    reply_seq: Range<usize>,
    reply_ref: Range<usize>,
    seq: u64,
}

/// A number is written into this, with spaces before it.
const SEQ: &str = "         0";
const OP: &str = "ffffffff-ffff-7fff-8fff-ffffffffffff";
const REF: &str = "1999999999";

impl Lines {
    /// Those of the topic of a request, each wrapped in what carries it.
    pub(super) fn new(request: Request<'_>, wrap: impl Fn(&str) -> Vec<u8>) -> Self {
        let (join_ref, topic) = (request.part(at::JOIN_REF), request.part(at::TOPIC));
        let card = r#""type":"card_moved","card_id":"01900000-0000-7004-8000-000000000000","list_id":"01900000-0000-7003-8000-000000000001","position":"a0""#;
        let entry = wrap(&format!(
            r#"[null,null,"{topic}","entry",{{"seq":{SEQ},"op":"{OP}","actor":"{ID}","at":"2026-01-01T00:00:00.000Z","change":{{{card}}}}}]"#
        ));
        let reply = wrap(&format!(
            r#"["{join_ref}","{REF}","{topic}","phx_reply",{{"response":{{"seq":{SEQ}}},"status":"ok"}}]"#
        ));
        let find = |bytes: &[u8], part: &str| {
            let start = memchr::memmem::find(bytes, part.as_bytes()).expect("what was just written");
            start..start + part.len()
        };
        Self {
            entry_seq: find(&entry, SEQ),
            entry_op: find(&entry, OP),
            reply_seq: find(&reply, SEQ),
            reply_ref: find(&reply, REF),
            entry,
            reply,
            seq: 0,
        }
    }

    /// What all hear of a proposal, and what the proposer is answered.
    pub(super) fn of(&mut self, request: Request<'_>) -> (&[u8], &[u8]) {
        self.seq += 1;
        for place in [&mut self.entry[self.entry_seq.clone()], &mut self.reply[self.reply_seq.clone()]] {
            let mut number = self.seq;
            for digit in place.iter_mut().rev() {
                *digit = if number == 0 { b' ' } else { b'0' + u8::try_from(number % 10).expect("a digit") };
                number /= 10;
            }
        }
        self.entry[self.entry_op.clone()].copy_from_slice(&request.0[at::OP]);
        self.reply[self.reply_ref.clone()].copy_from_slice(&request.0[at::REF]);
        (&self.entry, &self.reply)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::client::message::{self, Message};

    #[test]
    fn what_is_said_is_what_the_generator_understands() {
        let topic = message::topic(Uuid::nil());
        let op = Uuid::from_u128(7);
        let mut text = message::propose(&topic, op, Uuid::nil(), Uuid::nil());
        text[at::REF].copy_from_slice(&message::reference(42));
        let request = Request::read(&text).unwrap();
        assert!(request.is_proposal());
        let mut lines = Lines::new(request, |text| text.as_bytes().to_vec());
        for seq in 1..=12 {
            let (entry, reply) = lines.of(request);
            assert_eq!(message::read(entry), Some(Message::Entry { seq, op: op.to_string().as_bytes() }));
            let Some(Message::Reply { reference, is_ok: true, payload }) = message::read(reply) else { panic!() };
            assert_eq!((message::number(reference), message::seq(payload)), (Some(42), Some(seq)));
        }
        let join = message::join(&topic, None);
        let request = Request::read(&join).unwrap();
        assert!(!request.is_proposal());
        let [answer, state] = Prepared::new(100).join(request);
        assert!(matches!(message::read(answer.as_bytes()), Some(Message::Reply { is_ok: true, .. })));
        assert!(matches!(message::read(state.as_bytes()), Some(Message::PresenceState(_))));
    }
}
