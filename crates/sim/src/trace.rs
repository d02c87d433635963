//! What happens, in lines to read.

use crate::device::Note;
use crate::event::Event;
use crate::wire::{LineId, ToDevice, ToServer};

/// What has happened, if anybody wants to know.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    text: Option<String>,
}

impl Trace {
    pub(crate) fn new(is_wanted: bool) -> Self {
        Self { text: is_wanted.then(String::new) }
    }

    pub(crate) fn say(&mut self, line: impl FnOnce() -> String) {
        if let Some(text) = &mut self.text {
            text.push_str(&line());
            text.push('\n');
        }
    }

    pub(crate) fn event(&mut self, now: u64, event: &Event) {
        self.say(|| format!("{now:>5} {event:?}"));
    }

    pub(crate) fn note(&mut self, device: usize, note: &Note) {
        self.say(|| match note {
            Note::Proposed(proposal) => format!("      device {device} proposes {} {:?}", proposal.op, proposal.change),
            note => format!("      device {device} {note:?}"),
        });
    }

    pub(crate) fn arrives_at_server(&mut self, line: LineId, message: &ToServer) {
        self.say(|| match message {
            ToServer::Propose { join, op, .. } => format!("      the server hears {line:?} join {join} propose {op}"),
            message => format!("      the server hears {line:?} {message:?}"),
        });
    }

    pub(crate) fn arrives_at_device(&mut self, device: usize, messages: &[ToDevice]) {
        for message in messages {
            self.say(|| match message {
                ToDevice::Joined { join, answer } => format!("      device {device} hears join {join}: {}", of(answer)),
                ToDevice::Entry(entry) => format!("      device {device} hears entry {} of {}", entry.seq, entry.op),
                message => format!("      device {device} hears {message:?}"),
            });
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.text.unwrap_or_default()
    }
}

fn of(answer: &roost_board::durable::CatchUp) -> String {
    match answer {
        roost_board::durable::CatchUp::Entries { seq, entries } => format!("{} entries up to {seq}", entries.len()),
        roost_board::durable::CatchUp::Snapshot(snapshot) => format!("the board at {}", snapshot.seq),
    }
}
