//! The ids of those who take part: each follows from a number, so that nobody needs to be told them.

use uuid::Uuid;

/// Version 7, as those of real ones are; the last group is the number.
const fn uuid(kind: u128, number: u64) -> Uuid {
    Uuid::from_u128((0x0190_0000_0000_7000_8000_0000_0000_0000 | kind << 64) + number as u128)
}

pub(crate) const fn user(number: u64) -> Uuid {
    uuid(1, number)
}

pub(crate) const fn board(number: u64) -> Uuid {
    uuid(2, number)
}

/// A list of a board, of which there are two: their ids differ in the last digit.
pub(crate) const fn list(board: u64, number: u64) -> Uuid {
    uuid(3, board * 16 + number)
}

pub(crate) const fn card(board: u64, number: u64) -> Uuid {
    uuid(4, (board << 20) + number)
}

/// Of a proposal. `run` is the time of the run in milliseconds, so that no two runs use an id twice.
pub(crate) const fn op(run: u64, number: u64) -> Uuid {
    Uuid::from_u128(((run as u128) << 80) | 0x7005_8000_0000_0000_0000 | number as u128)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids_of_version_7() {
        for id in [user(0), board(7), list(7, 1), card(7, 9_999), op(0x0190_f6a4_7c1e, 5)] {
            assert_eq!((id.get_version_num(), id.get_variant()), (7, uuid::Variant::RFC4122), "{id}");
        }
        assert_eq!(op(0x0190_f6a4_7c1e, 0xabc).to_string(), "0190f6a4-7c1e-7005-8000-000000000abc");
        assert_eq!(list(1, 0).to_string()[..35], list(1, 1).to_string()[..35]);
    }
}
