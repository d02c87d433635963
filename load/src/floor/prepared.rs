//! The bytes that the floors send, ready but for a few of them.

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

    pub(super) fn is_join(self) -> bool {
        self.0[at::EVENT..].starts_with(b"phx_join")
    }

    fn part(self, range: std::ops::Range<usize>) -> &'a str {
        std::str::from_utf8(&self.0[range]).unwrap_or_default()
    }

    /// The number of the proposal, which is not looked at.
    pub(super) fn op(self) -> &'a str {
        if self.0.len() > at::OP.end { self.part(at::OP) } else { "" }
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

    /// What all hear of a proposal.
    pub(super) fn entry(topic: &str, seq: u64, op: &str) -> String {
        let card = r#""type":"card_moved","card_id":"01900000-0000-7004-8000-000000000000","list_id":"01900000-0000-7003-8000-000000000001","position":"a0""#;
        format!(
            r#"[null,null,"{topic}","entry",{{"seq":{seq},"op":"{op}","actor":"{ID}","at":"2026-01-01T00:00:00.000Z","change":{{{card}}}}}]"#
        )
    }

    /// What the proposer is answered.
    pub(super) fn reply(request: Request<'_>, seq: u64) -> String {
        let (join_ref, topic) = (request.part(at::JOIN_REF), request.part(at::TOPIC));
        let reference = request.part(at::REF);
        format!(r#"["{join_ref}","{reference}","{topic}","phx_reply",{{"response":{{"seq":{seq}}},"status":"ok"}}]"#)
    }
}
