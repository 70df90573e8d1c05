//! Acceptance of a task's records: each is a fact of some customer, or is rejected for a reason.

use segflow_core::time::Timestamp;
use segflow_engine::epoch::{Epoch, Refused};
use segflow_engine::intake::Accepted;
use segflow_wire::{RawRecord, Rejection};

use crate::config::Config;
use crate::log::Record;

/// A record that cannot be used, by its place among the records read.
#[derive(Clone)]
pub(crate) struct Rejected {
    pub index: usize,
    pub rejection: Rejection,
}

/// A record as the intake sees it. `topic` is the one that it was read from.
#[must_use]
pub fn raw<'a>(record: &'a Record, topic: &'a str) -> RawRecord<'a> {
    RawRecord {
        family: record.family,
        topic,
        partition: record.task.0,
        offset: record.offset,
        timestamp: record.timestamp,
        key: record.key.as_deref(),
        value: record.value.as_deref(),
        headers: &record.headers,
    }
}

/// Accepts records as the cycle at `w` did or does.
pub(crate) fn accept(config: &Config, records: &[Record], w: Timestamp) -> (Accepted, Vec<Rejected>) {
    let mut accepted = Accepted::default();
    let mut rejected = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let raw = raw(record, config.topic(record.family));
        if let Err(rejection) = accepted.take(&raw, &config.intake, w) {
            rejected.push(Rejected { index, rejection });
        }
    }
    (accepted, rejected)
}

/// The records whose facts were refused after all.
pub(crate) fn refused<T>(epoch: &Epoch<T>) -> Vec<Rejected> {
    let refused = |refused: &Refused| Rejected { index: refused.place, rejection: refused.rejection.clone() };
    epoch.refused.iter().map(refused).collect()
}
