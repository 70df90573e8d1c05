//! The workers of a run, and the hand that moves them one cycle at a time.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use segflow_core::time::Timestamp;
use segflow_runtime::config::Config;
use segflow_runtime::log::local::NewRecord;
use segflow_runtime::log::{LogError, TaskId, Transaction};
use segflow_runtime::status::Phase;
use segflow_runtime::worker::commit::send;
use segflow_runtime::{Cycle, RecoveryStep, Status, Worker, WorkerError};
use segflow_store::Store;

use super::check;
use super::fault::Sabotage;
use super::history::{self, Draft};
use super::member::SimLog;
use super::mishap::{self, Mishap, Mishaps};
use super::process::{Equipment, Process};
use super::world::World;

/// Cycles after which a run must have come to rest.
const CYCLES_MAX: usize = 20_000;
/// How many cycles in a row must have nothing to say before a run is at rest.
const CYCLES_AT_REST: usize = 40;
/// How far the clock of rests, back-offs and ages moves in a turn.
const TURN: Duration = Duration::from_millis(50);
/// How long time goes on after the last record, under the wall clock.
pub const AFTERWARDS_MS: i64 = 40 * 86_400_000;

/// The workers of a run, with all that they share.
pub struct Fleet {
    /// The cluster.
    pub world: RefCell<World>,
    slots: RefCell<Vec<Slot>>,
    processes: RefCell<Vec<Option<Process>>>,
    /// The configuration of each worker.
    pub configs: Vec<Arc<Config>>,
    statuses: Vec<Arc<Status>>,
    drafts: RefCell<Vec<Draft>>,
    /// Every promise that was seen broken so far.
    pub violations: RefCell<Vec<String>>,
    /// What has happened so far.
    pub mishaps: RefCell<Mishaps>,
    /// By how much the clock of each worker's host is ahead, in milliseconds.
    host_errors: RefCell<Vec<i64>>,
    may: May,
}

/// What may happen in a run, beside what may in every one.
#[derive(Clone)]
pub struct May {
    /// A wall clock runs ahead.
    pub run_ahead: bool,
    /// The clocks of hosts are wrong.
    pub host_errors: bool,
    /// Other versions of the segmentation are activated.
    pub activate: bool,
    /// What the processes have.
    pub equipment: Equipment,
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

impl Fleet {
    /// The name of a worker. The first is the fault's victim.
    #[must_use]
    pub fn name(index: usize) -> String {
        format!("w{index}")
    }

    /// Workers that are down, on a cluster without records.
    pub fn new(world: World, configs: Vec<Arc<Config>>, mut drafts: Vec<Draft>, may: May) -> Rc<Self> {
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
            host_errors: RefCell::new(vec![0; workers]),
            may,
        })
    }

    /// Moves the workers until all is at rest, or a promise is seen broken.
    pub fn run_to_rest(self: &Rc<Self>) {
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

    /// The wall time, as the clock of a worker's host shows it.
    pub fn host_time(&self, index: usize) -> Timestamp {
        self.world.borrow().inputs.time().plus_ms(self.host_errors.borrow()[index])
    }

    /// The clock of a host may go wrong, or right again.
    fn set_host(&self, index: usize) {
        if !self.may.host_errors {
            return;
        }
        let over = self.drafts.borrow().is_empty();
        let error = if over { Some(0) } else { mishap::host_error_ms(&mut self.world.borrow_mut().rng) };
        let Some(error) = error else { return };
        self.host_errors.borrow_mut()[index] = error;
        if error != 0 {
            self.happened(Mishap::HostClock);
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
            world.inputs.append(
                TaskId(draft.partition),
                draft.family,
                NewRecord { timestamp: draft.timestamp, key, value, headers: Vec::new() },
            );
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
        self.set_host(index);
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

    /// The machines are switched off: workers and processes end.
    pub fn switch_off(&self) {
        self.slots.borrow_mut().clear();
        self.processes.borrow_mut().clear();
    }

    /// How many runs of a shadow were begun anywhere, by task.
    pub fn shadows_begun(&self) -> BTreeMap<u32, u64> {
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
    send(worker.log(), &commits, &[], None).map_err(fenced)?;
    let cycle = worker.write(commits);
    worker.log().commit().map_err(fenced)?;
    Ok(cycle)
}
