use super::*;

#[tokio::test]
async fn catching_up_takes_the_shorter_way() {
    let world = world().await;
    let ada = world.enter(&world.ada).await;
    let change = list("To do");
    let Change::ListAdded { list: added } = &change else { unreachable!("that is what it is") };
    ada.propose(op(), change.clone()).await.unwrap();
    for n in 0..50 {
        let rename = Change::ListRenamed { list_id: added.id, name: format!("To do {n}") };
        ada.propose(op(), rename).await.unwrap();
    }
    let caught_up = async |since| ada.catch_up(Seq(since)).await.unwrap();
    let CatchUp::Entries(Page { seq, entries }) = caught_up(49).await else { panic!("two entries are short") };
    assert_eq!((seq, entries.len()), (Seq(51), 2));
    let CatchUp::Entries(Page { seq, entries }) = caught_up(51).await else { panic!("nothing is short") };
    assert_eq!((seq, entries.len()), (Seq(51), 0));
    assert!(matches!(caught_up(0).await, CatchUp::Snapshot(_)), "the board is shorter than its log");
    for beyond in [52, u64::MAX] {
        assert!(matches!(caught_up(beyond).await, CatchUp::Snapshot(_)), "{beyond} is not in this log");
        assert_eq!(ada.entries(Seq(beyond)).await.unwrap().entries.len(), 0);
    }
}

/// Everybody who comes back asks for the last entry that they have, too. On a long board that would be a lot of work,
/// all the more after a start.
#[tokio::test]
async fn a_few_entries_are_told_without_writing_the_board_down() {
    let world = world().await;
    let ada = world.enter(&world.ada).await;
    let (list_id, card_id) = (ListId::from_uuid(new_id()), CardId::from_uuid(new_id()));
    let new_list = NewList { id: list_id, name: "To do".to_owned(), position: Position::first() };
    let new_card = NewCard { id: card_id, list_id, title: "Write".to_owned(), position: Position::first() };
    ada.propose(op(), Change::ListAdded { list: new_list }).await.unwrap();
    ada.propose(op(), Change::CardAdded { card: new_card }).await.unwrap();
    let description = "x".repeat(2 * access::SHORT);
    ada.propose(op(), Change::CardDescribed { card_id, description }).await.unwrap();
    let last = log(&ada).await.pop().unwrap();

    let anew = boards(&world.store, &Limits::default());
    let again = anew.enter(world.ada.id, world.board).await.unwrap();
    let CatchUp::Entries(Page { seq, entries }) = again.catch_up(Seq(2)).await.unwrap() else { panic!("one entry") };
    assert_eq!((seq, entries.len()), (Seq(3), 1));
    assert_eq!(serde_json::from_str::<Entry>(entries[0].get()).unwrap(), last);
    assert!(anew.slot(world.board).encoded.lock().await.is_none());
}

/// Many entries, too, where they are fewer than what the stored board is long.
#[tokio::test]
async fn what_was_stored_says_which_way_is_shorter() {
    let world = world().await;
    let ada = world.enter(&world.ada).await;
    let list_id = ListId::from_uuid(new_id());
    let new_list = NewList { id: list_id, name: "To do".to_owned(), position: Position::first() };
    ada.propose(op(), Change::ListAdded { list: new_list }).await.unwrap();
    for _ in 0..5 {
        let card_id = CardId::from_uuid(new_id());
        let new_card = NewCard { id: card_id, list_id, title: "Write".to_owned(), position: Position::first() };
        ada.propose(op(), Change::CardAdded { card: new_card }).await.unwrap();
        ada.propose(op(), Change::CardDescribed { card_id, description: "x".repeat(19_000) }).await.unwrap();
    }
    for n in 0..2 * access::FEW {
        ada.propose(op(), Change::BoardRenamed { name: format!("Release {n}") }).await.unwrap();
    }
    world.boards.close().await;
    world.store.while_nobody_writes(|_| Ok(())).on_disk().await.unwrap();

    let anew = boards(&world.store, &Limits::default());
    let again = anew.enter(world.ada.id, world.board).await.unwrap();
    let CatchUp::Entries(Page { seq, entries }) = again.catch_up(Seq(11)).await.unwrap() else { panic!("short names") };
    assert_eq!((seq, entries.len() as u64), (Seq(11 + 2 * access::FEW), 2 * access::FEW));
    assert!(entries.iter().all(|entry| entry.get().len() >= access::LEAST));
    assert!(entries.iter().map(|entry| entry.get().len()).sum::<usize>() > access::SHORT);
    assert!(anew.slot(world.board).encoded.lock().await.is_none());
    assert!(matches!(again.catch_up(Seq::ZERO).await.unwrap(), CatchUp::Snapshot(_)), "the log is longer");
}
