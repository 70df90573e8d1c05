//! The beginning of a task's audit: the first epoch of its journal, or a snapshot where journal or inputs are trimmed.

use std::task::Poll;

use anyhow::{Context, Result, bail};
use segflow_core::journal::JournalRecord;
use segflow_core::time::Timestamp;
use segflow_runtime::log::{Offsets, Past, TaskId};
use segflow_runtime::recovery::audit::Audit as TaskAudit;
use segflow_snapshot::{ArchivePlace, Manifest, SnapshotError, Snapshots};

use super::{Auditor, clear};

/// A task about to be audited.
pub struct Beginning {
    pub audit: TaskAudit,
    /// The snapshot with which it begins; none if everything is decided again.
    pub snapshot: Option<Trusted>,
}

/// A snapshot with which an audit begins. Its states are taken as they are.
pub struct Trusted {
    pub epoch: u64,
    /// When the cycle of that epoch began.
    pub w: Timestamp,
    /// The reason why the audit does not begin earlier.
    pub why: String,
}

/// The part of a task's past that is not trimmed.
struct Left {
    /// The first epoch of the journal.
    epoch: u64,
    /// The first offset of each input.
    inputs: Offsets,
}

impl Auditor {
    /// Begins the audit of a task as early as its past allows.
    pub fn begin(&mut self, task: TaskId, end: u64) -> Result<Beginning> {
        clear(&self.runtime.task_dir(task))?;
        let inputs = self.asked(|_, past| Ok(Poll::Ready(past.first(task)?)))?;
        let first = self.asked(|_, past| Ok(past.journal_after(task, 0, 1)?))?;
        let left = Left { epoch: first.first().map_or(1, |first| first.epoch), inputs };
        let why = self.gone(&left);
        if why.is_empty() {
            return Ok(Beginning { audit: TaskAudit::open(&self.runtime, task)?, snapshot: None });
        }
        let found = self.restore(task, end, &left);
        let needed = || format!("task {}: {why}; so it has to begin with {}", task.0, self.needed(&left));
        let record = found.with_context(needed)?;
        let mut audit = TaskAudit::open(&self.runtime, task)?;
        self.asked(|runtime, past| Ok(if audit.ready(runtime, past)? { Poll::Ready(()) } else { Poll::Pending }))?;
        Ok(Beginning { audit, snapshot: Some(Trusted { epoch: record.epoch, w: record.w, why }) })
    }

    /// The trimmed parts of a task's past, in words; empty if there are none.
    fn gone(&self, left: &Left) -> String {
        let journal = (left.epoch > 1).then(|| format!("its journal begins with epoch {}", left.epoch));
        let inputs = left.inputs.iter().filter(|(_, first)| **first > 0);
        let inputs = inputs.map(|(family, first)| format!("{} begins at offset {first}", self.topic(*family)));
        journal.into_iter().chain(inputs).collect::<Vec<_>>().join(", ")
    }

    /// The snapshots that would do, in words.
    fn needed(&self, left: &Left) -> String {
        let read = left.inputs.iter().filter(|(_, first)| **first > 0);
        let read: Vec<String> = read
            .map(|(family, first)| format!("{} was read up to offset {first} or beyond", self.topic(*family)))
            .collect();
        let epoch = format!("a snapshot of epoch {} or later", left.epoch - 1);
        if read.is_empty() { epoch } else { format!("{epoch}, by which {}", read.join(" and ")) }
    }

    /// Puts the oldest snapshot that will do into the task's directory, and returns the record of its epoch.
    fn restore(&self, task: TaskId, end: u64, left: &Left) -> Result<JournalRecord> {
        let snapshots = self.config.snapshots.open(&self.config.application)?;
        let snapshots = snapshots.context("`snapshots.url` names no snapshots")?;
        let mut passed_over = Vec::new();
        for (place, manifest) in snapshots.list(task.0)?.into_iter().rev() {
            match self
                .restore_one(&snapshots, task, (&place, manifest), |record| record.epoch <= end && left.reaches(record))
            {
                Ok(Some(record)) => return Ok(record),
                Ok(None) => {}
                Err(SnapshotError::Damaged(reason) | SnapshotError::Unknown(reason)) => passed_over.push(reason),
                Err(error) => return Err(error.into()),
            }
        }
        if passed_over.is_empty() {
            bail!("there is none in {}", snapshots.url())
        }
        bail!("there is none in {} that is sound: {}", snapshots.url(), passed_over.join("; "))
    }

    /// Restores one of the snapshots; none if it will not do, or has been dropped meanwhile.
    fn restore_one(
        &self,
        snapshots: &Snapshots,
        task: TaskId,
        (place, manifest): (&ArchivePlace, Result<Manifest, SnapshotError>),
        will_do: impl Fn(&JournalRecord) -> bool,
    ) -> Result<Option<JournalRecord>, SnapshotError> {
        let record = manifest?.journal_bytes().and_then(|bytes| segflow_wire::journal::decode(&bytes).ok());
        let Some(record) = record.filter(will_do) else { return Ok(None) };
        let into = self.runtime.task_dir(task);
        let restored = snapshots.restore_one(task.0, place, &into, &self.interrupted)?;
        Ok(restored.map(|_| record))
    }
}

impl Left {
    /// Whether everything that comes after an epoch is left.
    fn reaches(&self, record: &JournalRecord) -> bool {
        let read = |family| record.inputs.get(family).map_or(0, |input| input.offset);
        record.epoch + 1 >= self.epoch && self.inputs.iter().all(|(family, first)| read(family) >= *first)
    }
}
