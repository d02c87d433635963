//! When there may be a way to the server again, or the one that there was may be gone: the machine has woken up, or its
//! addresses have changed.

use std::time::{Duration, SystemTime};

use netwatcher::async_adapter::Tokio;

/// How often the clock is looked at.
const TICK: Duration = Duration::from_secs(1);
/// By how much more the clock has to have moved between two looks, for the machine to have slept: a busy one may be late.
const SLEPT: Duration = Duration::from_secs(3);

/// Calls `changed` at each such event, until it is dropped. What is told too often costs a heartbeat.
pub(super) async fn watch(changed: impl Fn()) {
    tokio::join!(watch_clock(&changed), watch_addresses(&changed));
}

/// The timers of most systems stand still while the machine sleeps, and the clock on the wall does not. Setting that one
/// by hand looks the same.
async fn watch_clock(woken: impl Fn()) {
    let mut last = SystemTime::now();
    loop {
        tokio::time::sleep(TICK).await;
        let now = SystemTime::now();
        if has_slept(last, now) {
            tracing::info!("the machine has slept, or its clock was set");
            woken();
        }
        last = now;
    }
}

fn has_slept(last: SystemTime, now: SystemTime) -> bool {
    // An error says that the clock was set back.
    now.duration_since(last).is_ok_and(|passed| passed >= TICK + SLEPT)
}

async fn watch_addresses(changed: impl Fn()) {
    let mut watch = match netwatcher::watch_interfaces_async::<Tokio>() {
        Ok(watch) => watch,
        Err(error) => {
            tracing::warn!(?error, "changes of the network are not seen as they happen");
            return;
        }
    };
    loop {
        if !watch.changed().await.is_initial {
            tracing::info!("the addresses of this machine have changed");
            changed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_jumps_ahead_says_that_the_machine_has_slept() {
        let last = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        assert!(!has_slept(last, last));
        assert!(!has_slept(last, last + TICK));
        assert!(!has_slept(last, last + Duration::from_millis(3900)), "a busy machine");
        assert!(has_slept(last, last + Duration::from_secs(60)));
        assert!(!has_slept(last, last - Duration::from_secs(86_400)), "set back");
    }

    #[tokio::test(start_paused = true)]
    async fn a_quiet_hour_says_nothing() {
        let hour = Duration::from_secs(3600);
        let quiet = watch_clock(|| panic!("nothing has happened"));
        assert!(tokio::time::timeout(hour, quiet).await.is_err());
    }
}
