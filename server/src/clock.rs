//! The server's clock: the one place where the time of day is read.

use std::time::SystemTime;

use roost_board::Timestamp;

/// The time now.
pub(crate) fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}
