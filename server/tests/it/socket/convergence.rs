//! Several people change one board at the same time, each following it by entries alone: all end with the same board.

use roost_board::{Entry, Seq, Snapshot};
use serde_json::json;

use super::world::{Client, Person, World, card_added, list_added, proposal};

const PEOPLE: usize = 5;
const CHANGES: usize = 60;

/// One of several who change the board.
struct Follower {
    client: Client,
    topic: String,
    board: Snapshot,
    seed: u64,
}

impl Follower {
    async fn join(world: &World, person: &Person, topic: &str, seed: u64) -> Self {
        let mut client = world.connect(person).await;
        let answer = client.join(topic, json!({})).await;
        let board = serde_json::from_value(answer).unwrap();
        Self { client, topic: topic.to_owned(), board, seed }
    }

    /// The next of a fixed row of numbers (splitmix64), below `n`: each run does the same things, if not in the same
    /// order.
    fn next(&mut self, n: usize) -> usize {
        self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(n).unwrap()).unwrap()
    }

    /// Something to do on the board as this follower sees it.
    fn change(&mut self) -> serde_json::Value {
        let lists: Vec<String> = self.board.board.lists().iter().map(|list| list.id().to_string()).collect();
        let cards: Vec<String> =
            self.board.board.lists().iter().flat_map(|list| list.cards()).map(|card| card.id.to_string()).collect();
        let list = lists[self.next(lists.len())].clone();
        let position = format!("a{}", self.next(10));
        match (self.next(6), cards.is_empty()) {
            (0, _) => list_added("Another").0,
            (1, false) => json!({ "type": "card_archived", "card_id": cards[self.next(cards.len())] }),
            (2, false) => {
                json!({ "type": "card_retitled", "card_id": cards[self.next(cards.len())], "title": position })
            }
            (3, false) => json!({
                "type": "card_moved", "card_id": cards[self.next(cards.len())], "list_id": list, "position": position,
            }),
            (4, _) if lists.len() > 2 => json!({ "type": "list_archived", "list_id": list }),
            _ => card_added(&list, "A card").0,
        }
    }

    async fn run(mut self) -> Self {
        let mut waiting = Vec::new();
        for _ in 0..CHANGES {
            let change = self.change();
            waiting.push(self.client.begin(&self.topic.clone(), "propose", &proposal(&change)).await);
            if self.next(3) == 0 {
                // Whether it was accepted depends on what the others did; the entries tell.
                for ref_ in waiting.drain(..) {
                    self.client.answer(&ref_).await;
                }
                self.follow();
            }
        }
        for ref_ in waiting {
            self.client.answer(&ref_).await;
        }
        self.follow();
        self
    }

    /// Hears what the others did after this one was done.
    async fn until(mut self, seq: Seq) -> Snapshot {
        while self.board.seq < seq {
            let message = self.client.event("entry").await;
            self.client.events.push(message);
            self.follow();
        }
        self.board
    }

    fn follow(&mut self) {
        for message in self.client.events.drain(..).filter(|message| message[3] == "entry") {
            let entry: Entry = serde_json::from_value(message[4].clone()).unwrap();
            assert_eq!(entry.seq, self.board.seq.next());
            self.board.board.apply(&entry.context(), &entry.change).unwrap();
            self.board.seq = entry.seq;
            self.board.last = Some(entry.mark());
        }
    }
}

#[tokio::test]
async fn everyone_ends_with_the_board_of_the_server() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let board = world.make_board(&ada, "Roof").await;
    let topic = format!("boards:{board}");
    let mut first = world.connect(&ada).await;
    first.join(&topic, json!({})).await;
    for name in ["One", "Two", "Three"] {
        first.propose(&topic, list_added(name).0).await;
    }
    let mut running = tokio::task::JoinSet::new();
    for seed in 0..PEOPLE {
        let follower = Follower::join(&world, &ada, &topic, u64::try_from(seed).unwrap()).await;
        running.spawn(follower.run());
    }
    let followers = running.join_all().await;
    let expected = world.snapshot(&ada, board).await;
    for follower in followers {
        assert_eq!(follower.until(expected.seq).await, expected);
    }
    assert!(expected.seq.0 > 100, "{} entries are too few to prove anything", expected.seq);
}
