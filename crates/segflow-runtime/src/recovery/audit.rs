//! Audit: the journal of a task decided again from its inputs, and each epoch compared with what the journal says.
//!
//! It goes along the journal as recovery does, in a store that nobody else uses. A difference is an answer here, and no
//! failure. Nothing is written to the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use segflow_core::change::Decided;
use segflow_core::digest::Digest;
use segflow_core::event::{CustomerId, Family};
use segflow_core::journal::{Counts, JournalRecord, Position};
use segflow_core::segmentation::Segmentation;
use segflow_core::state::State;
use segflow_core::time::Timestamp;
use segflow_wire::Rejection;

use crate::config::Config;
use crate::error::TaskError;
use crate::log::{Past, TaskId};
use crate::recovery::roll_forward::{RollForward, Rolled};
use crate::task::TaskState;
use crate::task::acceptance::{Rejected, accept, refused};
use segflow_engine::rules::Rules;
use segflow_engine::states::States as _;

/// A task that is audited.
pub struct Audit {
    task: TaskId,
    state: TaskState,
    roll: RollForward,
}

/// An epoch decided again.
#[derive(Debug)]
pub struct Audited {
    /// Where each input stood before it.
    pub before: BTreeMap<Family, Position>,
    /// What the journal says of it.
    pub record: JournalRecord,
    /// The records that it read and that cannot be used now, by input and offset.
    pub rejected: Vec<(Family, u64, Rejection)>,
    /// What became of the records that it read.
    pub counts: Counts,
    /// The greatest timestamp read of each input up to here, as they are now.
    pub greatest: BTreeMap<Family, Option<Timestamp>>,
    /// The digest of the changes decided now, in the form of the journal's; in the present form if that is not known.
    pub digest: Digest,
    /// These changes, in the order of (customer, `effective_at`, dimension).
    pub changes: Vec<Decided>,
    /// The rules in force, then and now.
    pub segmentation: Arc<Segmentation>,
}

/// What comparing an epoch comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The same was decided of the same records, as far as the journal can tell.
    Equal,
    /// The same was decided, but records that it read are gone: deleted, or compacted away.
    Fewer,
    /// Something else was decided, or something else became of the records.
    Differs,
}

/// What a step did.
#[derive(Debug)]
pub enum AuditStep {
    /// Nothing: what it needs has not come yet. Ask again.
    Waiting,
    /// It read a part of what the next epoch read.
    Part,
    /// One epoch.
    Epoch(Box<Audited>),
    /// The journal has no further epoch, or none before `to`.
    End,
}

/// What is known of a customer after the last epoch.
pub struct KnownCustomer {
    /// Facts and memberships.
    pub state: State,
    /// What decided them.
    pub segmentation: Arc<Segmentation>,
    /// Everything before it is decided.
    pub decided_up_to: Timestamp,
}

impl Audited {
    /// Compares both sides: digests, counts, and the greatest timestamps.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let Self { record, counts, digest, .. } = self;
        let timestamps = record.inputs.iter().all(|(family, input)| self.greatest.get(family) == Some(&input.greatest));
        match *digest == record.digest {
            true if *counts == record.counts && timestamps => Verdict::Equal,
            true if counts.read < record.counts.read => Verdict::Fewer,
            _ => Verdict::Differs,
        }
    }
}

impl Audit {
    /// Begins with what lies in the task's directory: nothing, or a snapshot.
    ///
    /// # Errors
    /// Why the directory cannot be used.
    pub fn open(config: &Config, task: TaskId) -> Result<Self, TaskError> {
        Ok(Self { task, state: TaskState::open(&config.stores(), task)?, roll: RollForward::default() })
    }

    /// The last epoch decided again, or that of the snapshot; 0 before the first.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.state.epoch()
    }

    /// What the journal says of that epoch.
    #[must_use]
    pub const fn last(&self) -> Option<&JournalRecord> {
        self.state.last()
    }

    /// Fetches the segmentations that decided the snapshot with which it begins. Returns whether they have come; if not,
    /// ask again.
    ///
    /// # Errors
    /// As [`Audit::step`].
    pub fn ready<P: Past>(&mut self, config: &Config, past: &mut P) -> Result<bool, TaskError> {
        self.state.open_states(config, past)
    }

    /// Where an input stands after that epoch.
    #[must_use]
    pub fn position(&self, family: Family) -> Position {
        self.state.position(family)
    }

    /// What the journal says of the epoch that comes next, once it has been looked at.
    #[must_use]
    pub fn next(&self) -> Option<&JournalRecord> {
        self.roll.next()
    }

    /// Decides one epoch again, once all that it read has come, unless its cycle began at `to` or later. Does not wait for
    /// long. After an epoch that differs it goes on from what is decided now.
    ///
    /// # Errors
    /// `Log` of kind `Retry`: ask again later. `Gone` if the journal does not begin where this one stands.
    pub fn step<P: Past>(
        &mut self,
        config: &Config,
        past: &mut P,
        to: Option<Timestamp>,
    ) -> Result<AuditStep, TaskError> {
        let mut not_yet = self.roll.look(&self.state, config, past, self.task)?;
        if self.next().is_some_and(|record| to.is_some_and(|to| record.w >= to)) {
            return Ok(AuditStep::End);
        }
        if not_yet.is_none() {
            not_yet = self.roll.gather(&mut self.state, config, past, self.task)?;
        }
        match not_yet {
            Some(Rolled::End) => return Ok(AuditStep::End),
            Some(Rolled::Part) => return Ok(AuditStep::Part),
            Some(Rolled::Waiting | Rolled::Epoch) => return Ok(AuditStep::Waiting),
            None => {}
        }
        let (record, bytes, read) = self.roll.take().expect("just gathered");
        let before = self.state.last().map(|last| last.inputs.clone()).unwrap_or_default();
        let (accepted, rejected) = accept(config, &read, record.w);
        let greatest =
            |family: &Family| self.state.position(*family).greatest.max(accepted.greatest.get(family).copied());
        let greatest = record.inputs.keys().map(|family| (*family, greatest(family))).collect();
        let epoch = self.state.decide_again(&record, accepted, Vec::new())?;
        self.state.check_room()?;
        let batch = self.state.batch(&record, &bytes);
        self.state.write(&batch, record.clone())?;
        let Rules { present: segmentation, .. } = self.state.rules().expect("an epoch was just written");
        let rejected = [rejected, refused(&epoch)].concat().into_iter();
        let rejected =
            rejected.map(|Rejected { index, rejection }| (read[index].family, read[index].offset, rejection));
        let rejected = rejected.collect();
        let form = config.release.form(record.digest_form).unwrap_or(config.release.digest_form);
        let (counts, digest, changes) = (epoch.counts, epoch.digest(form), epoch.changes);
        let audited = Audited { before, record, rejected, counts, greatest, digest, changes, segmentation };
        Ok(AuditStep::Epoch(Box::new(audited)))
    }

    /// What is known of a customer after the last epoch; none if nothing is.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn customer(&mut self, customer: &CustomerId) -> Result<Option<KnownCustomer>, TaskError> {
        let state = self.state.states().peek(customer)?.clone();
        let Some(rules) = self.state.rules() else { return Ok(None) };
        if state == State::default() {
            return Ok(None);
        }
        let segmentation = Arc::clone(rules.segmentation_of(&state));
        let decided_up_to = state.decision.up_to(self.state.clock().cursor.instant);
        Ok(Some(KnownCustomer { state, segmentation, decided_up_to }))
    }
}
