//! A restore in the background: fetched beside the task's directory, put in place by the task's own recovery.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use segflow_snapshot::{Restored, SnapshotError, Within};
use tracing::warn;

use super::{Keeper, KeeperShared};
use crate::directories::{self, remove_directory};
use crate::log::TaskId;
use crate::testing::failpoint::{Point, hit};

/// Restores of a process at once; each fetches a few files at once.
const AT_ONCE: usize = 2;
/// The file with the name of the snapshot, in the directory of a task that was restored. `RocksDB` ignores files that are
/// not its own.
pub const ORIGIN: &str = "SNAPSHOT";

/// One of the places for restores of a process.
struct ArchivePlace(Arc<KeeperShared>);

impl ArchivePlace {
    fn take(shared: &Arc<KeeperShared>) -> Option<Self> {
        let mut table = shared.lock();
        if table.restores == AT_ONCE {
            return None;
        }
        table.restores += 1;
        Some(Self(Arc::clone(shared)))
    }
}

impl Drop for ArchivePlace {
    fn drop(&mut self) {
        self.0.lock().restores -= 1;
        self.0.idle.notify_all();
    }
}

/// A restore under way. Dropping it gives it up.
pub(crate) struct Restoring {
    directory: PathBuf,
    cancelled: Arc<AtomicBool>,
    outcome: Receiver<Result<Option<Restored>, SnapshotError>>,
}

impl Keeper {
    /// Begins to fetch the newest sound snapshot of a task; none while too many are under way.
    pub(crate) fn restore(&self, state_dir: &Path, task: TaskId, within: Within) -> Option<std::io::Result<Restoring>> {
        static ATTEMPTS: AtomicU64 = AtomicU64::new(0);
        let place = ArchivePlace::take(&self.shared)?;
        let attempt = ATTEMPTS.fetch_add(1, Ordering::Relaxed);
        let directory = directories::restoring(state_dir, task, attempt);
        let (sender, outcome) = channel();
        let cancelled = Arc::new(AtomicBool::new(false));
        let (shared, given_up, into) = (Arc::clone(&self.shared), Arc::clone(&cancelled), directory.clone());
        let fetch = move || {
            let _place = place;
            let outcome = fetch(&shared, task, &within, &into, &given_up);
            if sender.send(outcome).is_err() {
                clear(&into);
            }
        };
        let started = std::thread::Builder::new().name(format!("restore-{}", task.0)).spawn(fetch);
        Some(started.map(|_| Restoring { directory, cancelled, outcome }))
    }
}

fn fetch(
    shared: &KeeperShared,
    task: TaskId,
    within: &Within,
    into: &Path,
    cancelled: &AtomicBool,
) -> Result<Option<Restored>, SnapshotError> {
    remove_directory(into).map_err(|error| SnapshotError::Disk(format!("{}: {error}", into.display())))?;
    let restored = shared.snapshots.restore(task.0, within, into, cancelled)?;
    if let Some(restored) = &restored {
        let origin = into.join(ORIGIN);
        std::fs::write(&origin, &restored.name)
            .map_err(|error| SnapshotError::Disk(format!("{}: {error}", origin.display())))?;
    }
    Ok(restored)
}

impl Restoring {
    /// What came of it; none while it is under way.
    pub(crate) fn outcome(&self) -> Option<Result<Option<Restored>, SnapshotError>> {
        match self.outcome.try_recv() {
            Ok(outcome) => Some(outcome),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(SnapshotError::Disk("the restore panicked".to_owned()))),
        }
    }

    /// Puts what was fetched in the place of the task's directory, or deletes it if that fails: it will be fetched again.
    ///
    /// # Errors
    /// If the disk fails.
    pub(crate) fn put_in_place(&self, directory: &Path) -> std::io::Result<()> {
        let placed = self.place(directory);
        if placed.is_err() {
            clear(&self.directory);
        }
        placed
    }

    fn place(&self, directory: &Path) -> std::io::Result<()> {
        let passed = |point| hit(point).map_err(std::io::Error::other);
        passed(Point::Fetched)?;
        remove_directory(directory)?;
        passed(Point::PlaceCleared)?;
        std::fs::rename(&self.directory, directory)?;
        directory.parent().map_or(Ok(()), |parent| std::fs::File::open(parent)?.sync_all())?;
        passed(Point::PutInPlace)
    }
}

impl Drop for Restoring {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
        // It ended, and nobody took it.
        if self.outcome.try_recv().is_ok() {
            clear(&self.directory);
        }
    }
}

fn clear(directory: &Path) {
    if let Err(error) = remove_directory(directory) {
        warn!("what was fetched to {} stays: {error}", directory.display());
    }
}

/// The snapshot from which a task's directory was restored, if it was. If the directory is damaged, the snapshot may be as
/// well.
pub(crate) fn last_resort(directory: &Path) -> Option<String> {
    std::fs::read_to_string(directory.join(ORIGIN)).ok()
}
