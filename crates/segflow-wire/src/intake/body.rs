//! What happened, of the kinds that this release reads.

use std::collections::BTreeMap;

use segflow_core::event::{Attribute, Body, Channel, Direction, Family, Outcome};
use segflow_core::money::Currency;

use super::fields::{Field, Fields, optional, required};
use super::rejection::{Reason, Rejection};
use super::value::Value;

/// A kind that this release reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Issued,
    Received,
    Contact(Direction),
    Made,
    Updated,
}

/// The kind of a record of this family.
pub(super) fn kind(family: Family, fields: &mut Fields<'_>) -> Result<Kind, Rejection> {
    let word = required!(fields.kind)?.text()?;
    let (read, unread) = kinds(family);
    if let Some((_, kind)) = read.iter().find(|(name, _)| *name == word) {
        return Ok(*kind);
    }
    let names: Vec<&str> = read.iter().map(|(name, _)| *name).collect();
    let expected = if names.is_empty() { "nothing: this release reads no kind".to_owned() } else { names.join(" or ") };
    let reason = if unread.contains(&&*word) { Reason::UnsupportedKind } else { Reason::UnknownKind };
    let found = Value::Text(word);
    Err(Rejection::new(reason, format!("kind: expected {expected} of {}, found {found}", family.name())))
}

/// The kinds of a family: those that are read, and those of later releases.
const fn kinds(family: Family) -> (&'static [(&'static str, Kind)], &'static [&'static str]) {
    match family {
        Family::Invoices => (&[("ISSUED", Kind::Issued)], &["ADJUSTED", "WRITTEN_OFF"]),
        Family::Payments => (&[("RECEIVED", Kind::Received)], &["FAILED", "REVERSED"]),
        Family::Contacts => {
            (&[("OUTBOUND", Kind::Contact(Direction::Outbound)), ("INBOUND", Kind::Contact(Direction::Inbound))], &[])
        }
        Family::Promises => (&[("MADE", Kind::Made)], &["AMENDED", "CANCELLED"]),
        Family::Disputes => (&[], &["OPENED", "RESOLVED"]),
        Family::Profiles => (&[("UPDATED", Kind::Updated)], &[]),
    }
}

/// The fields of a kind. The currency is judged before the amount: an amount says nothing without it.
pub(super) fn body(kind: Kind, mut fields: Fields<'_>, currency: &Currency) -> Result<Body, Rejection> {
    match kind {
        Kind::Issued => Ok(Body::Issued {
            invoice_id: required!(fields.invoice_id)?.id()?,
            amount_minor: amount(&mut fields, currency)?,
            due_date: required!(fields.due_date)?.date()?,
            debt_type: optional!(fields.debt_type).optional_word()?,
        }),
        Kind::Received => Ok(Body::Received {
            payment_id: required!(fields.payment_id)?.id()?,
            amount_minor: amount(&mut fields, currency)?,
            invoice_id: optional!(fields.invoice_id).optional_id()?,
            method: optional!(fields.method).optional_word()?,
        }),
        Kind::Contact(direction) => Ok(Body::Contact {
            contact_id: required!(fields.contact_id)?.id()?,
            direction,
            channel: required!(fields.channel)?.word(Channel::ALL, Channel::word)?,
            outcome: required!(fields.outcome)?.word(Outcome::ALL, Outcome::word)?,
        }),
        Kind::Made => Ok(Body::Made {
            promise_id: required!(fields.promise_id)?.id()?,
            amount_minor: amount(&mut fields, currency)?,
            due_date: required!(fields.due_date)?.date()?,
        }),
        Kind::Updated => Ok(Body::Updated { attributes: attributes(required!(fields.attributes)?)? }),
    }
}

fn amount(fields: &mut Fields<'_>, currency: &Currency) -> Result<i64, Rejection> {
    let found = required!(fields.currency)?.text()?;
    if found != currency.code {
        let detail = format!("currency: expected {}, found {}", currency.code, Value::Text(found));
        return Err(Rejection::new(Reason::WrongCurrency, detail));
    }
    required!(fields.amount_minor)?.amount_above_zero()
}

fn attributes(field: Field<'_>) -> Result<BTreeMap<String, Attribute>, Rejection> {
    let Value::Map(entries) = field.value else { return Err(field.fault("an object of attributes")) };
    let mut attributes = BTreeMap::new();
    for (name, value) in entries {
        let name = Field { name: "attributes, a name", value: Value::Text(name) }.id()?;
        let fault = |expected: &str, found: &dyn std::fmt::Display| {
            let detail = format!("attributes.{name}: expected {expected}, found {found}");
            Rejection::new(Reason::MalformedField, detail)
        };
        let attribute = attribute(&value)
            .ok_or_else(|| fault("null, a text of at most 1024 bytes, a finite number or a boolean", &value))?;
        if attributes.contains_key(&name) {
            return Err(fault("one value", &"another"));
        }
        attributes.insert(name, attribute);
    }
    Ok(attributes)
}

/// The longest text of an attribute: it may stand in the reasons of every change.
const MAX_ATTRIBUTE_BYTES: usize = 1_024;

/// None if it is of no type that an attribute has, or is too long.
fn attribute(value: &Value<'_>) -> Option<Attribute> {
    match value {
        Value::Null => Some(Attribute::Null),
        Value::Bool(value) => Some(Attribute::Bool(*value)),
        Value::Int(value) => Some(Attribute::Long(*value)),
        Value::Double(value) => value.is_finite().then(|| Attribute::Double(decimal(*value))),
        Value::Text(text) => (text.len() <= MAX_ATTRIBUTE_BYTES).then(|| Attribute::Text(text.to_string())),
        // A whole number that no long holds is a double, as it is in JSON beyond 64 bits.
        Value::Huge(value) => Some(Attribute::Double(decimal(*value as f64))),
        Value::Days(_) | Value::Map(_) | Value::List => None,
    }
}

/// The shortest decimal text, without an exponent, that reads back to the same double. There is one zero.
fn decimal(value: f64) -> String {
    if value == 0.0 { "0".to_owned() } else { value.to_string() }
}
