//! Events as bytes, for producers: the simulator, `segflow generate`, tests.

use std::collections::BTreeMap;

use segflow_core::event::{Attribute, Body, Direction, Event};
use segflow_core::money::Currency;
use serde::{Serialize, Serializer};

use crate::encoding::Encoding;
use crate::form::{Day, Pairs, Stamp};
use crate::{avro, json, schema};

/// The value of a record of this event's family.
#[must_use]
pub fn encode(event: &Event, currency: &Currency, encoding: Encoding) -> Vec<u8> {
    let fields = Fields::of(event, currency, encoding);
    match encoding {
        Encoding::Json => json::encode(&fields),
        Encoding::Avro => avro::encode(&fields, schema::of(event.body.family())),
    }
}

/// The fields of every kind; those that a kind lacks are left out.
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
    channel: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Pairs<&'a str, Wire<'a>>>,
}

impl<'a> Fields<'a> {
    fn of(event: &'a Event, currency: &'a Currency, encoding: Encoding) -> Self {
        let mut fields = Self::common(event, encoding);
        match &event.body {
            Body::Issued { invoice_id, amount_minor, due_date, debt_type } => {
                fields.invoice_id = Some(invoice_id);
                fields.amount(*amount_minor, currency);
                fields.due_date = Some(Day::new(*due_date, encoding));
                fields.debt_type = debt_type.as_deref();
            }
            Body::Received { payment_id, amount_minor, invoice_id, method } => {
                fields.payment_id = Some(payment_id);
                fields.amount(*amount_minor, currency);
                fields.invoice_id = invoice_id.as_deref();
                fields.method = method.as_deref();
            }
            Body::Contact { contact_id, channel, outcome, .. } => {
                fields.contact_id = Some(contact_id);
                fields.channel = Some(channel.word());
                fields.outcome = Some(outcome.word());
            }
            Body::Made { promise_id, amount_minor, due_date } => {
                fields.promise_id = Some(promise_id);
                fields.amount(*amount_minor, currency);
                fields.due_date = Some(Day::new(*due_date, encoding));
            }
            Body::Updated { attributes } => fields.attributes = Some(pairs(attributes)),
        }
        fields
    }

    fn common(event: &'a Event, encoding: Encoding) -> Self {
        Self {
            event_id: &event.event_id,
            customer_id: event.customer_id.as_str(),
            occurred_at: Stamp::new(event.occurred_at, encoding),
            kind: kind(&event.body),
            invoice_id: None,
            payment_id: None,
            contact_id: None,
            promise_id: None,
            amount_minor: None,
            currency: None,
            due_date: None,
            debt_type: None,
            method: None,
            channel: None,
            outcome: None,
            attributes: None,
        }
    }

    fn amount(&mut self, amount_minor: i64, currency: &'a Currency) {
        self.amount_minor = Some(amount_minor);
        self.currency = Some(&currency.code);
    }
}

/// The word of an event's kind.
#[must_use]
pub const fn kind(body: &Body) -> &'static str {
    match body {
        Body::Issued { .. } => "ISSUED",
        Body::Received { .. } => "RECEIVED",
        Body::Contact { direction: Direction::Outbound, .. } => "OUTBOUND",
        Body::Contact { direction: Direction::Inbound, .. } => "INBOUND",
        Body::Made { .. } => "MADE",
        Body::Updated { .. } => "UPDATED",
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
