//! People at work, and whether an attack slows them down.
//!
//! What is compared is the time from a proposal to the moment when a second client sees its entry: the median of many,
//! right before an attack and while it goes on. The median is what the two would notice, and a few late threads on a
//! busy machine do not move it. Machines have slow moments, though, which may fall on either side; so the attack is made
//! several times, and it has to be harmless once. Were it the attack that slows them down, it would do so each time.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::timeout;

use super::client::{Client, rename};
use super::{Arena, PATIENCE};

/// How many proposals a median is made of.
const SAMPLES: usize = 24;

/// How long they think between two proposals.
const THINKING: Duration = Duration::from_millis(3);

/// Below this, a time says more of the machine's scheduler and disk than of the server.
const FLOOR: Duration = Duration::from_millis(5);

/// How often they send heartbeats while they wait to be asked.
const HEARTBEAT: Duration = Duration::from_millis(100);

/// How many times an attack is made before it counts as harmful.
const ROUNDS: usize = 5;

/// The address from which they ask, where proxies say who asks.
pub(super) const ADDRESS: &str = "198.51.100.1";

/// Attacks of several tests at once would be measured as one.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// Two people at work on a board, on a thread of their own, which ends with this.
pub(super) struct Honest {
    asked: Option<mpsc::UnboundedSender<oneshot::Sender<Duration>>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Honest {
    /// They sign up, open their sockets, and make their first proposals, which are slower than those that follow.
    pub(super) async fn start(arena: &Arena) -> Self {
        let (person, board) = arena.member("Honest").await;
        let (asked, mut questions) = mpsc::unbounded_channel::<oneshot::Sender<Duration>>();
        let address = arena.address();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut pair = Pair::open(address, &person.token, board).await;
                loop {
                    match timeout(HEARTBEAT, questions.recv()).await {
                        Ok(Some(question)) => {
                            if question.send(pair.median().await).is_err() {
                                // Whoever asked has given up.
                                return;
                            }
                        }
                        Ok(None) => return,
                        Err(_) => {}
                    }
                    pair.heartbeat().await;
                }
            });
        });
        let honest = Self { asked: Some(asked), thread: Some(thread) };
        honest.median().await;
        honest
    }

    /// The median time of a delivery, now.
    pub(super) async fn median(&self) -> Duration {
        let (question, answer) = oneshot::channel();
        self.asked.as_ref().unwrap().send(question).unwrap();
        answer.await.expect("the honest ones are served")
    }

    /// An attack, which goes on until it is dropped, must not make them wait for more than twice as long as before.
    pub(super) async fn must_not_notice(&self, mut attack: impl AsyncFnMut()) {
        let _turn = ONE_AT_A_TIME.lock().await;
        let mut seen = Vec::new();
        for _ in 0..ROUNDS {
            let calm = self.median().await;
            let attacked = tokio::select! {
                attacked = self.median() => attacked,
                () = attack() => panic!("the attack has ended"),
            };
            if attacked <= 2 * calm.max(FLOOR) {
                return;
            }
            seen.push((calm, attacked));
        }
        panic!("the attack slows down others, before and during it: {seen:?}");
    }
}

impl Drop for Honest {
    fn drop(&mut self) {
        self.asked = None;
        // They finish what they are at, while the server is still there. What went wrong was said already.
        drop(self.thread.take().map(std::thread::JoinHandle::join));
    }
}

struct Pair {
    proposer: Client,
    colleague: Client,
    topic: String,
    n_proposals: usize,
}

impl Pair {
    async fn open(address: SocketAddr, token: &str, board: roost_board::BoardId) -> Self {
        let mut proposer = Client::open(address, token, ADDRESS).await.unwrap();
        let mut colleague = Client::open(address, token, ADDRESS).await.unwrap();
        colleague.join(board).await;
        let topic = proposer.join(board).await;
        Self { proposer, colleague, topic, n_proposals: 0 }
    }

    async fn heartbeat(&mut self) {
        for client in [&mut self.proposer, &mut self.colleague] {
            assert_eq!(client.push("phoenix", "heartbeat", &json!({})).await.0, "ok");
        }
    }

    async fn median(&mut self) -> Duration {
        let mut times = Vec::with_capacity(SAMPLES);
        for number in 0..SAMPLES {
            if number % 8 == 7 {
                self.heartbeat().await;
            }
            times.push(self.deliver().await);
            tokio::time::sleep(THINKING).await;
        }
        times.sort_unstable();
        times[SAMPLES / 2]
    }

    async fn deliver(&mut self) -> Duration {
        self.n_proposals += 1;
        let (op, payload) = rename(&format!("Roof {}", self.n_proposals));
        let start = Instant::now();
        let ref_ = self.proposer.begin(&self.topic, "propose", &payload).await;
        self.colleague.entry(&op).await;
        let took = start.elapsed();
        assert_eq!(self.proposer.answer(&ref_).await.0, "ok");
        assert!(took < PATIENCE);
        took
    }
}
