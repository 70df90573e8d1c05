//! The functions of one value.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use segflow_core::time::{Date, Timestamp};

use super::{Fault, Scope, named, times};
use crate::decimal::{Decimal, MAX_DIGITS};
use crate::function::Function;
use crate::node::{Constant, Node};
use crate::value::Value;

/// The value of a call. A function of an absent value is absent.
pub(super) fn call<'a>(
    scope: &Scope<'a, '_>,
    function: Function,
    inner: &Node,
    constant: Option<&Constant>,
) -> Result<Value<'a>, Fault> {
    let value = scope.value(inner)?;
    if !value.is_known() {
        return Ok(Value::Absent);
    }
    let result = match function {
        Function::Minor => decimal(&value).and_then(|number| number.minor(0)).map(Value::Amount),
        Function::Money => {
            let decimals = scope.currency.map_or(0, |currency| currency.decimals);
            decimal(&value).and_then(|number| number.minor(decimals)).map(Value::Amount)
        }
        Function::Absolute => match value {
            Value::Amount(minor) => minor.checked_abs().map(Value::Amount),
            _ => None,
        },
        Function::Number => number(&value, constant).map(Value::Number),
        Function::Unscaled => unscaled(&value, constant).map(Value::Number),
        Function::Seconds => decimal(&value).and_then(times::seconds).map(Value::Instant),
        Function::Millis => decimal(&value).and_then(|number| times::since_epoch(number, 1)).map(Value::Instant),
        Function::Micros => decimal(&value).and_then(|number| times::since_epoch(number, 1_000)).map(Value::Instant),
        Function::Nanos => decimal(&value).and_then(|number| times::since_epoch(number, 1_000_000)).map(Value::Instant),
        Function::Days => decimal(&value).and_then(times::days).map(Value::Date),
        Function::Date => date(scope, &value, constant).map(Value::Date),
        Function::Instant => instant(scope, &value, constant).map(Value::Instant),
        Function::Midnight => {
            date(scope, &value, None).zip(scope.zone).map(|(date, zone)| Value::Instant(zone.midnight(date)))
        }
        Function::Local => match value {
            Value::Instant(at) => scope.zone.and_then(|zone| times::local(at, zone)).map(Value::Instant),
            _ => None,
        },
        Function::Text => written(&value),
        Function::Unpadded => match &value {
            Value::Number(_) => written(&value),
            Value::Text(text) => Some(Value::Text(unpadded(text).to_owned().into())),
            _ => None,
        },
        Function::Filled => match text(&value) {
            Some(text) if text.trim().is_empty() => Some(Value::Absent),
            Some(_) => written(&value),
            None => None,
        },
        Function::Upper => text(&value).map(|text| Value::Text(text.to_uppercase().into())),
        Function::Lower => text(&value).map(|text| Value::Text(text.to_lowercase().into())),
        Function::Trim => text(&value).map(|text| Value::Text(text.trim().to_owned().into())),
        Function::StartsWith => tested(&value, constant, |text, part| text.starts_with(part)),
        Function::EndsWith => tested(&value, constant, |text, part| text.ends_with(part)),
        Function::Contains => tested(&value, constant, |text, part| text.contains(part)),
    };
    result.ok_or_else(|| Fault::new(named(inner), expected(scope, function, constant), value))
}

/// What a function expects of its value, for a message.
fn expected(scope: &Scope<'_, '_>, function: Function, constant: Option<&Constant>) -> String {
    let written = |what: &str, otherwise: &str| match constant {
        Some(Constant::Text(format)) => format!("{what} written as {format:?}"),
        _ => otherwise.to_owned(),
    };
    match function {
        Function::Minor => "a whole number of minor units".to_owned(),
        Function::Money => match scope.currency {
            Some(currency) => {
                format!("a decimal number of at most {} decimals, as {} has", currency.decimals, currency.code)
            }
            None => "a decimal number".to_owned(),
        },
        Function::Absolute => "an amount within 64 bits".to_owned(),
        Function::Number => match constant {
            Some(Constant::Mark(mark)) => format!("a number with {mark:?} before its decimals"),
            _ => format!("a decimal number of at most {MAX_DIGITS} digits"),
        },
        Function::Unscaled => "a whole number of at most 16 bytes in base64, as Debezium writes decimals".to_owned(),
        Function::Seconds => "a number of seconds since 1970".to_owned(),
        Function::Millis => "a whole number of milliseconds since 1970".to_owned(),
        Function::Micros => "a whole number of microseconds since 1970".to_owned(),
        Function::Nanos => "a whole number of nanoseconds since 1970".to_owned(),
        Function::Days => "a whole number of days since 1970".to_owned(),
        Function::Date | Function::Midnight => written("a date", "a date such as 2026-05-03, from 1900 to 2199"),
        Function::Instant => written("an instant", "an instant such as 2026-05-03T09:30:00Z"),
        Function::Local => "an instant of the calendar".to_owned(),
        Function::Text => "a text, a number or a truth value".to_owned(),
        Function::Unpadded => "a text or a number".to_owned(),
        Function::Filled
        | Function::Upper
        | Function::Lower
        | Function::Trim
        | Function::StartsWith
        | Function::EndsWith
        | Function::Contains => "a text".to_owned(),
    }
}

fn text<'v>(value: &'v Value<'_>) -> Option<&'v str> {
    if let Value::Text(text) = value { Some(text) } else { None }
}

fn written<'a>(value: &Value<'a>) -> Option<Value<'a>> {
    match value {
        Value::Text(text) => Some(Value::Text(text.clone())),
        other => other.written().map(|text| Value::Text(Cow::Owned(text))),
    }
}

fn tested<'a>(value: &Value<'_>, part: Option<&Constant>, test: fn(&str, &str) -> bool) -> Option<Value<'a>> {
    let Some(Constant::Text(part)) = part else { return None };
    text(value).map(|text| Value::Truth(test(text, part)))
}

/// A number, or a text that is one.
fn decimal(value: &Value<'_>) -> Option<Decimal> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Text(text) => Decimal::parse(text),
        _ => None,
    }
}

fn number(value: &Value<'_>, mark: Option<&Constant>) -> Option<Decimal> {
    match (value, mark) {
        (Value::Text(text), Some(Constant::Mark(mark))) => Decimal::parse_written(text, *mark),
        _ => decimal(value),
    }
}

/// A decimal as Debezium and Avro write it: the unscaled number in two's complement, the highest byte first, in base64.
/// <https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-decimal-types>
fn unscaled(value: &Value<'_>, scale: Option<&Constant>) -> Option<Decimal> {
    let Some(Constant::Scale(scale)) = scale else { return None };
    let bytes = STANDARD.decode(text(value)?).ok()?;
    let first = *bytes.first()?;
    let mut wide = if first & 0x80 == 0 { [0; 16] } else { [0xff; 16] };
    wide.get_mut(16_usize.checked_sub(bytes.len())?..)?.copy_from_slice(&bytes);
    Decimal::new(i128::from_be_bytes(wide), *scale)
}

fn date(scope: &Scope<'_, '_>, value: &Value<'_>, format: Option<&Constant>) -> Option<Date> {
    match (value, format) {
        (Value::Date(date), _) => Some(*date),
        (Value::Instant(at), None) => scope.zone.filter(|_| in_calendar(*at)).map(|zone| zone.date_of(*at)),
        (Value::Text(text), Some(Constant::Text(format))) => times::date(text, format),
        (Value::Text(text), None) => text.parse().ok(),
        _ => None,
    }
}

fn instant(scope: &Scope<'_, '_>, value: &Value<'_>, format: Option<&Constant>) -> Option<Timestamp> {
    match (text(value)?, format) {
        (text, Some(Constant::Text(format))) => times::instant(text, format, scope.zone),
        (text, None) => text.parse().ok(),
        _ => None,
    }
}

/// Whether the calendar is total there, and a date therefore found in few steps.
fn in_calendar(at: Timestamp) -> bool {
    (Timestamp::EARLIEST..Timestamp::LATEST).contains(&at)
}

/// A text without the zeros before its first other character; a text of zeros alone is one zero.
fn unpadded(text: &str) -> &str {
    match text.trim_start_matches('0') {
        "" if !text.is_empty() => "0",
        rest => rest,
    }
}
