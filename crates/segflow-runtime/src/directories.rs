//! The directories below a state directory: a task's store is in `task-N`, and what is on its way there beside it.

use std::io;
use std::path::{Path, PathBuf};

pub use segflow_snapshot::remove_directory;

use crate::log::TaskId;

/// How the directory of a task's store begins; the task's number follows.
const TASK: &str = "task-";
/// How the directory of the store of a task's shadow begins; the task's number follows.
const SHADOW: &str = "shadow-";
/// The last part of a checkpoint's directory.
const CHECKPOINT: &str = "checkpoint";
/// The last part of the directory of an unfinished restore begins so; the number of the attempt follows.
const RESTORING: &str = "restoring-";

/// The directory of a task's store.
#[must_use]
pub fn task(state_dir: &Path, task: TaskId) -> PathBuf {
    state_dir.join(format!("{TASK}{}", task.0))
}

/// The tasks of which a state directory has a store's directory, in the order of their numbers.
///
/// # Errors
/// If it cannot be read.
pub fn tasks(state_dir: &Path) -> io::Result<Vec<TaskId>> {
    let mut tasks = Vec::new();
    for entry in std::fs::read_dir(state_dir)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(TASK)?.parse().ok()).map(TaskId);
        // A number may be written in more than one way: `task-01` is none of ours.
        tasks.extend(number.filter(|number| *name == *format!("{TASK}{}", number.0)));
    }
    tasks.sort_unstable();
    Ok(tasks)
}

/// The directory of the store of a task's shadow.
pub(crate) fn shadow(state_dir: &Path, task: TaskId) -> PathBuf {
    state_dir.join(format!("{SHADOW}{}", task.0))
}

/// The directory of a checkpoint of a task's store.
pub(crate) fn checkpoint(state_dir: &Path, task: TaskId) -> PathBuf {
    state_dir.join(format!("{TASK}{}.{CHECKPOINT}", task.0))
}

/// The directory of an attempt to restore a task's store.
pub(crate) fn restoring(state_dir: &Path, task: TaskId, attempt: u64) -> PathBuf {
    state_dir.join(format!("{TASK}{}.{RESTORING}{attempt}", task.0))
}

/// Removes what shadows have left in a state directory: to be called where there is to be none, before any worker.
///
/// # Errors
/// If the disk refuses.
pub fn clear_shadows(state_dir: &Path) -> io::Result<()> {
    clear(state_dir, |path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(SHADOW)))
}

/// Removes what a process that died left in a state directory: checkpoints and unfinished restores.
///
/// # Errors
/// If the disk refuses.
pub(crate) fn clear_unfinished(state_dir: &Path) -> io::Result<()> {
    clear(state_dir, |path| {
        let kind = path.extension().and_then(|kind| kind.to_str());
        kind.is_some_and(|kind| kind == CHECKPOINT || kind.starts_with(RESTORING))
    })
}

fn clear(state_dir: &Path, is_over: impl Fn(&Path) -> bool) -> io::Result<()> {
    for entry in std::fs::read_dir(state_dir)? {
        let path = entry?.path();
        if is_over(&path) {
            std::fs::remove_dir_all(&path)?;
        }
    }
    Ok(())
}
