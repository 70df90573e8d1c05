//! The fields of each kind of event, read into the body of the event. A new kind is an arm of [`read`].

use segflow_core::event::{Body, Channel, Direction, Discount, FailureCode, Family, Kind, Named, Outcome};
use segflow_core::money::Currency;

use super::attributes::attributes;
use super::fields::{Field, Fields, optional, required};
use super::rejection::{Reason, Rejection};
use super::value::Value;

/// The kind that a record of this family names.
pub(super) fn kind(family: Family, fields: &mut Fields<'_>) -> Result<Kind, Rejection> {
    let word = required!(fields.kind)?.text()?;
    Kind::of(family).find(|kind| kind.word() == word).ok_or_else(|| {
        let words: Vec<&str> = Kind::of(family).map(Kind::word).collect();
        let (expected, family, found) = (words.join(" or "), family.name(), Value::Text(word));
        Rejection::new(Reason::UnknownKind, format!("kind: expected {expected} of {family}, found {found}"))
    })
}

/// Reads the fields of one kind. The currency is judged before the amount: an amount says nothing without it.
pub(super) fn read(kind: Kind, fields: Fields<'_>, currency: &Currency) -> Result<Body, Rejection> {
    match kind {
        Kind::Issued => issued(fields, currency),
        Kind::Adjusted => adjusted(fields, currency),
        Kind::WrittenOff => written_off(fields, currency),
        Kind::Received => received(fields, currency),
        Kind::Failed => failed(fields, currency),
        Kind::Reversed => reversed(fields, currency),
        Kind::Outbound => contact(fields, Direction::Outbound),
        Kind::Inbound => contact(fields, Direction::Inbound),
        Kind::Made => made(fields, currency),
        Kind::Amended => amended(fields, currency),
        Kind::Cancelled => cancelled(fields, currency),
        Kind::Opened => opened(fields, currency),
        Kind::Resolved => resolved(fields, currency),
        Kind::Updated => updated(fields),
        Kind::Voided => invoice_id(fields, currency).map(|invoice_id| Body::Voided { invoice_id }),
        Kind::InvoiceReinstated => {
            invoice_id(fields, currency).map(|invoice_id| Body::InvoiceReinstated { invoice_id })
        }
        Kind::Credited => credited(fields, currency),
        Kind::Held => held(fields, currency),
        Kind::Released => invoice_id(fields, currency).map(|invoice_id| Body::Released { invoice_id }),
        Kind::Submitted => submitted(fields, currency),
        Kind::PaymentReinstated => payment_reinstated(fields, currency),
    }
}

fn issued(mut fields: Fields<'_>, currency: &Currency) -> Result<Body, Rejection> {
    let invoice_id = required!(fields.invoice_id)?.id()?;
    this_currency(required!(fields.currency)?, currency)?;
    let amount_minor = required!(fields.amount_minor)?.amount_or_zero().map_err(|mut rejection| {
        if rejection.reason == Reason::NegativeAmount {
            rejection.detail += "; a credit note is an event of kind CREDITED with a positive amount";
        }
        rejection
    })?;
    Ok(Body::Issued {
        invoice_id,
        amount_minor,
        due_date: required!(fields.due_date)?.date()?,
        debt_type: optional!(fields.debt_type).optional_word()?,
        discount: discount(&mut fields, amount_minor)?,
    })
}

/// A discount needs both of its fields.
fn discount(fields: &mut Fields<'_>, of_minor: i64) -> Result<Option<Discount>, Rejection> {
    let (amount, until) = (optional!(fields.discount_minor), optional!(fields.discount_until));
    if amount.value == Value::Null && until.value == Value::Null {
        return Ok(None);
    }
    let missing = |field: &Field<'_>| {
        let detail = format!("{}: expected a value beside the other one of a discount, found none", field.name);
        Err(Rejection::new(Reason::MissingField, detail))
    };
    if let Some(absent) = [&amount, &until].into_iter().find(|field| field.value == Value::Null) {
        return missing(absent);
    }
    let amount_minor = amount.amount_above_zero()?;
    if amount_minor > of_minor {
        let detail = format!("discount_minor: expected at most amount_minor, {of_minor}, found {amount_minor}");
        return Err(Rejection::new(Reason::AmountOutOfRange, detail));
    }
    Ok(Some(Discount { amount_minor, until: until.date()? }))
}

/// An adjustment that only moves the due date names no amount, and then needs no currency.
fn adjusted(mut fields: Fields<'_>, currency: &Currency) -> Result<Body, Rejection> {
    let invoice_id = required!(fields.invoice_id)?.id()?;
    let due_date = optional!(fields.due_date).if_any(Field::date)?;
    let delta_minor = match optional!(fields.amount_minor) {
        Field { value: Value::Null, .. } if due_date.is_none() => {
            let detail = "amount_minor or due_date: expected a value, found none of either";
            return Err(Rejection::new(Reason::MissingField, detail));
        }
        Field { value: Value::Null, .. } => {
            no_other_currency(&mut fields, currency)?;
            0
        }
        delta => {
            this_currency(required!(fields.currency)?, currency)?;
            delta.delta()?
        }
    };
    Ok(Body::Adjusted { invoice_id, delta_minor, due_date })
}

fn written_off(fields: Fields<'_>, currency: &Currency) -> Result<Body, Rejection> {
    Ok(Body::WrittenOff { invoice_id: invoice_id(fields, currency)? })
}

/// The invoice of an event that needs no more.
fn invoice_id(mut fields: Fields<'_>, currency: &Currency) -> Result<String, Rejection> {
    no_other_currency(&mut fields, currency)?;
    required!(fields.invoice_id)?.id()
}

fn credited(mut fields: Fields<'_>, currency: &Currency) -> Result<Body, Rejection> {
    Ok(Body::Credited {
        credit_note_id: required!(fields.credit_note_id)?.id()?,
        amount_minor: amount(&mut fields, currency)?,
        names: named(optional!(fields.invoice_id))?,
    })
}

fn held(mut fields: Fields<'_>, currency: &Currency) -> Result<Body, Rejection> {
    no_other_currency(&mut fields, currency)?;
    Ok(Body::Held {
        invoice_id: required!(fields.invoice_id)?.id()?,
        until: optional!(fields.hold_until).if_any(Field::date)?,
    })
}

fn received(mut fields: Fields<'_>, currency: &Currency) -> Result<Body, Rejection> {
    let payment_id = required!(fields.payment_id)?.id()?;
    let amount_minor = amount(&mut fields, currency)?;
    let (invoice_id, list) = (optional!(fields.invoice_id), optional!(fields.allocations));
    if invoice_id.value != Value::Null && list.value != Value::Null {
        return Err(list.fault("none beside invoice_id"));
    }
    let names = if list.value == Value::Null { named(invoice_id)? } else { allocations(list, amount_minor)? };
    Ok(Body::Received { payment_id, amount_minor, names, method: optional!(fields.method).optional_word()? })
}

/// The one invoice that a payment or credit note names, if it names one.
fn named(field: Field<'_>) -> Result<Vec<Named>, Rejection> {
    let named = field.if_any(Field::id)?.map(|invoice_id| Named { invoice_id, amount_minor: None });
    Ok(named.into_iter().collect())
}

/// The parts of a payment, each with its invoice; together at most the payment. Parts for one invoice are one.
fn allocations(field: Field<'_>, of_minor: i64) -> Result<Vec<Named>, Rejection> {
    let Value::List(items) = field.value else { return Err(field.fault("a list of objects")) };
    let named = |item: Value<'_>| {
        let Value::Map(entries) = item else {
            return Err(Field { name: "allocations, an item", value: item }.fault("an object"));
        };
        let (mut invoice_id, mut amount_minor) = (Value::Null, Value::Null);
        for (name, value) in entries {
            match &*name {
                "invoice_id" => invoice_id = value,
                "amount_minor" => amount_minor = value,
                _ => {}
            }
        }
        Ok(Named {
            invoice_id: Field { name: "allocations.invoice_id", value: invoice_id }.id()?,
            amount_minor: Some(Field { name: "allocations.amount_minor", value: amount_minor }.amount_above_zero()?),
        })
    };
    let mut parts: Vec<Named> = Vec::new();
    for item in items {
        let part = named(item)?;
        match parts.iter_mut().find(|other| other.invoice_id == part.invoice_id) {
            Some(other) => {
                other.amount_minor = other.amount_minor.zip(part.amount_minor).map(|(a, b)| a.saturating_add(b))
            }
            None => parts.push(part),
        }
    }
    let sum: i128 = parts.iter().filter_map(|part| part.amount_minor).map(i128::from).sum();
    if sum > i128::from(of_minor) {
        let detail = format!("allocations: expected parts of at most amount_minor, {of_minor}, together, found {sum}");
        return Err(Rejection::new(Reason::AmountOutOfRange, detail));
    }
    Ok(parts)
}

fn submitted(mut fields: Fields<'_>, currency: &Currency) -> Result<Body, Rejection> {
    Ok(Body::Submitted {
        payment_id: required!(fields.payment_id)?.id()?,
        amount_minor: amount(&mut fields, currency)?,
    })
}

fn payment_reinstated(mut fields: Fields<'_>, currency: &Currency) -> Result<Body, Rejection> {
    no_other_currency(&mut fields, currency)?;
    Ok(Body::PaymentReinstated {
        payment_id: required!(fields.payment_id)?.id()?,
        amount_minor: optional!(fields.amount_minor).if_any(Field::amount_above_zero)?,
    })
}

fn failed(mut fields: Fields<'_>, currency: &Currency) -> Result<Body, Rejection> {
    no_other_currency(&mut fields, currency)?;
    Ok(Body::Failed {
        payment_id: required!(fields.payment_id)?.id()?,
        code: optional!(fields.failure_code).if_any(|code| code.word(FailureCode::ALL, FailureCode::word))?,
    })
}

fn reversed(mut fields: Fields<'_>, currency: &Currency) -> Result<Body, Rejection> {
    no_other_currency(&mut fields, currency)?;
    Ok(Body::Reversed {
        payment_id: required!(fields.payment_id)?.id()?,
        amount_minor: optional!(fields.amount_minor).if_any(Field::amount_above_zero)?,
    })
}

fn contact(mut fields: Fields<'_>, direction: Direction) -> Result<Body, Rejection> {
    Ok(Body::Contact {
        contact_id: required!(fields.contact_id)?.id()?,
        direction,
        channel: required!(fields.channel)?.word(Channel::ALL, Channel::word)?,
        outcome: required!(fields.outcome)?.word(Outcome::ALL, Outcome::word)?,
        machine: optional!(fields.machine).if_any(Field::boolean)?.unwrap_or_default(),
    })
}

fn made(mut fields: Fields<'_>, currency: &Currency) -> Result<Body, Rejection> {
    Ok(Body::Made {
        promise_id: required!(fields.promise_id)?.id()?,
        amount_minor: amount(&mut fields, currency)?,
        due_date: required!(fields.due_date)?.date()?,
        plan_id: optional!(fields.plan_id).if_any(Field::id)?,
    })
}

fn amended(mut fields: Fields<'_>, currency: &Currency) -> Result<Body, Rejection> {
    Ok(Body::Amended {
        promise_id: required!(fields.promise_id)?.id()?,
        amount_minor: amount(&mut fields, currency)?,
        due_date: required!(fields.due_date)?.date()?,
    })
}

fn cancelled(mut fields: Fields<'_>, currency: &Currency) -> Result<Body, Rejection> {
    no_other_currency(&mut fields, currency)?;
    Ok(Body::Cancelled { promise_id: required!(fields.promise_id)?.id()? })
}

fn opened(mut fields: Fields<'_>, currency: &Currency) -> Result<Body, Rejection> {
    no_other_currency(&mut fields, currency)?;
    Ok(Body::Opened {
        dispute_id: required!(fields.dispute_id)?.id()?,
        invoice_id: optional!(fields.invoice_id).if_any(Field::id)?,
        amount_minor: optional!(fields.amount_minor).if_any(Field::amount_above_zero)?,
    })
}

fn resolved(mut fields: Fields<'_>, currency: &Currency) -> Result<Body, Rejection> {
    no_other_currency(&mut fields, currency)?;
    Ok(Body::Resolved {
        dispute_id: required!(fields.dispute_id)?.id()?,
        upheld: optional!(fields.upheld).if_any(Field::boolean)?,
    })
}

fn updated(mut fields: Fields<'_>) -> Result<Body, Rejection> {
    Ok(Body::Updated { attributes: attributes(required!(fields.attributes)?)? })
}

fn amount(fields: &mut Fields<'_>, currency: &Currency) -> Result<i64, Rejection> {
    this_currency(required!(fields.currency)?, currency)?;
    required!(fields.amount_minor)?.amount_above_zero()
}

/// Refuses another currency in a record whose kind needs no amount. Such a record may name no currency at all.
fn no_other_currency(fields: &mut Fields<'_>, currency: &Currency) -> Result<(), Rejection> {
    optional!(fields.currency).if_any(|found| this_currency(found, currency)).map(Option::unwrap_or_default)
}

/// Refuses another currency. What is no currency code is malformed: the reason says that the record is of another one.
fn this_currency(field: Field<'_>, currency: &Currency) -> Result<(), Rejection> {
    let is_code = |text: &str| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    match &field.value {
        Value::Text(found) if *found == currency.code => Ok(()),
        Value::Text(found) if is_code(found) => {
            let detail = format!("currency: expected {}, found {}", currency.code, field.value);
            Err(Rejection::new(Reason::WrongCurrency, detail))
        }
        Value::Text(found) if found.eq_ignore_ascii_case(&currency.code) => {
            Err(field.fault(format_args!("{} in capital letters", currency.code)))
        }
        _ => Err(field.fault(format_args!("{}, or another code of three capital letters", currency.code))),
    }
}
