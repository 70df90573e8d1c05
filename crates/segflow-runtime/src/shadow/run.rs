//! One run of a task's shadow: a store of its own, taken further beside the live epochs.
//!
//! Its changes and its mark are in the transaction; its states are written after it. What is to be written is on disk
//! before that: after a crash, the mark in the log says whether it was committed. So a run goes on from where it was, or is
//! known to be lost and is never taken further.

use std::collections::BTreeMap;
use std::sync::Arc;

use segflow_core::change::Decided;
use segflow_core::clock::Clock;
use segflow_core::time::Timestamp;
use segflow_store::{Batch, Meta, Store, StoreError, StoreMemory};

use super::differing::{count, moves, none_differing, stands};
use super::progress::{Progress, batch_of, intent, step_of};
use super::{RulePair, ShadowCommit};
use crate::config::{Bounds, Config};
use crate::directories::remove_directory;
use crate::error::TaskError;
use crate::log::{Output, TaskId};
use crate::task::TaskState;
use crate::task::epoch::{Moved, Prepared};
use crate::task::outputs::shadow_change;
use crate::task::stored::Stored;
use segflow_engine::epoch::{Epoch, Plan, Target, decide};
use segflow_engine::intake::Accepted;
use segflow_engine::migration::{Migration, Reached, Until};
use segflow_engine::rules::Rules;
use segflow_engine::states::States as _;

/// The header of every change that names its run: `seq` is contiguous within one.
const RUN: &str = "segflow.shadow-run";

/// The live epoch beside which a run goes.
pub(crate) struct LiveEpoch<'a> {
    pub state: &'a mut TaskState,
    pub prepared: &'a Prepared,
    pub moved: Moved,
}

/// One run of a task's shadow.
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
    pub(super) fn resume(
        config: &Config,
        task: TaskId,
        pair: &RulePair,
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
        if !progress.is_of(pair) {
            return Ok(None);
        }
        Self::new(config, task, store, pair, progress).map(Some)
    }

    /// Begins a run with the live store as it stands, in place of the former run.
    ///
    /// # Errors
    /// If the store is in use, or the disk refuses.
    pub(super) fn begin(
        config: &Config,
        state: &TaskState,
        pair: &RulePair,
        owner: &str,
        number: u64,
    ) -> Result<Self, TaskError> {
        let directory = config.shadow_dir(state.task());
        if directory.join("CURRENT").exists()
            && let Err(locked @ StoreError::Locked { .. }) = Store::open(&directory, &memory(config))
        {
            return Err(locked.into());
        }
        let refused = |error| TaskError::stop(state.task(), format_args!("{}: {error}", directory.display()));
        remove_directory(&directory).map_err(refused)?;
        let copied = state.epoch() > 0;
        if copied {
            state.store().checkpoint(&directory)?;
        }
        let store = Store::open(&directory, &memory(config))?;
        let progress = Progress {
            owner: owner.to_owned(),
            began: state.epoch(),
            number,
            step: 0,
            candidate: pair.candidate.hash.clone(),
            live: pair.live.hash.clone(),
            clock: state.clock(),
            migrating: copied,
            migrated_to: None,
            differing: none_differing(&pair.candidate, &pair.live),
        };
        let mut batch = Batch::new(&store);
        batch.put_meta(Meta::Progress, &progress.encode());
        store.write(&batch.encode())?;
        Self::new(config, state.task(), store, pair, progress)
    }

    /// A customer that the candidate has not decided yet was decided by the rules with which the run began. They are live
    /// still, since an activation of others ends the run.
    fn new(
        config: &Config,
        task: TaskId,
        store: Store,
        pair: &RulePair,
        progress: Progress,
    ) -> Result<Self, TaskError> {
        let mut states = Stored::new(store, &config.cache);
        let rules = Rules { present: Arc::clone(&pair.candidate), former: vec![Arc::clone(&pair.live)] };
        states.upgrade(&rules)?;
        let intent = states.store().meta(Meta::Prepared)?;
        let numbered = intent.as_deref().and_then(step_of).unwrap_or(0).max(progress.step);
        Ok(Self { task, rules, states, progress, numbered, prepared: None })
    }

    /// Its name.
    pub(super) fn name(&self) -> String {
        self.progress.name()
    }

    /// Its number: higher than that of the task's run before, as far as that is known.
    pub(super) const fn number(&self) -> u64 {
        self.progress.number
    }

    /// Whether some customers are decided by the live rules still.
    pub(super) const fn is_migrating(&self) -> bool {
        self.progress.migrating
    }

    /// How many customers stand elsewhere than in the live segmentation, by dimension that both have.
    pub(super) const fn differing(&self) -> &BTreeMap<String, u64> {
        &self.progress.differing
    }

    /// Whether it evaluates this candidate beside these rules.
    pub(super) fn is_of(&self, pair: &RulePair) -> bool {
        self.progress.is_of(pair)
    }

    /// S0: what the live epoch took in, decided by the candidate up to where the live clock has come.
    ///
    /// # Errors
    /// Why the run cannot go on.
    pub(super) fn prepare(
        &mut self,
        config: &Config,
        mut live: LiveEpoch<'_>,
        accepted: Accepted,
        bounds: Bounds,
    ) -> Result<ShadowStep, TaskError> {
        let reached = live.prepared.commit.as_ref().map_or(&live.prepared.settled, |commit| &commit.record.clock);
        let before = self.progress.clock.clone();
        let clock = Clock {
            facts: reached.facts.max(before.facts),
            silence: reached.silence.max(before.silence),
            cursor: before.cursor.clone(),
        };
        let target = Target::Proven { clock, grace_ms: config.clock.grace_ms, timers_max: bounds.timers_max };
        let after = self.progress.migrated_to.clone();
        let until = Until::Customers(bounds.resegmented_max);
        let migration = self.progress.migrating.then_some(Migration { after, until });
        let plan = Plan { rules: &self.rules, before: &before, target: &target, migration: migration.as_ref() };
        let epoch = decide(&mut self.states, plan, accepted, Vec::new())?;
        let alone = live.prepared.commit.is_none();
        if alone && epoch.woken == 0 && epoch.migrated.is_none() {
            return Ok(ShadowStep::Nothing);
        }
        self.states.store().check_room()?;
        let mut next = self.progress.clone();
        next.clock = epoch.clock.clone();
        (next.migrating, next.migrated_to) = match &epoch.migrated {
            Some(Reached::Customer(customer)) => (true, Some(customer.clone())),
            Some(Reached::Nobody) => (true, None),
            Some(Reached::End) | None => (false, None),
        };
        self.compare(&mut next, &mut live, &epoch)?;
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
        let changes = epoch.changes.iter();
        let outputs = changes.map(|decided| self.output(config, decided, epoch.clock.facts)).collect();
        Ok(ShadowStep::Commit(ShadowCommit { task: self.task, outputs, mark }))
    }

    /// S5: what was prepared is committed.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn apply(&mut self) -> Result<(), TaskError> {
        if let Some((batch, next)) = self.prepared.take() {
            self.states.write(&batch)?;
            self.progress = next;
        }
        Ok(())
    }

    /// Forgets what was prepared and not sent.
    pub(super) fn discard(&mut self) {
        self.prepared = None;
        self.states.discard();
    }

    /// Counts the customers anew that moved on either side.
    fn compare(
        &mut self,
        next: &mut Progress,
        live: &mut LiveEpoch<'_>,
        epoch: &Epoch<Vec<Decided>>,
    ) -> Result<(), TaskError> {
        let Moved { moves: moved, rules } = &live.moved;
        let mine = moves(&epoch.changes);
        let more = mine.keys().filter(|customer| !moved.contains_key(*customer));
        for customer in moved.keys().chain(more) {
            let there = stands(live.state.states().peek(customer)?, rules);
            let here = stands(self.states.peek(customer)?, &self.rules);
            count(&mut next.differing, customer, [(&there, moved), (&here, &mine)]);
        }
        Ok(())
    }

    fn output(&self, config: &Config, decided: &Decided, decided_at: Timestamp) -> Output {
        let headers = vec![(RUN.to_owned(), Some(self.name().into_bytes()))];
        Output { headers, ..shadow_change(config, self.task, decided_at, decided) }
    }
}

/// The memory of shadows' stores: they find the disk full while the live stores have room left.
fn memory(config: &Config) -> StoreMemory {
    config.store.with_reserve(config.store.reserve_bytes().saturating_mul(2))
}

fn progress(store: &Store) -> Result<Option<Progress>, TaskError> {
    Ok(store.meta(Meta::Progress)?.and_then(|bytes| Progress::decode(&bytes)))
}
