//! Declared attributes, from their definition in `docs/segmentation.md`: the forms in which each type may be sent.

use segflow_core::event::{Attribute, Body};
use segflow_core::segmentation::{AttributeDeclaration, Segmentation};
use segflow_core::time::Date;
use segflow_core::value_type::ValueType;

use super::Value;

/// A value as it was sent, read by a declaration.
enum Sent {
    /// Null was sent.
    Nothing,
    /// The value has a form of the declared type.
    Read(Value),
    /// It has none.
    Unreadable,
}

/// The value of an attribute by its declaration; none if it is taken away or unknown.
pub fn attribute(segmentation: &Segmentation, declared: &AttributeDeclaration, sent: &Attribute) -> Option<Value> {
    match read(segmentation, declared.kind, sent) {
        Sent::Nothing => None,
        Sent::Read(value) => Some(value),
        Sent::Unreadable => declared.unreadable_is_true.then_some(Value::Bool(true)),
    }
}

/// The declared attributes of an event whose values cannot be read, by name.
pub fn unreadable(segmentation: &Segmentation, body: &Body) -> Vec<String> {
    let Body::Updated { attributes } = body else { return Vec::new() };
    let is_unreadable = |declared: &&AttributeDeclaration| {
        let sent = attributes.get(&declared.name);
        sent.is_some_and(|sent| matches!(read(segmentation, declared.kind, sent), Sent::Unreadable))
    };
    segmentation.attributes.iter().filter(is_unreadable).map(|declared| declared.name.clone()).collect()
}

fn read(segmentation: &Segmentation, kind: ValueType, sent: &Attribute) -> Sent {
    let trimmed = match sent {
        Attribute::Null => return Sent::Nothing,
        Attribute::Text(text) => text.trim_matches([' ', '\t', '\n', '\r', '\u{c}']),
        Attribute::Long(_) | Attribute::Double(_) | Attribute::Bool(_) => "",
    };
    let decimals = segmentation.currency.decimals as usize;
    let value = match (kind, sent) {
        (ValueType::Text, Attribute::Text(text)) => Some(Value::Text(text.clone())),
        (ValueType::Bool, Attribute::Bool(value)) => Some(Value::Bool(*value)),
        (ValueType::Bool, Attribute::Long(number)) => truth(&number.to_string()),
        (ValueType::Bool, Attribute::Double(number)) => whole(number).and_then(|number| truth(&number.to_string())),
        (ValueType::Bool, Attribute::Text(_)) => truth(trimmed),
        (ValueType::Int, Attribute::Long(number)) => Some(Value::Int(*number)),
        (ValueType::Int, Attribute::Double(number)) => whole(number).map(Value::Int),
        (ValueType::Int, Attribute::Text(_)) => whole(trimmed).filter(|_| !trimmed.contains('.')).map(Value::Int),
        (ValueType::Money, Attribute::Long(minor)) => Some(Value::Money(*minor)),
        (ValueType::Money, Attribute::Text(_)) => major(trimmed, decimals).map(Value::Money),
        (ValueType::Ratio, Attribute::Long(number)) => Some(Value::Ratio(i128::from(*number), 1)),
        (ValueType::Ratio, Attribute::Double(number)) => decimal(number),
        (ValueType::Ratio, Attribute::Text(_)) => decimal(trimmed),
        (ValueType::Date, Attribute::Text(_)) => date(trimmed).map(Value::Date),
        _ => None,
    };
    value.map_or(Sent::Unreadable, Sent::Read)
}

fn truth(word: &str) -> Option<Value> {
    match word.to_ascii_uppercase().as_str() {
        "TRUE" | "YES" | "Y" | "1" => Some(Value::Bool(true)),
        "FALSE" | "NO" | "N" | "0" => Some(Value::Bool(false)),
        _ => None,
    }
}

/// A number without a part after the point, as 64 bits hold it.
fn whole(text: &str) -> Option<i64> {
    match decimal(text)? {
        Value::Ratio(numerator, denominator) if numerator % denominator == 0 => {
            i64::try_from(numerator / denominator).ok()
        }
        _ => None,
    }
}

/// Minor units of an amount in major units, whose point says that it is one where the currency has minor units.
fn major(text: &str, decimals: usize) -> Option<i64> {
    let written = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    match decimal(text)? {
        Value::Ratio(numerator, denominator) if written <= decimals && (written > 0 || decimals == 0) => {
            i64::try_from(numerator * 10_i128.pow(decimals as u32) / denominator).ok()
        }
        _ => None,
    }
}

/// A plain decimal such as `-0.75`, exactly; its digits fit 64 bits.
fn decimal(text: &str) -> Option<Value> {
    let (sign, magnitude) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let parts: Vec<&str> = magnitude.split('.').collect();
    let is_plain = parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    let decimals = parts.get(1).map_or(0, |fraction| fraction.len());
    if !is_plain || parts.len() > 2 || decimals > 18 {
        return None;
    }
    let numerator = sign * parts.concat().parse::<i128>().ok()?;
    i64::try_from(numerator).ok()?;
    Some(Value::Ratio(numerator, 10_i128.pow(decimals as u32)))
}

/// A date, or the beginning of a day as a date and a time of day, with or without an offset. Judged by its shape, in which
/// every digit is a 9.
fn date(text: &str) -> Option<Date> {
    let shape = text.replace(|c: char| c.is_ascii_digit(), "9");
    let Some(rest) = shape.strip_prefix("9999-99-99").filter(|rest| !rest.is_empty()) else { return text.parse().ok() };
    let time = ["T99:99:99", "t99:99:99", " 99:99:99"].iter().find_map(|time| rest.strip_prefix(time))?;
    let offset = match time.strip_prefix('.') {
        Some(fraction) if fraction.starts_with('9') => fraction.trim_start_matches('9'),
        Some(_) => return None,
        None => time,
    };
    let (day, clock) = text.split_at(10);
    let (clock, zone) = clock.split_at(clock.len() - offset.len());
    let is_midnight = clock.bytes().all(|byte| !(b'1'..=b'9').contains(&byte));
    let is_offset = match offset {
        "" | "Z" | "z" => true,
        "+99:99" | "-99:99" => zone[1..3].parse::<u8>().ok()? < 24 && zone[4..].parse::<u8>().ok()? < 60,
        _ => false,
    };
    (is_midnight && is_offset).then(|| day.parse().ok()).flatten()
}
