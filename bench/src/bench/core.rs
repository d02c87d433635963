//! The desktop core by itself: the outbox, the cache, catching up.

use std::time::{Instant, SystemTime};

use anyhow::{Result, ensure};
use roost::core::UiEvent;
use roost_board::{BoardId, Change, Doing, OpId, Proposal, Seq, Timestamp};
use roost_bridge::{BoardNews, ConnectionPhase};
use uuid::Uuid;

use super::desk::Desk;
use super::stage::Stage;
use super::table::{Goal, Row, Sample, Unit};
use super::world::Filled;

/// How much was missed.
pub(super) const N_MISSED: usize = 10_000;
/// How long it may take to catch up, in milliseconds.
pub(super) const CATCH_UP: f64 = 1_000.0;

/// Writes proposals to the outbox, one after the other, with a connection.
pub(super) async fn outbox(stage: &Stage) -> Result<Vec<Row>> {
    let board = &stage.boards[2];
    let mut desk = Desk::open(&stage.profile()).await?;
    desk.phase(ConnectionPhase::Live).await?;
    desk.core.open_board(board.id).await?;
    let mut took = Vec::new();
    for change in board.bustle(stage.n(1_000, 100), 1) {
        let proposal = Proposal { op: OpId::from_uuid(Uuid::now_v7()), at: Timestamp::from_millis(0), change };
        let start = Instant::now();
        desk.core.propose(board.id, proposal, Doing::Anew, None).await?;
        took.push(milliseconds(start));
    }
    desk.core.shutdown().await;
    let row = Row::new("one proposal in the outbox, durable", Unit::Milliseconds, took.into_iter().collect());
    Ok(vec![row.note("in the core, board of 10,000 cards, online")])
}

/// Opens a board from the cache, in a core that was just started, with no way to the server.
pub(super) async fn open(stage: &Stage) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for board in &stage.boards[2..] {
        let mut took = Vec::new();
        for _ in 0..stage.n(10, 3) {
            stage.link.close();
            let desk = Desk::open(&stage.profile()).await?;
            // The account is known.
            desk.core.state().await?;
            let start = Instant::now();
            let copy = desk.core.open_board(board.id).await?;
            took.push(milliseconds(start));
            let n_cards: usize = copy.snapshot.board.lists().iter().map(|list| list.cards().len()).sum();
            ensure!(n_cards == board.cards.len(), "the board that was opened has {n_cards} cards");
            desk.core.shutdown().await;
            stage.link.open();
        }
        let row = Row::new(format!("open from cache: {}", board.name), Unit::Milliseconds, took.into_iter().collect());
        rows.push(row.note("in the core, offline, first time since its start"));
    }
    Ok(rows)
}

/// Catches up with what was missed.
pub(super) async fn catch_up(stage: &Stage) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for board in &stage.boards[2..] {
        let mut desk = Desk::open(&stage.profile()).await?;
        desk.phase(ConnectionPhase::Live).await?;
        let copy = desk.core.open_board(board.id).await?;
        let mut seq = copy.snapshot.seq;
        let (mut took, mut was_entries) = (Vec::new(), false);
        for round in 0..stage.n(5, 1) {
            stage.link.close();
            desk.phase(ConnectionPhase::Offline).await?;
            board.propose(board.bustle(N_MISSED, round * N_MISSED)).await?;
            seq.0 += u64::try_from(N_MISSED)?;
            stage.link.open();
            desk.core.reconnect();
            let (done, entries) = desk.wait("news of what was missed", |event| caught_up(event, board.id, seq)).await?;
            took.push(done.duration_since(stage.link.large_at()?)?.as_secs_f64() * 1_000.0);
            was_entries = entries;
        }
        desk.core.shutdown().await;
        let way = if was_entries { "as entries" } else { "as a whole" };
        let row = Row::new(format!("catch up 10,000 entries: {}", board.name), Unit::Milliseconds, sample(took));
        rows.push(row.goal(Goal::Median(CATCH_UP)).note(format!("in the core; the interface is told {way}")));
    }
    Ok(rows)
}

/// Whether this is the news with everything up to an entry; tells the time, and whether it came as entries.
fn caught_up(event: &UiEvent, board: BoardId, seq: Seq) -> Option<(SystemTime, bool)> {
    let UiEvent::Board(message) = event else { return None };
    let (last, as_entries) = match &message.news {
        BoardNews::Entries { entries } => (entries.last()?.seq, true),
        BoardNews::Reset { copy } => (copy.snapshot.seq, false),
        BoardNews::Refused { .. } | BoardNews::Present { .. } | BoardNews::Gone { .. } => return None,
    };
    (message.board_id == board && last >= seq).then(|| (SystemTime::now(), as_entries))
}

fn sample(values: Vec<f64>) -> Sample {
    values.into_iter().collect()
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}

/// Gives the first list of a board another name, which is to be seen at the top of the window.
pub(super) fn rename(board: &Filled, name: &str) -> Change {
    Change::ListRenamed { list_id: board.lists[0], name: name.to_owned() }
}
