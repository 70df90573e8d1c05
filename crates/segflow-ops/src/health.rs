//! The reasons why a process is not live, or not ready: one per line, none if all is well.

use std::time::Duration;

use segflow_runtime::status::{InputStatus, Phase, Snapshot, TaskStatus, WorkerStatus};

/// How long a cycle may take. It takes some seconds at most; a call that never returns, or a disk that hangs, takes for ever.
/// The group gives a worker up after 5 minutes.
pub const CYCLE_MAX: Duration = Duration::from_mins(10);

/// How long leaders may be silent. One question waits for 2 s, and an election takes a moment.
const SILENT_MAX_MS: i64 = 10_000;

/// The reasons to restart the process: the workers that have stopped for good, and those that hang.
#[must_use]
pub fn liveness(snapshot: &Snapshot) -> Vec<String> {
    snapshot.workers.iter().filter_map(|(name, worker)| ended(name, worker).or_else(|| hanging(name, worker))).collect()
}

fn ended(name: &str, worker: &WorkerStatus) -> Option<String> {
    worker.ended.as_ref().map(|reason| line(format!("worker {name} has stopped: {reason}")))
}

/// Why a worker hangs; none if it does not.
#[must_use]
pub fn hanging(name: &str, worker: &WorkerStatus) -> Option<String> {
    let age = worker.cycle_age.filter(|age| *age >= CYCLE_MAX)?;
    Some(format!("worker {name} hangs: its cycle has been under way for {} s", age.as_secs()))
}

/// The reasons why the process does not do all its work: those of its workers, then those of their tasks.
#[must_use]
pub fn readiness(snapshot: &Snapshot) -> Vec<String> {
    if snapshot.workers.is_empty() {
        return vec!["no worker has joined".to_owned()];
    }
    let mut reasons = liveness(snapshot);
    reasons.extend(snapshot.workers.iter().filter_map(|(name, worker)| trouble(name, worker)));
    for (name, worker) in &snapshot.workers {
        let unseen = worker.tasks.iter().filter(|task| !snapshot.tasks.contains_key(task));
        reasons.extend(unseen.map(|task| format!("task {task} is assigned to worker {name} and has not begun")));
    }
    for (task, status) in &snapshot.tasks {
        reasons.extend(unfinished(*task, status));
        reasons.extend(unanswered(*task, status));
    }
    if reasons.is_empty() && snapshot.workers.values().all(|worker| worker.tasks.is_empty()) {
        reasons.push("no worker owns a task: the group is being joined, or has fewer tasks than workers".to_owned());
    }
    reasons
}

fn trouble(name: &str, worker: &WorkerStatus) -> Option<String> {
    match worker {
        WorkerStatus { ended: Some(_), .. } => None,
        WorkerStatus { failing: true, last_error, .. } => {
            let error = last_error.as_deref().unwrap_or("no error was given");
            Some(line(format!("worker {name} is failing and tries again: {error}")))
        }
        WorkerStatus { cycles: 0, .. } => Some(format!("worker {name} has not finished its first cycle")),
        WorkerStatus { .. } => None,
    }
}

fn unfinished(task: u32, status: &TaskStatus) -> Option<String> {
    let epoch = status.epoch;
    match &status.phase {
        Phase::Running | Phase::Standby { .. } => None,
        Phase::Recovering { target: Some(target) } => {
            Some(format!("task {task} is recovering: at epoch {epoch} of {target}"))
        }
        Phase::Recovering { target: None } => {
            Some(format!("task {task} is recovering: at epoch {epoch}, the end of its journal is not settled yet"))
        }
        Phase::Stopped { reason } => Some(line(format!("task {task} is stopped: {reason}"))),
    }
}

/// Why time stands still for a task that runs: leaders of its inputs have not answered for some seconds. None if all have.
fn unanswered(task: u32, status: &TaskStatus) -> Option<String> {
    let w = status.w.filter(|_| status.phase == Phase::Running)?;
    let silent = |input: &InputStatus| input.answered.is_none_or(|at| w.0.saturating_sub(at.0) >= SILENT_MAX_MS);
    let inputs: Vec<_> = status.inputs.iter().filter(|(_, input)| silent(input)).collect();
    let names = inputs.iter().map(|(family, _)| family.name()).collect::<Vec<_>>().join(", ");
    let since = match inputs.iter().filter_map(|(_, input)| input.answered).max() {
        None if inputs.is_empty() => return None,
        None => "yet".to_owned(),
        Some(at) => format!("for {} s", w.0.saturating_sub(at.0) / 1_000),
    };
    Some(format!(
        "task {task}: the brokers have not answered {since} where its inputs end ({names}): they are away, or a right to \
         describe is missing; nothing is lost, and time stands still until they do"
    ))
}

/// A reason is a line: errors of brokers and files may span several.
fn line(reason: String) -> String {
    reason.replace(['\r', '\n'], " ")
}
