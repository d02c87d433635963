//! Which event is next: while there is trouble, and while all is well again.

use crate::event::Event;
use crate::failure::{Failure, Wrong, hold};
use crate::look::is_sound;
use crate::wire::ToDevice;
use crate::world::World;

/// How many events it may take until everything has come to rest. A burst, a slow disk and a server that starts anew
/// need a few thousand.
const REST_WITHIN: usize = 40_000;

impl World {
    /// Trouble of every kind that is planned, then none, and a look at what has become of everything.
    pub(crate) fn run(&mut self) -> Result<(), Failure> {
        for _ in 0..self.plan.n_steps {
            self.turn(true)?;
        }
        self.trace.say(|| "      all is well again".to_owned());
        self.rest()?;
        self.look_at_the_end()?;
        if self.start_anew() {
            self.rest()?;
            self.look_at_the_end()?;
        }
        Ok(())
    }

    /// Draws an event and makes it happen; answers whether there was one.
    fn turn(&mut self, with_trouble: bool) -> Result<bool, Failure> {
        self.possible.clear();
        for d in 0..self.devices.len() {
            self.possible_on(d, with_trouble);
        }
        self.possible_on_lines(with_trouble);
        self.possible_on_server(with_trouble);
        match self.possible.draw(&mut self.rng) {
            Some(event) => self.happen(event).map(|()| true),
            None => Ok(false),
        }
    }

    fn possible_on(&mut self, d: usize, with_trouble: bool) {
        let is_stuck = !with_trouble && self.is_stuck(d);
        let (place, plan, possible) = (&self.devices[d], &self.plan, &mut self.possible);
        let trouble = |weight: u32| if with_trouble { weight } else { 0 };
        let device = &place.device;
        let if_is = |is: bool, weight: u32| if is { weight } else { 0 };
        let is_writing = device.n_writing() > 0;
        possible.add(if_is(is_writing, 30), Event::Commit(d));
        possible.add(if_is(is_writing, trouble(plan.full_disks)), Event::FullDisk(d));
        if !device.is_running() {
            possible.add(10, Event::Start(d));
            return;
        }
        possible.add(trouble(plan.device_crashes), Event::Crash(d));
        if device.sight().is_some() {
            possible.add(trouble(plan.acts), Event::Act(d));
            possible.add(trouble(plan.bursts), Event::Burst(d));
        }
        match place.line {
            Some(line) => {
                let is_dead = self.lines.get(&line).is_none_or(|line| line.is_dead);
                possible.add(if_is(is_dead, 10), Event::Abandon(d));
                possible.add(trouble(plan.impatience), Event::Abandon(d));
                possible.add(if_is(device.is_waiting(), trouble(plan.impatience)), Event::LosePatience(d));
                let is_invited = !device.is_following() && self.server.is_member(device.person());
                possible.add(if_is(is_invited, 10), Event::Invite(d));
                // A message to the server or back was lost; when nothing else happens, this does.
                possible.add(if_is(is_stuck, 1), Event::LosePatience(d));
            }
            None => possible.add(if_is(self.server.is_up, 10), Event::Connect(d)),
        }
    }

    /// Whether a device waits for an answer that is not on its way.
    fn is_stuck(&self, d: usize) -> bool {
        let place = &self.devices[d];
        place.device.is_waiting()
            && place.device.n_writing() == 0
            && !self.server.has_unsaved()
            && !self.server.has_untold()
            && self.lines.values().all(|line| line.to_server.is_empty() && line.to_device.is_empty())
    }

    fn possible_on_lines(&mut self, with_trouble: bool) {
        let (plan, possible) = (&self.plan, &mut self.possible);
        let trouble = |weight: u32| if with_trouble { weight } else { 0 };
        for (&id, line) in &self.lines {
            if !line.is_abandoned {
                possible.add(trouble(plan.cuts), Event::Cut(id));
                possible.add(trouble(if line.is_dead { 0 } else { plan.dead_lines }), Event::Die(id));
            }
            if !line.to_server.is_empty() {
                possible.add(30, Event::ReachServer(id));
                possible.add(trouble(plan.double_messages), Event::ReachServerTwice(id));
            }
            if let Some(message) = line.to_device.front() {
                possible.add(30, Event::ReachDevice(id));
                // Answers are told apart by the question; what is broadcast is not.
                if let ToDevice::Entry(_) = message {
                    possible.add(trouble(plan.double_messages), Event::ReachDeviceTwice(id));
                }
                // That a channel is closed is the last word on it: nothing after it shows that it is missing.
                if !matches!(message, ToDevice::Closed { .. }) {
                    possible.add(trouble(plan.lost_messages), Event::Lose(id));
                }
            }
        }
    }

    fn possible_on_server(&mut self, with_trouble: bool) {
        let (plan, possible) = (&self.plan, &mut self.possible);
        if !self.server.is_up {
            possible.add(10, Event::StartServer);
            return;
        }
        possible.add(if self.server.has_unsaved() { 30 } else { 0 }, Event::Save);
        possible.add(if self.server.has_untold() { 40 } else { 0 }, Event::Tell);
        if with_trouble {
            possible.add(plan.server_crashes, Event::CrashServer);
            possible.add(plan.restores, Event::RestoreServer);
            possible.add(plan.unknown_changes, Event::Conjure);
        }
    }

    /// Lets everything happen that is still to happen.
    fn rest(&mut self) -> Result<(), Failure> {
        for _ in 0..REST_WITHIN {
            if !self.turn(false)? {
                return Ok(());
            }
        }
        Err(Failure::new(Wrong::Restless, format!("no rest after {REST_WITHIN} events without trouble")))
    }

    /// Devices with changes that they do not know get the next version of the app, which does; those whose disk was
    /// full start anew. Answers whether there is any.
    fn start_anew(&mut self) -> bool {
        let mut is_any = false;
        for d in 0..self.devices.len() {
            let place = &self.devices[d];
            let has_unknown = place.device.sight().is_some_and(|sight| sight.has_unknown);
            if !has_unknown && !place.has_failed {
                continue;
            }
            is_any = true;
            self.trace.say(|| format!("      device {d} starts anew"));
            if let Some(line) = place.line {
                self.cut(line);
            }
            let place = &mut self.devices[d];
            place.device.crash();
            if has_unknown {
                place.device.update()
            } else {
                place.device.start()
            }
            place.seq = None;
            place.has_failed = false;
        }
        is_any
    }

    /// Everybody has what the server has, and nothing waits.
    fn look_at_the_end(&mut self) -> Result<(), Failure> {
        self.ledger.server_crashed()?;
        let server = self.server.told();
        if let Some((_, board)) = server {
            hold(is_sound(board), Wrong::Unequal, || "the server has a card twice".to_owned())?;
        }
        for (d, place) in self.devices.iter().enumerate() {
            let is_member = self.server.is_member(place.device.person());
            let disk = place.device.on_disk();
            hold(disk.outbox.is_empty() || place.has_failed, Wrong::Unequal, || {
                format!("device {d} still has something on its disk")
            })?;
            match (server.filter(|_| is_member), place.device.sight()) {
                (None, None) => {
                    hold(disk.seq.is_none() || place.has_failed, Wrong::Unequal, || {
                        format!("device {d} kept a board it may not see")
                    })?;
                }
                (Some((seq, board)), Some(sight)) => {
                    hold(sight.n_waiting == 0, Wrong::Unequal, || format!("device {d} still waits"))?;
                    hold(sight.seq == seq, Wrong::Unequal, || format!("device {d} ends at {}, not {seq}", sight.seq))?;
                    hold(sight.has_unknown || sight.view == board, Wrong::Unequal, || {
                        format!("device {d} ends with another board")
                    })?;
                }
                (_, sight) => {
                    let what = if sight.is_some() { "has a board and is no member" } else { "has no board" };
                    return Err(Failure::new(Wrong::Unequal, format!("device {d} {what}")));
                }
            }
        }
        (0..self.devices.len()).try_for_each(|d| self.look_at_disk(d))
    }
}
