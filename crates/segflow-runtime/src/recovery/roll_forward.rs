//! Rolling forward: what the journal has and a store lacks is decided again, epoch by epoch. Recovery and standbys do.
//!
//! A step takes what has come and never waits for long; what is missing of an epoch is asked for again by the next.

use std::collections::VecDeque;
use std::task::Poll;

use segflow_core::digest::{Digest, Sum};
use segflow_core::event::Family;
use segflow_core::journal::JournalRecord;
use segflow_engine::epoch::Epoch;
use tracing::{debug, warn};

use crate::config::Config;
use crate::error::TaskError;
use crate::log::{JournalEntry, Offsets, Past, Record, TaskId};
use crate::task::TaskState;
use crate::task::acceptance::accept;
use crate::testing::failpoint::{Point, hit};

/// Journal records read at once.
const JOURNAL_BATCH: usize = 64;

/// The input of which an operator may keep only the last record of each key. All others would lose facts by that.
const COMPACTED: Family = Family::Profiles;

/// The way of one store along its journal.
#[derive(Default)]
pub(crate) struct RollForward {
    entries: VecDeque<JournalEntry>,
    /// The next epoch, as far as its inputs have been read.
    next: Option<Box<Next>>,
}

struct Next {
    record: JournalRecord,
    bytes: Vec<u8>,
    records: Vec<Record>,
    /// How far each input that it read has been read back.
    read: Offsets,
}

/// What a step did.
pub(crate) enum Rolled {
    /// Nothing: what it needs has not come yet.
    Waiting,
    /// It read a part of what the next epoch read.
    Part,
    /// The store is one epoch further.
    Epoch,
    /// The journal has no further epoch.
    End,
}

impl RollForward {
    /// The last epoch of the journal that has been read.
    pub(crate) fn known(&self) -> Option<u64> {
        let next = self.next.as_ref().map(|next| next.record.epoch);
        self.entries.back().map(|entry| entry.epoch).or(next)
    }

    /// Comes one step further.
    ///
    /// # Errors
    /// `Log` of kind `Retry`: ask again later, nothing is lost. Otherwise why the store cannot go on.
    pub(crate) fn step<P: Past>(
        &mut self,
        state: &mut TaskState,
        config: &Config,
        past: &mut P,
        task: TaskId,
    ) -> Result<Rolled, TaskError> {
        if let Some(not_yet) = self.gather(state, config, past, task)? {
            return Ok(not_yet);
        }
        let next = self.next.as_mut().expect("gathered");
        hit(Point::RollForward)?;
        // It stays until it is written: a step that fails is done again.
        roll_forward(state, config, next.record.clone(), &next.bytes, &next.records)?;
        self.next = None;
        Ok(Rolled::Epoch)
    }

    /// Looks at the next epoch, of which nothing is read yet; none once it is there.
    ///
    /// # Errors
    /// As [`RollForward::step`].
    pub(crate) fn look<P: Past>(
        &mut self,
        state: &TaskState,
        config: &Config,
        past: &mut P,
        task: TaskId,
    ) -> Result<Option<Rolled>, TaskError> {
        if self.next.is_none() {
            if self.entries.is_empty() {
                match past.journal_after(task, state.epoch(), JOURNAL_BATCH)? {
                    Poll::Pending => return Ok(Some(Rolled::Waiting)),
                    Poll::Ready(entries) if entries.is_empty() => return Ok(Some(Rolled::End)),
                    Poll::Ready(entries) => self.entries.extend(entries),
                }
            }
            let entry = self.entries.pop_front().expect("just filled");
            self.next = Some(Box::new(Next::new(entry, state, config, task)?));
        }
        Ok(None)
    }

    /// Reads what the next epoch read, as far as it has come; none once that is all.
    ///
    /// # Errors
    /// As [`RollForward::step`].
    pub(crate) fn gather<P: Past>(
        &mut self,
        state: &mut TaskState,
        config: &Config,
        past: &mut P,
        task: TaskId,
    ) -> Result<Option<Rolled>, TaskError> {
        if let Some(not_yet) = self.look(state, config, past, task)? {
            return Ok(Some(not_yet));
        }
        let next = self.next.as_mut().expect("just looked at");
        if next.records.is_empty() {
            same_intake(&next.record, config, task)?;
        }
        if !state.learn(config, past, &next.record)? {
            return Ok(Some(Rolled::Waiting));
        }
        let before = next.records.len();
        if !next.read(config, past, task)? {
            return Ok(Some(if next.records.len() > before { Rolled::Part } else { Rolled::Waiting }));
        }
        Ok(None)
    }

    /// What the journal says of the epoch that was looked at.
    pub(crate) fn next(&self) -> Option<&JournalRecord> {
        self.next.as_ref().map(|next| &next.record)
    }

    /// The epoch that was gathered: what the journal says of it, as it stands there too, and the records that it read.
    pub(crate) fn take(&mut self) -> Option<(JournalRecord, Vec<u8>, Vec<Record>)> {
        let Next { record, bytes, records, .. } = *self.next.take()?;
        Some((record, bytes, records))
    }
}

impl Next {
    fn new(entry: JournalEntry, state: &TaskState, config: &Config, task: TaskId) -> Result<Self, TaskError> {
        if entry.epoch != state.epoch() + 1 {
            return Err(gone(task, state.epoch() + 1, Some(entry.epoch)));
        }
        let record = record(&entry, task)?;
        let mut read = Offsets::new();
        // An epoch that read nothing only moved over transaction markers.
        if record.counts.read > 0 {
            read.extend(record.inputs.keys().map(|family| (*family, state.position(*family).offset)));
        }
        read.retain(|family, from| record.inputs[family].offset != *from);
        if let Some(family) = read.keys().find(|family| !config.inputs.contains_key(family)) {
            let reason = format!("its journal read {}, which is not configured as an input", family.name());
            return Err(TaskError::stop(task, reason));
        }
        Ok(Self { record, bytes: entry.bytes, records: Vec::new(), read })
    }

    /// Reads what has come of the inputs, one after the other; returns whether it has all.
    fn read<P: Past>(&mut self, config: &Config, past: &mut P, task: TaskId) -> Result<bool, TaskError> {
        for family in config.inputs.keys() {
            let Some(from) = self.read.get_mut(family) else { continue };
            let to = self.record.inputs[family].offset;
            if *from < to {
                let slice = past.slice(task, *family, *from, to)?;
                self.records.extend(slice.records);
                *from = slice.next;
                if *from < to {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

/// The journal does not have the epoch that is next.
pub(crate) fn gone(task: TaskId, epoch: u64, found: Option<u64>) -> TaskError {
    let found = found.map_or_else(|| "none".to_owned(), |epoch| format!("epoch {epoch}"));
    let reason = format!(
        "task {}: expected epoch {epoch} of its journal, found {found}: the journal no longer reaches back that far",
        task.0
    );
    TaskError::Gone(reason)
}

pub(crate) fn record(entry: &JournalEntry, task: TaskId) -> Result<JournalRecord, TaskError> {
    segflow_wire::journal::decode(&entry.bytes)
        .map_err(|error| TaskError::stop(task, format_args!("epoch {} of its journal: {error}", entry.epoch)))
}

/// The same bytes are accepted only by the same intake.
fn same_intake(record: &JournalRecord, config: &Config, task: TaskId) -> Result<(), TaskError> {
    if record.intake_hash == config.intake.hash() {
        return Ok(());
    }
    Err(TaskError::stop(
        task,
        format_args!(
            "epoch {} of its journal accepted records by the intake configuration of hash {}, found one of hash {}; \
             start with the former (encodings, partitioners, `oldest`, currency, partitions, skew), or the former release, until \
             it has caught up",
            record.epoch,
            record.intake_hash,
            config.intake.hash()
        ),
    ))
}

/// Decides one epoch of the journal again, from the same slices of input to the same positions, emitting nothing.
fn roll_forward(
    state: &mut TaskState,
    config: &Config,
    record: JournalRecord,
    bytes: &[u8],
    records: &[Record],
) -> Result<(), TaskError> {
    let (accepted, _) = accept(config, records, record.w);
    let form = config.release.form(record.digest_form).unwrap_or(config.release.digest_form);
    let epoch = state.decide_again(&record, accepted, Sum::new(form))?;
    compare(state, config, &record, &epoch, records)?;
    if let Err(error) = hit(Point::Rolled) {
        state.discard();
        return Err(error.into());
    }
    state.check_room()?;
    let batch = state.batch(&record, bytes);
    state.write(&batch, record)
}

/// Compares an epoch decided again with its journal record. A difference that is explained is remembered, and what was
/// emitted is taken over before the task runs; one that is not stops the task.
fn compare(
    state: &mut TaskState,
    config: &Config,
    record: &JournalRecord,
    epoch: &Epoch<Sum<'_>>,
    records: &[Record],
) -> Result<(), TaskError> {
    let (task, release) = (state.task(), &config.release);
    let digest = epoch.changes.digest;
    if digest != record.digest {
        let Some(reason) = explanation(state, config, record, records) else {
            state.discard();
            return Err(unexplained(task, config, record, (epoch.counts.changes, digest)));
        };
        if state.diverged().is_none() {
            let (of_journal, of_now) = (record.engine_version.as_str(), release.engine_version.as_str());
            warn!(task = task.0, epoch = record.epoch, expected_by = of_journal, found_by = of_now,
                expected = %record.digest, found = %digest,
                "an epoch decided again differs from what was emitted, which is taken over before the task runs: {reason}");
        }
        state.diverge(record.epoch);
    } else if epoch.counts != record.counts {
        warn!(task = task.0, epoch = record.epoch, found = ?epoch.counts, expected = ?record.counts,
            "decided the same changes from other counts: a compacted input may have lost records");
    }
    debug!(task = task.0, epoch = record.epoch, "rolled forward");
    Ok(())
}

/// Why an epoch may be decided otherwise now; none if nothing explains it.
fn explanation(state: &TaskState, config: &Config, record: &JournalRecord, records: &[Record]) -> Option<String> {
    let release = &config.release;
    if record.engine_version != release.engine_version {
        return Some(format!("{} decided it, and this is {}", record.engine_version, release.engine_version));
    }
    if release.form(record.digest_form).is_none() {
        return Some(format!("this release does not know the form {} of its digest", record.digest_form));
    }
    if let Some(epoch) = state.diverged() {
        return Some(format!("the epochs from {epoch} on were decided otherwise too"));
    }
    if let Some(reason) = rests_on_another_engine(state, record) {
        return Some(reason);
    }
    let gone = record.counts.read.saturating_sub(records.len() as u64);
    let topic = config.topic(COMPACTED);
    (gone > 0 && gone <= missing(state, record, records))
        .then(|| format!("{gone} of the records that it read are gone from {topic}, which may be compacted"))
}

/// Why an epoch may rest on what another engine version left: the migration that follows its activation decides everybody
/// anew, but for how long a rule has held. That outlives the migration by the longest `for`, and stores whose epochs were
/// decided by one engine and decided again by the other may differ in it.
fn rests_on_another_engine(state: &TaskState, record: &JournalRecord) -> Option<String> {
    let changed = state.engine_changed(record)?;
    let until = state.rules().map_or(changed, |rules| rules.longest_hold(changed));
    (record.clock.facts <= until).then(|| format!("an engine version was activated up to {changed}"))
}

/// How many offsets the epoch passed in the input that may be compacted, at which no record is now. Records that are gone
/// were there, or transaction markers.
fn missing(state: &TaskState, record: &JournalRecord, records: &[Record]) -> u64 {
    let passed = record.inputs.get(&COMPACTED).map_or(0, |input| input.offset);
    let passed = passed.saturating_sub(state.position(COMPACTED).offset);
    passed.saturating_sub(records.iter().filter(|record| record.family == COMPACTED).count() as u64)
}

fn unexplained(task: TaskId, config: &Config, record: &JournalRecord, found: (u64, Digest)) -> TaskError {
    let (changes, digest) = found;
    TaskError::stop(
        task,
        format_args!(
            "epoch {} decided again gives {changes} changes of digest {digest}, but the journal has {} of digest {} by \
             engine {} (this is {}); do not go on: an input was changed; `segflow audit` says what differs; restore the \
             input, or start with a fresh group and journal",
            record.epoch, record.counts.changes, record.digest, record.engine_version, config.release.engine_version
        ),
    )
}
