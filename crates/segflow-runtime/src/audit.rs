//! Audit: the journal of a task decided again from its inputs, and each epoch compared with what the journal says.
//!
//! As recovery does it, in a store that nobody else uses; but a difference is an answer here, and no failure. Nothing is
//! written to the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use segflow_core::change::Decided;
use segflow_core::digest::Digest;
use segflow_core::event::{CustomerId, Family};
use segflow_core::journal::{Counts, Position, Record as Journal};
use segflow_core::segmentation::Segmentation;
use segflow_core::state::State;
use segflow_core::time::Instant;

use crate::config::Config;
use crate::error::TaskError;
use crate::log::{Past, Task};
use crate::roll::{Roll, Rolled};
use crate::task::Local;

/// A task that is audited.
pub struct Audit {
    task: Task,
    local: Local,
    roll: Roll,
}

/// An epoch decided again.
#[derive(Debug)]
pub struct Audited {
    /// Where each input stood before it.
    pub before: BTreeMap<Family, Position>,
    /// What the journal says of it.
    pub record: Journal,
    /// What became of its records now.
    pub counts: Counts,
    /// Of the changes decided now.
    pub digest: Digest,
    /// These changes, in the order of (customer, `effective_at`, dimension).
    pub changes: Vec<Decided>,
}

/// What a step did.
#[derive(Debug)]
pub enum Step {
    /// Nothing, or a part of what the next epoch read: ask again.
    Waiting,
    /// One epoch.
    Epoch(Box<Audited>),
    /// The journal has no further epoch, or none before `to`.
    End,
}

/// What is known of a customer after the last epoch.
pub struct Known {
    /// Facts and memberships.
    pub state: State,
    /// What decided them.
    pub segmentation: Arc<Segmentation>,
    /// Everything before it is decided.
    pub decided_up_to: Instant,
}

impl Audited {
    /// Whether the same was decided of the same records.
    #[must_use]
    pub fn agrees(&self) -> bool {
        (self.digest, self.counts) == (self.record.digest, self.record.counts)
    }
}

impl Audit {
    /// Begins with what lies in the task's directory: nothing, or a snapshot.
    ///
    /// # Errors
    /// Why the directory cannot be used.
    pub fn open(config: &Config, task: Task) -> Result<Self, TaskError> {
        Ok(Self { task, local: Local::open(config, task)?, roll: Roll::default() })
    }

    /// The last epoch decided again, or that of the snapshot; 0 before the first.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.local.epoch()
    }

    /// What the journal says of that epoch.
    #[must_use]
    pub const fn last(&self) -> Option<&Journal> {
        self.local.last()
    }

    /// Gets at hand what decided a snapshot with which it begins; false: ask again.
    ///
    /// # Errors
    /// As [`Audit::step`].
    pub fn ready<P: Past>(&mut self, config: &Config, past: &mut P) -> Result<bool, TaskError> {
        self.local.open_states(config, past)
    }

    /// Decides one epoch again, once all that it read has come, unless its cycle began at `to` or later. Does not wait for
    /// long. After an epoch that does not agree it goes on from what is decided now.
    ///
    /// # Errors
    /// `Log` of kind `Retry`: ask again later. `Gone` if the journal does not begin where this one stands.
    pub fn step<P: Past>(&mut self, config: &Config, past: &mut P, to: Option<Instant>) -> Result<Step, TaskError> {
        match self.roll.gather(&mut self.local, config, past, self.task)? {
            Some(Rolled::End) => return Ok(Step::End),
            Some(_) => return Ok(Step::Waiting),
            None => {}
        }
        if self.roll.gathered().is_some_and(|record| to.is_some_and(|to| record.w >= to)) {
            return Ok(Step::End);
        }
        let Some((record, bytes, records)) = self.roll.take() else { return Ok(Step::Waiting) };
        let before = self.local.last().map(|last| last.inputs.clone()).unwrap_or_default();
        let (accepted, _) = self.local.accept(config, &records, record.w);
        let epoch = self.local.decide_again(&record, accepted)?;
        self.local.check_room()?;
        let batch = self.local.batch(&record, &bytes);
        self.local.write(&batch, record.clone())?;
        let (counts, digest, changes) = (epoch.counts, epoch.digest, epoch.changes);
        Ok(Step::Epoch(Box::new(Audited { before, record, counts, digest, changes })))
    }

    /// What is known of a customer after the last epoch; none if nothing is.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn customer(&mut self, customer: &CustomerId) -> Result<Option<Known>, TaskError> {
        let state = self.local.states().peek(customer)?.clone();
        let silence = self.local.clock().cursor.instant;
        let Some(segmentation) = self.local.decided_by(&state) else { return Ok(None) };
        if state == State::default() {
            return Ok(None);
        }
        let decided_up_to = state.decision.as_of.map_or(silence, |as_of| as_of.max(silence));
        Ok(Some(Known { state, segmentation, decided_up_to }))
    }
}
