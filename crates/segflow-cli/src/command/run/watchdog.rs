//! Ends a process whose worker hangs: in a call of a client that never returns, or on a disk that does not answer. Nobody can end
//! such a thread by itself, and until the process is gone its tasks may wait. What was committed is safe: it is as a crash.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use segflow_ops::health::{CYCLE_MAX, hanging};
use segflow_runtime::status::{Snapshot, Status};

/// The time between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// How much longer than what makes `/livez` fail: a supervisor that looks there comes first.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long a cycle may take once the process is told to stop. It takes some seconds.
const STOPPING_MAX: Duration = Duration::from_secs(60);

/// Starts the thread that looks at the workers for as long as the process lives.
pub fn start(status: Arc<Status>, stop: Arc<AtomicBool>) -> Result<()> {
    let look = move || {
        let mut told = None;
        loop {
            thread::sleep(LOOK);
            if stop.load(Ordering::Relaxed) {
                told.get_or_insert_with(Instant::now);
            }
            if let Some(reason) = hung(&status.snapshot(), told.map(|told| told.elapsed())) {
                tracing::error!("{reason}; the process ends, so that its supervisor starts it again");
                process::abort();
            }
        }
    };
    thread::Builder::new().name("watchdog".to_owned()).spawn(look).map(drop).context("cannot start a thread")
}

/// Why the process is to end now; none if it is not. `stopping` is how long ago it was told to stop.
fn hung(snapshot: &Snapshot, stopping: Option<Duration>) -> Option<String> {
    snapshot.workers.iter().find_map(|(name, worker)| {
        let age = worker.cycle_age?;
        match stopping {
            Some(since) if since >= STOPPING_MAX && age >= STOPPING_MAX => {
                Some(format!("worker {name} hangs: told to stop {} s ago, its cycle does not end", since.as_secs()))
            }
            _ if age >= CYCLE_MAX + PATIENCE => hanging(name, worker),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use segflow_runtime::status::WorkerStatus;

    use super::*;

    fn hangs(age: Duration, stopping: Option<Duration>) -> bool {
        let worker = WorkerStatus { cycle_age: Some(age), ..WorkerStatus::default() };
        let snapshot = Snapshot { workers: [("w-0".to_owned(), worker)].into(), ..Snapshot::default() };
        hung(&snapshot, stopping).is_some()
    }

    #[test]
    fn a_process_ends_once_a_worker_has_hung_for_long_or_for_a_minute_when_it_is_to_stop() {
        let second = Duration::from_secs(1);
        assert!(!hangs(CYCLE_MAX + PATIENCE - second, None));
        assert!(hangs(CYCLE_MAX + PATIENCE, None));
        assert!(!hangs(STOPPING_MAX * 2, Some(STOPPING_MAX - second)), "it was just told");
        assert!(!hangs(STOPPING_MAX - second, Some(STOPPING_MAX * 2)), "it goes on, and ends its cycles");
        assert!(hangs(STOPPING_MAX, Some(STOPPING_MAX)));
    }
}
