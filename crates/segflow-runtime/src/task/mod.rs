//! What a worker holds of a task that it owns: its states on disk and the last epoch written there.

pub mod acceptance;
pub(crate) mod activation;
pub mod cache;
pub(crate) mod epoch;
pub(crate) mod outputs;
pub mod state_format;
pub mod stored;
mod telling;

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use segflow_core::clock::Clock;
use segflow_core::event::Family;
use segflow_core::journal::{JournalRecord, Position};
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Timestamp;
use segflow_engine::epoch::{Epoch, Plan, Target, Told, decide};
use segflow_engine::intake::Accepted;
use segflow_engine::migration::Reached;
use segflow_engine::rules::{InForce, Rules};
use segflow_store::{Batch, Meta, Store};

use crate::config::{Config, StoreConfig};
use crate::directories;
use crate::error::TaskError;
use crate::log::{Offsets, Past, TaskId};
use crate::task::activation::AtHand;
use crate::task::stored::Stored;
use crate::task::telling::Telling;

/// What a worker holds of a task: its states on disk, its last epoch, and the segmentations that decide it.
pub(crate) struct TaskState {
    task: TaskId,
    states: Stored,
    last: Option<JournalRecord>,
    at_hand: AtHand,
    /// The first epoch whose decisions are not those that were emitted, until these are taken over.
    diverged: Option<u64>,
    /// `F` when an engine version was last being activated; none if none ever was.
    engine_changed: Option<Timestamp>,
}

impl TaskState {
    /// Opens the store of a task, or begins an empty one.
    ///
    /// # Errors
    /// `Busy` while another worker has it open; otherwise why it cannot be used.
    pub(crate) fn open(stores: &StoreConfig, task: TaskId) -> Result<Self, TaskError> {
        let store = Store::open(&directories::task(&stores.state_dir, task), &stores.memory)?;
        let last = match store.meta(Meta::Journal)? {
            Some(bytes) => Some(segflow_wire::journal::decode(&bytes).map_err(|error| {
                TaskError::stop(
                    task,
                    format_args!(
                        "the journal record in its store: {error}; move the store's directory away, and it is rebuilt \
                     from the journal"
                    ),
                )
            })?),
            None => None,
        };
        let diverged = number(store.meta(Meta::Diverged)?).map_err(|row| unreadable(task, &row))?;
        let engine_changed = number(store.meta(Meta::EngineChanged)?).map_err(|row| unreadable(task, &row))?;
        let states = Stored::new(store, &stores.cache);
        let (at_hand, engine_changed) = (AtHand::new(task), engine_changed.map(Timestamp));
        Ok(Self { task, states, last, at_hand, diverged, engine_changed })
    }

    /// The last epoch on disk; 0 if there is none.
    #[must_use]
    pub(crate) fn epoch(&self) -> u64 {
        self.last.as_ref().map_or(0, |last| last.epoch)
    }

    /// The last epoch on disk.
    #[must_use]
    pub(crate) const fn last(&self) -> Option<&JournalRecord> {
        self.last.as_ref()
    }

    /// The version of the segmentation that decided the last epoch, and whether some customers are decided by former
    /// ones still.
    #[must_use]
    pub(crate) fn rules_in_force(&self) -> (Option<u32>, bool) {
        let present = self.last.as_ref().and_then(|last| self.at_hand.version(&last.segmentation_hash));
        (present, self.is_migrating())
    }

    /// `F`, `T` and `S` after the last epoch.
    #[must_use]
    pub(crate) fn clock(&self) -> Clock {
        self.last.as_ref().map_or_else(Clock::default, |last| last.clock.clone())
    }

    /// The task.
    #[must_use]
    pub(crate) const fn task(&self) -> TaskId {
        self.task
    }

    /// The rules in force after the last epoch; before the first, those that are offered.
    #[must_use]
    pub(crate) fn present(&self, config: &Config) -> Arc<Segmentation> {
        let last = self.last.as_ref();
        last.map_or_else(|| config.segmentation.offered(), |last| self.at_hand.known(&last.segmentation_hash))
    }

    /// Whether some customers are decided by former rules still.
    #[must_use]
    pub(crate) fn is_migrating(&self) -> bool {
        self.last.as_ref().is_some_and(|last| !last.former.is_empty())
    }

    /// Where an input stands after the last epoch.
    #[must_use]
    pub(crate) fn position(&self, family: Family) -> Position {
        self.last.as_ref().and_then(|last| last.inputs.get(&family).copied()).unwrap_or_default()
    }

    /// Where every input stands after the last epoch.
    #[must_use]
    pub(crate) fn offsets(&self, config: &Config) -> Offsets {
        config.inputs.keys().map(|family| (*family, self.position(*family).offset)).collect()
    }

    /// The store beneath.
    #[must_use]
    pub(crate) const fn store(&self) -> &Store {
        self.states.store()
    }

    /// Its states.
    pub(crate) const fn states(&mut self) -> &mut Stored {
        &mut self.states
    }

    /// Fetches the segmentations that a record of its journal names. Returns whether all have come.
    ///
    /// # Errors
    /// `Stop` if one cannot be had; what the log says.
    pub(crate) fn learn<P: Past>(
        &mut self,
        config: &Config,
        past: &mut P,
        record: &JournalRecord,
    ) -> Result<bool, TaskError> {
        self.at_hand.learn(config, past, record)
    }

    /// Fetches the segmentations that decided the store, and brings states of an earlier release up to date. Returns
    /// whether the segmentations have come.
    ///
    /// # Errors
    /// As [`TaskState::learn`]; if the store cannot be read or written.
    pub(crate) fn open_states<P: Past>(&mut self, config: &Config, past: &mut P) -> Result<bool, TaskError> {
        let Some(last) = &self.last else { return Ok(true) };
        if !self.at_hand.learn(config, past, last)? {
            return Ok(false);
        }
        self.at_hand.check_currency(config, last)?;
        let rules = self.at_hand.rules(&InForce::still(last));
        self.states.upgrade(&rules)?;
        Ok(true)
    }

    /// The last step of recovery: finds out what the next epoch must know of the log. Returns whether that is known.
    ///
    /// # Errors
    /// What the log says.
    pub(crate) fn make_ready<P: Past>(&mut self, past: &mut P) -> Result<bool, TaskError> {
        self.at_hand.look_for_text(past, self.last.as_ref())
    }

    /// Decides an epoch of its journal again.
    ///
    /// # Errors
    /// If a state cannot be read. What was changed in the cache is to be discarded.
    pub(crate) fn decide_again<T: Told>(
        &mut self,
        record: &JournalRecord,
        accepted: Accepted,
        changes: T,
    ) -> Result<Epoch<T>, TaskError> {
        let standing = InForce::of_record(self.last.as_ref(), record);
        let (rules, migration) = (self.at_hand.rules(&standing), standing.migration_of(record));
        let (before, target) = (self.clock(), Target::Journalled(record.clock.clone()));
        let plan = Plan { rules: &rules, before: &before, target: &target, migration: migration.as_ref() };
        Ok(decide(&mut self.states, plan, accepted, changes)?)
    }

    /// The rules of the last epoch; none before the first.
    pub(crate) fn rules(&self) -> Option<Rules> {
        let last = self.last.as_ref()?;
        Some(self.at_hand.rules(&InForce::still(last)))
    }

    /// The first epoch since which the decisions are not those that were emitted; none if they are.
    pub(crate) const fn diverged(&self) -> Option<u64> {
        self.diverged
    }

    /// Remembers, with the next write, that the decisions are not those that were emitted from an epoch on.
    pub(crate) fn diverge(&mut self, epoch: u64) {
        self.diverged.get_or_insert(epoch);
    }

    /// `F` when an engine version was last being activated, once this epoch is written; none if none ever was.
    pub(crate) fn engine_changed(&self, record: &JournalRecord) -> Option<Timestamp> {
        let another = self.last.as_ref().is_some_and(|last| last.engine_version != record.engine_version);
        let activating = another || record.former.contains(&record.segmentation_hash);
        if activating { Some(record.clock.facts) } else { self.engine_changed }
    }

    /// Writes states that were taken over as they were emitted.
    ///
    /// # Errors
    /// If they cannot be written: they are to be taken over again.
    pub(crate) fn write_emitted(&mut self) -> Result<(), TaskError> {
        let batch = self.states.encode(&[]);
        Ok(self.states.write(&batch)?)
    }

    /// Every state is as it was emitted, and written.
    ///
    /// # Errors
    /// If that cannot be written.
    pub(crate) fn agree(&mut self) -> Result<(), TaskError> {
        let mut batch = Batch::new(self.states.store());
        batch.delete_meta(Meta::Diverged);
        self.states.store().write(&batch.encode())?;
        self.diverged = None;
        Ok(())
    }

    /// S5: writes what was prepared; or, in recovery, what was decided again.
    ///
    /// # Errors
    /// If it cannot be written: the journal will roll the task forward.
    pub(crate) fn write(&mut self, batch: &[u8], record: JournalRecord) -> Result<(), TaskError> {
        self.states.write(batch)?;
        self.at_hand.written(self.last.as_ref(), &record);
        self.engine_changed = self.engine_changed(&record);
        self.last = Some(record);
        Ok(())
    }

    /// Whether the disk can take what is about to be written.
    pub(crate) fn check_room(&self) -> Result<(), TaskError> {
        Ok(self.states.store().check_room()?)
    }

    /// Forgets what was changed since the last write.
    pub(crate) fn discard(&mut self) {
        self.states.discard();
    }

    /// Keeps decoded states within what the task may have of the process's memory now.
    pub(crate) fn trim(&mut self) {
        self.states.trim();
    }

    /// Nobody has the task: it keeps nothing in memory.
    pub(crate) fn rest(&mut self) {
        self.states.rest();
    }

    /// The bytes of S5: the states changed and this journal record.
    pub(crate) fn batch(&self, record: &JournalRecord, bytes: &[u8]) -> Vec<u8> {
        let (epoch, version) = (record.epoch.to_string(), state_format::VERSION.to_string());
        let diverged = self.diverged.map(|epoch| epoch.to_string());
        let engine_changed = self.engine_changed(record).map(|at| at.0.to_string());
        let mut meta = vec![
            (Meta::Epoch, epoch.as_bytes()),
            (Meta::Journal, bytes),
            (Meta::Segmentation, record.segmentation_hash.as_bytes()),
            (Meta::StateVersion, version.as_bytes()),
        ];
        meta.extend(diverged.as_ref().map(|epoch| (Meta::Diverged, epoch.as_bytes())));
        meta.extend(engine_changed.as_ref().map(|at| (Meta::EngineChanged, at.as_bytes())));
        self.states.encode(&meta)
    }

    /// The wall time of the task's first cycle ever, for a cycle at `w`.
    fn first_started(&self, w: Timestamp) -> Timestamp {
        self.last.as_ref().map_or(w, |last| last.first_started)
    }

    fn journal(
        &self,
        config: &Config,
        standing: &InForce,
        epoch: &Epoch<Telling<'_>>,
        inputs: BTreeMap<Family, Position>,
        w: Timestamp,
    ) -> JournalRecord {
        let (former, resegmented_to) = match &epoch.migrated {
            Some(Reached::Nobody) => (standing.former.clone(), None),
            Some(Reached::Customer(customer)) => (standing.former.clone(), Some(customer.clone())),
            Some(Reached::End) | None => (Vec::new(), None),
        };
        JournalRecord {
            epoch: self.epoch() + 1,
            inputs,
            clock: epoch.clock.clone(),
            w,
            first_started: self.first_started(w),
            segmentation_hash: standing.hash.clone(),
            former,
            resegmented_to,
            intake_hash: config.intake.hash(),
            engine_version: config.release.engine_version.clone(),
            counts: epoch.counts,
            digest_form: config.release.digest_form.number,
            digest: epoch.changes.sum.digest,
        }
    }
}

/// The number that a row of meta holds as text; none if there is no row. The error is the row.
fn number<N: FromStr>(row: Option<Vec<u8>>) -> Result<Option<N>, Vec<u8>> {
    let Some(row) = row else { return Ok(None) };
    match std::str::from_utf8(&row).ok().and_then(|text| text.parse().ok()) {
        Some(number) => Ok(Some(number)),
        None => Err(row),
    }
}

fn unreadable(task: TaskId, row: &[u8]) -> TaskError {
    let found = String::from_utf8_lossy(row);
    let reason = format_args!(
        "a row of its store: expected a number, found {found:?}; move the store's directory away, and it is rebuilt from \
         the journal"
    );
    TaskError::stop(task, reason)
}
