//! The workers of a run, and the hand that moves them one cycle at a time.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use object_store::memory::InMemory;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use segflow_core::clock::Idle;
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Timestamp;
use segflow_runtime::config::Config;
use segflow_runtime::log::local::LocalBroker;
use segflow_runtime::log::{LogError, TaskId, Transaction};
use segflow_runtime::offer::Candidate;
use segflow_runtime::rulebook::Rulebook;
use segflow_runtime::status::Phase;
use segflow_runtime::time::{Monotonic, Steered};
use segflow_runtime::worker::commit::send;
use segflow_runtime::{Cycle, RecoveryStep, Status, Worker, WorkerError};
use segflow_store::{Store, StoreMemory};
use tempfile::TempDir;

use super::check::{self, Shadowed};
use super::fault::{Fault, Sabotage};
use super::history::{self, Draft};
use super::member::SimLog;
use super::mishap::{self, Mishap, Mishaps};
use super::process::{self, Equipment, Process};
use super::world::World;

/// Cycles after which a run must have come to rest.
const CYCLES_MAX: usize = 20_000;
/// How many cycles in a row must have nothing to say before a run is at rest.
const CYCLES_AT_REST: usize = 40;
/// How far the clock of rests, back-offs and ages moves in a turn.
const TURN: Duration = Duration::from_millis(50);
/// How long time goes on after the last record, under the wall clock.
const AFTERWARDS_MS: i64 = 40 * 86_400_000;

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

/// The workers of a run, with all that they share.
pub struct Fleet {
    /// The cluster.
    pub world: RefCell<World>,
    slots: RefCell<Vec<Slot>>,
    processes: RefCell<Vec<Option<Process>>>,
    configs: Vec<Arc<Config>>,
    statuses: Vec<Arc<Status>>,
    drafts: RefCell<Vec<Draft>>,
    violations: RefCell<Vec<String>>,
    mishaps: RefCell<Mishaps>,
    may: May,
}

/// What may happen in a run, beside what may in every one.
#[derive(Clone)]
struct May {
    /// A wall clock runs ahead.
    run_ahead: bool,
    /// Other versions of the segmentation are activated.
    activate: bool,
    /// What the processes have.
    equipment: Equipment,
}

enum Slot {
    /// It starts at its next turn, with its process if that has died.
    Down,
    /// Its process is down for as many more turns.
    Away(u32),
    /// Its cycle is under way.
    Busy,
    Up(Box<Worker<SimLog>>),
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
    let equipment = equipment(&mut rng);
    let may = May { run_ahead: may_run_ahead, activate: may_activate, equipment };
    let configs = configs(&config, rng.random_range(2..=4), directory.path());
    let world = World::new(rng, LocalBroker::new(partitions), fault, sabotage);
    let fleet = Fleet::new(world, configs, drafts.clone(), may);
    fleet.run_to_rest();
    fleet.slots.borrow_mut().clear();
    fleet.processes.borrow_mut().clear();
    let mut violations = fleet.violations.take();
    let world = fleet.world.borrow();
    let mut shadowed = Shadowed::default();
    if violations.is_empty() {
        let until = (config.clock.idle == Idle::WallTime).then(|| end(&drafts));
        let activated = fleet.mishaps.borrow().contains_key(&Mishap::NewVersion);
        violations = check::all(&world, &config, &fleet.configs, &drafts, late || activated, until);
        let (begun, late) = (fleet.shadows_begun(), late || activated);
        shadowed = check::shadows(&world, &begun, &config, &drafts, late, until, &mut violations);
        if fleet.may.equipment.standbys {
            check::kept_up(&world, &fleet.configs, &mut violations);
        }
    }
    let changes = check::changes(&world, partitions).len();
    let restored = fleet.configs.iter().map(|config| restored(config)).sum();
    let (fired, mishaps, trimmed) = (world.fired, fleet.mishaps.take(), world.trimmed());
    let standbys = fleet.may.equipment.standbys;
    Report { seed, fault, fired, mishaps, restored, trimmed, standbys, changes, shadowed, violations }
}

impl Fleet {
    /// The name of a worker. The first is the fault's victim.
    #[must_use]
    pub fn name(index: usize) -> String {
        format!("w{index}")
    }

    fn new(world: World, configs: Vec<Arc<Config>>, mut drafts: Vec<Draft>, may: May) -> Rc<Self> {
        let workers = configs.len();
        drafts.reverse();
        Rc::new(Self {
            processes: RefCell::new((0..workers).map(|_| None).collect()),
            world: RefCell::new(world),
            slots: RefCell::new(
                (0..workers).map(|index| if index < 2 { Slot::Down } else { Slot::Away(60) }).collect(),
            ),
            configs,
            statuses: (0..workers).map(|_| Arc::default()).collect(),
            drafts: RefCell::new(drafts),
            violations: RefCell::default(),
            mishaps: RefCell::default(),
            may,
        })
    }

    fn run_to_rest(self: &Rc<Self>) {
        let mut rest = 0;
        for turn in 0..CYCLES_MAX {
            let index = turn % self.configs.len();
            self.pass_time(3);
            let fed = self.drafts.borrow().is_empty();
            if !fed && self.world.borrow_mut().chance(1) {
                let name = Self::name(self.world.borrow_mut().rng.random_range(0..self.configs.len()));
                self.world.borrow_mut().evict(&name);
            }
            let quiet = self.cycle(index);
            rest = if quiet && fed && self.world.borrow().is_settled() { rest + 1 } else { 0 };
            if rest >= CYCLES_AT_REST || !self.violations.borrow().is_empty() {
                return;
            }
        }
        self.violations.borrow_mut().push("it did not come to rest".to_owned());
    }

    /// A worker falls asleep in the middle of a call; the group goes on without it.
    pub fn sleep(self: &Rc<Self>, sleeper: usize) {
        let cycles = {
            let mut world = self.world.borrow_mut();
            world.evict(&Self::name(sleeper));
            if world.chance(50) {
                world.abandon(&Self::name(sleeper));
            }
            world.rng.random_range(10..80)
        };
        for turn in 0..cycles {
            self.pass_time(2);
            let index = turn % self.configs.len();
            if index == sleeper {
                self.follow(index);
            } else {
                self.cycle(index);
            }
        }
    }

    /// Markers are written; some records arrive, and the wall clock follows them.
    fn pass_time(&self, one_in: u32) {
        self.configs[0].time.sleep(TURN);
        let mut world = self.world.borrow_mut();
        world.tick();
        if world.rng.random_range(0..one_in) > 0 {
            return;
        }
        let mut drafts = self.drafts.borrow_mut();
        let last = drafts.first().map(|last| last.timestamp);
        for _ in 0..world.rng.random_range(1..4) {
            let Some(draft) = drafts.pop() else { break };
            let (key, value) = (Some(draft.key), draft.value);
            world.inputs.append(TaskId(draft.partition), draft.family, draft.timestamp, key, value, Vec::new());
            world.inputs.set_time(draft.timestamp);
            if let Some((mishap, ms)) = mishap::jump_ms(&mut world.rng, self.may.run_ahead) {
                world.inputs.set_time(draft.timestamp.plus_ms(ms));
                self.happened(mishap);
            }
        }
        if let (Some(last), true) = (last, drafts.is_empty()) {
            let grace_ms = self.configs[0].clock.grace_ms;
            world.inputs.set_time(last.plus_ms(AFTERWARDS_MS + grace_ms));
        }
    }

    /// One cycle of a worker, which is started if it is down. Returns whether it had nothing to say.
    fn cycle(self: &Rc<Self>, index: usize) -> bool {
        let slot = std::mem::replace(&mut self.slots.borrow_mut()[index], Slot::Busy);
        let mut worker = match slot {
            Slot::Busy => return false,
            Slot::Away(turns) => {
                let slot = turns.checked_sub(1).map_or(Slot::Down, Slot::Away);
                self.slots.borrow_mut()[index] = slot;
                return false;
            }
            Slot::Up(worker) if self.leaves(index) => {
                drop(worker);
                self.processes.borrow_mut()[index] = None;
                return false;
            }
            Slot::Up(worker) => {
                self.offer(index);
                worker
            }
            Slot::Down => self.start(index),
        };
        let sabotage = self.world.borrow().sabotage;
        let cycle = match sabotage {
            Sabotage::WriteBeforeCommit => write_before_commit(&mut worker),
            _ => worker.cycle(),
        };
        self.check_stopped(index);
        let (slot, quiet) = match cycle {
            Ok(cycle) => (Slot::Up(worker), self.follow(index) && !cycle.busy),
            Err(WorkerError::Fenced(_)) => {
                let dies = worker.log().is_dead() || !self.may.equipment.store_pool;
                drop(worker);
                if dies {
                    self.processes.borrow_mut()[index] = None;
                    self.check_stores(index);
                }
                (Slot::Down, false)
            }
            Err(error) => {
                self.violations.borrow_mut().push(format!("worker {index} stopped: {error}"));
                (Slot::Down, false)
            }
        };
        self.slots.borrow_mut()[index] = slot;
        quiet
    }

    /// A worker starts: in its process, which was fenced, or in a new one.
    fn start(self: &Rc<Self>, index: usize) -> Box<Worker<SimLog>> {
        let mut processes = self.processes.borrow_mut();
        let process = processes[index].get_or_insert_with(|| {
            let found = mishap::disk(&mut self.world.borrow_mut().rng, &self.configs[index].state_dir);
            found.into_iter().for_each(|mishap| self.happened(mishap));
            Process::start(self, &self.configs[index], &self.may.equipment, &self.statuses[index])
        });
        let log = SimLog::attach(self, index);
        Box::new(Worker::new(Self::name(index), process.config(), log, self.statuses[index].clone()))
    }

    /// The standbys of a process come further, beside its worker. Returns whether they had nothing to do.
    fn follow(&self, index: usize) -> bool {
        self.processes.borrow_mut()[index].as_mut().is_none_or(Process::follow)
    }

    /// Whether a worker leaves the group now: rarely, and not once everything is at its end.
    fn leaves(&self, index: usize) -> bool {
        let mut world = self.world.borrow_mut();
        if self.drafts.borrow().is_empty() || !world.chance(1) {
            return false;
        }
        world.evict(&Self::name(index));
        self.slots.borrow_mut()[index] = Slot::Away(world.rng.random_range(5..60));
        self.happened(Mishap::Away);
        true
    }

    /// A worker's file may change.
    fn offer(&self, index: usize) {
        let happens = self.may.activate && !self.drafts.borrow().is_empty() && self.world.borrow_mut().chance(2);
        let rulebook = &self.configs[index].segmentation;
        if let Some(next) = happens.then(|| history::next_version(&rulebook.offered())).flatten() {
            rulebook.offer(next);
            self.happened(Mishap::NewVersion);
        }
    }

    /// Whether its processes take snapshots.
    pub fn takes_snapshots(&self) -> bool {
        self.may.equipment.snapshots.is_some()
    }

    /// How many runs of a shadow were begun anywhere, by task.
    fn shadows_begun(&self) -> BTreeMap<u32, u64> {
        let mut begun = BTreeMap::new();
        for (task, shadow) in self.statuses.iter().flat_map(|status| status.snapshot().shadows) {
            *begun.entry(task).or_default() += shadow.runs;
        }
        begun
    }

    fn happened(&self, mishap: Mishap) {
        *self.mishaps.borrow_mut().entry(mishap).or_default() += 1;
    }

    /// I3, while it runs: no task is stopped, and none is ahead of what is committed.
    fn check_stopped(&self, index: usize) {
        for (task, status) in self.statuses[index].snapshot().tasks {
            if let Phase::Stopped { reason } | Phase::Standby { stopped: Some(reason), .. } = status.phase {
                self.violations.borrow_mut().push(format!("I3: worker {index} stopped task {task}: {reason}"));
            }
            self.check_epoch(index, TaskId(task), status.epoch);
        }
    }

    /// I3, after a death: what is on disk is not ahead of what is committed.
    fn check_stores(&self, index: usize) {
        let config = &self.configs[index];
        for task in (0..config.intake.partitions).map(TaskId) {
            let path = config.task_dir(task);
            if path.exists() {
                let store = Store::open(&path, &config.store).expect("nobody has it open");
                self.check_epoch(index, task, check::epoch_of(&store));
            }
        }
    }

    fn check_epoch(&self, index: usize, task: TaskId, epoch: u64) {
        let committed = self.world.borrow().decided_epochs(task) as u64;
        if epoch > committed {
            let violation =
                format!("I3: worker {index} has epoch {epoch} of task {}, committed is {committed}", task.0);
            self.violations.borrow_mut().push(violation);
        }
    }
}

/// The steps of the worker in a wrong order: S5 before S4.
fn write_before_commit(worker: &mut Worker<SimLog>) -> Result<Cycle, WorkerError> {
    let fenced = |error: LogError| WorkerError::Fenced(error.to_string());
    let recovery = worker.attend().map_err(fenced)?;
    let commits = worker.prepare(recovery)?.map_err(fenced)?;
    if commits.is_empty() {
        return Ok(Cycle { busy: recovery == RecoveryStep::Progress, ..Cycle::default() });
    }
    send(worker.log(), &commits, &[]).map_err(fenced)?;
    let cycle = worker.write(commits);
    worker.log().commit().map_err(fenced)?;
    Ok(cycle)
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
