//! Snapshots of a process's tasks: taken between cycles, uploaded and restored in the background.
//!
//! A worker takes a checkpoint, which is cheap, and goes on; one thread uploads, one snapshot at a time, and trims the
//! journal to what the snapshots kept need. A failure is a warning and a metric: it never stops a task.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use segflow_core::ENGINE_VERSION;
use segflow_core::journal::JournalRecord;
use segflow_core::time::Timestamp;
use segflow_snapshot::{KnownFiles, Manifest, Policy, SnapshotError, SnapshotStep, Snapshots, Subject};
use segflow_store::Meta;
use tracing::{debug, info, warn};

use crate::config::Config;
use crate::directories::{self, remove_directory};
use crate::error::TaskError;
use crate::log::{TaskId, Transaction, Trimmer};
use crate::status::{LastSnapshot, Status};
use crate::task::TaskState;
use crate::task::state_format;
use crate::testing::failpoint::{Point, hit};

mod restoring;

pub use restoring::ORIGIN;
pub(crate) use restoring::{Restoring, last_resort};

/// A task that runs takes its first snapshot after this time at the latest.
const FIRST: Duration = Duration::from_secs(60);
/// A task that has not asked for its turn for this long is no longer waited for.
const ASKS: Duration = Duration::from_secs(10);

/// How often, and how many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SnapshotSettings {
    /// Between two snapshots of a task.
    pub interval: Duration,
    /// How many snapshots of each task are kept, 1 or more.
    pub keep: usize,
}

/// The snapshots of the tasks of one process.
pub struct Keeper {
    shared: Arc<KeeperShared>,
    /// Room for one: the uploader is idle when it is asked.
    jobs: SyncSender<Job>,
}

struct KeeperShared {
    snapshots: Snapshots,
    settings: SnapshotSettings,
    status: Arc<Status>,
    table: Mutex<Table>,
    idle: Condvar,
}

#[derive(Default)]
struct Table {
    /// Something is being uploaded.
    busy: bool,
    /// How many restores are under way.
    restores: usize,
    tasks: BTreeMap<u32, Turn>,
}

impl Table {
    fn is_idle(&self) -> bool {
        !self.busy && self.restores == 0
    }
}

/// The turn of a task to take a snapshot.
struct Turn {
    due: Instant,
    asked: Instant,
    epoch: u64,
}

/// A checkpoint to be uploaded.
struct Job {
    subject: Subject,
    directory: PathBuf,
    trimmer: Trimmer,
}

impl Keeper {
    /// Starts the thread that uploads. Once the last reference is dropped, the thread ends after its present upload.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn start(snapshots: Snapshots, settings: SnapshotSettings, status: Arc<Status>) -> std::io::Result<Arc<Self>> {
        let (table, idle) = (Mutex::default(), Condvar::new());
        let snapshots = snapshots.watched(pass_step);
        let shared = Arc::new(KeeperShared { snapshots, settings, status, table, idle });
        let (jobs, received) = sync_channel(1);
        let uploads = Arc::clone(&shared);
        std::thread::Builder::new().name("snapshots".to_owned()).spawn(move || uploads.serve(&received))?;
        Ok(Arc::new(Self { shared, jobs }))
    }

    /// Where the snapshots are.
    #[must_use]
    pub fn url(&self) -> &str {
        self.shared.snapshots.url()
    }

    /// Deletes what a process that died left in the state directory: checkpoints and unfinished restores.
    ///
    /// # Errors
    /// If the directory cannot be read or cleared.
    pub fn tidy(state_dir: &Path) -> std::io::Result<()> {
        directories::clear_unfinished(state_dir)
    }

    /// Between two cycles of a task: takes a snapshot if it is the task's turn.
    pub(crate) fn attend<T: Transaction>(&self, config: &Config, log: &mut T, task: TaskId, state: &TaskState) {
        // What this worker has not committed itself it does not take: somebody may have it already.
        let Some(offset) = log.journaled(task) else { return };
        let Some(last) = state.last().filter(|last| self.take_turn(config.time.now(), task, last.epoch)) else {
            return;
        };
        let taken = self.take(config, task, state, last, offset).and_then(|(subject, directory)| {
            let ended = |_| TaskError::Stop("the thread that uploads has ended; restart the process".to_owned());
            self.jobs.send(Job { subject, directory, trimmer: log.trimmer() }).map_err(ended)
        });
        if let Err(error) = taken {
            self.shared.failed(task, NOT_MADE, &error);
            self.shared.done();
        }
    }

    /// Waits until nothing is being uploaded or restored, at most this long. Returns whether that is so.
    #[must_use]
    pub fn wait_idle(&self, limit: Duration) -> bool {
        let waited = self.shared.idle.wait_timeout_while(self.shared.lock(), limit, |table| !table.is_idle());
        waited.unwrap_or_else(PoisonError::into_inner).0.is_idle()
    }

    /// Whether a task may take a snapshot of an epoch now: it is due, it has something new, and no other task has been due
    /// for longer.
    fn take_turn(&self, now: Instant, task: TaskId, epoch: u64) -> bool {
        let interval = self.shared.settings.interval;
        let mut table = self.shared.lock();
        let first = || Turn { due: now + interval.min(FIRST), asked: now, epoch: 0 };
        let turn = table.tasks.entry(task.0).or_insert_with(first);
        if turn.epoch == epoch || now < turn.due {
            return false;
        }
        let due = turn.due;
        turn.asked = now;
        let later = |(other, turn): (&u32, &Turn)| {
            *other == task.0 || (turn.due, *other) > (due, task.0) || now >= turn.asked + ASKS
        };
        if table.busy || !table.tasks.iter().all(later) {
            return false;
        }
        table.busy = true;
        let turn = table.tasks.get_mut(&task.0).expect("just there");
        (turn.due, turn.epoch) = (now + interval, epoch);
        true
    }

    fn take(
        &self,
        config: &Config,
        task: TaskId,
        state: &TaskState,
        last: &JournalRecord,
        offset: u64,
    ) -> Result<(Subject, PathBuf), TaskError> {
        let directory = directories::checkpoint(&config.state_dir, task);
        remove_directory(&directory).map_err(|error| TaskError::Stop(format!("{}: {error}", directory.display())))?;
        let started = config.time.now();
        state.store().checkpoint(&directory)?;
        hit(Point::CheckpointTaken)?;
        let took = config.time.since(started);
        debug!(task = task.0, epoch = last.epoch, ?took, "checkpoint taken");
        let journal = state.store().meta(Meta::Journal)?.unwrap_or_default();
        Ok((subject(task, last, journal, offset), directory))
    }
}

/// What failed, in the log.
const NOT_MADE: &str = "no snapshot this time";
const NOT_TRIMMED: &str = "the journal is not trimmed this time";

fn subject(task: TaskId, last: &JournalRecord, journal: Vec<u8>, offset: u64) -> Subject {
    let inputs: BTreeMap<&str, u64> = last.inputs.iter().map(|(family, at)| (family.name(), at.offset)).collect();
    let summary = serde_json::json!({
        "offsets": inputs,
        "facts": last.clock.facts.to_string(),
        "silence": last.clock.silence.to_string(),
        "w": last.w.to_string(),
    });
    Subject {
        task: task.0,
        epoch: last.epoch,
        journal_offset: Some(offset),
        journal,
        summary,
        segmentation_hash: last.segmentation_hash.clone(),
        engine_version: ENGINE_VERSION.to_owned(),
        state_version: u32::from(state_format::VERSION),
    }
}

impl KeeperShared {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, jobs: &Receiver<Job>) {
        let mut known: BTreeMap<u32, KnownFiles> = BTreeMap::new();
        for Job { subject, directory, trimmer } in jobs {
            let task = TaskId(subject.task);
            match self.upload(task, subject, &directory, known.entry(task.0).or_default()) {
                Ok(kept) => self.trim(task, &kept, &trimmer),
                Err(error) => self.failed(task, NOT_MADE, &error),
            }
            if let Err(error) = remove_directory(&directory) {
                warn!(task = task.0, "the checkpoint in {} stays: {error}", directory.display());
            }
            self.done();
        }
    }

    fn upload(
        &self,
        task: TaskId,
        subject: Subject,
        directory: &Path,
        known: &mut KnownFiles,
    ) -> Result<Vec<Manifest>, SnapshotError> {
        let (epoch, started) = (subject.epoch, Instant::now());
        let uploaded = self.snapshots.upload(subject, directory, known)?;
        let (size, new) = (uploaded.manifest.size(), uploaded.manifest.uploaded_bytes);
        info!(task = task.0, epoch, size, new, took = ?started.elapsed(), "snapshot uploaded");
        {
            let mut status = self.status.lock();
            let known = status.snapshots.entry(task.0).or_default();
            let at = Timestamp(uploaded.manifest.created_at.as_millisecond());
            known.last = Some(LastSnapshot { epoch, at });
            known.uploaded_bytes += new;
        }
        passed(Point::Uploaded)?;
        self.snapshots.collect(task.0, Policy::keep(self.settings.keep))
    }

    /// Trims the journal to what the snapshots kept need. That is safe although another worker may have the task by now: it
    /// keeps what the present snapshots need, and newer ones need less.
    fn trim(&self, task: TaskId, kept: &[Manifest], trimmer: &Trimmer) {
        let Some(before) = self.reach(kept) else { return };
        let trimmed =
            hit(Point::Collected).and_then(|()| trimmer(task, before)).and_then(|()| hit(Point::JournalTrimmed));
        match trimmed {
            Ok(()) => debug!(task = task.0, before, "journal trimmed"),
            Err(error) => self.failed(task, NOT_TRIMMED, &error),
        }
    }

    /// Where the journal has to begin for the oldest snapshot: at its own record. As long as there are fewer snapshots
    /// than are to be kept, the journal still stands in for those that are missing.
    fn reach(&self, kept: &[Manifest]) -> Option<u64> {
        let oldest = kept.last()?;
        let epochs = kept.chunk_by(|a, b| a.epoch == b.epoch).count();
        (epochs >= self.settings.keep).then_some(oldest.journal_offset?)
    }

    fn failed(&self, task: TaskId, what: &str, error: &dyn std::fmt::Display) {
        warn!(task = task.0, "{what}: {error}");
        self.status.lock().snapshots.entry(task.0).or_default().failures += 1;
    }

    fn done(&self) {
        self.lock().busy = false;
        self.idle.notify_all();
    }
}

/// Reaches a failpoint on the way of a snapshot.
fn passed(point: Point) -> Result<(), SnapshotError> {
    hit(point).map_err(|error| SnapshotError::Store(error.to_string()))
}

fn pass_step(step: SnapshotStep) -> Result<(), SnapshotError> {
    passed(match step {
        SnapshotStep::Declared => Point::UploadDeclared,
        SnapshotStep::FileSent => Point::FileSent,
        SnapshotStep::Sent => Point::FilesSent,
        SnapshotStep::Sealed => Point::ManifestPut,
        SnapshotStep::Retained => Point::ManifestsDropped,
    })
}
