//! What a live epoch makes of its changes as they are decided: records for subscribers, their digest, and who moved.

use std::collections::BTreeSet;

use segflow_core::change::{Actionable, Decided};
use segflow_core::digest::Sum;
use segflow_core::event::CustomerId;
use segflow_core::time::Timestamp;
use segflow_engine::epoch::Told;

use crate::config::Config;
use crate::log::{Output, TaskId};
use crate::shadow::{Moves, note};
use crate::task::outputs;

/// The changes of a live epoch of a task. None of them is kept: what is to be told of each is written at once.
pub(crate) struct Telling<'a> {
    config: &'a Config,
    task: TaskId,
    actionable: Actionable,
    /// The records of the changes.
    pub outputs: Vec<Output>,
    /// Their digest.
    pub sum: Sum<'a>,
    /// The customers who moved.
    pub moved: BTreeSet<CustomerId>,
    /// What their moves were, if a shadow wants to know.
    pub moves: Option<Moves>,
}

impl<'a> Telling<'a> {
    /// Nothing is told yet.
    pub(crate) fn new(config: &'a Config, task: TaskId, actionable: Actionable, moves: Option<Moves>) -> Self {
        let sum = Sum::new(config.release.digest_form);
        Self { config, task, actionable, outputs: Vec::new(), sum, moved: BTreeSet::new(), moves }
    }
}

impl Told for Telling<'_> {
    fn tell(&mut self, decided_at: Timestamp, change: Decided) {
        self.sum.add(&change.core);
        self.outputs.push(outputs::change(self.config, self.task, &self.actionable, decided_at, &change));
        if let Some(moves) = &mut self.moves {
            note(moves, &change.core);
        }
        self.moved.insert(change.core.customer_id);
    }
}
