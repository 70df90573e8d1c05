//! Accepting a record: a pure function of the record, the intake configuration and the wall time of the cycle.

mod body;
mod config;
mod fields;
mod rejection;
mod value;

use segflow_core::event::{CustomerId, Event, Family};
use segflow_core::time::Instant;

pub use config::{Intake, TopicIntake};
pub use rejection::{Reason, Rejection};

use crate::encoding::{Encoding, Headers};
use crate::partition::partition_of;
use crate::{avro, json, schema};
use fields::{Fields, required};
use value::Value;

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
    pub timestamp: Instant,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value.
    pub value: Option<&'a [u8]>,
    /// The headers, in order.
    pub headers: &'a Headers,
}

/// The event that a record carries, or why it cannot be used. `w` is the wall time of the cycle.
///
/// Of several faults the first in this order is named: the record's timestamp, a null value, the encoding, the kind,
/// the customer id and key, the partition, the other fields.
pub fn accept(record: &RawRecord<'_>, intake: &Intake, w: Instant) -> Result<Event, Rejection> {
    timestamp(record, intake, w)?;
    let value = record.value.ok_or_else(|| null_value(record.family))?;
    let mut fields = decode(value, record.family, intake.topic(record.family).encoding)?;
    let kind = body::kind(record.family, &mut fields)?;
    let customer_id = customer(required!(fields.customer_id)?)?;
    key(record, intake, &customer_id)?;
    Ok(Event {
        event_id: required!(fields.event_id)?.id()?,
        customer_id,
        occurred_at: required!(fields.occurred_at)?.instant()?,
        body: body::body(kind, fields, &intake.currency)?,
    })
}

/// Also under the record-time clock, a timestamp beyond the calendar would stop the clock for ever.
fn timestamp(record: &RawRecord<'_>, intake: &Intake, w: Instant) -> Result<(), Rejection> {
    let limit = intake.max_skew_ms.map_or(Instant::LATEST, |ms| w.plus_ms(ms).min(Instant::LATEST));
    if record.timestamp <= limit {
        return Ok(());
    }
    let detail = format!("timestamp of the record: expected at most {limit}, found {}", record.timestamp);
    Err(Rejection::new(Reason::TimestampAhead, detail))
}

fn null_value(family: Family) -> Rejection {
    match family {
        Family::Profiles => {
            let detail = "value: expected an UPDATED, found null: erasure is not part of this release";
            Rejection::new(Reason::UnsupportedKind, detail)
        }
        _ => Rejection::new(Reason::NullValue, format!("value: expected an event of {}, found null", family.name())),
    }
}

fn decode(value: &[u8], family: Family, encoding: Encoding) -> Result<Fields<'_>, Rejection> {
    match encoding {
        Encoding::Avro => avro::decode(value, schema::of(family))
            .map_err(|malformed| Rejection::new(Reason::Undecodable, malformed.0)),
        Encoding::Json => json::decode(value).map_err(|error| match error {
            json::Error::Syntax(detail) => Rejection::new(Reason::Undecodable, detail),
            json::Error::Shape(found) => {
                Rejection::new(Reason::MalformedField, format!("expected each field once, found: {found}"))
            }
        }),
    }
}

fn customer(field: fields::Field<'_>) -> Result<CustomerId, Rejection> {
    let id = match &field.value {
        Value::Text(text) => CustomerId::new(&**text),
        _ => None,
    };
    id.ok_or_else(|| field.fault(format_args!("a text of 1 to {} bytes", CustomerId::MAX_BYTES)))
}

fn key(record: &RawRecord<'_>, intake: &Intake, customer: &CustomerId) -> Result<(), Rejection> {
    let found = record.key.unwrap_or_default();
    if found != customer.as_str().as_bytes() {
        let found = if record.key.is_none() { "none".to_owned() } else { json::shown(found) };
        let detail = format!("key: expected the customer_id {:?}, found {found}", customer.as_str());
        return Err(Rejection::new(Reason::KeyNotCustomer, detail));
    }
    let partitioner = intake.topic(record.family).partitioner;
    let expected = partition_of(found, intake.partitions, partitioner);
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
