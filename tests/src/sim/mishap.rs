//! What happens to machines while a run goes on, beside its one fault: disks are lost, logs lose their tail with the
//! power, clocks jump, workers leave and join.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// A kind of mishap.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Mishap {
    /// A worker starts with an empty disk.
    DiskLost,
    /// A worker starts with one task's store gone.
    StoreLost,
    /// The power failed: the end of the stores' logs was never written.
    LogTorn,
    /// The wall clock is set back; nothing is judged earlier for it.
    ClockBack,
    /// The wall clock runs ahead for a while: what is recorded meanwhile is late.
    ClockAhead,
    /// The clock of one host is wrong for a while, and the cluster's is not.
    HostClock,
    /// A worker leaves between two cycles, and comes back later.
    Away,
    /// One worker's file of the segmentation has a higher version; the others never see it.
    NewVersion,
}

/// Every kind.
pub const MISHAPS: [Mishap; 8] = [
    Mishap::DiskLost,
    Mishap::StoreLost,
    Mishap::LogTorn,
    Mishap::ClockBack,
    Mishap::ClockAhead,
    Mishap::HostClock,
    Mishap::Away,
    Mishap::NewVersion,
];

/// How often each kind happened.
pub type Mishaps = BTreeMap<Mishap, u64>;

/// How far a clock that jumps is off, in milliseconds.
#[must_use]
pub fn jump_ms(rng: &mut ChaCha8Rng, may_run_ahead: bool) -> Option<(Mishap, i64)> {
    match rng.random_range(0..20) {
        0 => Some((Mishap::ClockBack, -rng.random_range(1..12 * HOUR_MS))),
        1 if may_run_ahead => Some((Mishap::ClockAhead, rng.random_range(1..72 * HOUR_MS))),
        _ => None,
    }
}

/// By how much the clock of a host is wrong from now on, in milliseconds; none if it stays as it is.
#[must_use]
pub fn host_error_ms(rng: &mut ChaCha8Rng) -> Option<i64> {
    match rng.random_range(0..60) {
        0 => Some(-rng.random_range(2 * MINUTE_MS..12 * HOUR_MS)),
        1 => Some(rng.random_range(2 * MINUTE_MS..72 * HOUR_MS)),
        2..22 => Some(0),
        _ => None,
    }
}

/// What a worker that was down finds on its disk.
pub fn disk(rng: &mut ChaCha8Rng, state_dir: &Path) -> Option<Mishap> {
    let stores = stores(state_dir);
    if stores.is_empty() {
        return None;
    }
    match rng.random_range(0..10) {
        0 => {
            std::fs::remove_dir_all(state_dir).expect("nobody has it open");
            Some(Mishap::DiskLost)
        }
        1 => {
            let lost = rng.random_range(0..stores.len());
            std::fs::remove_dir_all(&stores[lost]).expect("nobody has it open");
            Some(Mishap::StoreLost)
        }
        2..5 => {
            let torn: Vec<bool> = stores.iter().map(|store| tear(rng, store)).collect();
            torn.contains(&true).then_some(Mishap::LogTorn)
        }
        _ => None,
    }
}

fn stores(state_dir: &Path) -> Vec<PathBuf> {
    listed(state_dir).into_iter().filter(|path| path.is_dir()).collect()
}

/// In the order of names, so that a seed means the same on every file system.
fn listed(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a directory that can be read").path()).collect();
    paths.sort();
    paths
}

/// Cuts the live write-ahead log somewhere.
fn tear(rng: &mut ChaCha8Rng, store: &Path) -> bool {
    let mut logs =
        listed(store).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "log"));
    let Some(log) = logs.next_back() else { return false };
    let bytes = File::open(&log).and_then(|file| file.metadata()).expect("a log").len();
    if bytes == 0 {
        return false;
    }
    let file = OpenOptions::new().write(true).open(&log).expect("a log");
    file.set_len(rng.random_range(0..bytes)).expect("a log that can be cut");
    true
}
