//! When an event happened, judged by its record: seconds sent as milliseconds would lie in 1970, and be forgotten.

use segflow_core::time::Timestamp;

use super::config::Intake;
use super::fields::Field;
use super::rejection::{Reason, Rejection};
use super::{DAY_MS, RawRecord};

/// The instant of an event, which lies at most [`oldest_days`](super::TopicIntake::oldest_days) before its record's.
pub(super) fn occurred_at(field: Field<'_>, record: &RawRecord<'_>, intake: &Intake) -> Result<Timestamp, Rejection> {
    let at = field.instant()?;
    let oldest_days = intake.topic(record.family).oldest_days;
    let oldest_ms = i64::from(oldest_days) * DAY_MS;
    if record.timestamp.since_ms(at) <= oldest_ms {
        return Ok(at);
    }
    let as_seconds = at.0.checked_mul(1_000).map(Timestamp);
    let advice = match as_seconds.filter(|at| record.timestamp.since_ms(*at).unsigned_abs() <= oldest_ms.unsigned_abs())
    {
        Some(meant) => format!("in seconds it would be {meant}: send milliseconds"),
        None => format!("if events that old are sent on purpose, raise `inputs.{}.oldest`", record.family.name()),
    };
    let detail = format!(
        "occurred_at: expected at most {oldest_days} days before the timestamp of the record, {}, found {at}; {advice}",
        record.timestamp
    );
    Err(Rejection::new(Reason::ImplausibleInstant, detail))
}
