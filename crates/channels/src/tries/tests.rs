use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// What becomes of a try, and after how long.
#[derive(Clone, Copy)]
enum Fate {
    Succeeds(Duration),
    Fails(Duration),
    IsRefused,
    Hangs,
}

impl Fate {
    async fn fulfil<S>(self, success: S) -> Result<S, ConnectError> {
        match self {
            Self::Succeeds(after) => {
                tokio::time::sleep(after).await;
                Ok(success)
            }
            Self::Fails(after) => {
                tokio::time::sleep(after).await;
                Err(ConnectError::Timeout)
            }
            Self::IsRefused => Err(ConnectError::Refused { status: 403 }),
            Self::Hangs => std::future::pending().await,
        }
    }
}

/// Whatever becomes of those before.
const LOST: [Fate; 4] = [Fate::Hangs, Fate::Fails(Duration::ZERO), Fate::Fails(SECOND), Fate::Fails(LONG)];
const LONG: Duration = Duration::from_secs(10);

/// Tries that come to this, one after the other and then as the last again; each success is the number of its try. With
/// the times at which they begin, counted from now.
fn fated(fates: impl Into<Vec<Fate>>) -> (Tries<usize>, Arc<Mutex<Vec<Duration>>>) {
    let (start, fates) = (Instant::now(), fates.into());
    let begun = Arc::new(Mutex::new(Vec::new()));
    let config = SocketConfig::new("ws://localhost/socket").unwrap();
    let begin = {
        let begun = begun.clone();
        move || -> Try<usize> {
            let mut begun = begun.lock().unwrap();
            let number = begun.len();
            begun.push(start.elapsed());
            Box::pin(fates[number.min(fates.len() - 1)].fulfil(number))
        }
    };
    (Tries::new(&config, || 1.0, begin), begun)
}

/// What the tries come to when they begin now.
async fn success<S>(tries: &mut Tries<S>) -> Result<S, Refused> {
    tries.hurry(Instant::now());
    tries.succeed(|_| {}).await
}

#[tokio::test(start_paused = true)]
async fn a_way_that_is_back_is_found_within_two_seconds() {
    let answer = Duration::from_millis(200);
    let config = SocketConfig::new("ws://localhost/socket").unwrap();
    for lost in LOST {
        for back_after in (0..200).map(|tenths| SECOND * tenths / 10) {
            let back = Instant::now() + back_after;
            let begin = move || -> Try<()> {
                let fate = if Instant::now() < back { lost } else { Fate::Succeeds(answer) };
                Box::pin(fate.fulfil(()))
            };
            success(&mut Tries::new(&config, || 1.0, begin)).await.unwrap();
            assert!(back.elapsed() <= 2 * SECOND, "{:?} after {back_after:?}", back.elapsed());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_away_is_not_asked_more_often_than_that_needs() {
    for lost in LOST {
        let (mut tries, begun) = fated([lost]);
        tokio::time::timeout(60 * SECOND, success(&mut tries)).await.unwrap_err();
        let n_tries = begun.lock().unwrap().len();
        assert!((30..=45).contains(&n_tries), "{n_tries} in a minute");
    }
}

#[tokio::test(start_paused = true)]
async fn a_try_that_is_slow_succeeds_beside_those_that_came_after_it() {
    let (mut tries, begun) = fated([Fate::Succeeds(8 * SECOND), Fate::Hangs]);
    let start = Instant::now();
    assert_eq!(success(&mut tries).await, Ok(0));
    assert_eq!(start.elapsed(), 8 * SECOND);
    assert_eq!(*begun.lock().unwrap(), [0, 1500, 3000, 4500, 6000, 7500].map(Duration::from_millis));
    assert!(tries.under_way.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_slow_one_survives_any_impatience() {
    let (mut tries, begun) = fated([Fate::Succeeds(9 * SECOND), Fate::Hangs]);
    let start = Instant::now();
    let mut outcome = None;
    while outcome.is_none() {
        tries.hurry(Instant::now());
        let burst = Duration::from_millis(10);
        outcome = tokio::time::timeout(burst, tries.succeed(|_| {})).await.ok();
    }
    assert_eq!(outcome, Some(Ok(0)));
    assert!(start.elapsed() <= 9 * SECOND + Duration::from_millis(10));
    assert!(begun.lock().unwrap().len() <= 37, "four in a second at most");
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_does_not_wait_for_the_pause() {
    let (mut tries, begun) = fated([Fate::Fails(Duration::ZERO), Fate::Fails(Duration::ZERO), Fate::Hangs]);
    tries.hurry(Instant::now());
    tokio::time::timeout(10 * SECOND, tries.succeed(|_| {})).await.unwrap_err();
    tries.hurry(Instant::now());
    tokio::time::timeout(Duration::ZERO, tries.succeed(|_| {})).await.unwrap_err();
    assert_eq!(begun.lock().unwrap().last(), Some(&(10 * SECOND)));
}

#[tokio::test(start_paused = true)]
async fn it_is_told_how_things_stand() {
    let (mut tries, _begun) = fated([Fate::Fails(SECOND), Fate::Hangs, Fate::Succeeds(Duration::ZERO)]);
    let told = Rc::new(RefCell::new(Vec::new()));
    tries.hurry(Instant::now());
    let outcome = tries.succeed(|state| told.borrow_mut().push(state)).await;
    assert_eq!(outcome, Ok(2));
    assert_eq!(
        *told.borrow(),
        [
            SocketState::Connecting,
            SocketState::Waiting { retry_in: Duration::from_millis(250) },
            SocketState::Connecting,
            SocketState::Waiting { retry_in: Duration::from_millis(1500) },
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_ends_them_all() {
    let (mut tries, begun) = fated([Fate::Hangs, Fate::IsRefused]);
    assert_eq!(success(&mut tries).await, Err(Refused { status: 403 }));
    tokio::time::timeout(60 * SECOND, tries.succeed(|_| {})).await.unwrap_err();
    assert_eq!(begun.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_for_when_none_is_under_way() {
    let (mut tries, begun) = fated([Fate::Hangs]);
    tries.pause(SECOND, Instant::now());
    tokio::time::timeout(SECOND / 2, tries.succeed(|_| {})).await.unwrap_err();
    assert!(begun.lock().unwrap().is_empty());
    tokio::time::timeout(SECOND, tries.succeed(|_| {})).await.unwrap_err();
    tries.pause(60 * SECOND, Instant::now());
    tokio::time::timeout(3 * SECOND, tries.succeed(|_| {})).await.unwrap_err();
    assert_eq!(*begun.lock().unwrap(), [1000, 2500, 4000].map(Duration::from_millis));
}
