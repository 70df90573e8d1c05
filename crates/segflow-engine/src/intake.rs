//! Acceptance: which records of an epoch are facts, and whose. A record that cannot be used is counted all the same.

use std::collections::BTreeMap;

use segflow_core::event::{CustomerId, Event, Family};
use segflow_core::time::Timestamp;
use segflow_wire::{Intake, RawRecord, Reason, Rejection};

/// The records of an epoch, accepted.
#[derive(Clone, Default, Debug)]
pub struct Accepted {
    pub(crate) facts: BTreeMap<CustomerId, Vec<(Event, u64)>>,
    /// How many records there were.
    pub read: u64,
    /// How many were rejected.
    pub rejected: u64,
    /// The greatest timestamp per input, without those rejected for their timestamp: a clock cannot be taken back.
    pub greatest: BTreeMap<Family, Timestamp>,
}

impl Accepted {
    /// Takes a record.
    ///
    /// # Errors
    /// Why it cannot be used; it is counted all the same.
    pub fn take(&mut self, record: &RawRecord<'_>, intake: &Intake, w: Timestamp) -> Result<(), Rejection> {
        self.read += 1;
        let event = segflow_wire::accept(record, intake, w).inspect_err(|_| self.rejected += 1);
        if !matches!(&event, Err(rejection) if rejection.reason == Reason::TimestampAhead) {
            let greatest = self.greatest.entry(record.family).or_insert(record.timestamp);
            *greatest = record.timestamp.max(*greatest);
        }
        let event = event?;
        self.facts.entry(event.customer_id.clone()).or_default().push((event, record.offset));
        Ok(())
    }

    /// The events, by customer.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.facts.values().flatten().map(|(event, _)| event)
    }
}

/// A record accepted on its own, or why it cannot be used; it counts all the same.
///
/// There is no wall clock. `Intake::max_skew_ms` is for one; without a limit on it none is needed.
#[must_use]
pub fn accept(record: &RawRecord<'_>, intake: &Intake) -> (Accepted, Option<Rejection>) {
    let mut accepted = Accepted::default();
    let rejection = accepted.take(record, intake, Timestamp::LATEST).err();
    (accepted, rejection)
}
