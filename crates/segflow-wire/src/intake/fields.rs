//! The fields of a record, of any kind, and how each is read.

use std::borrow::Cow;
use std::fmt::Display;

use segflow_core::time::{Date, Timestamp};
use serde::Deserialize;

use super::DAY_MS;
use super::rejection::{Reason, Rejection};
use super::value::Value;

/// The longest id or word, but for a customer's id, in bytes.
const MAX_ID_BYTES: usize = 256;
/// The largest amount, in minor units.
const MAX_AMOUNT_MINOR: i64 = 1_000_000_000_000_000;

/// Every field that some kind of event has, in every encoding. Other fields are passed over.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Fields<'a> {
    #[serde(borrow)]
    pub event_id: Value<'a>,
    #[serde(borrow)]
    pub customer_id: Value<'a>,
    #[serde(borrow)]
    pub occurred_at: Value<'a>,
    #[serde(borrow)]
    pub kind: Value<'a>,
    #[serde(borrow)]
    pub invoice_id: Value<'a>,
    #[serde(borrow)]
    pub payment_id: Value<'a>,
    #[serde(borrow)]
    pub contact_id: Value<'a>,
    #[serde(borrow)]
    pub promise_id: Value<'a>,
    #[serde(borrow)]
    pub dispute_id: Value<'a>,
    #[serde(borrow)]
    pub amount_minor: Value<'a>,
    #[serde(borrow)]
    pub currency: Value<'a>,
    #[serde(borrow)]
    pub due_date: Value<'a>,
    #[serde(borrow)]
    pub debt_type: Value<'a>,
    #[serde(borrow)]
    pub method: Value<'a>,
    #[serde(borrow)]
    pub failure_code: Value<'a>,
    #[serde(borrow)]
    pub channel: Value<'a>,
    #[serde(borrow)]
    pub outcome: Value<'a>,
    #[serde(borrow)]
    pub upheld: Value<'a>,
    #[serde(borrow)]
    pub credit_note_id: Value<'a>,
    #[serde(borrow)]
    pub plan_id: Value<'a>,
    #[serde(borrow)]
    pub discount_minor: Value<'a>,
    #[serde(borrow)]
    pub discount_until: Value<'a>,
    #[serde(borrow)]
    pub hold_until: Value<'a>,
    #[serde(borrow)]
    pub allocations: Value<'a>,
    #[serde(borrow)]
    pub machine: Value<'a>,
    #[serde(borrow)]
    pub attributes: Value<'a>,
}

/// A field by its name.
pub(super) struct Field<'a> {
    pub name: &'static str,
    pub value: Value<'a>,
}

impl<'a> Field<'a> {
    /// Text of any length.
    pub fn text(self) -> Result<Cow<'a, str>, Rejection> {
        match self.value {
            Value::Text(text) => Ok(text),
            _ => Err(self.fault("a text")),
        }
    }

    /// An id: text of 1 to 256 bytes.
    pub fn id(self) -> Result<String, Rejection> {
        match self.value {
            Value::Text(text) if (1..=MAX_ID_BYTES).contains(&text.len()) => Ok(text.into_owned()),
            _ => Err(self.fault(format_args!("a text of 1 to {MAX_ID_BYTES} bytes"))),
        }
    }

    /// An event's id: as [`Field::id`], but none that begins with a zero byte. Only erasures have such ids.
    pub fn event_id(self) -> Result<String, Rejection> {
        match &self.value {
            Value::Text(text) if text.starts_with('\0') => Err(self.fault("a text that begins with no zero byte")),
            _ => self.id(),
        }
    }

    /// The field as `read` reads it; none where it is absent.
    pub fn if_any<T>(self, read: impl FnOnce(Self) -> Result<T, Rejection>) -> Result<Option<T>, Rejection> {
        if self.value == Value::Null { Ok(None) } else { read(self).map(Some) }
    }

    /// A word that the producer chooses: text of at most 256 bytes. An absent or an empty one is none.
    pub fn optional_word(self) -> Result<Option<String>, Rejection> {
        match self.value {
            Value::Null => Ok(None),
            Value::Text(text) if text.is_empty() => Ok(None),
            Value::Text(text) if text.len() <= MAX_ID_BYTES => Ok(Some(text.into_owned())),
            _ => Err(self.fault(format_args!("a text of at most {MAX_ID_BYTES} bytes"))),
        }
    }

    /// The one of `all` that has this word.
    pub fn word<T: Copy>(self, all: &[T], word: fn(T) -> &'static str) -> Result<T, Rejection> {
        let found = match &self.value {
            Value::Text(text) => all.iter().find(|one| word(**one) == text),
            _ => None,
        };
        found.copied().ok_or_else(|| {
            let words: Vec<&str> = all.iter().map(|one| word(*one)).collect();
            self.fault(format_args!("one of {}", words.join(" ")))
        })
    }

    /// An instant from 1900 to 2199: milliseconds, or in JSON also RFC 3339.
    pub fn instant(self) -> Result<Timestamp, Rejection> {
        let at = match self.value.whole() {
            Value::Int(ms) => Some(Timestamp(ms)),
            Value::Text(text) => text.parse().ok(),
            _ => None,
        };
        at.filter(|at| (Timestamp::EARLIEST..Timestamp::LATEST).contains(at))
            .ok_or_else(|| self.fault("milliseconds or an instant such as 2026-05-03T09:30:00Z, from 1900 to 2199"))
    }

    /// A date from 1900 to 2199.
    pub fn date(self) -> Result<Date, Rejection> {
        let days = Timestamp::EARLIEST.0 / DAY_MS..Timestamp::LATEST.0 / DAY_MS;
        match &self.value {
            Value::Text(text) => text.parse().ok(),
            Value::Days(day) if days.contains(&i64::from(*day)) => Some(Date(*day)),
            _ => None,
        }
        .ok_or_else(|| self.fault("a date such as 2026-05-03, from 1900 to 2199"))
    }

    /// An amount above zero, in minor units.
    pub fn amount_above_zero(self) -> Result<i64, Rejection> {
        self.amount_from(1)
    }

    /// An amount of zero or above, in minor units.
    pub fn amount_or_zero(self) -> Result<i64, Rejection> {
        self.amount_from(0)
    }

    fn amount_from(self, least: i64) -> Result<i64, Rejection> {
        let reason = match self.value.whole() {
            Value::Int(amount) if amount < least => Reason::NegativeAmount,
            Value::Int(amount) if amount <= MAX_AMOUNT_MINOR => return Ok(amount),
            Value::Int(_) | Value::Huge(_) => Reason::AmountOutOfRange,
            _ => Reason::MalformedField,
        };
        Err(self.reject(reason, format_args!("a whole number of minor units from {least} to {MAX_AMOUNT_MINOR}")))
    }

    /// A correction of an amount, in minor units: above, below or equal to zero.
    pub fn delta(self) -> Result<i64, Rejection> {
        let reason = match self.value.whole() {
            Value::Int(delta) if delta.unsigned_abs() <= MAX_AMOUNT_MINOR.unsigned_abs() => return Ok(delta),
            Value::Int(_) | Value::Huge(_) => Reason::AmountOutOfRange,
            _ => Reason::MalformedField,
        };
        let expected = format_args!("a whole number of minor units from -{MAX_AMOUNT_MINOR} to {MAX_AMOUNT_MINOR}");
        Err(self.reject(reason, expected))
    }

    /// True or false.
    pub fn boolean(self) -> Result<bool, Rejection> {
        match self.value {
            Value::Bool(value) => Ok(value),
            _ => Err(self.fault("true or false")),
        }
    }

    /// The rejection of a field whose value does not fit.
    pub fn fault(&self, expected: impl Display) -> Rejection {
        self.reject(Reason::MalformedField, expected)
    }

    fn reject(&self, reason: Reason, expected: impl Display) -> Rejection {
        Rejection::new(reason, format!("{}: expected {expected}, found {}", self.name, self.value))
    }
}

/// A field that must be there.
macro_rules! required {
    ($fields:ident . $name:ident) => {{
        let value = ::std::mem::take(&mut $fields.$name);
        if value == $crate::intake::value::Value::Null {
            Err($crate::intake::rejection::Rejection::new(
                $crate::intake::rejection::Reason::MissingField,
                concat!(stringify!($name), ": expected a value, found none"),
            ))
        } else {
            Ok($crate::intake::fields::Field { name: stringify!($name), value })
        }
    }};
}

/// A field that may be absent.
macro_rules! optional {
    ($fields:ident . $name:ident) => {
        $crate::intake::fields::Field { name: stringify!($name), value: ::std::mem::take(&mut $fields.$name) }
    };
}

pub(super) use {optional, required};
