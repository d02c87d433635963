//! The task of a followed board: what arrives, from the disk, the server and the interface, one thing after the other.

use std::pin::Pin;

use futures_util::StreamExt as _;
use futures_util::stream::{FuturesOrdered, FuturesUnordered};
use roost_board::durable::{DurableReplica, JoinFrom, Stored};
use roost_board::{Board, BoardId};
use roost_bridge::{ConnectionPhase, Refusal};
use roost_protocol::Topic;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::calls::Called;
use super::line::Line;
use super::outbox::Outbox;
use super::screen::Screen;
use super::writing::Written;
use super::{Request, Surroundings};
use crate::core::error::Error;
use crate::core::link::Link;
use crate::core::patience::sleep_until;

/// Something under way.
pub(super) type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Follows a board until it is stopped, or nobody looks at it any more and nothing waits.
pub(super) async fn run(board_id: BoardId, surroundings: Surroundings, mut requests: mpsc::UnboundedReceiver<Request>) {
    let stored = match surroundings.account.board(board_id).await {
        Ok(stored) => stored,
        Err(error) => {
            tracing::error!(%board_id, %error, "what is kept of a board cannot be read");
            Stored::default()
        }
    };
    let mut task = Task::new(board_id, stored, surroundings);
    task.begin();
    let is_stopped = loop {
        let retry_at = task.retry_at;
        tokio::select! {
            () = task.surroundings.stop.cancelled() => break true,
            request = requests.recv() => match request {
                Some(request) => task.asked(request),
                None => break true,
            },
            Some(written) = task.writing.next() => task.written(written),
            event = Line::next(&mut task.line) => task.heard(event),
            answered = task.outbox.answered() => task.answered(answered),
            Some(called) = task.calls.next() => task.called(called),
            Some(()) = task.invitations.next() => {}
            Ok(()) = task.link.changed() => task.connect(),
            Ok(()) = task.phases.changed() => task.turn(),
            Ok(()) = task.surroundings.replaced.changed() => task.is_to_write_anew = true,
            () = sleep_until(retry_at) => task.connect_anew(),
        }
        task.go_on().await;
        if task.is_idle() && requests.is_empty() {
            task.put_summary();
            break false;
        }
    };
    // From here on a request is not taken any more, and the one who asks starts anew.
    requests.close();
    task.end(requests, is_stopped).await;
}

pub(super) struct Task {
    pub(super) board_id: BoardId,
    pub(super) topic: Topic,
    pub(super) surroundings: Surroundings,
    pub(super) replica: DurableReplica,
    pub(super) screen: Screen,
    /// The name of a board that is still to be made on the server.
    pub(super) unmade: Option<String>,
    /// `None` until there is a way to the server, and while there is no board there.
    pub(super) line: Option<Line>,
    pub(super) outbox: Outbox,
    /// The file was replaced by one in which not everything is.
    pub(super) is_to_write_anew: bool,
    /// What is on its way to the disk, in order.
    pub(super) writing: FuturesOrdered<Pending<Written>>,
    pub(super) calls: FuturesUnordered<Pending<Called>>,
    pub(super) invitations: FuturesUnordered<Pending<()>>,
    /// What waits for the server to let us in.
    pub(super) waiters: Vec<Request>,
    pub(super) retry_at: Option<Instant>,
    pub(super) link: watch::Receiver<Option<Link>>,
    phases: watch::Receiver<ConnectionPhase>,
    /// The server has another log than the one that the board comes from, and the person is to be told.
    pub(super) is_put_back: bool,
    /// The board may be gone for this person: to be seen at the next join.
    pub(super) is_suspect: bool,
    /// Why the board is gone for this person.
    pub(super) lost: Option<Refusal>,
    /// Nothing more can come: the board is gone for this person, or the connection is.
    pub(super) is_over: bool,
}

impl Task {
    pub(super) fn new(board_id: BoardId, stored: Stored, surroundings: Surroundings) -> Self {
        Self {
            board_id,
            topic: Topic::Boards(board_id),
            replica: DurableReplica::new(surroundings.me.id, stored),
            screen: Screen::new(board_id, surroundings.outlet.clone()),
            unmade: surroundings.boards.unmade(board_id),
            line: None,
            outbox: Outbox::default(),
            is_to_write_anew: false,
            writing: FuturesOrdered::new(),
            calls: FuturesUnordered::new(),
            invitations: FuturesUnordered::new(),
            waiters: Vec::new(),
            retry_at: None,
            link: surroundings.link.clone(),
            phases: surroundings.status.phases(),
            is_put_back: false,
            is_suspect: false,
            lost: None,
            is_over: false,
            surroundings,
        }
    }

    pub(super) fn begin(&mut self) {
        if self.n_waiting() > 0 {
            self.put_summary();
        }
        self.report();
        self.connect();
    }

    /// What is due after each thing that has happened.
    pub(super) async fn go_on(&mut self) {
        if let Some(refusal) = self.lost.take() {
            self.lose(refusal).await;
        }
        self.write_anew();
        if let Some(line) = &self.line {
            self.outbox.send(&line.channel, &mut self.replica, self.surroundings.patience.push_time).await;
        }
        self.report();
    }

    /// Joins anew, from there.
    pub(super) fn rejoin(&mut self, from: JoinFrom) {
        self.outbox.start_over();
        self.replica.disconnected();
        self.retry_at = None;
        let link = self.link.borrow().clone();
        self.line = link.map(|link| Line::open(&link.socket, self.topic, from));
    }

    /// There may be a way to the server.
    pub(super) fn connect(&mut self) {
        self.link.mark_unchanged();
        if self.unmade.is_some() {
            self.make();
        } else if self.line.is_none() {
            self.rejoin(self.replica.join_from());
        }
    }

    pub(super) fn connect_anew(&mut self) {
        self.line = None;
        self.retry_at = None;
        self.connect();
    }

    /// The connection is in another phase.
    fn turn(&mut self) {
        match self.phase() {
            // What was asked is not answered any more, and would be waited for until its time is up.
            ConnectionPhase::Offline => self.calls.clear(),
            ConnectionPhase::Live if self.is_suspect => self.check(),
            ConnectionPhase::Closed | ConnectionPhase::Connecting | ConnectionPhase::Live => {}
        }
        self.make();
    }

    /// Tries again after a while; whoever waits is told why it takes longer.
    pub(super) fn put_off(&mut self, why: impl Fn() -> Error) {
        self.turn_away(why);
        self.retry_at.get_or_insert_with(|| Instant::now() + self.surroundings.patience.retry_after);
    }

    /// Shows on the page of boards what was done here.
    pub(super) fn put_summary(&self) {
        let Some(summary) = self.replica.view().map(Board::summary) else { return };
        if self.n_waiting() > 0 {
            self.surroundings.boards.put_ahead(summary);
        } else {
            self.surroundings.boards.put_settled(summary);
        }
    }

    /// How many things wait for the server; a board that is to be made is one.
    fn n_waiting(&self) -> usize {
        self.replica.n_waiting() + usize::from(self.unmade.is_some())
    }

    fn report(&mut self) {
        self.forget_abandoned();
        if self.phase() == ConnectionPhase::Offline {
            self.turn_away(|| Error::Offline);
        }
        self.surroundings.status.set_waiting(self.board_id, self.n_waiting());
        if let Some(line) = self.line.as_ref().filter(|_| self.replica.is_joined()) {
            line.note(self.replica.join_from());
        }
    }

    pub(super) fn phase(&self) -> ConnectionPhase {
        *self.phases.borrow()
    }

    pub(super) fn is_idle(&self) -> bool {
        let is_wanted = self.screen.is_shown()
            || self.is_suspect
            || !self.waiters.is_empty()
            || !self.calls.is_empty()
            || !self.invitations.is_empty()
            || self.n_waiting() > 0;
        self.writing.is_empty() && (self.is_over || !is_wanted)
    }

    /// Ends in order. What the person did before they were stopped is still written down.
    async fn end(mut self, mut requests: mpsc::UnboundedReceiver<Request>, is_stopped: bool) {
        while let Ok(request) = requests.try_recv() {
            match request {
                Request::Propose(doings, answer) if is_stopped => self.propose(*doings, answer),
                request => self.waiters.push(request),
            }
        }
        for request in std::mem::take(&mut self.waiters) {
            // Without an answer, whoever asked asks anew.
            if let Request::Retry(taken, _) = request {
                self.surroundings.attention.put_back(*taken);
            }
        }
        while let Some(written) = self.writing.next().await {
            self.written(written);
            self.write_anew();
        }
        if !is_stopped {
            self.surroundings.status.set_waiting(self.board_id, 0);
        }
    }
}
