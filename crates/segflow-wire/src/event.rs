//! Events as bytes, for producers: the simulator, `segflow generate`, tests.

use std::collections::BTreeMap;

use segflow_core::event::{Attribute, Body, Event, FailureCode, Named};
use segflow_core::money::Currency;
use segflow_core::time::Date;
use serde::{Serialize, Serializer};

use crate::encoding::Encoding;
use crate::schema;
use crate::shape::{Day, Pairs, Stamp};

/// The value of a record of this event's family. An erasure has none, which is null in Kafka.
///
/// The record's key is the customer's id, and its timestamp is `recorded_at`. An erasure consists of these two alone.
///
/// ```
/// use segflow_core::event::{Body, CustomerId, Event};
/// use segflow_core::money::Currency;
/// use segflow_core::time::Timestamp;
/// use segflow_wire::{Encoding, event};
///
/// let at = Timestamp(1_777_800_000_000);
/// let event = Event {
///     event_id: "E-1".to_owned(),
///     customer_id: CustomerId::new("C-1").expect("1 to 128 bytes"),
///     occurred_at: at,
///     recorded_at: at,
///     body: Body::WrittenOff { invoice_id: "I-1".to_owned() },
/// };
/// let currency = Currency::new("GBP").expect("a currency");
/// let value = event::encode(&event, &currency, Encoding::Json).expect("it is no erasure");
/// let json = r#"{"event_id":"E-1","customer_id":"C-1","occurred_at":"2026-05-03T09:20:00.000Z","kind":"WRITTEN_OFF","invoice_id":"I-1"}"#;
/// assert_eq!(value, json.as_bytes());
/// ```
#[must_use]
pub fn encode(event: &Event, currency: &Currency, encoding: Encoding) -> Option<Vec<u8>> {
    let fields = Fields::of(event, event.body.kind()?.word(), currency, encoding);
    Some(encoding.encode(&fields, schema::of(event.body.family())))
}

/// The fields of every kind. Those that a kind lacks are left out. On the topic: append only, as its schema is.
#[derive(Serialize)]
struct Fields<'a> {
    event_id: &'a str,
    customer_id: &'a str,
    occurred_at: Stamp,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    promise_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dispute_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_minor: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_date: Option<Day>,
    #[serde(skip_serializing_if = "Option::is_none")]
    debt_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upheld: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit_note_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discount_minor: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discount_until: Option<Day>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hold_until: Option<Day>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allocations: Option<Vec<Allocation<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    machine: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Pairs<&'a str, Wire<'a>>>,
}

/// The part of a payment that is for an invoice.
#[derive(Serialize)]
struct Allocation<'a> {
    invoice_id: &'a str,
    amount_minor: i64,
}

impl<'a> Fields<'a> {
    fn of(event: &'a Event, kind: &'static str, currency: &'a Currency, encoding: Encoding) -> Self {
        let mut fields = Self::common(event, kind, encoding);
        let day = |date: Date| Day::new(date, encoding);
        match &event.body {
            Body::Issued { invoice_id, amount_minor, due_date, debt_type, discount } => {
                fields.discount_minor = discount.map(|discount| discount.amount_minor);
                fields.discount_until = discount.map(|discount| day(discount.until));
                fields.invoice_id = Some(invoice_id);
                fields.amount(*amount_minor, currency);
                fields.due_date = Some(day(*due_date));
                fields.debt_type = debt_type.as_deref();
            }
            Body::Adjusted { invoice_id, delta_minor, due_date } => {
                fields.invoice_id = Some(invoice_id);
                fields.amount(*delta_minor, currency);
                fields.due_date = due_date.map(day);
            }
            Body::WrittenOff { invoice_id }
            | Body::Voided { invoice_id }
            | Body::InvoiceReinstated { invoice_id }
            | Body::Released { invoice_id } => fields.invoice_id = Some(invoice_id),
            Body::Credited { credit_note_id, amount_minor, names } => {
                fields.credit_note_id = Some(credit_note_id);
                fields.amount(*amount_minor, currency);
                fields.names(names);
            }
            Body::Held { invoice_id, until } => {
                fields.invoice_id = Some(invoice_id);
                fields.hold_until = until.map(day);
            }
            Body::Received { payment_id, amount_minor, names, method } => {
                fields.payment_id = Some(payment_id);
                fields.amount(*amount_minor, currency);
                fields.names(names);
                fields.method = method.as_deref();
            }
            Body::Submitted { payment_id, amount_minor } => {
                fields.payment_id = Some(payment_id);
                fields.amount(*amount_minor, currency);
            }
            Body::Failed { payment_id, code } => {
                fields.payment_id = Some(payment_id);
                fields.failure_code = code.map(FailureCode::word);
            }
            Body::Reversed { payment_id, amount_minor } | Body::PaymentReinstated { payment_id, amount_minor } => {
                fields.payment_id = Some(payment_id);
                if let Some(amount_minor) = amount_minor {
                    fields.amount(*amount_minor, currency);
                }
            }
            Body::Contact { contact_id, channel, outcome, machine, .. } => {
                fields.machine = machine.then_some(true);
                fields.contact_id = Some(contact_id);
                fields.channel = Some(channel.word());
                fields.outcome = Some(outcome.word());
            }
            Body::Made { promise_id, amount_minor, due_date, plan_id } => {
                fields.promise_id = Some(promise_id);
                fields.plan_id = plan_id.as_deref();
                fields.amount(*amount_minor, currency);
                fields.due_date = Some(day(*due_date));
            }
            Body::Amended { promise_id, amount_minor, due_date } => {
                fields.promise_id = Some(promise_id);
                fields.amount(*amount_minor, currency);
                fields.due_date = Some(day(*due_date));
            }
            Body::Cancelled { promise_id } => fields.promise_id = Some(promise_id),
            Body::Opened { dispute_id, invoice_id, amount_minor } => {
                fields.dispute_id = Some(dispute_id);
                fields.invoice_id = invoice_id.as_deref();
                fields.amount_minor = *amount_minor;
            }
            Body::Resolved { dispute_id, upheld } => {
                fields.dispute_id = Some(dispute_id);
                fields.upheld = *upheld;
            }
            Body::Updated { attributes } => fields.attributes = Some(pairs(attributes)),
            Body::Erased => {}
        }
        fields
    }

    fn common(event: &'a Event, kind: &'static str, encoding: Encoding) -> Self {
        Self {
            event_id: &event.event_id,
            customer_id: event.customer_id.as_str(),
            occurred_at: Stamp::new(event.occurred_at, encoding),
            kind,
            invoice_id: None,
            payment_id: None,
            contact_id: None,
            promise_id: None,
            dispute_id: None,
            amount_minor: None,
            currency: None,
            due_date: None,
            debt_type: None,
            method: None,
            failure_code: None,
            channel: None,
            outcome: None,
            upheld: None,
            credit_note_id: None,
            plan_id: None,
            discount_minor: None,
            discount_until: None,
            hold_until: None,
            allocations: None,
            machine: None,
            attributes: None,
        }
    }

    /// One invoice without an amount stands alone, as most producers write it.
    fn names(&mut self, names: &'a [Named]) {
        match names {
            [] => {}
            [Named { invoice_id, amount_minor: None }] => self.invoice_id = Some(invoice_id),
            parts => {
                let part = |part: &'a Named| {
                    Some(Allocation { invoice_id: &part.invoice_id, amount_minor: part.amount_minor? })
                };
                self.allocations = Some(parts.iter().filter_map(part).collect());
            }
        }
    }

    fn amount(&mut self, amount_minor: i64, currency: &'a Currency) {
        self.amount_minor = Some(amount_minor);
        self.currency = Some(&currency.code);
    }
}

fn pairs(attributes: &BTreeMap<String, Attribute>) -> Pairs<&str, Wire<'_>> {
    Pairs(attributes.iter().map(|(name, value)| (name.as_str(), Wire(value))).collect())
}

struct Wire<'a>(&'a Attribute);

impl Serialize for Wire<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Attribute::Null => serializer.serialize_unit(),
            Attribute::Text(text) => serializer.serialize_str(text),
            Attribute::Long(value) => serializer.serialize_i64(*value),
            Attribute::Double(text) => {
                serializer.serialize_f64(text.parse().expect("the text of a double reads back to it"))
            }
            Attribute::Bool(value) => serializer.serialize_bool(*value),
        }
    }
}

#[cfg(test)]
mod tests;
