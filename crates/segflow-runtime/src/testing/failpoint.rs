//! Points between the steps of the cycle, of recovery and of snapshots, at which a test lets the real process die, wait
//! or fail.
//!
//! They are part of every build, so that what is tested is what is shipped, and do nothing unless [`arm`] was called:
//! one load of an atomic each, some twenty times a cycle.

use std::sync::atomic::{AtomicBool, Ordering};

use tracing::{error, warn};

use crate::log::{LogError, LogResult};

/// Whether [`arm`] was called. Never falls back.
static ARMED: AtomicBool = AtomicBool::new(false);

macro_rules! points {
    ($($(#[doc = $doc:literal])+ $point:ident = $name:literal,)+) => {
        /// A place where a test can let a failure happen.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Point {
            $($(#[doc = $doc])+ $point,)+
        }

        impl Point {
            /// Every point, in the order in which a cycle, then a recovery, a snapshot and a restore pass them.
            pub const ALL: &[Self] = &[$(Self::$point),+];

            /// Its name in [`arm`] and in the log.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$point => $name),+
                }
            }
        }
    };
}

points! {
    /// Before a cycle asks for its tasks: S6 of the one before.
    Cycle = "cycle",
    /// S0, after the records were read and the ends proved, before anything is folded.
    Read = "read",
    /// S0, after each task was folded and decided.
    TaskPrepared = "task-prepared",
    /// Between S0 and S1: all is prepared, nothing begun.
    Prepared = "prepared",
    /// Between S1 and S2.
    Begun = "begun",
    /// S2, after each output was handed over.
    Produced = "produced",
    /// S2, between the last output and the flush.
    Flush = "flush",
    /// Between S2 and S3: every output is delivered.
    Flushed = "flushed",
    /// Between S3 and S4: offsets are sent, nothing is committed.
    OffsetsSent = "offsets-sent",
    /// Between S4 and S5: committed, and no store knows.
    Committed = "committed",
    /// S5, before each task's store is written.
    Write = "write",
    /// S5, after each task's store was written.
    Written = "written",
    /// Before a transaction that was given up is aborted.
    Abort = "abort",
    /// Before a producer is replaced.
    Recycle = "recycle",
    /// Recovery, before the task's store is opened.
    Open = "open",
    /// Recovery, after the store was opened, before the first barrier.
    Opened = "opened",
    /// Recovery, after the first barrier.
    OffsetsSettled = "offsets-settled",
    /// Recovery, after the second barrier, before the journal's last record is read.
    JournalSettled = "journal-settled",
    /// Recovery, before an epoch of the journal is decided again.
    RollForward = "roll",
    /// Recovery, after an epoch was decided again, before it is written.
    Rolled = "rolled",
    /// Recovery, between epochs: one decided again was written.
    RolledForward = "rolled-forward",
    /// Recovery, before the task's inputs are read from where its store stands.
    Recovered = "recovered",
    /// Snapshot, after the checkpoint was taken, before it is handed to the thread that uploads.
    CheckpointTaken = "checkpoint-taken",
    /// Snapshot, after the upload declared what it needs, before it sends a file.
    UploadDeclared = "upload-declared",
    /// Snapshot, after each file was sent.
    FileSent = "file-sent",
    /// Snapshot, after the last file was sent, before the manifest's conditional put.
    FilesSent = "files-sent",
    /// Snapshot, after the manifest's conditional put, before the declaration is taken back.
    ManifestPut = "manifest-put",
    /// Snapshot, after the upload, before the collection.
    Uploaded = "uploaded",
    /// Snapshot, in the collection, after manifests were deleted, before files are.
    ManifestsDropped = "manifests-dropped",
    /// Snapshot, after the collection, before the journal is trimmed.
    Collected = "collected",
    /// Snapshot, after the journal was trimmed, before the checkpoint is deleted.
    JournalTrimmed = "journal-trimmed",
    /// Restore, after a snapshot was fetched and checked, before it is put in place.
    Fetched = "fetched",
    /// Restore, after what stood there was deleted, before the snapshot is moved there.
    PlaceCleared = "place-cleared",
    /// Restore, after the snapshot was put in place, before it is opened.
    PutInPlace = "put-in-place",
}

/// Arms points: `NAME=ACTIONS;NAME=ACTIONS`, in the language of the `fail` crate, such as `3*off->return(abort)`:
/// pass three times, then end the process there. What `return` may say: `abort` ends the process as a crash would;
/// `retry`, `unclear`, `fenced` and `stop` make the step fail in that way.
///
/// # Errors
/// If a point is unknown, or its actions cannot be read.
pub fn arm(text: &str) -> Result<(), String> {
    for one in text.split(';').map(str::trim).filter(|one| !one.is_empty()) {
        let (name, actions) = one.split_once('=').ok_or_else(|| format!("expected POINT=ACTIONS, found {one:?}"))?;
        if !Point::ALL.iter().any(|point| point.name() == name) {
            let known: Vec<_> = Point::ALL.iter().map(|point| point.name()).collect();
            return Err(format!("expected one of the points {}, found {name:?}", known.join(", ")));
        }
        fail::cfg(name, actions).map_err(|error| format!("the actions of {name}: {error}"))?;
        warn!(point = name, actions, "FAILPOINT ARMED: this process is going to fail on purpose");
    }
    ARMED.store(true, Ordering::Relaxed);
    Ok(())
}

/// Reaches a point.
///
/// # Errors
/// What the point was armed with.
#[inline]
pub fn hit(point: Point) -> LogResult<()> {
    if ARMED.load(Ordering::Relaxed) { armed(point) } else { Ok(()) }
}

#[cold]
fn armed(point: Point) -> LogResult<()> {
    let name = point.name();
    fail::fail_point!(name, |action| Err(act(name, action.as_deref().unwrap_or_default())));
    Ok(())
}

fn act(name: &'static str, action: &str) -> LogError {
    error!(point = name, action, "failpoint reached");
    let reason = format!("failpoint {name}");
    match action {
        "abort" => std::process::abort(),
        "retry" => LogError::Retry(reason),
        "unclear" => LogError::Unclear(reason),
        "fenced" => LogError::Fenced(reason),
        "stop" => LogError::Stop(reason),
        found => panic!("failpoint {name}: expected abort, retry, unclear, fenced or stop, found {found:?}"),
    }
}
