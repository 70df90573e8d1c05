//! One run: what a seed makes of a fleet, moved until it is at rest, and judged.

use std::path::Path;
use std::sync::Arc;

use object_store::memory::InMemory;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use segflow_core::clock::Idle;
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Timestamp;
use segflow_runtime::config::Config;
use segflow_runtime::log::TaskId;
use segflow_runtime::log::local::LocalBroker;
use segflow_runtime::offer::Candidate;
use segflow_runtime::rulebook::Rulebook;
use segflow_runtime::time::{Monotonic, Steered};
use segflow_store::StoreMemory;
use tempfile::TempDir;

use super::check::{self, Ended, Shadowed};
use super::fault::{Fault, Sabotage};
use super::fleet::{AFTERWARDS_MS, Fleet, May};
use super::history::{self, Draft};
use super::mishap::{Mishap, Mishaps};
use super::process::{self, Equipment};
use super::world::World;

/// How far the clock of a host may be off, where that is looked at.
const MAX_HOST_SKEW_MS: i64 = 60_000;

/// What came of a run.
#[derive(Debug)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// The fault that was planned.
    pub fault: Fault,
    /// Whether it happened.
    pub fired: bool,
    /// What else happened.
    pub mishaps: Mishaps,
    /// Stores that were begun by a snapshot, of those at the end.
    pub restored: usize,
    /// Journals that were trimmed.
    pub trimmed: usize,
    /// Whether every process kept copies of all tasks.
    pub standbys: bool,
    /// Changes published.
    pub changes: usize,
    /// What a candidate told beside.
    pub shadowed: Shadowed,
    /// Every promise that was seen broken.
    pub violations: Vec<String>,
}

/// Runs one seed to its end and checks every invariant.
#[must_use]
pub fn run(seed: u64, fault: Fault, sabotage: Sabotage, rules: &Arc<Segmentation>, store: &StoreMemory) -> Report {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let late = rng.random_range(0..4) == 0;
    let partitions = rng.random_range(2..=3);
    let config = history::config(&mut rng, rules, store, late, partitions);
    let shadow = seed.is_multiple_of(3).then(|| Candidate::new(Some(history::candidate())));
    let config = Config { shadow, time: Monotonic::Steered(Steered::new()), ..config };
    let drafts = history::drafts(&mut rng, &config, late);
    let directory = directory();
    let may_run_ahead = config.clock.idle == Idle::WallTime && rng.random_range(0..5) == 0;
    let may_activate = rng.random_range(0..4) == 0;
    let late = late || may_run_ahead;
    let host_errors = config.clock.idle == Idle::WallTime && rng.random_range(0..3) == 0;
    let checked = host_errors && sabotage != Sabotage::HostClockUnchecked;
    let config = Config { max_host_skew_ms: checked.then_some(MAX_HOST_SKEW_MS), ..config };
    let equipment = equipment(&mut rng);
    let standbys = equipment.standbys;
    let may = May { run_ahead: may_run_ahead, host_errors, activate: may_activate, equipment };
    let configs = configs(&config, rng.random_range(2..=4), directory.path());
    let world = World::new(rng, LocalBroker::new(partitions), fault, sabotage);
    let fleet = Fleet::new(world, configs, drafts.clone(), may);
    fleet.run_to_rest();
    fleet.switch_off();
    let mut violations = fleet.violations.take();
    let world = fleet.world.borrow();
    let mut shadowed = Shadowed::default();
    if violations.is_empty() {
        let until = (config.clock.idle == Idle::WallTime).then(|| end(&drafts));
        let activated = fleet.mishaps.borrow().contains_key(&Mishap::NewVersion);
        let (world, config) = (&*world, &config);
        let ended = Ended { world, config, drafts: &drafts, late: late || activated, until };
        violations = check::all(&ended, &fleet.configs);
        shadowed = check::shadows(&ended, &fleet.shadows_begun(), &mut violations);
        if standbys {
            check::kept_up(world, &fleet.configs, &mut violations);
        }
    }
    let changes = check::changes(&world, partitions).len();
    let restored = fleet.configs.iter().map(|config| restored(config)).sum();
    let (fired, mishaps, trimmed) = (world.fired, fleet.mishaps.take(), world.trimmed());
    Report { seed, fault, fired, mishaps, restored, trimmed, standbys, changes, shadowed, violations }
}

/// What the processes of a run have: most have nothing, as a snapshot or a copy takes more time than a whole run.
fn equipment(rng: &mut ChaCha8Rng) -> Equipment {
    let store_pool = rng.random_range(0..3) == 0;
    let standbys = store_pool && rng.random_range(0..3) == 0;
    let keep = (rng.random_range(0..4) == 0).then(|| rng.random_range(1..=3));
    Equipment { store_pool, standbys, snapshots: keep.map(|keep| (Arc::new(InMemory::new()) as _, keep)) }
}

/// The configuration of each worker: a disk and a file of the segmentation of its own.
fn configs(config: &Config, workers: usize, directory: &Path) -> Vec<Arc<Config>> {
    let of_worker = |index: usize| {
        let (state_dir, rules) = (directory.join(Fleet::name(index)), config.segmentation.offered());
        Arc::new(Config { state_dir, segmentation: Rulebook::new(rules), ..config.clone() })
    };
    (0..workers).map(of_worker).collect()
}

/// How many stores of a worker were begun by a snapshot.
fn restored(config: &Config) -> usize {
    (0..config.intake.partitions).filter(|task| process::is_restored(&config.task_dir(TaskId(*task)))).count()
}

/// When the wall clock ends, without grace.
fn end(drafts: &[Draft]) -> Timestamp {
    drafts.last().expect("some records").timestamp.plus_ms(AFTERWARDS_MS)
}

/// In memory where the machine offers it: what is simulated is the death of processes, not of machines.
fn directory() -> TempDir {
    let memory = std::path::Path::new("/dev/shm");
    let directory = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    directory.expect("a directory for the stores")
}
