//! What a worker writes into [`Status`], and when.

use std::collections::BTreeMap;

use segflow_core::clock::Clock;
use segflow_engine::rules::Refused;
use segflow_engine::unreadable::Unreadable;
use tracing::warn;

use crate::error::WorkerError;
use crate::log::{Ends, LogError, TaskId};
use crate::status::{InputStatus, Phase, Shadowing, Snapshot, Status, TaskStatus, WorkerStatus};
use crate::task::TaskState;
use crate::task::epoch::Prepared;
use crate::time::Monotonic;
use crate::worker::commit::TaskCommit;
use crate::worker::{Cycle, TaskContext, TaskPhase};

pub(crate) fn started(status: &Status, worker: &str) {
    let mut status = status.lock();
    let worker = of_worker(&mut status, worker);
    (worker.ended, worker.failing) = (None, false);
}

pub(crate) fn ended(status: &Status, worker: &str) {
    status.began().remove(worker);
    let mut status = status.lock();
    status.tasks.retain(|_, task| task.worker != worker);
    let worker = of_worker(&mut status, worker);
    worker.tasks.clear();
    // A worker that was fenced is about to be replaced: the process is not to be restarted for it.
    if !worker.failing {
        worker.ended.get_or_insert_with(|| "it ended".to_owned());
    }
}

pub(crate) fn gave_up(status: &Status, worker: &str, error: &LogError) {
    let mut status = status.lock();
    let worker = of_worker(&mut status, worker);
    worker.retries += 1;
    worker.unclear += u64::from(matches!(error, LogError::Unclear(_)));
    worker.last_error = Some(error.to_string());
}

pub(crate) fn aborted(status: &Status, worker: &str) {
    of_worker(&mut status.lock(), worker).aborts += 1;
}

pub(crate) fn rolled_forward(status: &Status, task: TaskId, epochs: u64) {
    if epochs > 0 {
        status.lock().totals.entry(task.0).or_default().rolled_forward += epochs;
    }
}

pub(crate) fn committed(status: &Status, commit: &TaskCommit) {
    count(&mut status.lock(), commit);
    for value in commit.unreadable.iter().filter(|value| status.is_news(value)) {
        let Unreadable { attribute, offset, .. } = value;
        warn!(
            task = commit.task.0,
            offset, "a value of attribute `{attribute}` cannot be read, which is said once for each value: {value}"
        );
    }
}

fn count(status: &mut Snapshot, commit: &TaskCommit) {
    let totals = status.totals.entry(commit.task.0).or_default();
    totals.counts.add(&commit.record.counts);
    totals.resegmented += commit.resegmented;
    for (reason, count) in &commit.dead_letters {
        *totals.dead_letters.entry(reason).or_default() += count;
    }
    for value in &commit.unreadable {
        *totals.unreadable.entry(value.attribute.clone()).or_default() += 1;
    }
}

/// After S0 of a task: how far it could see.
pub(crate) fn settled(context: TaskContext<'_>, state: &TaskState, prepared: &Prepared, ends: &Ends) {
    let TaskContext { config, task, .. } = context;
    let mut status = context.status.lock();
    let status = of_task(&mut status, context.worker, task);
    status.clock = prepared.settled.clone();
    status.refused = prepared.refused.map(Refused::word);
    status.w = Some(ends.w);
    for family in config.inputs.keys() {
        let position = state.position(*family);
        let latest = ends.latest.get(&(task, *family)).copied();
        let before = status.inputs.get(family).and_then(|input| input.answered);
        let answered = latest.map_or(before, |_| Some(ends.w));
        let input = InputStatus { position: position.offset, latest, answered, greatest: position.greatest };
        status.inputs.insert(*family, input);
    }
}

/// Before every cycle: it may never end.
pub(crate) fn began(status: &Status, worker: &str, time: &Monotonic) {
    status.began().insert(worker.to_owned(), (time.clone(), time.now()));
}

/// After every cycle: the tasks of a worker, and how they fare.
pub(crate) fn cycled(
    status: &Status,
    name: &str,
    tasks: &BTreeMap<TaskId, TaskPhase>,
    cycle: Result<&Cycle, &WorkerError>,
    failing: bool,
) {
    status.began().remove(name);
    let mut status = status.lock();
    status.tasks.retain(|task, known| known.worker != name || tasks.contains_key(&TaskId(*task)));
    for (task, phase) in tasks {
        let known = of_task(&mut status, name, *task);
        match phase {
            TaskPhase::Recovering(takeover) => {
                known.phase = match takeover.lacks_room() {
                    Some(reason) => Phase::Stopped { reason },
                    None => Phase::Recovering { target: takeover.target() },
                };
                known.epoch = takeover.epoch();
            }
            TaskPhase::Running(state) => {
                known.phase = Phase::Running;
                known.epoch = state.epoch();
                (known.segmentation_version, known.migrating) = state.rules_in_force();
                for (family, input) in &mut known.inputs {
                    let position = state.position(*family);
                    (input.position, input.greatest) = (position.offset, position.greatest);
                }
            }
            TaskPhase::Stopped(reason) => known.phase = Phase::Stopped { reason: reason.clone() },
        }
    }
    let worker = of_worker(&mut status, name);
    worker.cycles += 1;
    worker.tasks = tasks.keys().map(|task| task.0).collect();
    match cycle {
        Ok(cycle) => {
            worker.commits += u64::from(cycle.committed);
            worker.failing = failing;
        }
        Err(error) => {
            worker.failing = true;
            worker.last_error = Some(error.to_string());
            if matches!(error, WorkerError::Stop(_)) {
                worker.ended = Some(error.to_string());
            }
        }
    }
}

/// The name that stands for a worker where a standby has a task.
const STANDBY: &str = "standby";

/// How far a standby has come, or why it has not, unless a worker of this process has the task by now.
pub(crate) fn standby(status: &Status, task: TaskId, epoch: u64, journal: Option<u64>, stopped: Option<String>) {
    let mut status = status.lock();
    if status.tasks.get(&task.0).is_none_or(|known| known.worker == STANDBY) {
        let known = of_task(&mut status, STANDBY, task);
        (known.phase, known.epoch) = (Phase::Standby { journal, stopped }, epoch);
    }
}

/// A standby has laid a task down.
pub(crate) fn standby_over(status: &Status, task: TaskId) {
    status.lock().tasks.retain(|partition, known| *partition != task.0 || known.worker != STANDBY);
}

/// Where a task's shadow stands that has no run. Returns whether that is new.
pub(crate) fn shadow(status: &Status, task: TaskId, phase: Shadowing) -> bool {
    let mut status = status.lock();
    let shadow = status.shadows.entry(task.0).or_default();
    shadow.differing.clear();
    let phase = Some(phase);
    let new = shadow.phase != phase;
    shadow.phase = phase;
    new
}

/// How far the run of a task's shadow has come.
pub(crate) fn shadow_goes(status: &Status, task: TaskId, migrating: bool, differing: &BTreeMap<String, u64>) {
    let mut status = status.lock();
    let shadow = status.shadows.entry(task.0).or_default();
    shadow.phase = Some(if migrating { Shadowing::Migrating } else { Shadowing::Running });
    shadow.differing.clone_from(differing);
}

/// A run begins.
pub(crate) fn shadow_begun(status: &Status, task: TaskId) {
    status.lock().shadows.entry(task.0).or_default().runs += 1;
}

/// Changes of a shadow are committed.
pub(crate) fn shadow_told(status: &Status, task: TaskId, changes: u64) {
    status.lock().shadows.entry(task.0).or_default().changes += changes;
}

/// A task is no longer here.
pub(crate) fn shadow_over(status: &Status, task: TaskId) {
    if let Some(shadow) = status.lock().shadows.get_mut(&task.0) {
        shadow.phase = None;
        shadow.differing.clear();
    }
}

fn of_worker<'a>(status: &'a mut Snapshot, worker: &str) -> &'a mut WorkerStatus {
    status.workers.entry(worker.to_owned()).or_default()
}

/// The status of a task. It begins anew if another worker of this process had the task.
fn of_task<'a>(status: &'a mut Snapshot, worker: &str, task: TaskId) -> &'a mut TaskStatus {
    let new = || TaskStatus {
        worker: worker.to_owned(),
        phase: Phase::Recovering { target: None },
        epoch: 0,
        clock: Clock::default(),
        w: None,
        inputs: BTreeMap::new(),
        segmentation_version: None,
        migrating: false,
        refused: None,
    };
    let known = status.tasks.entry(task.0).or_insert_with(new);
    if known.worker != worker {
        *known = new();
    }
    known
}
