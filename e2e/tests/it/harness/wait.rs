//! Waiting for something to be so.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long anything may take that a person waits for; generous, since the machine may have much else to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// How often it is looked.
const PERIOD: Duration = Duration::from_millis(15);

/// Looks until there is something, and gives it with how long it took.
///
/// What goes wrong while looking counts as not yet there: an element may be replaced between finding and asking it. The
/// last such error is told when the time is up.
pub(crate) async fn until<T>(
    what: &str,
    limit: Duration,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<(T, Duration)> {
    let start = Instant::now();
    loop {
        let seen = look().await;
        if let Ok(Some(found)) = seen {
            return Ok((found, start.elapsed()));
        }
        if start.elapsed() > limit {
            let message = format!("waited {} s for {what}", limit.as_secs());
            return match seen {
                Err(error) => Err(error).context(message),
                Ok(_) => bail!(message),
            };
        }
        tokio::time::sleep(PERIOD).await;
    }
}
