//! `Board::apply` on any changes.

#![no_main]

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use roost_board::{Board, Change};
use roost_fuzz::changes::{change, empty_board};

fuzz_target!(|bytes: &[u8]| {
    let mut input = Unstructured::new(bytes);
    let mut board = empty_board();
    let mut at = 0;
    while !input.is_empty() {
        at += 1;
        let Ok((context, change)) = change(&mut input, at) else { break };
        let before = board.clone();
        let inverse = before.invert(&context, &change);
        match board.apply(&context, &change) {
            Ok(()) => {
                // Whoever has left cannot come back by themselves.
                let leaves = matches!(&change, Change::MemberRemoved { user_id } if *user_id == context.actor);
                assert_eq!(inverse.is_none(), leaves, "{change:?}");
                if let Some(inverse) = inverse {
                    let mut undone = board.clone();
                    undone.apply(&context, &inverse).unwrap_or_else(|error| panic!("{inverse:?}: {error}"));
                }
            }
            Err(_) => {
                assert_eq!(board, before, "a refused change has changed something: {change:?}");
                assert_eq!(inverse, None, "{change:?}");
            }
        }
    }
    let json = serde_json::to_string(&board).expect("a board can be written as JSON");
    assert_eq!(serde_json::from_str::<Board>(&json).expect("what was written can be read"), board);
});
