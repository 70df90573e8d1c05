//! The segment-change event: one flat object of the core's fields, then the envelope's.

use std::collections::BTreeMap;

use segflow_core::change::{Cause, Change, Core, Envelope, Forecast, OpenPromise, Reason, Safety};
use segflow_core::event::CustomerId;
use segflow_core::time::{Date, Timestamp};
use serde::{Deserialize, Serialize};

use crate::encoding::{Encoding, Malformed};
use crate::form::{Day, Pairs, Stamp};
use crate::{avro, json, schema};

/// The value of a change's record; its key is the customer's id.
#[must_use]
pub fn encode(change: &Change, encoding: Encoding) -> Vec<u8> {
    let fields = Fields::of(change, encoding);
    match encoding {
        Encoding::Json => json::encode(&fields),
        Encoding::Avro => avro::encode(&fields, &schema::SEGMENT_CHANGES),
    }
}

/// Reads a change back; the error says what was expected and what was found.
pub fn decode(bytes: &[u8], encoding: Encoding) -> Result<Change, Malformed> {
    let fields: Fields = match encoding {
        Encoding::Json => json::decode(bytes)?,
        Encoding::Avro => avro::decode(bytes, &schema::SEGMENT_CHANGES)?,
    };
    fields.change()
}

/// In the order of the catalogue.
#[derive(Serialize, Deserialize)]
struct Fields {
    change_id: String,
    seq: u64,
    customer_id: String,
    dimension: String,
    from: Option<String>,
    to: Option<String>,
    effective_at: Stamp,
    entered_previous_at: Option<Stamp>,
    cause: String,
    event_id: Option<String>,
    reasons: Vec<Reason>,
    segmentation: String,
    segmentation_version: u32,
    segmentation_hash: String,
    next_if_silent: Option<Next>,
    forecast_until: Stamp,
    memberships: Pairs<String, String>,
    currency: String,
    balance_minor: i64,
    overdue_amount_minor: i64,
    overdue_days: i64,
    disputed_amount_minor: Option<i64>,
    oldest_overdue_invoice_id: Option<String>,
    oldest_due_date: Option<Day>,
    next_due_date: Option<Day>,
    next_due_amount_minor: Option<i64>,
    open_promise: Option<Promise>,
    expected_pay_date: Option<Day>,
    call_headroom: Option<i64>,
    call_allowed_from: Option<Stamp>,
    treatment: BTreeMap<String, String>,
    treatment_from: BTreeMap<String, String>,
    actionable: bool,
    decided_at: Stamp,
    lag_ms: i64,
    engine_version: String,
    topic: Option<String>,
    partition: Option<u32>,
    offset: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct Next {
    segment: String,
    at: Stamp,
}

#[derive(Serialize, Deserialize)]
struct Promise {
    promise_id: String,
    amount_minor: i64,
    due_date: Day,
}

impl Fields {
    fn of(change: &Change, encoding: Encoding) -> Self {
        let Change { core, envelope } = change.clone();
        let Safety { currency, balance_minor, overdue_amount_minor, overdue_days, disputed_amount_minor, .. } =
            core.safety;
        let stamp = |at: Timestamp| Stamp::new(at, encoding);
        let day = |date: Date| Day::new(date, encoding);
        Self {
            change_id: core.change_id,
            seq: core.seq,
            customer_id: core.customer_id.as_str().to_owned(),
            dimension: core.dimension,
            from: core.from,
            to: core.to,
            effective_at: stamp(core.effective_at),
            entered_previous_at: core.entered_previous_at.map(stamp),
            cause: core.cause.word().to_owned(),
            event_id: core.event_id,
            reasons: core.reasons,
            segmentation: core.segmentation,
            segmentation_version: core.segmentation_version,
            segmentation_hash: core.segmentation_hash,
            next_if_silent: core.next_if_silent.map(|next| Next { segment: next.to, at: stamp(next.at) }),
            forecast_until: stamp(core.forecast_until),
            memberships: Pairs(core.memberships),
            currency,
            balance_minor,
            overdue_amount_minor,
            overdue_days,
            disputed_amount_minor,
            oldest_overdue_invoice_id: core.safety.oldest_overdue_invoice_id,
            oldest_due_date: core.safety.oldest_due_date.map(day),
            next_due_date: core.safety.next_due_date.map(day),
            next_due_amount_minor: core.safety.next_due_amount_minor,
            open_promise: core.safety.open_promise.map(|promise| Promise {
                promise_id: promise.promise_id,
                amount_minor: promise.amount_minor,
                due_date: day(promise.due_date),
            }),
            expected_pay_date: core.safety.expected_pay_date.map(day),
            call_headroom: core.safety.call_headroom,
            call_allowed_from: core.safety.call_allowed_from.map(stamp),
            treatment: core.treatment,
            treatment_from: core.treatment_from,
            actionable: envelope.actionable,
            decided_at: stamp(envelope.decided_at),
            lag_ms: envelope.lag_ms,
            engine_version: envelope.engine_version,
            topic: envelope.topic,
            partition: envelope.partition,
            offset: envelope.offset,
        }
    }

    fn change(self) -> Result<Change, Malformed> {
        let customer_id = CustomerId::new(self.customer_id)
            .ok_or_else(|| Malformed("customer_id: expected a text of 1 to 128 bytes".to_owned()))?;
        let cause = cause(&self.cause)?;
        let safety = Safety {
            currency: self.currency,
            balance_minor: self.balance_minor,
            overdue_amount_minor: self.overdue_amount_minor,
            overdue_days: self.overdue_days,
            disputed_amount_minor: self.disputed_amount_minor,
            oldest_overdue_invoice_id: self.oldest_overdue_invoice_id,
            oldest_due_date: self.oldest_due_date.map(Day::date),
            next_due_date: self.next_due_date.map(Day::date),
            next_due_amount_minor: self.next_due_amount_minor,
            open_promise: self.open_promise.map(|promise| OpenPromise {
                promise_id: promise.promise_id,
                amount_minor: promise.amount_minor,
                due_date: promise.due_date.date(),
            }),
            expected_pay_date: self.expected_pay_date.map(Day::date),
            call_headroom: self.call_headroom,
            call_allowed_from: self.call_allowed_from.map(Stamp::at),
        };
        let core = Core {
            change_id: self.change_id,
            seq: self.seq,
            customer_id,
            dimension: self.dimension,
            from: self.from,
            to: self.to,
            effective_at: self.effective_at.at(),
            entered_previous_at: self.entered_previous_at.map(Stamp::at),
            cause,
            event_id: self.event_id,
            reasons: self.reasons,
            segmentation: self.segmentation,
            segmentation_version: self.segmentation_version,
            segmentation_hash: self.segmentation_hash,
            next_if_silent: self.next_if_silent.map(|next| Forecast { to: next.segment, at: next.at.at() }),
            forecast_until: self.forecast_until.at(),
            memberships: self.memberships.0,
            safety,
            treatment: self.treatment,
            treatment_from: self.treatment_from,
        };
        let envelope = Envelope {
            actionable: self.actionable,
            decided_at: self.decided_at.at(),
            lag_ms: self.lag_ms,
            engine_version: self.engine_version,
            topic: self.topic,
            partition: self.partition,
            offset: self.offset,
        };
        Ok(Change { core, envelope })
    }
}

fn cause(word: &str) -> Result<Cause, Malformed> {
    [Cause::Fact, Cause::Time, Cause::Segmentation, Cause::Erasure]
        .into_iter()
        .find(|cause| cause.word() == word)
        .ok_or_else(|| Malformed(format!("cause: expected FACT TIME SEGMENTATION ERASURE, found {word:?}")))
}

#[cfg(test)]
mod tests;
