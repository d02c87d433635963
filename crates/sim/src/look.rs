//! Looks for what must never be, after each event.

use roost_board::{Board, Seq};

use crate::event::Event;
use crate::failure::{Failure, Wrong, hold};
use crate::world::World;

impl World {
    /// Looks at whatever the event may have changed.
    pub(crate) fn look_after(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::Save | Event::Tell => self.ledger.read(self.server.saved()),
            Event::CrashServer | Event::RestoreServer => {
                self.ledger.read(self.server.saved())?;
                self.ledger.server_crashed()?;
                (0..self.devices.len()).try_for_each(|d| self.look_at(d))
            }
            Event::Commit(d) | Event::FullDisk(d) | Event::Crash(d) => {
                self.look_at(d)?;
                self.look_at_disk(d)
            }
            Event::Act(d)
            | Event::Burst(d)
            | Event::Invite(d)
            | Event::Start(d)
            | Event::Connect(d)
            | Event::LosePatience(d)
            | Event::Abandon(d) => self.look_at(d),
            Event::Cut(line)
            | Event::Die(line)
            | Event::ReachServer(line)
            | Event::ReachServerTwice(line)
            | Event::ReachDevice(line)
            | Event::ReachDeviceTwice(line)
            | Event::Lose(line) => match self.lines.get(&line) {
                Some(line) => self.look_at(line.device),
                None => Ok(()),
            },
            Event::StartServer | Event::Conjure => Ok(()),
        }
    }

    /// What a device has is what the server had at that place of its log.
    pub(crate) fn look_at(&mut self, d: usize) -> Result<(), Failure> {
        let place = &mut self.devices[d];
        place.device.check()?;
        let Some(sight) = place.device.sight() else {
            place.seq = None;
            return Ok(());
        };
        let before = place.seq.replace(sight.seq);
        if before == Some(sight.seq) {
            return Ok(());
        }
        hold(before <= Some(sight.seq) || place.is_cut_off, Wrong::WentBack, || {
            format!("device {d} was further than {}", sight.seq)
        })?;
        let board = self.server.board_at(sight.seq);
        place.is_cut_off = board != Some(sight.confirmed);
        let mut former = self.server.former_at(sight.seq).peekable();
        let is_known = board.is_some() || former.peek().is_some();
        if !is_known && sight.seq == Seq::ZERO {
            // It is made offline, and the server is still to be asked to make it.
            return Ok(());
        }
        hold(is_known, Wrong::AcknowledgedLost, || format!("device {d} is ahead of the server"))?;
        let is_right = !place.is_cut_off || sight.has_unknown || former.any(|board| board == sight.confirmed);
        hold(is_right, Wrong::NotTheBoard, || {
            format!("device {d} at {} has what the server did not have then", sight.seq)
        })?;
        hold(is_sound(sight.view), Wrong::NotTheBoard, || format!("device {d} shows a card twice"))
    }

    /// Nothing that was promised is missing on the disk of a device.
    pub(crate) fn look_at_disk(&mut self, d: usize) -> Result<(), Failure> {
        let place = &mut self.devices[d];
        let lags = self.ledger.check_disk(d, &place.device.on_disk(), place.may_lag)?;
        place.may_lag &= lags || place.device.n_writing() > 0;
        if !place.device.is_running() {
            // It starts from there.
            place.seq = None;
            return Ok(());
        }
        if place.device.n_writing() > 0 || place.has_failed {
            return Ok(());
        }
        place.device.check_disk()
    }
}

/// Whether every card is there once.
pub(crate) fn is_sound(board: &Board) -> bool {
    let lists = || board.lists().iter().chain(board.archived_lists());
    let mut cards: Vec<_> =
        lists().flat_map(|list| list.cards().iter().chain(list.archived_cards())).map(|card| card.id).collect();
    let n_cards = cards.len();
    cards.sort_unstable();
    cards.dedup();
    cards.len() == n_cards && lists().all(|list| list.cards().iter().all(|card| card.list_id == list.id()))
}
