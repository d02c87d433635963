//! The groups of lines that the table has.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::growth;
use super::lab::Lab;
use super::table::{Goal, Row, Unit};
use crate::client::pace::Pace;
use crate::disk;
use crate::scenario::catch_up::{self, CatchUp};
use crate::scenario::traffic::Traffic;
use crate::scenario::{JOIN_BYTES, idle, presence};
use crate::target::{Target, note};
use crate::world::World;

const CLOSED: Pace = Pace::Closed { in_flight: 1 };

/// How long idle sockets are kept before their memory is looked at.
const SETTLED: Duration = Duration::from_secs(1);

/// One figure of Roost, and of both floors.
fn figures<T>(of: &[T; 3], figure: impl Fn(&T) -> f64) -> (f64, [f64; 2]) {
    let [roost, a, b] = of;
    (figure(roost), [figure(a), figure(b)])
}

fn row<T>(what: &str, unit: Unit, of: &[T; 3], figure: impl Fn(&T) -> f64) -> Row {
    let (roost, floors) = figures(of, figure);
    Row::new(what, unit, roost).floors(floors)
}

/// Sockets that join and say nothing.
pub(super) fn idle(lab: &mut Lab) -> Result<Vec<Row>> {
    let [a, b] = lab.floors.clone();
    let (mut memory, mut joins) = (Vec::new(), Vec::new());
    let mut found = Vec::new();
    for n_sockets in lab.sizes.sockets {
        let world = World::new(n_sockets, n_sockets / 10);
        let run = |name: &str, target: &Target| {
            note(&format!("{n_sockets} idle sockets: {name}"));
            idle::run(target, &world, SETTLED).with_context(|| format!("{n_sockets} idle sockets, {name}"))
        };
        let idle = [run("Roost", &lab.roost)?, run("floor A", &a)?, run("floor B", &b)?];
        memory.push((n_sockets as f64, idle[0].resident));
        joins.push((n_sockets as f64, idle[0].cpu_per_join));
        found.push((n_sockets, idle));
    }
    let last = found.len() - 1;
    let mut rows = Vec::new();
    for (index, (n_sockets, idle)) in found.iter().enumerate() {
        let row =
            row(&format!("memory of an idle joined socket, {n_sockets} of them"), Unit::Kibibytes, idle, |idle| {
                idle.resident
            });
        let note = if index == last { growth::word(&memory) } else { String::new() };
        rows.push(row.goal(Goal::AtMost(12.0)).note(note));
    }
    for (index, (n_sockets, idle)) in found.iter().enumerate() {
        let row = row(&format!("joins, {n_sockets} sockets"), Unit::PerSecond, idle, |idle| idle.joins_per_second);
        let grows = if index == last { format!("; {}", growth::word(&joins)) } else { String::new() };
        let note = format!("{:.0} µs of CPU for each{grows}", idle[0].cpu_per_join);
        rows.push(row.goal(Goal::AtLeast(8_000.0)).note(note));
    }
    Ok(rows)
}

/// Many who join one topic at once.
pub(super) fn presence(lab: &mut Lab) -> Result<Vec<Row>> {
    let mut found = Vec::new();
    for n_joiners in lab.sizes.joiners {
        note(&format!("{n_joiners} joins on one topic"));
        let world = World::new(n_joiners, 1);
        let presence = presence::run(&lab.roost, &world).with_context(|| format!("{n_joiners} joins on one topic"))?;
        found.push((n_joiners as f64, presence));
    }
    let points = |figure: fn(&presence::Presence) -> f64| {
        let points: Vec<_> = found.iter().map(|(size, presence)| (*size, figure(presence) / size)).collect();
        growth::word(&points)
    };
    let (n, last) = found[found.len() - 1];
    let all = format!("{n} joins on one topic at once");
    let mut rows = vec![
        Row::new(format!("{all}: until all know everyone"), Unit::Seconds, last.known).goal(Goal::AtMost(1.0)).note(
            format!("joined after {:.2} s; ms for each: {}", last.joined, points(|presence| presence.known * 1e3)),
        ),
        Row::new("the same: presence frames to one client, at most", Unit::Frames, f64::from(last.frames_max))
            .goal(Goal::AtMost(30.0))
            .note(format!("{:.0} MiB of presence to all", last.mebibytes)),
        Row::new("the same: presence frames to one client, on average", Unit::Frames, last.frames_mean),
    ];
    let n_quick = lab.sizes.quick;
    note(&format!("{n_quick} quick joins"));
    let quick = presence::run(&lab.roost, &World::new(n_quick, 1)).with_context(|| format!("{n_quick} quick joins"))?;
    rows.push(
        Row::new(format!("{n_quick} quick joins on one topic: until all know everyone"), Unit::Seconds, quick.known)
            .note(format!(
                "of {} people; no join failed; joined after {:.2} s; {} presence frames to one client at most, {:.0} MiB \
                 to all",
                quick.n_users, quick.joined, quick.frames_max, quick.mebibytes
            )),
    );
    Ok(rows)
}

fn latencies(what: &str, traffic: &[Traffic; 3]) -> [Row; 2] {
    [
        row(&format!("{what}: delivery p50"), Unit::Milliseconds, traffic, |traffic| traffic.delivery_p50),
        row(&format!("{what}: delivery p99"), Unit::Milliseconds, traffic, |traffic| traffic.delivery_p99),
    ]
}

fn busy(traffic: &[Traffic; 3]) -> String {
    let [roost, ..] = traffic;
    format!("server {:.0} %, generator {:.0} % of a core", roost.server * 100.0, roost.generator * 100.0)
}

/// One topic with many subscribers.
pub(super) fn fan_out(lab: &mut Lab) -> Result<Vec<Row>> {
    let [small, middle, large] = lab.sizes.subscribers;
    let load = |lab: &Lab, n, pace| lab.load(World::new(n, 1), 1, pace);
    let one = lab.all("fan-out", &load(lab, middle, CLOSED))?;
    let mut points = vec![(middle as f64, one[0].cpu_per_delivery)];
    for n in [small, large] {
        let traffic = lab.roost(&format!("fan-out to {n}"), &load(lab, n, CLOSED))?;
        points.push((n as f64, traffic.cpu_per_delivery));
    }
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    let eight = lab.all("fan-out, 8 in flight", &load(lab, middle, Pace::Closed { in_flight: 8 }))?;
    let open = lab.all("fan-out, 20 a second", &load(lab, middle, Pace::Open { rate: 20.0 }))?;
    let cpu = |traffic: &Traffic| traffic.cpu_per_delivery;
    let reads = |traffic: &[Traffic; 3]| format!("{:.2} readings for each delivery", traffic[0].reads_per_delivery);
    let what = format!("one topic, {middle} subscribers");
    let [p50, p99] = latencies(&format!("{what}, 20 proposals a second"), &open);
    Ok(vec![
        row(&format!("{what}: deliveries"), Unit::PerSecond, &one, |traffic| traffic.deliveries_per_second)
            .note(busy(&one)),
        row(&format!("{what}: CPU of a delivery"), Unit::Microseconds, &one, cpu)
            .goal(Goal::TimesA(1.3))
            .note(growth::word(&points)),
        row(&format!("{what}, 8 in flight: deliveries"), Unit::PerSecond, &eight, |traffic| {
            traffic.deliveries_per_second
        })
        .note(busy(&eight)),
        row(&format!("{what}, 8 in flight: CPU of a delivery"), Unit::Microseconds, &eight, cpu)
            .goal(Goal::AtMost(2.5))
            .note(reads(&eight)),
        p50,
        p99.goal(Goal::MoreThanA(5.0)),
    ])
}

/// Many topics with five subscribers each.
pub(super) fn many_boards(lab: &mut Lab) -> Result<Vec<Row>> {
    let [small, middle, large] = lab.sizes.topics;
    let load = |lab: &Lab, n: usize, pace| lab.load(World::new(n * 5, n), n.div_ceil(10), pace);
    let closed = lab.all("many boards", &load(lab, middle, CLOSED))?;
    let mut points = vec![(middle as f64, closed[0].cpu_per_delivery)];
    for n in [small, large] {
        let traffic = lab.roost(&format!("{n} boards"), &load(lab, n, CLOSED))?;
        points.push((n as f64, traffic.cpu_per_delivery));
    }
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    let rate = lab.sizes.rate;
    let open = lab.all("many boards, open loop", &load(lab, middle, Pace::Open { rate }))?;
    let what = format!("{middle} topics x 5, {} senders", middle.div_ceil(10));
    let [p50, p99] = latencies(&format!("{middle} topics x 5, {rate} proposals a second"), &open);
    Ok(vec![
        row(&format!("{what}: deliveries"), Unit::PerSecond, &closed, |traffic| traffic.deliveries_per_second)
            .note(busy(&closed)),
        row(&format!("{what}: CPU of a delivery"), Unit::Microseconds, &closed, |traffic| traffic.cpu_per_delivery)
            .goal(Goal::AtMost(15.0))
            .note(growth::word(&points)),
        p50,
        p99,
    ])
}

/// Proposals that are on disk before they are answered.
pub(super) fn durable(lab: &mut Lab) -> Result<Vec<Row>> {
    let [one, some, many] = lab.sizes.senders;
    let own = |lab: &Lab, n| lab.load(World::new(n, n), n, CLOSED);
    note("the disk alone");
    let disk = disk::run(&lab.folder, lab.sizes.time)?;
    let alone = lab.all("one sender", &own(lab, one))?;
    // The disk is not the same at all times: it is looked at before and after, and the quicker one counts.
    let again = disk::run(&lab.folder, lab.sizes.time)?;
    let disk = if again.p50 < disk.p50 { again } else { disk };
    let hundred = lab.all(&format!("{some} senders on their own boards"), &own(lab, some))?;
    let thousand = lab.all(&format!("{many} senders on their own boards"), &own(lab, many))?;
    let shared = lab.load(World::new(some, 1), some, CLOSED);
    let shared = lab.all(&format!("{some} senders on one board"), &shared)?;
    let rate = |traffic: &Traffic| traffic.proposals_per_second;
    let cpu = |traffic: &Traffic| traffic.cpu_per_proposal;
    let p99 = |traffic: &Traffic| traffic.reply_p99;
    let points: Vec<_> =
        [(one, &alone), (some, &hundred), (many, &thousand)].map(|(n, found)| (n as f64, cpu(&found[0]))).into();
    let mut rows = vec![
        Row::new("the disk alone: a page of 4 KiB written and fdatasync'ed, p50", Unit::Milliseconds, disk.p50)
            .note(format!("p99 {:.2} ms, {:.0} a second", disk.p99, disk.per_second)),
        row("one sender, durable: round trip p50", Unit::Milliseconds, &alone, |traffic| traffic.reply_p50)
            .goal(Goal::MoreThanDisk(disk.p50, 0.1))
            .note(format!("{:.0} a second", alone[0].proposals_per_second)),
    ];
    for (n, found, goals) in [(some, &hundred, Some((20_000.0, Some(30.0)))), (many, &thousand, Some((30_000.0, None)))]
    {
        let what = format!("{n} senders on their own boards, durable");
        let mut proposals = row(&format!("{what}: proposals"), Unit::PerSecond, found, rate).note(busy(found));
        let mut each = row(&format!("{what}: CPU of a proposal"), Unit::Microseconds, found, cpu);
        if let Some((least, most)) = goals {
            proposals = proposals.goal(Goal::AtLeast(least));
            each = if let Some(most) = most { each.goal(Goal::AtMost(most)) } else { each.note(growth::word(&points)) };
        }
        rows.extend([proposals, row(&format!("{what}: p99"), Unit::Milliseconds, found, p99), each]);
    }
    let what = format!("{some} senders on one board, durable");
    rows.extend([
        row(&format!("{what}: proposals"), Unit::PerSecond, &shared, rate)
            .note(format!("{:.0} deliveries a second", shared[0].deliveries_per_second)),
        row(&format!("{what}: p99"), Unit::Milliseconds, &shared, p99),
        row(&format!("{what}: CPU of a proposal"), Unit::Microseconds, &shared, cpu)
            .note(format!("with its {some} deliveries")),
    ]);
    Ok(rows)
}

/// Coming back after many entries, and opening a large board.
pub(super) fn catch_up(lab: &mut Lab) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let (entries, cards) = (lab.sizes.entries, lab.sizes.cards);
    rows.extend(joined(lab, "join, {n} entries behind", entries, entries[2], catch_up::since)?);
    rows.extend(joined(lab, "join of a board of {n} cards", cards, cards[1], catch_up::board)?);
    Ok(rows)
}

/// Runs one of the two at three sizes, and floors at the one that is shown.
fn joined(
    lab: &Lab,
    what: &str,
    sizes: [u64; 3],
    shown: u64,
    run: fn(&Target, u64, usize) -> Result<CatchUp>,
) -> Result<[Row; 2]> {
    let (mut points, mut found) = (Vec::new(), None);
    for n in sizes {
        let what = what.replace("{n}", &n.to_string());
        note(&what);
        let roost = run(&lab.roost, n, JOIN_BYTES).with_context(|| what.clone())?;
        points.push((n as f64, roost.median));
        if n == shown {
            let n_bytes = roost.n_bytes as usize;
            let [a, b] = &lab.floors;
            found = Some((what, [roost, run(a, n, n_bytes)?, run(b, n, n_bytes)?]));
        }
    }
    let (what, found) = found.context("a size that is not among the sizes")?;
    Ok([
        row(&format!("{what}: time"), Unit::Milliseconds, &found, |came| came.median).note(format!(
            "the first {:.1} ms; {}",
            found[0].first,
            growth::word(&points)
        )),
        row(&format!("{what}: answer"), Unit::Bytes, &found, |came| came.n_bytes),
    ])
}
