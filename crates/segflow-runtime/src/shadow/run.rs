//! One run of a task's shadow: a store of its own, taken further beside the live epochs.
//!
//! Its changes and its mark are in the transaction; its states are written after it. What is to be written is on disk
//! before: after a crash the mark that the log has says whether it was committed. So a run goes on from where it was, or is
//! known to be lost, and is then never taken further.

use std::collections::BTreeMap;
use std::sync::Arc;

use segflow_core::change::{Change, Decided};
use segflow_core::clock::Clock;
use segflow_core::segmentation::Segmentation;
use segflow_store::{Batch, Meta, Store, StoreError, StoreMemory};

use super::ShadowCommit;
use super::differing::{Moves, count, moves, none_differing, stands};
use super::progress::{Progress, batch_of, intent, step_of};
use crate::config::{Bounds, Config};
use crate::error::TaskError;
use crate::log::{Output, Sink, TaskId};
use crate::snapshots::remove;
use crate::task::stored::Stored;
use crate::task::{Beside, Prepared, TaskState, envelope, keyed};
use segflow_engine::epoch::{Epoch, Plan, Target, decide};
use segflow_engine::migration::{Migration, Reached, Until};
use segflow_engine::rules::Rules;
use segflow_engine::states::States as _;

/// The header of every change that names its run: `seq` is contiguous within one.
const RUN: &str = "segflow.shadow-run";

/// See the module.
pub(crate) struct Run {
    task: TaskId,
    rules: Rules,
    states: Stored,
    progress: Progress,
    /// The highest number that a step was given, committed or not.
    numbered: u64,
    /// What is to be written once its transaction is committed.
    prepared: Option<(Vec<u8>, Progress)>,
}

/// What a step came to.
pub(crate) enum ShadowStep {
    /// There was nothing to do.
    Nothing,
    /// It moved nobody, and the live rules have nothing to say: it is written.
    Silent,
    /// It is written once this is committed.
    Commit(ShadowCommit),
}

impl Run {
    /// Takes up a run if its store is where the log says that it is; none if it is lost.
    ///
    /// # Errors
    /// If the store is in use, or the disk refuses.
    pub fn resume(
        config: &Config,
        task: TaskId,
        (candidate, live): (&Arc<Segmentation>, &Arc<Segmentation>),
        marked: &str,
    ) -> Result<Option<Self>, TaskError> {
        let directory = config.shadow_dir(task);
        if !directory.join("CURRENT").exists() {
            return Ok(None);
        }
        let store = match Store::open(&directory, &memory(config)) {
            Err(StoreError::Damaged { .. }) => return Ok(None),
            store => store?,
        };
        let is_there = |progress: &Progress| progress.mark() == marked;
        if !progress(&store)?.as_ref().is_some_and(is_there) {
            let intent = store.meta(Meta::Prepared)?.unwrap_or_default();
            let Some(batch) = batch_of(&intent, marked) else { return Ok(None) };
            store.write(batch)?;
        }
        let Some(progress) = progress(&store)?.filter(is_there) else { return Ok(None) };
        if progress.candidate != candidate.hash || progress.live != live.hash {
            return Ok(None);
        }
        Self::new(config, task, store, (candidate, live), progress).map(Some)
    }

    /// Begins a run with the live store as it stands, in place of whatever run there was.
    ///
    /// # Errors
    /// If the store is in use, or the disk refuses.
    pub fn begin(
        config: &Config,
        local: &TaskState,
        (candidate, live): (&Arc<Segmentation>, &Arc<Segmentation>),
        owner: &str,
        number: u64,
    ) -> Result<Self, TaskError> {
        let directory = config.shadow_dir(local.task());
        if directory.join("CURRENT").exists()
            && let Err(locked @ StoreError::Locked { .. }) = Store::open(&directory, &memory(config))
        {
            return Err(locked.into());
        }
        let refused = |error| TaskError::stop(local.task(), format_args!("{}: {error}", directory.display()));
        remove(&directory).map_err(refused)?;
        let copied = local.epoch() > 0;
        if copied {
            local.store().checkpoint(&directory)?;
        }
        let store = Store::open(&directory, &memory(config))?;
        let progress = Progress {
            owner: owner.to_owned(),
            began: local.epoch(),
            number,
            step: 0,
            candidate: candidate.hash.clone(),
            live: live.hash.clone(),
            clock: local.clock(),
            passing: copied,
            passed_to: None,
            differing: none_differing(candidate, live),
        };
        let mut batch = Batch::new(&store);
        batch.put_meta(Meta::Progress, &progress.encode());
        store.write(&batch.encode())?;
        Self::new(config, local.task(), store, (candidate, live), progress)
    }

    /// Whom the candidate has not decided yet, those rules have with which the run began. They are live still: another
    /// activation ends it.
    fn new(
        config: &Config,
        task: TaskId,
        store: Store,
        (candidate, live): (&Arc<Segmentation>, &Arc<Segmentation>),
        progress: Progress,
    ) -> Result<Self, TaskError> {
        let mut states = Stored::new(store, config.cache_customers);
        states.upgrade(Arc::clone(live))?;
        let rules = Rules { present: Arc::clone(candidate), former: vec![Arc::clone(live)] };
        let intent = states.store().meta(Meta::Prepared)?;
        let numbered = intent.as_deref().and_then(step_of).unwrap_or(0).max(progress.step);
        Ok(Self { task, rules, states, progress, numbered, prepared: None })
    }

    /// What names it.
    pub fn name(&self) -> String {
        self.progress.name()
    }

    /// See [`Progress::number`].
    pub const fn number(&self) -> u64 {
        self.progress.number
    }

    /// Whether some customers are decided by the live rules still.
    pub const fn is_passing(&self) -> bool {
        self.progress.passing
    }

    /// See [`Progress::differing`].
    pub const fn differing(&self) -> &BTreeMap<String, u64> {
        &self.progress.differing
    }

    /// Whether it evaluates this candidate beside these rules.
    pub fn is_of(&self, candidate: &Segmentation, live: &Segmentation) -> bool {
        self.progress.candidate == candidate.hash && self.progress.live == live.hash
    }

    /// S0: what the live epoch took in, decided by the candidate up to where the live clock has come.
    ///
    /// # Errors
    /// Why the run cannot go on.
    pub fn prepare(
        &mut self,
        config: &Config,
        local: &mut TaskState,
        live: &Prepared,
        beside: Beside,
        bounds: Bounds,
    ) -> Result<ShadowStep, TaskError> {
        let reached = live.commit.as_ref().map_or(&live.settled, |commit| &commit.record.clock);
        let before = self.progress.clock.clone();
        let clock = Clock {
            facts: reached.facts.max(before.facts),
            silence: reached.silence.max(before.silence),
            cursor: before.cursor.clone(),
        };
        let target = Target::Proven { clock, grace_ms: config.clock.grace_ms, timers_max: bounds.timers_max };
        let after = self.progress.passed_to.clone();
        let until = Until::Customers(bounds.resegmented_max);
        let migration = self.progress.passing.then_some(Migration { after, until });
        let Beside { accepted, moves, rules } = beside;
        let plan = Plan { rules: &self.rules, before: &before, target: &target, migration: migration.as_ref() };
        let epoch = decide(&mut self.states, plan, accepted)?;
        let alone = live.commit.is_none();
        if alone && epoch.woken == 0 && epoch.migrated.is_none() {
            return Ok(ShadowStep::Nothing);
        }
        self.states.store().check_room()?;
        let mut next = self.progress.clone();
        next.clock = epoch.clock.clone();
        (next.passing, next.passed_to) = match &epoch.migrated {
            Some(Reached::Customer(customer)) => (true, Some(customer.clone())),
            Some(Reached::End) | None => (false, None),
        };
        self.compare(&mut next, local, &rules, &moves, &epoch)?;
        let silent = alone && epoch.changes.is_empty();
        if !silent {
            self.numbered += 1;
            next.step = self.numbered;
        }
        let batch = self.states.encode(&[(Meta::Progress, &next.encode())]);
        if silent {
            self.states.write(&batch)?;
            self.progress = next;
            return Ok(ShadowStep::Silent);
        }
        let mark = next.mark();
        let mut first = Batch::new(self.states.store());
        first.put_meta(Meta::Prepared, &intent(&mark, &batch));
        self.states.store().write(&first.encode())?;
        self.prepared = Some((batch, next));
        let outputs = epoch.changes.iter().map(|decided| self.output(config, decided, &epoch.clock)).collect();
        Ok(ShadowStep::Commit(ShadowCommit { task: self.task, outputs, mark }))
    }

    /// S5: what was prepared is committed.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn apply(&mut self) -> Result<(), TaskError> {
        if let Some((batch, next)) = self.prepared.take() {
            self.states.write(&batch)?;
            self.progress = next;
        }
        Ok(())
    }

    /// Forgets what was prepared and not sent.
    pub fn discard(&mut self) {
        self.prepared = None;
        self.states.discard();
    }

    /// Counts those anew who moved on either side.
    fn compare(
        &mut self,
        next: &mut Progress,
        local: &mut TaskState,
        live: &Rules,
        moved: &Moves,
        epoch: &Epoch,
    ) -> Result<(), TaskError> {
        let mine = moves(&epoch.changes);
        let more = mine.keys().filter(|customer| !moved.contains_key(*customer));
        for customer in moved.keys().chain(more) {
            let there = stands(local.states().peek(customer)?, live);
            let here = stands(self.states.peek(customer)?, &self.rules);
            count(&mut next.differing, customer, [(&there, moved), (&here, &mine)]);
        }
        Ok(())
    }

    /// Nobody is to act on what did not happen.
    fn output(&self, config: &Config, decided: &Decided, clock: &Clock) -> Output {
        let envelope = envelope(config, self.task, decided, clock.facts);
        let change = Change { core: decided.core.clone(), envelope };
        let value = segflow_wire::change::encode(&change, config.outputs.changes);
        let headers = vec![(RUN.to_owned(), Some(self.name().into_bytes()))];
        Output { headers, ..keyed(Sink::Shadow, self.task, decided.core.customer_id.as_str(), value) }
    }
}

/// The stores of shadows give up while the live ones have room left.
fn memory(config: &Config) -> StoreMemory {
    config.store.with_reserve(config.store.reserve_bytes().saturating_mul(2))
}

fn progress(store: &Store) -> Result<Option<Progress>, TaskError> {
    Ok(store.meta(Meta::Progress)?.and_then(|bytes| Progress::decode(&bytes)))
}
