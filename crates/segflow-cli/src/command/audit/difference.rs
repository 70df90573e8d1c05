//! Fetches what the text of a differing epoch needs: what subscribers were told then, and where a customer's records are.

use anyhow::Result;
use segflow_explain::difference::{DecidedNow, EpochDifference, RecordOffsets, Topics};
use segflow_runtime::log::{Sink, TaskId};
use segflow_runtime::recovery::audit::Audited;

use super::Auditor;

impl Auditor {
    /// Tells what differs in an epoch, and where to look for the cause.
    pub fn difference(&mut self, task: TaskId, audited: &Audited) -> Result<String> {
        let journal = &audited.record;
        let told = if audited.digest == journal.digest { None } else { self.told(task, journal)? };
        let topics = Topics {
            inputs: self.config.input_topics(),
            changes: self.config.output_topics().remove(&Sink::Changes).unwrap_or_default(),
        };
        let difference = EpochDifference {
            task: task.0,
            topics: &topics,
            segmentation: &audited.segmentation,
            before: &audited.before,
            journal,
            told: told.as_deref(),
            now: DecidedNow {
                counts: &audited.counts,
                digest: audited.digest,
                changes: &audited.changes,
                greatest: &audited.greatest,
                rejected: &audited.rejected,
            },
        };
        let records = match difference.first_customer() {
            Some(customer) => self.records_of(task, customer, journal)?,
            None => RecordOffsets::new(),
        };
        Ok(difference.text(&records))
    }
}
