//! Records that cannot be used: kept whole, with the reason and the origin in headers.

use segflow_wire::{RawRecord, Rejection};

use crate::log::{Output, Record, Sink};

/// A record, as accepting sees it.
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

/// The dead letter of a record.
#[must_use]
pub fn output(record: &Record, topic: &str, rejection: &Rejection) -> Output {
    Output {
        sink: Sink::DeadLetters,
        task: record.task,
        key: record.key.clone(),
        value: record.value.clone(),
        headers: segflow_wire::dead_letter::headers(&raw(record, topic), rejection),
    }
}
