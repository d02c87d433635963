//! A faulty link between the core and its server. Whatever it does: nothing is lost, everything waits and is counted, and
//! arrives once and in order when the link is whole again.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use roost::core::{Patience, UiEvent};
use roost_board::{ListId, Proposal, Timestamp};
use roost_bridge::{BoardNews, ConnectionPhase};
use uuid::Uuid;

use crate::desk::{hasty, new_list};
use crate::far::{Far, Near};
use crate::wire::Wire;

const DAY: u64 = 24 * 60 * 60 * 1000;

/// For networks that say nothing.
fn watchful() -> Patience {
    Patience {
        push_time: Duration::from_millis(300),
        doubt_time: Duration::from_millis(50),
        hang_time: Duration::from_millis(200),
        call_time: Duration::from_secs(2),
        ..hasty()
    }
}

/// Somebody at the end of a faulty link, and somebody else who hears what arrives.
pub(crate) struct Faults {
    pub(crate) far: Far,
    near: Near,
    /// Everything that was said at the far end.
    said: Vec<String>,
}

impl Faults {
    async fn with(patience: Patience) -> Self {
        Self::of(Far::with(patience).await).await
    }

    pub(crate) async fn of(far: Far) -> Self {
        let near = far.second_desk().await;
        Self { far, near, said: Vec::new() }
    }

    async fn say(&mut self, what: &str) {
        self.far.ada.add_list(self.far.board, what).await;
        self.said.push(what.to_owned());
    }

    /// Whatever is said while the fault lasts waits, and arrives afterwards.
    async fn survive(&mut self, name: &str, fault: impl FnOnce(&Wire)) {
        self.survive_until(name, fault, Wire::is_given_back).await;
    }

    pub(crate) async fn survive_until(&mut self, name: &str, fault: impl FnOnce(&Wire), end: impl FnOnce(&Wire)) {
        let board = self.far.board;
        fault(&self.far.wire);
        for number in 1..=3 {
            self.say(&format!("{name} {number}")).await;
        }
        self.far.ada.wait_for_connection(ConnectionPhase::Offline, 3).await;
        // Leaving a board has the page of boards fetched anew, which asks for the token.
        self.far.ada.core.close_board(board);
        let copy = self.far.ada.open_board(board).await;
        assert_eq!(copy.pending.len(), 3, "{name}");
        end(&self.far.wire);
        self.far.ada.wait_for_connection(ConnectionPhase::Live, 0).await;
    }

    /// Nothing was lost, nothing came twice, and nothing overtook anything.
    pub(crate) async fn end(mut self) {
        assert_eq!(self.near.hears(self.said.len()).await, self.said);
        assert_eq!(self.far.lists().await, self.said);
        assert_eq!(self.far.secrets.all().len(), 1, "nobody was signed out");
        let copy = self.near.desk.open_board(self.far.board).await;
        assert_eq!(copy.snapshot.seq.0, self.said.len() as u64);
        for desk in [self.far.ada, self.near.desk] {
            desk.core.shutdown().await;
        }
    }
}

#[tokio::test]
async fn connections_that_are_cut() {
    let mut faults = Faults::with(hasty()).await;
    faults
        .survive("away", |wire| {
            wire.takes_nobody();
            wire.cut();
        })
        .await;
    faults
        .survive("in the middle of an answer", |wire| {
            wire.takes_nobody();
            wire.cut_answers_after(3);
        })
        .await;
    faults
        .survive("in the middle of a question", |wire| {
            wire.takes_nobody();
            wire.cut_questions_after(20);
        })
        .await;
    faults.end().await;
}

#[tokio::test]
async fn connections_that_end_without_a_word() {
    let mut faults = Faults::with(watchful()).await;
    faults.survive("both ways", Wire::swallows).await;
    faults.survive("nothing arrives there", Wire::swallows_questions).await;
    faults.survive("nothing arrives here", Wire::swallows_answers).await;
    faults.end().await;
}

#[tokio::test]
async fn others_who_answer_in_place_of_the_server() {
    let mut faults = Faults::with(hasty()).await;
    let page = "<!doctype html><h1>Sign in to the network</h1>";
    let gateway = r#"{"error":{"code":"Unauthorized","message":"No key was given"}}"#;
    for (head, body) in [
        ("200 OK\r\nContent-Type: text/html", page),
        ("302 Found\r\nLocation: http://portal.example/", ""),
        ("307 Temporary Redirect\r\nLocation: https://portal.example/", page),
        ("401 Unauthorized\r\nWWW-Authenticate: Basic", page),
        ("401 Unauthorized\r\nContent-Type: application/json", gateway),
        ("403 Forbidden", page),
        ("403 Forbidden\r\nContent-Type: application/json", gateway),
        ("407 Proxy Authentication Required", page),
        ("502 Bad Gateway", page),
        ("511 Network Authentication Required", page),
    ] {
        faults
            .survive(head.split_once('\r').map_or(head, |(status, _)| status), |wire| wire.is_taken_by(head, body))
            .await;
    }
    faults.survive("another protocol", |wire| wire.says("SSH-2.0-OpenSSH_9.6\r\n")).await;
    faults.end().await;
}

#[tokio::test]
async fn a_link_that_is_slow_and_uneven() {
    let mut faults = Faults::with(hasty()).await;
    faults.far.wire.lags(1..40);
    for number in 1..=20 {
        faults.say(&format!("after a while {number}")).await;
    }
    let mut n_lost = 0;
    faults
        .far
        .ada
        .wait_for("an end of the waiting", |event| match event {
            UiEvent::Connection(state) => {
                n_lost += usize::from(state.phase != ConnectionPhase::Live);
                (state.n_waiting == 0).then_some(())
            }
            _ => None,
        })
        .await;
    assert_eq!(n_lost, 0, "slow is not lost");
    faults.end().await;
}

/// The time of an entry is the server's, whatever the clock of whoever proposes it says, and the clock has no say in who
/// they are.
#[tokio::test]
async fn a_clock_that_is_wrong_by_a_day() {
    let mut faults = Faults::with(hasty()).await;
    let before = now();
    for (name, at) in [("yesterday", before - DAY), ("tomorrow", before + DAY)] {
        let list = new_list(ListId::from_uuid(Uuid::now_v7()), name);
        let proposal = Proposal { at: Timestamp::from_millis(at.cast_signed()), ..list };
        faults.far.ada.propose(faults.far.board, proposal).await.unwrap();
        faults.said.push(name.to_owned());
        let news = faults.near.desk.wait_for_news().await.news;
        let BoardNews::Entries { entries } = news else { panic!("{news:?}") };
        let at = entries[0].at.as_millis().cast_unsigned();
        assert!((before..=now()).contains(&at), "{name}: {at}");
        faults.far.wire.cut();
        faults.far.ada.wait_for_connection(ConnectionPhase::Live, 0).await;
    }
    assert_eq!(faults.far.lists().await, ["yesterday", "tomorrow"]);
    assert_eq!(faults.far.secrets.all().len(), 1);
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().try_into().unwrap()
}
