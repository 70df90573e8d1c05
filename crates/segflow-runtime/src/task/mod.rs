//! What a worker holds of a task that it owns: its states on disk and the last epoch written there.

pub(crate) mod activation;
pub mod dead_letter;
pub mod state_format;
pub mod stored;

use std::collections::BTreeMap;
use std::sync::Arc;

use segflow_core::ENGINE_VERSION;
use segflow_core::change::{Actionable, Change, Decided, Envelope};
use segflow_core::clock::{Clock, Idle};
use segflow_core::event::Family;
use segflow_core::fact::Facts;
use segflow_core::journal::{Position, Record as Journal};
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Timestamp;
use segflow_store::{Meta, Store};
use segflow_wire::Rejection;
use segflow_wire::memberships::Memberships;

use crate::config::{Bounds, Config};
use crate::error::TaskError;
use crate::log::{Ends, Offsets, Output, Past, Record, Sink, TaskId};
use crate::shadow::{Moves, moves};
use crate::task::activation::{AtHand, Beginning};
use crate::task::stored::Stored;
use crate::worker::commit::TaskCommit;
use segflow_engine::epoch::{Epoch, Plan, Target, changed, decide};
use segflow_engine::intake::Accepted;
use segflow_engine::migration::Reached;
use segflow_engine::rules::{InForce, Refused, Rules};
use segflow_engine::states::States as _;

/// A task's local state.
pub struct TaskState {
    task: TaskId,
    states: Stored,
    last: Option<Journal>,
    at_hand: AtHand,
    intake_hash: String,
}

impl TaskState {
    /// Opens what the disk has of a task, or begins with nothing.
    ///
    /// # Errors
    /// `Busy` while another worker has it open; otherwise why it cannot be used.
    pub fn open(config: &Config, task: TaskId) -> Result<Self, TaskError> {
        let store = Store::open(&config.task_dir(task), &config.store)?;
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
        let states = Stored::new(store, config.cache_customers);
        Ok(Self { task, states, last, at_hand: AtHand::new(task), intake_hash: config.intake.hash() })
    }

    /// The last epoch on disk; 0 if there is none.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.last.as_ref().map_or(0, |last| last.epoch)
    }

    /// The last epoch on disk.
    #[must_use]
    pub const fn last(&self) -> Option<&Journal> {
        self.last.as_ref()
    }

    /// The version of the segmentation that decided the last epoch, and whether some customers are decided by former
    /// ones still.
    #[must_use]
    pub fn rules_in_force(&self) -> (Option<u32>, bool) {
        let present = self.last.as_ref().and_then(|last| self.at_hand.version(&last.segmentation_hash));
        (present, self.is_passing())
    }

    /// `F`, `T` and `S` after the last epoch.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.last.as_ref().map_or_else(Clock::default, |last| last.clock.clone())
    }

    /// Whose state it is.
    #[must_use]
    pub const fn task(&self) -> TaskId {
        self.task
    }

    /// The rules in force after the last epoch; before the first, those that are offered.
    #[must_use]
    pub fn present(&self, config: &Config) -> Arc<Segmentation> {
        let last = self.last.as_ref();
        last.map_or_else(|| config.segmentation.offered(), |last| self.at_hand.known(&last.segmentation_hash))
    }

    /// Whether some customers are decided by former rules still.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        self.last.as_ref().is_some_and(|last| !last.former.is_empty())
    }

    /// Where an input stands after the last epoch.
    #[must_use]
    pub fn position(&self, family: Family) -> Position {
        self.last.as_ref().and_then(|last| last.inputs.get(&family).copied()).unwrap_or_default()
    }

    /// Where every input stands after the last epoch.
    #[must_use]
    pub fn offsets(&self, config: &Config) -> Offsets {
        config.inputs.keys().map(|family| (*family, self.position(*family).offset)).collect()
    }

    /// The store beneath.
    #[must_use]
    pub const fn store(&self) -> &Store {
        self.states.store()
    }

    /// Its states.
    pub const fn states(&mut self) -> &mut Stored {
        &mut self.states
    }

    /// Gets at hand the segmentations that a record of its journal names; false: they have not come yet.
    ///
    /// # Errors
    /// `Stop` if one cannot be had; what the log says.
    pub fn learn<P: Past>(&mut self, config: &Config, past: &mut P, record: &Journal) -> Result<bool, TaskError> {
        self.at_hand.learn(config, past, record)
    }

    /// Gets at hand the segmentations by which the store is decided, and brings up to date what an earlier release
    /// wrote and would not be understood later; false: they have not come yet.
    ///
    /// # Errors
    /// As [`TaskState::learn`]; if the store cannot be read or written.
    pub fn open_states<P: Past>(&mut self, config: &Config, past: &mut P) -> Result<bool, TaskError> {
        let Some(last) = &self.last else { return Ok(true) };
        if !self.at_hand.learn(config, past, last)? {
            return Ok(false);
        }
        self.at_hand.check_currency(config, last)?;
        self.states.upgrade(self.at_hand.first(last))?;
        Ok(true)
    }

    /// The last step of recovery: what must be known of the log before the next epoch; false: it is not yet.
    ///
    /// # Errors
    /// What the log says.
    pub fn make_ready<P: Past>(&mut self, past: &mut P) -> Result<bool, TaskError> {
        self.at_hand.look_for_text(past, self.last.as_ref())
    }

    /// Decides an epoch of its journal again.
    ///
    /// # Errors
    /// If a state cannot be read. What was changed in the cache is to be discarded.
    pub(crate) fn decide_again(&mut self, record: &Journal, accepted: Accepted) -> Result<Epoch, TaskError> {
        let standing = InForce::of(self.last.as_ref(), &record.segmentation_hash);
        let (rules, migration) = (self.at_hand.rules(&standing), standing.migration_of(record));
        let (before, target) = (self.clock(), Target::Journalled(record.clock.clone()));
        let plan = Plan { rules: &rules, before: &before, target: &target, migration: migration.as_ref() };
        Ok(decide(&mut self.states, plan, accepted)?)
    }

    /// The rules of the last epoch; none before the first.
    pub(crate) fn rules(&self) -> Option<Rules> {
        let last = self.last.as_ref()?;
        Some(self.at_hand.rules(&InForce::of(Some(last), &last.segmentation_hash)))
    }

    /// S0: one epoch over the records read, up to `positions`, within `bounds`. None if there is nothing to say. If the task
    /// is `shadowed`, also what the epoch took in.
    ///
    /// # Errors
    /// Why the task cannot go on. What was changed in the cache is to be discarded.
    pub fn prepare(
        &mut self,
        config: &Config,
        records: &[Record],
        positions: &Offsets,
        ends: &Ends,
        bounds: Bounds,
        shadowed: bool,
    ) -> Result<Prepared, TaskError> {
        let (accepted, rejected) = self.accept(config, records, ends.w);
        let inputs = self.inputs(config, &accepted, positions);
        let before = self.clock();
        let settled = before.settle(&self.clock_inputs(config, &inputs, ends), ends.w, config.clock);
        let timers_max = bounds.timers_max;
        let target = Target::Proven { clock: settled.clone(), grace_ms: config.clock.grace_ms, timers_max };
        let beginning = self.at_hand.next(config, self.last.as_ref());
        let migration = beginning.standing.migration(bounds.resegmented_max);
        let facts = shadowed.then(|| accepted.clone());
        let rules = &beginning.rules;
        let plan = Plan { rules, before: &before, target: &target, migration: migration.as_ref() };
        let epoch = decide(&mut self.states, plan, accepted)?;
        let rejected = [rejected, refused(&epoch)].concat();
        let beside =
            facts.map(|accepted| Beside { accepted, moves: moves(&epoch.changes), rules: beginning.rules.clone() });
        let moved = inputs.iter().any(|(family, position)| position.offset != self.position(*family).offset);
        let ticked = config.clock.idle == Idle::RecordTime && epoch.clock != before;
        let (refused, turned) = (beginning.refused, beginning.standing.activates || epoch.migrated.is_some());
        if records.is_empty() && epoch.woken == 0 && !moved && !ticked && !turned {
            return Ok(Prepared { settled, refused, commit: None, beside });
        }
        self.check_room()?;
        let record = self.journal(&beginning.standing, &epoch, inputs, ends.w);
        let commit = self.commit(config, &beginning, record, &epoch, records, &rejected)?;
        Ok(Prepared { settled, refused, commit: Some(commit), beside })
    }

    /// S5: writes what was prepared; or, in recovery, what was decided again.
    ///
    /// # Errors
    /// If it cannot be written: the journal will roll the task forward.
    pub fn write(&mut self, batch: &[u8], record: Journal) -> Result<(), TaskError> {
        self.states.write(batch)?;
        self.at_hand.written(self.last.as_ref(), &record);
        self.last = Some(record);
        Ok(())
    }

    /// Whether the disk can take what is about to be written.
    pub(crate) fn check_room(&self) -> Result<(), TaskError> {
        Ok(self.states.store().check_room()?)
    }

    /// Goes on under this configuration, which may not be the one under which it was opened.
    pub(crate) fn adopt(&mut self, config: &Config) {
        self.intake_hash = config.intake.hash();
    }

    /// Forgets what was changed since the last write.
    pub fn discard(&mut self) {
        self.states.discard();
    }

    /// Accepts records as the cycle at `w` did or does.
    pub(crate) fn accept(&self, config: &Config, records: &[Record], w: Timestamp) -> (Accepted, Vec<Rejected>) {
        let mut accepted = Accepted::default();
        let mut rejected = Vec::new();
        for (index, record) in records.iter().enumerate() {
            let raw = dead_letter::raw(record, config.topic(record.family));
            if let Err(rejection) = accepted.take(&raw, &config.intake, w) {
                rejected.push(Rejected { index, rejection });
            }
        }
        (accepted, rejected)
    }

    /// The bytes of S5: the states changed and this journal record.
    pub(crate) fn batch(&self, record: &Journal, bytes: &[u8]) -> Vec<u8> {
        let epoch = record.epoch.to_string();
        self.states.encode(&[
            (Meta::Epoch, epoch.as_bytes()),
            (Meta::Journal, bytes),
            (Meta::Segmentation, record.segmentation_hash.as_bytes()),
            (Meta::StateVersion, state_format::VERSION.to_string().as_bytes()),
        ])
    }

    fn inputs(&self, config: &Config, accepted: &Accepted, positions: &Offsets) -> BTreeMap<Family, Position> {
        let position = |family: Family| {
            let before = self.position(family);
            Position {
                offset: positions.get(&family).copied().unwrap_or(before.offset),
                greatest: accepted.greatest.get(&family).copied().max(before.greatest),
            }
        };
        config.inputs.keys().map(|family| (*family, position(*family))).collect()
    }

    fn clock_inputs(
        &self,
        config: &Config,
        inputs: &BTreeMap<Family, Position>,
        ends: &Ends,
    ) -> Vec<segflow_core::clock::Input> {
        // A position beyond the answer proves nothing: the input was truncated, or recreated.
        let input = |(family, position): (&Family, &Position)| segflow_core::clock::Input {
            role: config.inputs[family].role,
            greatest: position.greatest,
            at_end: ends.latest.get(&(self.task, *family)).is_some_and(|latest| position.offset == *latest),
        };
        inputs.iter().map(input).collect()
    }

    fn journal(&self, standing: &InForce, epoch: &Epoch, inputs: BTreeMap<Family, Position>, w: Timestamp) -> Journal {
        let (former, resegmented_to) = match &epoch.migrated {
            Some(Reached::Customer(customer)) => (standing.former.clone(), Some(customer.clone())),
            Some(Reached::End) | None => (Vec::new(), None),
        };
        Journal {
            epoch: self.epoch() + 1,
            inputs,
            clock: epoch.clock.clone(),
            w,
            first_started: self.last.as_ref().map_or(w, |last| last.first_started),
            segmentation_hash: standing.hash.clone(),
            former,
            resegmented_to,
            intake_hash: self.intake_hash.clone(),
            engine_version: ENGINE_VERSION.to_owned(),
            counts: epoch.counts,
            digest: epoch.digest,
        }
    }

    fn commit(
        &mut self,
        config: &Config,
        beginning: &Beginning,
        record: Journal,
        epoch: &Epoch,
        records: &[Record],
        rejected: &[Rejected],
    ) -> Result<TaskCommit, TaskError> {
        let segmentation = &beginning.rules.present;
        let mut outputs: Vec<Output> = self.at_hand.text(beginning).into_iter().collect();
        let change = |decided| change_output(config, segmentation, self.task, &record, decided);
        outputs.extend(epoch.changes.iter().map(change));
        for customer in changed(&epoch.changes) {
            let state = self.states.peek(customer)?;
            let mut output = keyed(Sink::Segments, self.task, customer.as_str(), Vec::new());
            output.value = (!state.is_stub())
                .then(|| Memberships::of(customer, &state.decision, segmentation).encode(config.outputs.segments));
            outputs.push(output);
        }
        outputs.extend(rejected.iter().map(|Rejected { index, rejection }| {
            let record = &records[*index];
            dead_letter::output(record, config.topic(record.family), rejection)
        }));
        let bytes = segflow_wire::journal::encode(&record);
        let batch = self.batch(&record, &bytes);
        outputs.push(keyed(Sink::Journal, self.task, &record.epoch.to_string(), bytes));
        let mut dead_letters = BTreeMap::new();
        for Rejected { rejection, .. } in rejected {
            *dead_letters.entry(rejection.reason.word()).or_default() += 1;
        }
        Ok(TaskCommit { task: self.task, record, outputs, batch, dead_letters, resegmented: epoch.resegmented })
    }
}

/// What S0 makes of a task.
#[derive(Debug)]
pub struct Prepared {
    /// How far its clock could be settled, journalled or not.
    pub settled: Clock,
    /// Why the segmentation that is offered stays out; none if it does not.
    pub refused: Option<Refused>,
    /// What is to be committed; none if there is nothing to say.
    pub commit: Option<TaskCommit>,
    /// What a candidate is evaluated from; none without a shadow.
    pub(crate) beside: Option<Beside>,
}

/// What the epoch took in, and whom it moved by which rules.
#[derive(Debug)]
pub(crate) struct Beside {
    pub accepted: Accepted,
    pub moves: Moves,
    pub rules: Rules,
}

/// The records for whose facts there was no room.
pub(crate) fn refused(epoch: &Epoch) -> Vec<Rejected> {
    let refused = |&index: &usize| Rejected { index, rejection: Rejection::customer_full(Facts::MAX_BYTES) };
    epoch.refused.iter().map(refused).collect()
}

/// A record that cannot be used, by its place among the records read.
#[derive(Clone)]
pub(crate) struct Rejected {
    pub(crate) index: usize,
    pub(crate) rejection: Rejection,
}

fn change_output(
    config: &Config,
    segmentation: &Segmentation,
    task: TaskId,
    record: &Journal,
    decided: &Decided,
) -> Output {
    let actionable = Actionable {
        w: (config.clock.idle == Idle::WallTime).then_some(record.w),
        first_started: record.first_started,
        within_ms: segmentation.actionable_within_ms,
    };
    let core = decided.core.clone();
    let envelope =
        Envelope { actionable: actionable.judge(&core), ..envelope(config, task, decided, record.clock.facts) };
    let customer = core.customer_id.clone();
    let value = segflow_wire::change::encode(&Change { core, envelope }, config.outputs.changes);
    keyed(Sink::Changes, task, customer.as_str(), value)
}

/// The envelope of a change that nobody is to act on, decided by this release.
pub(crate) fn envelope(config: &Config, task: TaskId, decided: &Decided, decided_at: Timestamp) -> Envelope {
    Envelope {
        actionable: false,
        decided_at,
        lag_ms: decided_at.since_ms(decided.core.effective_at),
        engine_version: ENGINE_VERSION.to_owned(),
        topic: decided.origin.map(|(family, _)| config.topic(family).to_owned()),
        partition: decided.origin.map(|_| task.0),
        offset: decided.origin.map(|(_, offset)| offset),
    }
}

pub(crate) fn keyed(sink: Sink, task: TaskId, key: &str, value: Vec<u8>) -> Output {
    Output { sink, task, key: Some(key.as_bytes().to_vec()), value: Some(value), headers: Vec::new() }
}
