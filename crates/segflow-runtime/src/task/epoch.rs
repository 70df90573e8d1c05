//! S0: one live epoch of a task, from the records read to what is to be committed and written.

use std::collections::BTreeMap;

use segflow_core::change::Actionable;
use segflow_core::clock::{Clock, Idle};
use segflow_core::event::Family;
use segflow_core::journal::{JournalRecord, Position};
use segflow_engine::epoch::{Epoch, Plan, Target, decide};
use segflow_engine::intake::Accepted;
use segflow_engine::rules::{Refused, Rules};
use segflow_engine::states::States as _;

use super::TaskState;
use crate::config::{Bounds, Config};
use crate::error::TaskError;
use crate::log::{Ends, Offsets, Record};
use crate::shadow::Moves;
use crate::task::acceptance::{Rejected, accept, refused};
use crate::task::activation::Beginning;
use crate::task::outputs;
use crate::task::telling::Telling;
use crate::worker::commit::TaskCommit;

/// What an epoch is decided from.
pub(crate) struct EpochInput<'a> {
    /// The records read, of this task.
    pub records: &'a [Record],
    /// The next offset of each input after them.
    pub positions: &'a Offsets,
    /// The ends of the inputs, as proved.
    pub ends: &'a Ends,
    /// How much the epoch may do.
    pub bounds: Bounds,
    /// Whether a shadow is evaluated from the same facts.
    pub shadow: ShadowNeeds,
}

/// What the shadow of a task needs to know of an epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ShadowNeeds {
    /// There is no shadow.
    Nothing,
    /// The facts that the epoch takes in.
    Facts,
}

/// What S0 makes of a task.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// How far its clock could be settled, journalled or not.
    pub settled: Clock,
    /// Why the segmentation that is offered stays out; none if it does not.
    pub refused: Option<Refused>,
    /// What is to be committed; none if there is nothing to say.
    pub commit: Option<TaskCommit>,
    /// What a candidate is evaluated from; none without a shadow.
    pub beside: Option<Beside>,
}

/// What a candidate is evaluated from: what the epoch took in, and the customers that it moved.
#[derive(Debug)]
pub(crate) struct Beside {
    pub accepted: Accepted,
    pub moved: Moved,
}

/// The customers that an epoch moved, and the rules that moved them.
#[derive(Debug)]
pub(crate) struct Moved {
    pub moves: Moves,
    pub rules: Rules,
}

impl TaskState {
    /// One epoch over the records read, within its bounds. `commit` is none if there is nothing to say.
    ///
    /// # Errors
    /// Why the task cannot go on. What was changed in the cache is to be discarded.
    pub(crate) fn prepare(&mut self, config: &Config, input: &EpochInput<'_>) -> Result<Prepared, TaskError> {
        let w = input.ends.w;
        let (accepted, rejected) = accept(config, input.records, w);
        let inputs = self.inputs(config, &accepted, input.positions);
        let before = self.clock();
        let settled = before.settle(&self.clock_inputs(config, &inputs, input), w, config.clock);
        let timers_max = input.bounds.timers_max;
        let target = Target::Proven { clock: settled.clone(), grace_ms: config.clock.grace_ms, timers_max };
        let beginning = self.at_hand.next(config, self.last.as_ref());
        let migration = beginning.standing.migration(input.bounds.resegmented_max);
        let facts = (input.shadow == ShadowNeeds::Facts).then(|| accepted.clone());
        let rules = &beginning.rules;
        let plan = Plan { rules, before: &before, target: &target, migration: migration.as_ref() };
        let actionable = Actionable {
            w: (config.clock.idle == Idle::WallTime).then_some(w),
            first_started: self.first_started(w),
            within_ms: rules.present.actionable_within_ms,
        };
        let telling = Telling::new(config, self.task, actionable, facts.is_some().then(Moves::new));
        let mut epoch = decide(&mut self.states, plan, accepted, telling)?;
        let beside = facts.map(|accepted| {
            let moves = epoch.changes.moves.take().expect("they were noted for the shadow");
            Beside { accepted, moved: Moved { moves, rules: beginning.rules.clone() } }
        });
        let refused_rules = beginning.refused;
        let moved = inputs.iter().any(|(family, position)| position.offset != self.position(*family).offset);
        let ticked = config.clock.idle == Idle::RecordTime && epoch.clock != before;
        let turned = beginning.standing.activates.is_some() || epoch.migrated.is_some();
        if input.records.is_empty() && epoch.woken == 0 && !moved && !ticked && !turned {
            return Ok(Prepared { settled, refused: refused_rules, commit: None, beside });
        }
        self.check_room()?;
        let rejected = [rejected, refused(&epoch)].concat();
        let record = self.journal(config, &beginning.standing, &epoch, inputs, w);
        let decided = DecidedEpoch { beginning, record, epoch, rejected };
        let commit = self.commit(config, input.records, decided)?;
        Ok(Prepared { settled, refused: refused_rules, commit: Some(commit), beside })
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
        input: &EpochInput<'_>,
    ) -> Vec<segflow_core::clock::Input> {
        let latest = &input.ends.latest;
        // A position beyond the answer proves nothing: the input was truncated, or recreated.
        let input = |(family, position): (&Family, &Position)| segflow_core::clock::Input {
            role: config.inputs[family].role,
            greatest: position.greatest,
            at_end: latest.get(&(self.task, *family)).is_some_and(|latest| position.offset == *latest),
        };
        inputs.iter().map(input).collect()
    }

    fn commit(
        &mut self,
        config: &Config,
        records: &[Record],
        decided: DecidedEpoch<'_>,
    ) -> Result<TaskCommit, TaskError> {
        let DecidedEpoch { beginning, record, epoch, rejected } = decided;
        let (task, segmentation) = (self.task, &*beginning.rules.present);
        let Epoch { changes: Telling { mut outputs, moved, .. }, unreadable, resegmented, .. } = epoch;
        for customer in &moved {
            let state = self.states.peek(customer)?;
            outputs.push(outputs::memberships(config, segmentation, task, customer, state));
        }
        // The text is in the transaction that first names it; no reader depends on its place there.
        outputs.extend(self.at_hand.text(&beginning));
        let letter =
            |Rejected { index, rejection }: &Rejected| outputs::dead_letter(config, &records[*index], rejection);
        outputs.extend(rejected.iter().map(letter));
        let bytes = segflow_wire::journal::encode(&record);
        let batch = self.batch(&record, &bytes);
        outputs.push(outputs::journal(task, record.epoch, bytes));
        let mut dead_letters = BTreeMap::new();
        for Rejected { rejection, .. } in &rejected {
            *dead_letters.entry(rejection.reason.word()).or_default() += 1;
        }
        Ok(TaskCommit { task, record, outputs, batch, dead_letters, unreadable, resegmented })
    }
}

/// An epoch that has something to say.
struct DecidedEpoch<'a> {
    beginning: Beginning,
    record: JournalRecord,
    epoch: Epoch<Telling<'a>>,
    rejected: Vec<Rejected>,
}
