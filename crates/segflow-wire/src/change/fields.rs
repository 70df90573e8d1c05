//! The shape of a change on its topic, borrowed from a change or read from bytes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use segflow_core::change::{Cause, Change, Core, Envelope, Forecast, OpenPromise, Reason, Safety};
use segflow_core::event::CustomerId;
use segflow_core::time::{Date, Timestamp};
use serde::{Deserialize, Serialize};

use crate::encoding::{Encoding, Malformed};
use crate::shape::{Day, Pairs, Stamp, Text, lent};

/// A change, its fields in the order of the catalogue. On the topic: append only, as its schema is.
#[derive(Serialize, Deserialize)]
pub(super) struct Fields<'a> {
    change_id: Text<'a>,
    seq: u64,
    customer_id: Text<'a>,
    dimension: Text<'a>,
    from: Option<Text<'a>>,
    to: Option<Text<'a>>,
    effective_at: Stamp,
    entered_previous_at: Option<Stamp>,
    cause: Text<'a>,
    event_id: Option<Text<'a>>,
    reasons: Cow<'a, [Reason]>,
    segmentation: Text<'a>,
    segmentation_version: u32,
    segmentation_hash: Text<'a>,
    next_if_silent: Option<Next<'a>>,
    forecast_until: Stamp,
    memberships: Pairs<Text<'a>, Text<'a>>,
    currency: Text<'a>,
    balance_minor: i64,
    overdue_amount_minor: i64,
    overdue_days: i64,
    disputed_amount_minor: Option<i64>,
    oldest_overdue_invoice_id: Option<Text<'a>>,
    oldest_due_date: Option<Day>,
    next_due_date: Option<Day>,
    next_due_amount_minor: Option<i64>,
    open_promise: Option<Promise<'a>>,
    expected_pay_date: Option<Day>,
    call_headroom: Option<i64>,
    call_allowed_from: Option<Stamp>,
    treatment: Cow<'a, BTreeMap<String, String>>,
    treatment_from: Cow<'a, BTreeMap<String, String>>,
    actionable: bool,
    decided_at: Stamp,
    lag_ms: i64,
    engine_version: Text<'a>,
    topic: Option<Text<'a>>,
    partition: Option<u32>,
    offset: Option<u64>,
}

/// Where the dimension goes if no fact arrives. On the topic: append only.
#[derive(Serialize, Deserialize)]
struct Next<'a> {
    segment: Text<'a>,
    at: Stamp,
}

/// An open promise. On the topic: append only.
#[derive(Serialize, Deserialize)]
struct Promise<'a> {
    promise_id: Text<'a>,
    amount_minor: i64,
    due_date: Day,
}

impl<'a> Fields<'a> {
    pub(super) fn of(core: &'a Core, envelope: &'a Envelope, encoding: Encoding) -> Self {
        let safety = &core.safety;
        let stamp = |at: Timestamp| Stamp::new(at, encoding);
        let day = |date: Date| Day::new(date, encoding);
        Self {
            change_id: lent(&core.change_id),
            seq: core.seq,
            customer_id: lent(core.customer_id.as_str()),
            dimension: lent(&core.dimension),
            from: core.from.as_deref().map(lent),
            to: core.to.as_deref().map(lent),
            effective_at: stamp(core.effective_at),
            entered_previous_at: core.entered_previous_at.map(stamp),
            cause: lent(core.cause.word()),
            event_id: core.event_id.as_deref().map(lent),
            reasons: Cow::Borrowed(&core.reasons),
            segmentation: lent(&core.segmentation),
            segmentation_version: core.segmentation_version,
            segmentation_hash: lent(&core.segmentation_hash),
            next_if_silent: core.next_if_silent.as_ref().map(|next| Next::of(next, encoding)),
            forecast_until: stamp(core.forecast_until),
            memberships: Pairs(core.memberships.iter().map(|(name, segment)| (lent(name), lent(segment))).collect()),
            currency: lent(&safety.currency),
            balance_minor: safety.balance_minor,
            overdue_amount_minor: safety.overdue_amount_minor,
            overdue_days: safety.overdue_days,
            disputed_amount_minor: safety.disputed_amount_minor,
            oldest_overdue_invoice_id: safety.oldest_overdue_invoice_id.as_deref().map(lent),
            oldest_due_date: safety.oldest_due_date.map(day),
            next_due_date: safety.next_due_date.map(day),
            next_due_amount_minor: safety.next_due_amount_minor,
            open_promise: safety.open_promise.as_ref().map(|promise| Promise::of(promise, encoding)),
            expected_pay_date: safety.expected_pay_date.map(day),
            call_headroom: safety.call_headroom,
            call_allowed_from: safety.call_allowed_from.map(stamp),
            treatment: Cow::Borrowed(&core.treatment),
            treatment_from: Cow::Borrowed(&core.treatment_from),
            actionable: envelope.actionable,
            decided_at: stamp(envelope.decided_at),
            lag_ms: envelope.lag_ms,
            engine_version: lent(&envelope.engine_version),
            topic: envelope.topic.as_deref().map(lent),
            partition: envelope.partition,
            offset: envelope.offset,
        }
    }

    pub(super) fn change(self) -> Result<Change, Malformed> {
        let customer_id = CustomerId::new(self.customer_id)
            .ok_or_else(|| Malformed("customer_id: expected a text of 1 to 128 bytes".to_owned()))?;
        let safety = Safety {
            currency: self.currency.into_owned(),
            balance_minor: self.balance_minor,
            overdue_amount_minor: self.overdue_amount_minor,
            overdue_days: self.overdue_days,
            disputed_amount_minor: self.disputed_amount_minor,
            oldest_overdue_invoice_id: self.oldest_overdue_invoice_id.map(Cow::into_owned),
            oldest_due_date: self.oldest_due_date.map(Day::date),
            next_due_date: self.next_due_date.map(Day::date),
            next_due_amount_minor: self.next_due_amount_minor,
            open_promise: self.open_promise.map(Promise::promise),
            expected_pay_date: self.expected_pay_date.map(Day::date),
            call_headroom: self.call_headroom,
            call_allowed_from: self.call_allowed_from.map(Stamp::at),
        };
        let envelope = Envelope {
            actionable: self.actionable,
            decided_at: self.decided_at.at(),
            lag_ms: self.lag_ms,
            engine_version: self.engine_version.into_owned(),
            topic: self.topic.map(Cow::into_owned),
            partition: self.partition,
            offset: self.offset,
        };
        let core = Core {
            change_id: self.change_id.into_owned(),
            seq: self.seq,
            customer_id,
            dimension: self.dimension.into_owned(),
            from: self.from.map(Cow::into_owned),
            to: self.to.map(Cow::into_owned),
            effective_at: self.effective_at.at(),
            entered_previous_at: self.entered_previous_at.map(Stamp::at),
            cause: cause(&self.cause)?,
            event_id: self.event_id.map(Cow::into_owned),
            reasons: self.reasons.into_owned(),
            segmentation: self.segmentation.into_owned(),
            segmentation_version: self.segmentation_version,
            segmentation_hash: self.segmentation_hash.into_owned(),
            next_if_silent: self.next_if_silent.map(Next::forecast),
            forecast_until: self.forecast_until.at(),
            memberships: owned_pairs(self.memberships),
            safety,
            treatment: self.treatment.into_owned(),
            treatment_from: self.treatment_from.into_owned(),
        };
        Ok(Change { core, envelope })
    }
}

impl<'a> Next<'a> {
    fn of(forecast: &'a Forecast, encoding: Encoding) -> Self {
        Self { segment: lent(&forecast.to), at: Stamp::new(forecast.at, encoding) }
    }

    fn forecast(self) -> Forecast {
        Forecast { to: self.segment.into_owned(), at: self.at.at() }
    }
}

impl<'a> Promise<'a> {
    fn of(promise: &'a OpenPromise, encoding: Encoding) -> Self {
        let OpenPromise { promise_id, amount_minor, due_date } = promise;
        Self { promise_id: lent(promise_id), amount_minor: *amount_minor, due_date: Day::new(*due_date, encoding) }
    }

    fn promise(self) -> OpenPromise {
        OpenPromise {
            promise_id: self.promise_id.into_owned(),
            amount_minor: self.amount_minor,
            due_date: self.due_date.date(),
        }
    }
}

fn owned_pairs(pairs: Pairs<Text<'_>, Text<'_>>) -> Vec<(String, String)> {
    pairs.0.into_iter().map(|(key, value)| (key.into_owned(), value.into_owned())).collect()
}

fn cause(word: &str) -> Result<Cause, Malformed> {
    [Cause::Fact, Cause::Time, Cause::Segmentation, Cause::Erasure]
        .into_iter()
        .find(|cause| cause.word() == word)
        .ok_or_else(|| Malformed(format!("cause: expected FACT TIME SEGMENTATION ERASURE, found {word:?}")))
}
