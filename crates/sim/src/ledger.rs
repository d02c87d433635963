//! What people were promised, and whether it was kept.

use std::collections::{BTreeMap, HashMap, HashSet};

use roost_board::{Change, Entry, OpId, Seq};

use crate::device::{Note, OnDisk};
use crate::failure::{Failure, Wrong, hold};

/// What is known of the proposals of one device.
#[derive(Debug, Default)]
struct Account {
    /// All proposals ever made, with how many were made before them.
    made: HashMap<OpId, (usize, Change)>,
    /// Those that the person was told are safe, as long as it is not certain that they came to rest.
    kept: BTreeMap<OpId, Change>,
    /// Those that the device has heard are on the server's disk.
    acknowledged: HashSet<OpId>,
    /// Those that came to nothing, once at least.
    given_up: HashSet<OpId>,
    /// The number of the last one that is in the log.
    last_in_log: Option<usize>,
}

/// What people were promised, by the number of their device.
#[derive(Debug)]
pub(crate) struct Ledger {
    accounts: Vec<Account>,
    device_of: HashMap<OpId, usize>,
    /// The server's log as it is on disk, by `op`.
    saved: HashMap<OpId, Seq>,
    n_read: usize,
}

impl Ledger {
    pub(crate) fn new(n_devices: usize) -> Self {
        Self {
            accounts: (0..n_devices).map(|_| Account::default()).collect(),
            device_of: HashMap::new(),
            saved: HashMap::new(),
            n_read: 0,
        }
    }

    pub(crate) fn note(&mut self, device: usize, note: &Note) {
        let account = &mut self.accounts[device];
        match note {
            Note::Proposed(proposal) => {
                self.device_of.insert(proposal.op, device);
                account.made.insert(proposal.op, (account.made.len(), proposal.change.clone()));
            }
            Note::Kept(op) => {
                if let Some((_, change)) = account.made.get(op) {
                    account.kept.insert(*op, change.clone());
                }
            }
            Note::NotKept(_) => {}
            Note::Acknowledged(op) => drop(account.acknowledged.insert(*op)),
            Note::NeedsAttention(op) => drop(account.given_up.insert(*op)),
            Note::Retried(op) | Note::Discarded(op) => drop(account.kept.remove(op)),
        }
    }

    /// The server has refused a proposal.
    pub(crate) fn refused(&mut self, op: OpId) {
        if let Some(device) = self.device_of.get(&op) {
            self.accounts[*device].given_up.insert(op);
        }
    }

    /// Reads what has been added to the log on the server's disk.
    pub(crate) fn read(&mut self, saved: &[Entry]) -> Result<(), Failure> {
        for entry in saved.iter().skip(self.n_read) {
            let before = self.saved.insert(entry.op, entry.seq);
            hold(before.is_none(), Wrong::AcceptedTwice, || format!("{} is entry {} already", entry.op, entry.seq))?;
            let Some(device) = self.device_of.get(&entry.op) else { continue };
            let account = &mut self.accounts[*device];
            let (number, _) = account.made[&entry.op];
            // What was refused on one connection may still arrive on an older one, and apply by then.
            if account.given_up.contains(&entry.op) {
                continue;
            }
            let is_later = account.last_in_log.is_none_or(|last| last < number);
            hold(is_later, Wrong::OutOfOrder, || {
                format!("device {device}: entry {} was made before one that is in the log already", entry.seq)
            })?;
            account.last_in_log = Some(number);
        }
        self.n_read = saved.len();
        Ok(())
    }

    /// The server was killed: what anybody heard is there has to be there.
    pub(crate) fn server_crashed(&self) -> Result<(), Failure> {
        let heard = self.accounts.iter().flat_map(|account| &account.acknowledged);
        let mut missing = heard.filter(|op| !self.saved.contains_key(*op));
        missing.next().map_or(Ok(()), |op| {
            Err(Failure::new(Wrong::AcknowledgedLost, format!("{op} was accepted and is not in the log")))
        })
    }

    /// The server was put back from a backup. What its log has no more is lost there, unless a device still waits for the
    /// answer: that has to be proposed again.
    pub(crate) fn restored(&mut self, saved: &[Entry], is_pending: impl Fn(usize, OpId) -> bool) {
        let is_there: HashSet<OpId> = saved.iter().map(|entry| entry.op).collect();
        for op in self.saved.keys().filter(|op| !is_there.contains(*op)) {
            let Some(device) = self.device_of.get(op) else { continue };
            let account = &mut self.accounts[*device];
            account.acknowledged.remove(op);
            if !is_pending(*device, *op) {
                account.kept.remove(op);
                account.given_up.insert(*op);
            }
        }
        self.saved.clear();
        self.n_read = 0;
        for account in &mut self.accounts {
            account.last_in_log = None;
        }
    }

    /// Everything that the person was told is safe has to be in the outbox, in the log, or in what needs attention;
    /// and what is in the log and has left the outbox has to be on the disk too, unless that may lag behind. Answers
    /// whether it does.
    pub(crate) fn check_disk(&mut self, device: usize, disk: &OnDisk, may_lag: bool) -> Result<bool, Failure> {
        let account = &mut self.accounts[device];
        if account.kept.is_empty() {
            return Ok(false);
        }
        let mut lags = false;
        let attention: HashMap<OpId, &Change> = disk.attention.iter().map(|(op, change)| (*op, change)).collect();
        let mut at_rest = Vec::new();
        for (op, change) in &account.kept {
            let is_same = attention.get(op).is_none_or(|kept| *kept == change);
            hold(is_same, Wrong::ProposalLost, || format!("what needs attention is not what was to be done: {op}"))?;
            if disk.outbox.contains(op) || attention.contains_key(op) {
                continue;
            }
            let seq = self.saved.get(op);
            hold(seq.is_some(), Wrong::ProposalLost, || format!("device {device} has let go of {op}"))?;
            match (disk.seq, seq) {
                (Some(on_disk), Some(seq)) if on_disk < *seq => {
                    hold(may_lag, Wrong::NotOnDevice, || format!("device {device} is at {on_disk}, {op} at {seq}"))?;
                    lags = true;
                }
                _ => at_rest.push(*op),
            }
        }
        for op in at_rest {
            account.kept.remove(&op);
        }
        Ok(lags)
    }

    /// How many proposals were made, are in the log, and came to nothing at some time.
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        let sum = |count: fn(&Account) -> usize| self.accounts.iter().map(count).sum();
        (sum(|account| account.made.len()), self.saved.len(), sum(|account| account.given_up.len()))
    }
}
