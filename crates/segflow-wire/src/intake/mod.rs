//! Accepting a record: a pure function of the record, the intake configuration and the wall time of the cycle.

mod attributes;
mod body;
mod config;
mod fields;
mod instant;
mod rejection;
mod value;

use std::fmt::Display;

use segflow_core::event::{CustomerId, Event, Family};
use segflow_core::time::Timestamp;

pub use config::{Intake, OtherCurrency, TopicIntake};
pub use rejection::{Reason, Rejection};

use crate::encoding::{Encoding, Headers};
use crate::malformed::{DecodeError, shown};
use crate::partition::partition_of;
use crate::schema;
use fields::{Field, Fields, required};
use value::Value;

const DAY_MS: i64 = 86_400_000;

/// A record of an input topic, as it was read.
#[derive(Clone, Copy, Debug)]
pub struct RawRecord<'a> {
    /// The family of events that the topic carries.
    pub family: Family,
    /// The topic.
    pub topic: &'a str,
    /// The partition.
    pub partition: u32,
    /// The offset.
    pub offset: u64,
    /// The record's timestamp.
    pub timestamp: Timestamp,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value.
    pub value: Option<&'a [u8]>,
    /// The headers, in order.
    pub headers: &'a Headers,
}

/// The event that a record carries, or why it cannot be used. `w` is the wall time of the cycle.
///
/// A null value on the topic of profiles is the erasure of the customer whose id the key is.
///
/// A record with several faults is rejected for the first in this order: the record's timestamp, a null value, the
/// encoding, the kind, the customer id and key, the partition, the other fields.
///
/// ```
/// use segflow_core::event::Family;
/// use segflow_core::money::Currency;
/// use segflow_core::time::Timestamp;
/// use segflow_wire::{Encoding, Intake, Partitioner, RawRecord, Reason, accept};
///
/// let intake = Intake::uniform(Encoding::Json, Partitioner::Murmur2, 1, Currency::new("GBP").expect("a currency"));
/// let value = br#"{"event_id": "E-1", "customer_id": "C-1", "occurred_at": "2026-05-03T09:20:00Z",
///                  "kind": "WRITTEN_OFF", "invoice_id": "I-1"}"#;
/// let now = Timestamp(1_777_800_000_000);
/// let record = RawRecord {
///     family: Family::Invoices,
///     topic: "collections.invoices",
///     partition: 0,
///     offset: 42,
///     timestamp: now,
///     key: Some(b"C-1"),
///     value: Some(value),
///     headers: &Vec::new(),
/// };
/// let event = accept(&record, &intake, now).expect("a sound record");
/// assert_eq!((event.event_id.as_str(), event.body.subject()), ("E-1", Some("I-1")));
///
/// let rejection = accept(&RawRecord { key: Some(b"C-2"), ..record }, &intake, now).expect_err("another's key");
/// assert_eq!(rejection.reason, Reason::KeyNotCustomer);
/// assert_eq!(rejection.detail, r#"key: expected the customer_id "C-1", found "C-2""#);
/// ```
///
/// # Errors
/// The [`Rejection`] with which the record goes to the dead letters.
pub fn accept(record: &RawRecord<'_>, intake: &Intake, w: Timestamp) -> Result<Event, Rejection> {
    timestamp(record, intake, w)?;
    let Some(value) = record.value else { return erasure(record, intake) };
    let mut fields = decode(value, record.family, intake.topic(record.family).encoding)?;
    let kind = body::kind(record.family, &mut fields)?;
    let customer_id = customer(required!(fields.customer_id)?)?;
    key(record, &customer_id)?;
    partition(record, intake, &customer_id)?;
    Ok(Event {
        event_id: required!(fields.event_id)?.event_id()?,
        customer_id,
        occurred_at: instant::occurred_at(required!(fields.occurred_at)?, record, intake)?,
        recorded_at: record.timestamp,
        body: body::read(kind, fields, &intake.currency)?,
    })
}

/// A timestamp beyond the calendar is refused under the record-time clock too: it would stop that clock for ever.
fn timestamp(record: &RawRecord<'_>, intake: &Intake, w: Timestamp) -> Result<(), Rejection> {
    let limit = intake.max_skew_ms.map_or(Timestamp::LATEST, |ms| w.plus_ms(ms).min(Timestamp::LATEST));
    if record.timestamp <= limit {
        return Ok(());
    }
    let detail = format!("timestamp of the record: expected at most {limit}, found {}", record.timestamp);
    Err(Rejection::new(Reason::TimestampAhead, detail))
}

/// An erasure happens at its record's timestamp, which therefore has the bounds of an event's instant.
fn erasure(record: &RawRecord<'_>, intake: &Intake) -> Result<Event, Rejection> {
    if record.family != Family::Profiles {
        let detail = format!("value: expected an event of {}, found null", record.family.name());
        return Err(Rejection::new(Reason::NullValue, detail));
    }
    let id = record.key.and_then(|key| std::str::from_utf8(key).ok()).and_then(CustomerId::new);
    let customer_id = id.ok_or_else(|| {
        let expected = format_args!("a customer id of 1 to {} bytes of utf-8", CustomerId::MAX_BYTES);
        not_customer(record, expected)
    })?;
    partition(record, intake, &customer_id)?;
    let at = Field { name: "timestamp of the record", value: Value::Int(record.timestamp.0) }.instant()?;
    Ok(Event::erasure(customer_id, at))
}

fn decode(value: &[u8], family: Family, encoding: Encoding) -> Result<Fields<'_>, Rejection> {
    encoding.decode(value, schema::of(family)).map_err(|error| match error {
        DecodeError::Syntax(detail) => Rejection::new(Reason::Undecodable, detail),
        DecodeError::Shape(found) => {
            Rejection::new(Reason::MalformedField, format!("expected each field once, found: {found}"))
        }
    })
}

fn customer(field: Field<'_>) -> Result<CustomerId, Rejection> {
    let id = match &field.value {
        Value::Text(text) => CustomerId::new(&**text),
        _ => None,
    };
    id.ok_or_else(|| field.fault(format_args!("a text of 1 to {} bytes", CustomerId::MAX_BYTES)))
}

fn key(record: &RawRecord<'_>, customer: &CustomerId) -> Result<(), Rejection> {
    if record.key == Some(customer.as_str().as_bytes()) {
        return Ok(());
    }
    Err(not_customer(record, format_args!("the customer_id {:?}", customer.as_str())))
}

fn not_customer(record: &RawRecord<'_>, expected: impl Display) -> Rejection {
    let found = record.key.map_or_else(|| "none".to_owned(), shown);
    Rejection::new(Reason::KeyNotCustomer, format!("key: expected {expected}, found {found}"))
}

/// Checks the record's partition by the customer's id, which is its key.
fn partition(record: &RawRecord<'_>, intake: &Intake, customer: &CustomerId) -> Result<(), Rejection> {
    let partitioner = intake.topic(record.family).partitioner;
    let expected = partition_of(customer.as_str().as_bytes(), intake.partitions, partitioner);
    if expected == record.partition {
        return Ok(());
    }
    let detail = format!(
        "partition: expected {expected} of {} by {} of the key, found {}",
        intake.partitions,
        partitioner.name(),
        record.partition
    );
    Err(Rejection::new(Reason::WrongPartition, detail))
}

#[cfg(test)]
mod tests;
