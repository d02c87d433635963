//! A board for one of its members: what REST and channels do with it.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use roost_board::{ApplyError, BoardId, Change, Member, OpId, Role, Seq, UserId};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::Boards;
use super::error::{AccessError, ProposeError};
use super::live::{LiveBoard, Verdict};
use crate::auth::normal_email;
use crate::store::Log as _;

/// The most entries in one page.
pub(crate) const PAGE: usize = 1_000;

/// Entries of this many bytes at most are sent without asking whether the whole board is shorter: to know that, all of
/// it has to be written down.
pub(super) const SHORT: usize = 4 * 1024;

/// No entry has fewer bytes.
pub(super) const LEAST: usize = 128;

/// So many entries are sent likewise, whatever is in them, while they are in memory.
pub(super) const FEW: u64 = 32;

/// The most bytes in one page, unless its first entry alone has more.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// A board for one of its members: nobody gets to a board in any other way.
///
/// Each call asks anew whether they still are a member.
#[derive(Debug, Clone)]
pub(crate) struct BoardAccess {
    boards: Boards,
    user_id: UserId,
    board_id: BoardId,
    /// The board as it was found last, which may have been let go since.
    found: Arc<Mutex<Weak<LiveBoard>>>,
}

/// A board as JSON, `{"seq":…,"board":…,"last":…}`, and the last entry that is in it.
#[derive(Debug)]
pub(crate) struct EncodedSnapshot {
    /// The last entry that is in it.
    pub(crate) seq: Seq,
    /// All of it.
    pub(crate) json: Arc<RawValue>,
    /// The same for the same text, another for another: 32 hexadecimal digits.
    pub(crate) hash: String,
}

/// What a client is missing.
#[derive(Debug)]
pub(crate) enum CatchUp {
    /// All entries up to the last of the log.
    Entries(Page),
    /// So much that the whole board is shorter.
    Snapshot(Arc<EncodedSnapshot>),
}

/// Some entries of a log: [`EntriesAnswer`](roost_protocol::rest::EntriesAnswer), with entries that are JSON already.
#[derive(Debug, Serialize)]
pub(crate) struct Page {
    /// The last entry of the log, which may be beyond this page.
    pub(crate) seq: Seq,
    /// In the order of the log, each as JSON.
    #[serde(serialize_with = "write_entries")]
    pub(crate) entries: Vec<Arc<RawValue>>,
}

fn write_entries<S: Serializer>(entries: &[Arc<RawValue>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(entries.iter().map(AsRef::as_ref))
}

/// A change that was checked and waits for the disk.
#[derive(Debug)]
pub(crate) struct Submitted(Outcome);

#[derive(Debug)]
enum Outcome {
    Known(Seq),
    Waiting(oneshot::Receiver<Result<Seq, ProposeError>>),
}

impl Submitted {
    /// Waits until it is on disk, and returns its place in the log.
    ///
    /// # Errors
    /// [`ProposeError::NotSaved`]
    pub(crate) async fn saved(self) -> Result<Seq, ProposeError> {
        match self.0 {
            Outcome::Known(seq) => Ok(seq),
            Outcome::Waiting(answer) => answer.await.unwrap_or(Err(ProposeError::NotSaved)),
        }
    }
}

impl BoardAccess {
    pub(super) fn new(boards: Boards, user_id: UserId, live: &Arc<LiveBoard>) -> Self {
        let found = Arc::new(Mutex::new(Arc::downgrade(live)));
        Self { boards, user_id, board_id: live.id(), found }
    }

    /// Which board.
    pub(crate) const fn id(&self) -> BoardId {
        self.board_id
    }

    /// The board as it is on disk.
    ///
    /// # Errors
    /// [`AccessError`]
    pub(crate) async fn snapshot(&self) -> Result<Arc<EncodedSnapshot>, AccessError> {
        encode(self.live().await?).await
    }

    /// What is missing after `since`: entries, or the board where that is shorter or where `since` is beyond the log.
    ///
    /// # Errors
    /// [`AccessError`]
    pub(crate) async fn catch_up(&self, since: Seq) -> Result<CatchUp, AccessError> {
        let live = self.live().await?;
        let (seq, recent) = live.recent_since(since);
        let is_few = seq.0.checked_sub(since.0).is_some_and(|n_missing| n_missing <= FEW);
        if let Some(entries) = recent
            && since <= seq
            && (is_few || n_bytes(&entries) <= SHORT)
        {
            return Ok(CatchUp::Entries(Page { seq, entries }));
        }
        // What was stored says about how long the board is, and costs nothing.
        let stored_bytes = live.stored_bytes();
        let n_missing = usize::try_from(seq.0.saturating_sub(since.0)).unwrap_or(usize::MAX);
        if since <= seq && n_missing <= stored_bytes / LEAST {
            let entries = self.read(since, seq, usize::MAX, stored_bytes).await?;
            if entries.len() == n_missing && n_bytes(&entries) < stored_bytes {
                return Ok(CatchUp::Entries(Page { seq, entries }));
            }
        }
        let snapshot = encode(live).await?;
        if since > snapshot.seq {
            return Ok(CatchUp::Snapshot(snapshot));
        }
        // No more is read than would be sent.
        let entries = self.read(since, snapshot.seq, usize::MAX, snapshot.json.get().len()).await?;
        let n_missing = usize::try_from(snapshot.seq.0 - since.0).unwrap_or(usize::MAX);
        if entries.len() < n_missing || n_bytes(&entries) >= snapshot.json.get().len() {
            return Ok(CatchUp::Snapshot(snapshot));
        }
        Ok(CatchUp::Entries(Page { seq: snapshot.seq, entries }))
    }

    /// The entries after `since`, as many as one page holds.
    ///
    /// # Errors
    /// [`AccessError`]
    pub(crate) async fn entries(&self, since: Seq) -> Result<Page, AccessError> {
        let seq = self.live().await?.saved_seq();
        Ok(Page { seq, entries: self.read(since, seq, PAGE, PAGE_BYTES).await? })
    }

    /// The entries after `since` up to `last`, `max` at most, and one at least but otherwise not more than `max_bytes`.
    async fn read(
        &self,
        since: Seq,
        last: Seq,
        max: usize,
        max_bytes: usize,
    ) -> Result<Vec<Arc<RawValue>>, AccessError> {
        let stored = self.boards.shared.store.entries(self.board_id, since, max, max_bytes).await?;
        // The store may be ahead of what was announced.
        Ok(stored.into_iter().filter(|entry| entry.seq <= last).map(|entry| entry.json).collect())
    }

    /// Checks a change and hands it to the disk. Changes take effect in the order in which the calls return.
    ///
    /// # Errors
    /// [`ProposeError`]
    pub(crate) async fn submit(&self, op: OpId, change: Change) -> Result<Submitted, ProposeError> {
        let result = self.check(op, change).await;
        if result.is_err() {
            self.boards.shared.metrics.refused();
        }
        result
    }

    /// Makes a change and waits until it is on disk; the same `op` again gets the first one's place and changes nothing.
    ///
    /// # Errors
    /// [`ProposeError`]
    pub(crate) async fn propose(&self, op: OpId, change: Change) -> Result<Seq, ProposeError> {
        self.submit(op, change).await?.saved().await
    }

    /// Makes whoever has this e-mail address a member; owners only.
    ///
    /// # Errors
    /// [`ProposeError`]
    pub(crate) async fn invite(&self, email: &str, role: Role) -> Result<Seq, ProposeError> {
        // Asked first, so that only owners learn who has an account.
        self.check_owner(&*self.live().await?)?;
        let store = &self.boards.shared.store;
        let account = store.account(&normal_email(email)).await.map_err(AccessError::from)?;
        let (user, _) = account.ok_or(ProposeError::NoSuchUser)?;
        let op = OpId::from_uuid(Uuid::now_v7());
        self.propose(op, Change::MemberAdded { member: Member { user, role } }).await
    }

    async fn live(&self) -> Result<Arc<LiveBoard>, AccessError> {
        let live = self.find().await?;
        if live.is_member(self.user_id) { Ok(live) } else { Err(AccessError::NotFound) }
    }

    /// The board, in which whether they are a member is still to be asked.
    async fn find(&self) -> Result<Arc<LiveBoard>, AccessError> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
        if let Some(live) = found.filter(|live| !live.is_refused()) {
            self.boards.used(&live);
            return Ok(live);
        }
        let live = self.boards.member_board(self.user_id, self.board_id).await?;
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&live);
        Ok(live)
    }

    fn check_owner(&self, live: &LiveBoard) -> Result<(), ApplyError> {
        match live.role(self.user_id) {
            Some(Role::Owner) => Ok(()),
            Some(Role::Member) => Err(ApplyError::NotAnOwner),
            None => Err(ApplyError::NotAMember),
        }
    }

    async fn check(&self, op: OpId, change: Change) -> Result<Submitted, ProposeError> {
        let shared = &self.boards.shared;
        if !self.boards.are_open() {
            return Err(ProposeError::NotSaved);
        }
        let permit = match shared.in_flight.try_acquire() {
            Ok(permit) => permit,
            // Without an announcer none is given back.
            Err(_) => tokio::select! {
                permit = shared.in_flight.acquire() => permit.map_err(|_| ProposeError::NotSaved)?,
                () = self.boards.settled.closed() => return Err(ProposeError::NotSaved),
            },
        };
        let live = self.find().await?;
        let mut change = self.with_own_profile(&live, change).await?;
        let mut absent_up_to = None;
        loop {
            let verdict = live.check(self.user_id, op, change, absent_up_to, &shared.store)?;
            let outcome = match verdict {
                Verdict::Known(seq) => Outcome::Known(seq),
                Verdict::Waiting(answer) => Outcome::Waiting(answer),
                Verdict::Accepted(answer) => {
                    // The announcer gives it back.
                    permit.forget();
                    Outcome::Waiting(answer)
                }
                // The board failed a moment ago; the next attempt finds it read anew.
                Verdict::Stale => return Err(ProposeError::NotSaved),
                Verdict::Unsure(unchecked, saved) => {
                    let found = shared.store.find_op(self.board_id, op).await.map_err(AccessError::from)?;
                    if let Some((seq, by)) = found {
                        let known = if by == self.user_id { Ok(seq) } else { Err(ApplyError::IdTaken) };
                        return Ok(Submitted(Outcome::Known(known?)));
                    }
                    (change, absent_up_to) = (unchecked, Some(saved));
                    continue;
                }
            };
            return Ok(Submitted(outcome));
        }
    }

    /// Whoever becomes a member does so under their own name: what the proposal says of them is replaced.
    async fn with_own_profile(&self, live: &LiveBoard, change: Change) -> Result<Change, ProposeError> {
        let Change::MemberAdded { member: Member { user, role } } = change else { return Ok(change) };
        if !live.is_member(self.user_id) {
            return Err(AccessError::NotFound.into());
        }
        self.check_owner(live)?;
        let store = &self.boards.shared.store;
        let user = store.user(user.id).await.map_err(AccessError::from)?.ok_or(ProposeError::NoSuchUser)?;
        Ok(Change::MemberAdded { member: Member { user, role } })
    }
}

fn n_bytes(entries: &[Arc<RawValue>]) -> usize {
    entries.iter().map(|entry| entry.get().len()).sum()
}

/// The board as JSON, written down once for all who ask for it as it is now.
async fn encode(live: Arc<LiveBoard>) -> Result<Arc<EncodedSnapshot>, AccessError> {
    let mut encoded = live.encoded.lock().await;
    if let Some(snapshot) = encoded.as_ref()
        && snapshot.seq == live.saved_seq()
    {
        return Ok(Arc::clone(snapshot));
    }
    let board = live.saved();
    // A large board takes a while to write down.
    let task = tokio::task::spawn_blocking(move || {
        let json = serde_json::value::to_raw_value(&board)?;
        let hash = Sha256::digest(json.get().as_bytes());
        let hash = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Ok(Arc::new(EncodedSnapshot { seq: board.seq, json: json.into(), hash }))
    });
    match task.await {
        Ok(Ok(snapshot)) => {
            *encoded = Some(Arc::clone(&snapshot));
            Ok(snapshot)
        }
        Ok(Err(error)) => {
            let error: serde_json::Error = error;
            tracing::error!(%error, "cannot write a board down");
            Err(AccessError::Unavailable)
        }
        // Only when the runtime ends.
        Err(_) => Err(AccessError::Unavailable),
    }
}
