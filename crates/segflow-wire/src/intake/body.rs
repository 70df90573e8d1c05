//! The fields of each kind of event, read into the body of the event. A new kind is an arm of [`read`].

use segflow_core::event::{Body, Channel, Direction, FailureCode, Family, Kind, Outcome};
use segflow_core::money::Currency;

use super::attributes::attributes;
use super::fields::{Field, Fields, optional, required};
use super::rejection::{Reason, Rejection};
use super::value::Value;

/// The kind that a record of this family names.
pub(super) fn kind(family: Family, fields: &mut Fields<'_>) -> Result<Kind, Rejection> {
    let word = required!(fields.kind)?.text()?;
    Kind::from_word(&word).filter(|kind| kind.family() == family).ok_or_else(|| {
        let kinds = Kind::ALL.iter().filter(|kind| kind.family() == family);
        let words: Vec<&str> = kinds.map(|kind| kind.word()).collect();
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
    }
}

fn issued(mut fields: Fields<'_>, currency: &Currency) -> Result<Body, Rejection> {
    Ok(Body::Issued {
        invoice_id: required!(fields.invoice_id)?.id()?,
        amount_minor: amount(&mut fields, currency)?,
        due_date: required!(fields.due_date)?.date()?,
        debt_type: optional!(fields.debt_type).optional_word()?,
    })
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

fn written_off(mut fields: Fields<'_>, currency: &Currency) -> Result<Body, Rejection> {
    no_other_currency(&mut fields, currency)?;
    Ok(Body::WrittenOff { invoice_id: required!(fields.invoice_id)?.id()? })
}

fn received(mut fields: Fields<'_>, currency: &Currency) -> Result<Body, Rejection> {
    Ok(Body::Received {
        payment_id: required!(fields.payment_id)?.id()?,
        amount_minor: amount(&mut fields, currency)?,
        invoice_id: optional!(fields.invoice_id).if_any(Field::id)?,
        method: optional!(fields.method).optional_word()?,
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
    Ok(Body::Reversed { payment_id: required!(fields.payment_id)?.id()? })
}

fn contact(mut fields: Fields<'_>, direction: Direction) -> Result<Body, Rejection> {
    Ok(Body::Contact {
        contact_id: required!(fields.contact_id)?.id()?,
        direction,
        channel: required!(fields.channel)?.word(Channel::ALL, Channel::word)?,
        outcome: required!(fields.outcome)?.word(Outcome::ALL, Outcome::word)?,
    })
}

fn made(mut fields: Fields<'_>, currency: &Currency) -> Result<Body, Rejection> {
    Ok(Body::Made {
        promise_id: required!(fields.promise_id)?.id()?,
        amount_minor: amount(&mut fields, currency)?,
        due_date: required!(fields.due_date)?.date()?,
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

fn this_currency(field: Field<'_>, currency: &Currency) -> Result<(), Rejection> {
    let found = field.text()?;
    if found == currency.code {
        return Ok(());
    }
    let letters = if found.eq_ignore_ascii_case(&currency.code) { " in capital letters" } else { "" };
    let detail = format!("currency: expected {}{letters}, found {}", currency.code, Value::Text(found));
    Err(Rejection::new(Reason::WrongCurrency, detail))
}
