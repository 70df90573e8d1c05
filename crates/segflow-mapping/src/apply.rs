//! A mapping applied to a record.

use std::borrow::Cow;

use segflow_core::event::Event;
use segflow_core::money::Currency;
use segflow_core::time::Timestamp;
use segflow_wire::{Intake, RawRecord, Reason, Rejection, accept, partition_of};

use crate::eval::{Fault, Scope, named};
use crate::event::{MappedEvent, Written, write};
use crate::mapping::{EventProgram, FieldProgram, Mapped, Mapping, Otherwise, Skipped, Source, Then};
use crate::node::{Expression, Node, Path};
use crate::record::ForeignRecord;
use crate::target::{FieldType, TargetField};
use crate::tree::Tree;
use crate::unwrap::{self, Unwrapped, Wrapping};
use crate::value::Value;

/// The most items that one record may have, over all its lists.
const MAX_ITEMS: usize = 10_000;

impl Mapping {
    /// The events that a record becomes. One that becomes none says why it is skipped: nothing is lost without a word.
    ///
    /// # Errors
    /// Why the record cannot be mapped: what was expected, what was found, and where. No event of it is made then.
    pub fn map(&self, record: &ForeignRecord<'_>) -> Result<Mapped, Rejection> {
        let mut mapped = Mapped::default();
        let Some(bytes) = record.value else {
            if self.skips_tombstones {
                mapped.skipped.push(Skipped { reason: "no value".to_owned() });
                return Ok(mapped);
            }
            let detail = "value: expected one to map, found null; `tombstones: skip` passes over such records";
            return Err(Rejection { reason: Reason::NullValue, detail: detail.to_owned() });
        };
        let Unwrapped { value, envelope } = self.unwrapped(record, bytes)?;
        let key = self.key(record)?;
        let base = Scope {
            record,
            value: &value,
            envelope: &envelope,
            key: &key,
            items: &[],
            zone: self.zone.as_ref(),
            words: &self.words,
            currency: None,
        };
        self.items(&base, &[], &mut mapped)?;
        Ok(mapped)
    }

    /// The events that a record becomes, as the intake accepts them: all of them, or none. `w` is the wall time of the
    /// cycle. A record that is skipped is an empty list.
    ///
    /// # Errors
    /// Why the record cannot be mapped, or why an event of it cannot be used.
    pub fn accept(&self, record: &ForeignRecord<'_>, intake: &Intake, w: Timestamp) -> Result<Vec<Event>, Rejection> {
        let mapped = self.map(record)?;
        mapped.events.iter().map(|event| accept(&event.raw(record, intake), intake, w)).collect()
    }

    /// What is read of the key as JSON.
    pub(crate) fn key<'a>(&'a self, record: &ForeignRecord<'a>) -> Result<Tree<'a>, Rejection> {
        match (&self.key_shape, record.key) {
            (Some(shape), Some(bytes)) => unwrap::decode("key", bytes, shape),
            _ => Ok(Tree::Null),
        }
    }

    pub(crate) fn unwrapped<'a>(
        &'a self,
        record: &ForeignRecord<'a>,
        bytes: &'a [u8],
    ) -> Result<Unwrapped<'a>, Rejection> {
        if self.wrapping == Wrapping::CloudEvents && unwrap::is_binary(record) {
            let value = unwrap::decode("value", bytes, &self.data_shape)?;
            return Ok(Unwrapped { value, envelope: unwrap::attributes(record)? });
        }
        let whole = unwrap::decode("value", bytes, &self.shape)?;
        match self.wrapping {
            Wrapping::None => Ok(Unwrapped { value: whole, envelope: Tree::Null }),
            Wrapping::Debezium => unwrap::debezium(whole),
            Wrapping::CloudEvents if whole.get("specversion").is_some() => Ok(unwrap::structured(whole)),
            Wrapping::CloudEvents => Err(unwrap::undecodable(
                "expected a CloudEvent, with `specversion` or a header ce_specversion, found neither: unwrap: cloudevents",
            )),
        }
    }

    /// Maps every item of the lists that are left, with the present items of those before.
    fn items<'a, 's>(
        &self,
        base: &Scope<'a, 's>,
        items: &[&'s Tree<'a>],
        mapped: &mut Mapped,
    ) -> Result<(), Rejection> {
        let scope = Scope { items, ..*base };
        let Some(path) = self.each.get(items.len()) else { return self.item(&scope, mapped) };
        match scope.list(path).map_err(|fault| rejection("each", fault))? {
            Some([]) => skip(format!("nothing in `{}`", path.text), mapped),
            Some(list) => list.iter().try_for_each(|item| self.items(&scope, &[items, &[item]].concat(), mapped)),
            // One of several lists that is not there would be lost without a word.
            None => {
                let detail = format!("each: expected a list, perhaps an empty one, found none: {}", path.text);
                Err(Rejection { reason: Reason::MissingField, detail })
            }
        }
    }

    fn item(&self, scope: &Scope<'_, '_>, mapped: &mut Mapped) -> Result<(), Rejection> {
        bounded(mapped)?;
        let before = mapped.events.len();
        for (place, entry) in self.entries.iter().enumerate() {
            if let Some(when) = &entry.when {
                match scope.truth(&when.node).map_err(|fault| rejection(&at_entry(place, &entry.then), fault))? {
                    Some(true) => {}
                    Some(false) => continue,
                    None => return Err(undecided(&at_entry(place, &entry.then), when)),
                }
            }
            match &entry.then {
                Then::Event(program) => mapped.events.push(event(program, scope)?),
                Then::Skip(reason) if mapped.events.len() == before => return skip(reason.clone(), mapped),
                Then::Skip(_) => return Ok(()),
                Then::DeadLetter(reason) => {
                    return Err(Rejection { reason: Reason::Unmapped, detail: reason.clone() });
                }
            }
        }
        match self.otherwise {
            _ if mapped.events.len() > before => Ok(()),
            Otherwise::Skip => skip("no entry of `events` applies".to_owned(), mapped),
            Otherwise::DeadLetter => {
                let detail = format!("mapping {}: expected an entry of `events` that applies, found none", self.name);
                Err(Rejection { reason: Reason::Unmapped, detail })
            }
        }
    }
}

fn skip(reason: String, mapped: &mut Mapped) -> Result<(), Rejection> {
    bounded(mapped)?;
    mapped.skipped.push(Skipped { reason });
    Ok(())
}

fn bounded(mapped: &Mapped) -> Result<(), Rejection> {
    if mapped.events.len() + mapped.skipped.len() < MAX_ITEMS {
        return Ok(());
    }
    let detail = format!("each: expected at most {MAX_ITEMS} events and skipped items, found more");
    Err(Rejection { reason: Reason::MalformedField, detail })
}

impl MappedEvent {
    /// The event as a record that the intake reads, with the origin of the record that it was made of.
    #[must_use]
    pub fn raw<'a>(&'a self, record: &ForeignRecord<'a>, intake: &Intake) -> RawRecord<'a> {
        let (family, key) = (self.kind.family(), self.customer_id.as_bytes());
        RawRecord {
            family,
            topic: record.topic,
            partition: partition_of(key, intake.partitions, intake.topic(family).partitioner),
            offset: record.offset,
            timestamp: record.timestamp,
            key: Some(key),
            value: Some(&self.value),
            headers: record.headers,
        }
    }
}

/// An entry, as a message names it.
fn at_entry(place: usize, then: &Then) -> String {
    let what = match then {
        Then::Event(program) => &program.name,
        Then::Skip(_) => "skip",
        Then::DeadLetter(_) => "dead-letter",
    };
    format!("events, entry {} ({what}), when", place + 1)
}

/// The rejection of a record that lacks what an entry is decided by: passing over it would lose it without a word.
fn undecided(entry: &str, when: &Expression) -> Rejection {
    let detail = format!("{entry}: expected true or false, found no value to decide it by: {}", when.text);
    Rejection { reason: Reason::MissingField, detail }
}

fn event(program: &EventProgram, scope: &Scope<'_, '_>) -> Result<MappedEvent, Rejection> {
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
        (FieldType::Text | FieldType::Currency, Value::Text(text)) => Ok(Written::Text(text)),
        (FieldType::Text, Value::Number(number)) => match number.whole() {
            Some(whole) => Ok(Written::Text(Cow::Owned(whole.to_string()))),
            None => fault("a text or a whole number", Value::Number(number)),
        },
        (FieldType::Amount, Value::Amount(minor)) => Ok(Written::Whole(minor)),
        (FieldType::Date, Value::Date(date)) => Ok(Written::Text(Cow::Owned(date.to_string()))),
        (FieldType::Date, Value::Text(text)) => match text.parse::<segflow_core::time::Date>() {
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

/// The value of an attribute; none where the record does not name it.
fn attribute<'a>(value: Value<'a>, node: &Node) -> Result<Option<Written<'a>>, Fault> {
    Ok(Some(match value {
        Value::Absent => return Ok(None),
        Value::Null => Written::Null,
        Value::Truth(truth) => Written::Truth(truth),
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

/// A fault with its place in the mapping, and in the record where that is known.
fn rejection(place: &str, fault: Fault) -> Rejection {
    let Fault { at, expected, found } = fault;
    let at = if at.is_empty() { String::new() } else { format!(": {at}") };
    Rejection { reason: Reason::MalformedField, detail: format!("{place}: expected {expected}, found {found}{at}") }
}
