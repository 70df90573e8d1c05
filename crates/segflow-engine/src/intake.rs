//! Acceptance: which records of an epoch are facts, and whose. A record that cannot be used is counted all the same.

use std::collections::BTreeMap;

use segflow_core::event::{CustomerId, Event, Family};
use segflow_core::time::Timestamp;
use segflow_wire::{Intake, RawRecord, Reason, Rejection};

/// The records of an epoch, accepted.
#[derive(Clone, Default, Debug)]
pub struct Accepted {
    pub(crate) facts: BTreeMap<CustomerId, Vec<AcceptedEvent>>,
    /// How many records there were.
    pub read: u64,
    /// How many were rejected.
    pub rejected: u64,
    /// How many are for another application.
    pub ignored: u64,
    /// The greatest timestamp per input, without those rejected for their timestamp: a clock cannot be taken back.
    pub greatest: BTreeMap<Family, Timestamp>,
}

/// An event, and the record that carried it.
#[derive(Clone, Debug)]
pub(crate) struct AcceptedEvent {
    pub event: Event,
    /// The record's offset in its topic.
    pub offset: u64,
    /// The record's place among all that were taken, from 0.
    pub place: usize,
}

impl Accepted {
    /// Takes a record, or counts one that is for another application.
    ///
    /// # Errors
    /// Why it cannot be used; it is counted all the same.
    pub fn take(&mut self, record: &RawRecord<'_>, intake: &Intake, w: Timestamp) -> Result<(), Rejection> {
        let place = usize::try_from(self.read).expect("memory holds the records of an epoch");
        self.read += 1;
        let event = segflow_wire::accept(record, intake, w);
        if !matches!(&event, Err(rejection) if rejection.reason == Reason::TimestampAhead) {
            let greatest = self.greatest.entry(record.family).or_insert(record.timestamp);
            *greatest = record.timestamp.max(*greatest);
        }
        let event = match event {
            Ok(event) => event,
            Err(rejection) if intake.ignores(&rejection) => {
                self.ignored += 1;
                return Ok(());
            }
            Err(rejection) => {
                self.rejected += 1;
                return Err(rejection);
            }
        };
        let own = self.facts.entry(event.customer_id.clone()).or_default();
        own.push(AcceptedEvent { event, offset: record.offset, place });
        Ok(())
    }

    /// The events, by customer.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.facts.values().flatten().map(|accepted| &accepted.event)
    }
}

/// What records do in a replay that nobody asks for: they move its clock, which is one for all inputs, as far as their greatest
/// timestamp that is within the calendar.
#[must_use]
pub fn only_time(timestamp: Timestamp) -> Accepted {
    Accepted { greatest: BTreeMap::from([(Family::ALL[0], timestamp)]), ..Accepted::default() }
}

/// A record accepted on its own, or why it cannot be used; it counts all the same.
///
/// There is no wall clock here. The limit `Intake::max_skew_ms` needs one, and is not to be set.
#[must_use]
pub fn accept(record: &RawRecord<'_>, intake: &Intake) -> (Accepted, Option<Rejection>) {
    let mut accepted = Accepted::default();
    let rejection = accepted.take(record, intake, Timestamp::LATEST).err();
    (accepted, rejection)
}
