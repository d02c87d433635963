//! A device with the app on it, and what the simulation does with it.

use std::fmt;
use std::time::Duration;

use roost_board::durable::{DurableReplica, Stored, Write};
use roost_board::{BoardId, Context, Doing, OpId, Proposal, Seq, Snapshot, Timestamp, User, UserId};
use roost_bridge::{ConnectionPhase, Wanted};
use roost_channels::PushError;
use roost_protocol::rest::ErrorDetail;
use roost_sim::{Act, Device, Failure, Note, OnDisk, Setting, Sight, ToDevice, ToServer, Wrong, draw};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use super::app::{App, Question};
use super::disk::Folder;
use crate::core::error::Error;
use crate::core::followed::calls::Called;
use crate::core::followed::{Doings, Request};
use crate::core::store::AccountWrite;
use crate::core::store::held::Disk;

/// Longer than any join may take.
const PAUSE: Duration = Duration::from_secs(1_000);

/// A start from the disk is compared with what is in memory after every so many writes, since it takes a while.
const LOOK_EVERY: usize = 8;

/// A device; see the [module](self).
pub(super) struct CoreDevice {
    person: User,
    board: BoardId,
    runtime: Runtime,
    folder: Folder,
    /// What a start would find, if that was looked up after the last write.
    stored: Option<Stored>,
    n_writes: usize,
    /// `None` while the app does not run.
    app: Option<App>,
    said: Vec<ToServer>,
    notes: Vec<Note>,
}

impl fmt::Debug for CoreDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CoreDevice").field("person", &self.person.id).finish_non_exhaustive()
    }
}

impl CoreDevice {
    pub(super) fn new(setting: &Setting) -> Self {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let board = draw::board_id();
        let mut folder = Folder::new(board);
        if setting.has_new_board {
            let whole = draw::new_board();
            let name = whole.name().to_owned();
            let snapshot = Snapshot { seq: Seq::ZERO, board: whole, last: None };
            let write = Write::Snapshot { snapshot, has_unknown: false };
            let writes = vec![AccountWrite::NewBoard { id: board, name }, AccountWrite::Board(board, write)];
            let mut open = folder.open(&runtime);
            let written = open.store.write(writes);
            open.go_on(Disk::Fine);
            runtime.block_on(written).unwrap();
            folder.read(&mut open, &runtime);
            folder.crash(open);
        }
        let person = setting.person.clone();
        Self {
            person,
            board,
            runtime,
            folder,
            stored: None,
            n_writes: 0,
            app: None,
            said: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The file was damaged, and replaced by one in which not everything is.
    pub(super) fn replaced(&mut self) {
        if let Some(task) = self.app.as_mut().and_then(|app| app.task.as_mut()) {
            task.is_to_write_anew = true;
        }
        self.work();
    }

    /// Lets the app do what it can do, and takes note of it.
    fn work(&mut self) {
        let Some(app) = &mut self.app else { return };
        app.work(&self.runtime);
        let answered =
            app.questions.extract_if(.., |question| !question.answer.is_empty() || question.answer.is_terminated());
        let answered: Vec<Question> = answered.collect();
        for Question { op, retried, mut answer } in answered {
            let is_kept = matches!(answer.try_recv(), Ok(Ok(())));
            self.notes.push(if is_kept { Note::Kept(op) } else { Note::NotKept(op) });
            match retried {
                Some(old) if is_kept => self.notes.push(Note::Retried(old)),
                None if !is_kept => app.window.not_kept(op),
                Some(_) | None => {}
            }
        }
        self.notes.extend(app.new_attention().into_iter().map(Note::NeedsAttention));
        for message in app.hand.said() {
            self.said.extend(app.words.said(&message));
        }
        let Some(task) = &mut app.task else { return };
        if task.calls.is_empty() {
            app.is_calling = false;
        } else if !app.is_online {
            self.call_fails();
        } else if !app.is_calling {
            app.is_calling = true;
            self.said.push(if task.unmade.is_some() { ToServer::Create } else { ToServer::Ask });
        }
    }

    fn called(&mut self, called: Called) {
        let Some(app) = self.app.as_mut() else { return };
        app.is_calling = false;
        if let Some(task) = app.task.as_mut().filter(|task| !task.calls.is_empty()) {
            task.calls.clear();
            let _guard = self.runtime.enter();
            task.called(called);
        }
        self.work();
    }

    fn call_fails(&mut self) {
        let Some(task) = self.app.as_ref().and_then(|app| app.task.as_ref()) else { return };
        let (is_made, error) = (task.unmade.is_some(), Error::Unreachable("nowhere".to_owned()));
        self.called(if is_made { Called::Made(Err(error)) } else { Called::Listed(Err(error)) });
    }

    fn hear_one(&mut self, message: ToDevice) {
        let Some(app) = &mut self.app else { return };
        match message {
            ToDevice::Created => {
                let summary = app.task.as_ref().and_then(|task| task.replica.view()).map(|view| view.summary());
                if let Some(summary) = summary {
                    self.called(Called::Made(Ok(summary)));
                }
            }
            ToDevice::CreateRefused => {
                let (code, message) = ("invalid".to_owned(), "There are too many boards".to_owned());
                let detail = ErrorDetail { code, message, fields: Default::default() };
                self.called(Called::Made(Err(Error::Server(detail))));
            }
            ToDevice::Told(is_there) => self.called(Called::Listed(Ok(is_there))),
            message => {
                if let ToDevice::Accepted { op, .. } = message {
                    self.notes.push(Note::Acknowledged(op));
                }
                if let Some(message) = app.words.told(message) {
                    app.hand.hear(message);
                }
            }
        }
    }

    fn propose(&mut self, proposal: Proposal, doing: Doing) {
        let Some(app) = &mut self.app else { return };
        let (Some(task), op) = (&mut app.task, proposal.op) else { return };
        let Some(replica) = task.replica.replica() else { return };
        let inverse = replica.invert(proposal.at, &proposal.change);
        if !app.window.propose(proposal.clone()) {
            return;
        }
        let (answer, question) = oneshot::channel();
        task.asked(Request::Propose(Box::new(Doings { proposal: proposal.clone(), doing, inverse }), answer));
        self.notes.push(Note::Proposed(proposal));
        app.questions.push(Question { op, retried: None, answer: question });
    }

    fn step_back(&mut self, doing: Doing, op: OpId, at: Timestamp) {
        let Some(task) = self.app.as_ref().and_then(|app| app.task.as_ref()) else { return };
        let (Some(view), history) = (task.replica.view(), task.replica.history()) else { return };
        let context = Context { actor: self.person.id, at };
        let step = if doing == Doing::Undo { history.undo(view, &context) } else { history.redo(view, &context) };
        if let Ok(change) = step.map(|step| step.inverse.clone()) {
            self.propose(Proposal { op, at, change }, doing);
        }
    }

    fn retry(&mut self) {
        let Some(app) = &mut self.app else { return };
        let Some(task) = app.task.as_mut().filter(|task| task.replica.replica().is_some()) else { return };
        let attention = &app.surroundings.attention;
        let items = attention.list().items;
        let Some(item) = items.iter().find(|item| matches!(item.wanted, Wanted::Change { .. })) else { return };
        let Some(taken) = attention.take(item.id) else { return };
        let n_before = task.replica.n_waiting();
        let (answer, question) = oneshot::channel();
        task.asked(Request::Retry(Box::new(taken), answer));
        if task.replica.n_waiting() > n_before
            && let Some(proposal) = task.replica.outbox().last().cloned()
        {
            let question = Question { op: proposal.op, retried: Some(item.id), answer: question };
            self.notes.push(Note::Proposed(proposal));
            app.questions.push(question);
        }
    }

    /// The disk takes what is on its way, or takes nothing, and the app hears of it.
    fn write(&mut self, disk: Disk) {
        let Some(app) = &mut self.app else { return };
        app.open.go_on(disk);
        let _guard = self.runtime.enter();
        if let Some(task) = &mut app.task {
            while let Some(written) = self.runtime.block_on(futures_util::StreamExt::next(&mut task.writing)) {
                task.written(written);
            }
        }
        match disk {
            Disk::Fine => self.folder.read(&mut app.open, &self.runtime),
            Disk::Full => self.folder.make_room(&mut app.open, &self.runtime),
        }
        self.n_writes += 1;
        let is_due = self.n_writes.is_multiple_of(LOOK_EVERY);
        self.stored = is_due.then(|| self.folder.read_board(&mut app.open, &self.runtime));
        self.work();
    }
}

impl Device for CoreDevice {
    fn person(&self) -> UserId {
        self.person.id
    }

    fn start(&mut self) {
        let before = self.folder.on_disk();
        self.app = Some(App::start(self.person.clone(), self.board, &mut self.folder, &self.runtime));
        assert_eq!(before, self.folder.on_disk(), "the file has kept something else");
        self.work();
    }

    fn crash(&mut self) {
        if let Some(App { open, task, surroundings, .. }) = self.app.take() {
            drop((task, surroundings));
            self.folder.crash(open);
        }
        self.said.clear();
    }

    fn update(&mut self) {
        self.start();
    }

    fn is_running(&self) -> bool {
        self.app.is_some()
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Make(proposal) => self.propose(proposal, Doing::Anew),
            Act::Undo(op, at) => self.step_back(Doing::Undo, op, at),
            Act::Redo(op, at) => self.step_back(Doing::Redo, op, at),
            // The app names it by itself.
            Act::Retry(..) => self.retry(),
            // That is between the person and the file.
            Act::Discard => {}
        }
        self.work();
    }

    fn n_writing(&self) -> usize {
        self.app.as_ref().and_then(|app| app.task.as_ref()).map_or(0, |task| task.writing.len())
    }

    fn commit(&mut self) {
        self.write(Disk::Fine);
    }

    fn fail(&mut self) {
        self.write(Disk::Full);
    }

    fn connected(&mut self) {
        if let Some(app) = &mut self.app {
            app.hand.connect();
            app.set_phase(ConnectionPhase::Live);
        }
        self.work();
    }

    fn disconnected(&mut self) {
        if let Some(app) = &mut self.app {
            app.hand.disconnect();
            app.set_phase(ConnectionPhase::Offline);
        }
        self.work();
    }

    fn invited(&mut self) {
        let Some(app) = self.app.as_mut().filter(|app| app.task.is_none()) else { return };
        let stored = self.folder.read_board(&mut app.open, &self.runtime);
        let _guard = self.runtime.enter();
        app.follow(self.board, stored);
        self.work();
    }

    fn hear(&mut self, messages: Vec<ToDevice>) {
        for message in messages {
            self.hear_one(message);
        }
        self.work();
    }

    fn is_waiting(&self) -> bool {
        let Some(app) = &self.app else { return false };
        app.task.as_ref().is_some_and(|task| {
            task.retry_at.is_some()
                || !task.calls.is_empty()
                || task.replica.n_waiting() > 0
                || (task.line.is_some() && !task.replica.is_joined())
        })
    }

    fn is_following(&self) -> bool {
        self.app.as_ref().is_some_and(|app| app.task.is_some())
    }

    fn lose_patience(&mut self) {
        let Some(app) = &mut self.app else { return };
        let Some(task) = &mut app.task else { return };
        let first = task.replica.outbox().next().map(|proposal| proposal.op);
        let guard = self.runtime.enter();
        if task.retry_at.is_some() {
            task.connect_anew();
        } else if !task.calls.is_empty() {
            drop(guard);
            self.call_fails();
        } else if !task.replica.is_joined() {
            // The join takes too long, and after a pause there is another one.
            app.hand.wait(PAUSE);
            app.hand.wait(PAUSE);
        } else if let Some(op) = first {
            task.answered((op, Err(PushError::Timeout)));
        }
        self.work();
    }

    fn take_said(&mut self) -> Vec<ToServer> {
        std::mem::take(&mut self.said)
    }

    fn take_notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
    }

    fn sight(&self) -> Option<Sight<'_>> {
        let replica = &self.app.as_ref()?.task.as_ref()?.replica;
        let n_waiting = replica.n_waiting();
        let replica = replica.replica()?;
        Some(Sight {
            seq: replica.seq(),
            confirmed: replica.confirmed(),
            view: replica.view(),
            has_unknown: replica.has_unknown(),
            n_waiting,
        })
    }

    fn on_disk(&self) -> OnDisk {
        self.folder.on_disk()
    }

    fn is_kept(&self, op: OpId) -> bool {
        self.folder.is_kept(op)
    }

    fn is_pending(&self, op: OpId) -> bool {
        match self.app.as_ref().and_then(|app| app.task.as_ref()) {
            Some(task) => task.replica.outbox().any(|proposal| proposal.op == op),
            None => self.is_kept(op),
        }
    }

    fn check(&self) -> Result<(), Failure> {
        let Some(app) = &self.app else { return Ok(()) };
        if let Some(trouble) = &app.window.trouble {
            return Err(Failure::new(Wrong::WindowDiffers, trouble.as_str()));
        }
        // A refusal is told when it is written down.
        let Some(task) = app.task.as_ref().filter(|task| task.writing.is_empty()) else { return Ok(()) };
        let is_alike = app.window.view().is_none() || app.window.view() == task.replica.view();
        hold(is_alike, Wrong::WindowDiffers, "the window shows another board")
    }

    fn check_disk(&self) -> Result<(), Failure> {
        let Some(task) = self.app.as_ref().and_then(|app| app.task.as_ref()) else { return Ok(()) };
        let Some(stored) = &self.stored else { return Ok(()) };
        let (now, next) = (&task.replica, DurableReplica::new(self.person.id, stored.clone()));
        hold(now.history() == next.history(), Wrong::DiskDiffers, "the history on disk is another")?;
        hold(now.outbox().eq(next.outbox()), Wrong::DiskDiffers, "the outbox on disk is another")?;
        hold(now.view() == next.view(), Wrong::DiskDiffers, "the board on disk is another")
    }
}

fn hold(holds: bool, wrong: Wrong, what: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::new(wrong, what)) }
}
