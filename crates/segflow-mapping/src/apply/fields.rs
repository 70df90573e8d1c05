//! The fields of an event: each value as its field holds it, or the rejection of the record.

use std::borrow::Cow;

use segflow_core::money::Currency;
use segflow_core::time::{Date, Timestamp};
use segflow_wire::{Reason, Rejection};

use super::rejection;
use crate::eval::{Fault, Scope, named};
use crate::event::{MappedEvent, Written, write};
use crate::mapping::{EventProgram, FieldProgram, Source};
use crate::node::{Expression, Node, Path};
use crate::target::{FieldType, TargetField};
use crate::value::Value;

const MAX_TEXT_BYTES: usize = 1_024;

/// The event that an entry makes of a record, or of an item of it.
pub(super) fn event(program: &EventProgram, scope: &Scope<'_, '_>) -> Result<MappedEvent, Rejection> {
    let (mut customer_id, mut known) = (String::new(), None);
    let mut fields: Vec<(&str, Written<'_>)> = Vec::with_capacity(program.fields.len());
    for field in &program.fields {
        let scope = Scope { currency: known.as_ref(), ..*scope };
        let Some(written) = written(program, field, &scope)? else { continue };
        if let (FieldType::Currency, Written::Text(code)) = (field.holds, &written) {
            known = Some(in_code(code).map_err(|fault| of_field(program, field, fault))?);
        }
        if let ("customer_id", Written::Text(id)) = (field.name, &written) {
            customer_id = id.to_string();
        }
        fields.push((field.name, written));
    }
    Ok(MappedEvent { kind: program.kind, customer_id, value: write(program.kind, &fields) })
}

fn in_code(code: &str) -> Result<Currency, Fault> {
    Currency::new(code).ok_or_else(|| Fault::new("", "a code of three capital letters", Value::Text(code.into())))
}

/// A field's value; none of an optional field of which there is none.
fn written<'a>(
    program: &'a EventProgram,
    field: &'a FieldProgram,
    scope: &Scope<'a, '_>,
) -> Result<Option<Written<'a>>, Rejection> {
    match &field.source {
        Source::Expression(expression) => {
            let value = scope.value(&expression.node).map_err(|fault| of_field(program, field, fault))?;
            if value.is_known() {
                let written = fitting(field.holds, value, &expression.node);
                return written.map(Some).map_err(|fault| of_field(program, field, fault));
            }
            let at = || format!("{}, {}", program.name, field.name);
            if field.required { Err(missing(&at(), expression)) } else { Ok(None) }
        }
        Source::Allocations { list, part } => allocations(program, list, part, scope),
        Source::Attributes(attributes) => {
            let mut written = Vec::with_capacity(attributes.len());
            for (name, expression) in attributes {
                let value = scope.value(&expression.node).and_then(|value| attribute(value, &expression.node));
                // An attribute that the record does not name keeps the value that it has.
                if let Some(value) = value.map_err(|fault| of_attribute(program, name, fault))? {
                    written.push((name.as_str(), value));
                }
            }
            Ok(Some(Written::Object(written)))
        }
    }
}

/// The parts of a payment; none where the record has no list of them.
fn allocations<'a>(
    program: &'a EventProgram,
    list: &Path,
    part: &'a [(TargetField, Expression)],
    scope: &Scope<'a, '_>,
) -> Result<Option<Written<'a>>, Rejection> {
    let at = |name: &str| format!("{}, allocations.{name}", program.name);
    let items = scope.list(list).map_err(|fault| rejection(&at("each"), fault))?.unwrap_or_default();
    let made = items.iter().map(|item| {
        let scope = Scope { items: &[scope.items, &[item]].concat(), ..*scope };
        let fields = part.iter().map(|(field, expression)| {
            let value = scope.value(&expression.node).map_err(|fault| rejection(&at(field.name), fault))?;
            if !value.is_known() {
                return Err(missing(&at(field.name), expression));
            }
            let written = fitting(field.holds, value, &expression.node);
            written.map(|written| (field.name, written)).map_err(|fault| rejection(&at(field.name), fault))
        });
        fields.collect::<Result<Vec<_>, _>>().map(Written::Object)
    });
    let made = made.collect::<Result<Vec<_>, _>>()?;
    Ok((!made.is_empty()).then_some(Written::List(made)))
}

/// A value as the field holds it.
fn fitting<'a>(holds: FieldType, value: Value<'a>, node: &Node) -> Result<Written<'a>, Fault> {
    let fault = |expected: &str, value: Value<'a>| Err(Fault::new(named(node), expected, value));
    match (holds, value) {
        (_, Value::Text(text)) if text.len() > MAX_TEXT_BYTES => too_long(node, text),
        (FieldType::Text | FieldType::Currency, Value::Text(text)) => Ok(Written::Text(text)),
        (FieldType::Text, Value::Number(number)) => match number.whole() {
            Some(whole) => Ok(Written::Text(Cow::Owned(whole.to_string()))),
            None => fault("a text or a whole number", Value::Number(number)),
        },
        (FieldType::Amount, Value::Amount(minor)) => Ok(Written::Whole(minor)),
        (FieldType::Date, Value::Date(date)) => Ok(Written::Text(Cow::Owned(date.to_string()))),
        (FieldType::Date, Value::Text(text)) => match text.parse::<Date>() {
            Ok(_) => Ok(Written::Text(text)),
            Err(_) => fault("a date such as 2026-05-03, from 1900 to 2199", Value::Text(text)),
        },
        (FieldType::Instant, Value::Instant(at)) => Ok(Written::Whole(at.0)),
        (FieldType::Instant, Value::Text(text)) => match text.parse::<Timestamp>() {
            Ok(at) => Ok(Written::Whole(at.0)),
            Err(_) => fault("an instant such as 2026-05-03T09:30:00Z", Value::Text(text)),
        },
        (FieldType::Instant, found) => {
            fault("an instant as text; of a number name the unit, as in `seconds(..)`", found)
        }
        (FieldType::Truth, Value::Truth(truth)) => Ok(Written::Truth(truth)),
        (FieldType::Word(words), Value::Text(text)) => match words.find(&text) {
            Some(word) => Ok(Written::Text(Cow::Borrowed(word))),
            None => fault(&format!("one of {}", words.all().join(" ")), Value::Text(text)),
        },
        (FieldType::Text | FieldType::Currency | FieldType::Word(_), found) => fault("a text", found),
        (FieldType::Amount, found) => fault("an amount", found),
        (FieldType::Date, found) => fault("a date such as 2026-05-03", found),
        (FieldType::Truth, found) => fault("true or false", found),
        (FieldType::Attributes | FieldType::Allocations, found) => fault("a map", found),
    }
}

/// No field of an event takes a longer text. Without this, one text of a record could be copied into ten thousand events.
fn too_long<'a>(node: &Node, text: Cow<'a, str>) -> Result<Written<'a>, Fault> {
    Err(Fault::new(named(node), format!("a text of at most {MAX_TEXT_BYTES} bytes"), Value::Text(text)))
}

/// The value of an attribute; none where the record does not name it.
fn attribute<'a>(value: Value<'a>, node: &Node) -> Result<Option<Written<'a>>, Fault> {
    Ok(Some(match value {
        Value::Absent => return Ok(None),
        Value::Null => Written::Null,
        Value::Truth(truth) => Written::Truth(truth),
        Value::Text(text) if text.len() > MAX_TEXT_BYTES => return too_long(node, text).map(Some),
        Value::Text(text) => Written::Text(text),
        Value::Amount(minor) => Written::Whole(minor),
        Value::Number(number) => match number.whole().map(i64::try_from) {
            Some(Ok(whole)) => Written::Whole(whole),
            _ => Written::Digits(number.to_string()),
        },
        value @ (Value::Date(_) | Value::Instant(_)) => Written::Text(value.written().unwrap_or_default().into()),
        value @ Value::Composite(_) => {
            return Err(Fault::new(named(node), "null, a text, a number or a truth value", value));
        }
    }))
}

/// The rejection of a record that has no value for what needs one.
fn missing(place: &str, expression: &Expression) -> Rejection {
    let detail = format!("{place}: expected a value, found none: {}", expression.text);
    Rejection { reason: Reason::MissingField, detail }
}

fn of_field(program: &EventProgram, field: &FieldProgram, fault: Fault) -> Rejection {
    rejection(&format!("{}, {}", program.name, field.name), fault)
}

fn of_attribute(program: &EventProgram, name: &str, fault: Fault) -> Rejection {
    rejection(&format!("{}, attributes.{name}", program.name), fault)
}
