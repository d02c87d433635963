//! A disk that is full, and one that cannot be written.

use super::sample::{Place, close, op, queued, waiting};
use crate::core::store::{AccountWrite, StoreError};
use roost_board::durable::Write;

use super::sample::{board_id, entry};

/// More than there is room for.
fn big() -> Vec<AccountWrite> {
    let entries = (1..2_000).map(|seq| entry(seq, 199)).collect();
    vec![queued(1, 1), AccountWrite::Board(board_id(1), Write::Entries(entries))]
}

#[tokio::test]
async fn what_finds_no_room_is_refused_as_a_whole_and_the_rest_goes_on() {
    let place = Place::new();
    let store = place.open();
    store.write(vec![queued(1, 0)]).await.unwrap();
    store.database.limit_pages(Some(8)).await;

    // Together with others it fails alone.
    let (before, refused, after) =
        (store.write(vec![queued(1, 2)]), store.write(big()), store.write(vec![queued(1, 3)]));
    let error = refused.await.unwrap_err();
    assert!(matches!(error, StoreError::Full), "{error:?}");
    assert!(error.to_string().contains("make room"), "{error}");
    before.await.unwrap();
    after.await.unwrap();
    assert_eq!(waiting(&store, 1).await, [op(0), op(2), op(3)]);

    // A small one fails too, at some point, and is not there either.
    let mut kept = vec![op(0), op(2), op(3)];
    for n in 10.. {
        match store.write(vec![queued(1, n)]).await {
            Ok(()) => kept.push(op(n)),
            Err(StoreError::Full) => break,
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(waiting(&store, 1).await, kept);

    store.database.limit_pages(None).await;
    store.write(big()).await.unwrap();
    kept.push(op(1));
    assert_eq!(waiting(&store, 1).await, kept);
    close(store).await;
    assert_eq!(waiting(&place.open(), 1).await, kept);
    assert_eq!(place.told(), [""; 0]);
}

#[tokio::test]
async fn what_cannot_be_written_is_said_so() {
    let place = Place::new();
    let store = place.open();
    store.write(vec![queued(1, 0)]).await.unwrap();
    store.database.refuse_writes(true).await;
    let error = store.write(vec![queued(1, 1)]).await.unwrap_err();
    assert!(error.to_string().contains("readonly"), "{error}");
    assert_eq!(waiting(&store, 1).await, [op(0)]);
    store.database.refuse_writes(false).await;
    store.write(vec![queued(1, 1)]).await.unwrap();
    assert_eq!(waiting(&store, 1).await, [op(0), op(1)]);
}
