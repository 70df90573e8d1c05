//! The key `events`: what becomes of a record, with the fields of each event.

use segflow_core::event::Kind;
use segflow_core::segmentation::error::Problems;
use segflow_core::segmentation::nearest::listed;
use segflow_core::segmentation::yaml::{Map, Text, Yaml};

use super::compile::{Scope, Typed};
use super::{placed, unknown};
use crate::mapping::{Entry, EventProgram, FieldProgram, Source, Then};
use crate::node::{Expression, Node};
use crate::target::{self, FieldType, TargetField};
use crate::value::{Type, Value};

/// The most entries of a mapping.
const MAX_ENTRIES: usize = 200;

/// The name of the present item of `allocations`.
pub(super) const PART_NAME: &str = "part";

const OWNER: &str = "an entry of `events`";

pub(super) fn read(file: &Map, scope: &Scope<'_>, problems: &mut Problems) -> Vec<Entry> {
    let defaults = file.get("defaults").and_then(|yaml| problems.map(yaml, "a map of fields"));
    if let Some(defaults) = defaults {
        only_fields(defaults, problems);
    }
    let Some(items) = problems.required(file, super::OWNER, "events").and_then(|yaml| problems.list(yaml, "a list"))
    else {
        return Vec::new();
    };
    if items.is_empty() || items.len() > MAX_ENTRIES {
        let message = format!("expected 1 to {MAX_ENTRIES} entries of `events`, found {}", items.len());
        problems.add(file.position, message);
    }
    let maps = items.iter().filter_map(|yaml| problems_map(yaml, problems)).collect::<Vec<_>>();
    maps.into_iter().filter_map(|map| entry(map, defaults, scope, problems)).collect()
}

fn problems_map<'y>(yaml: &'y Yaml, problems: &mut Problems) -> Option<&'y Map> {
    problems.map(yaml, "a map with `to`, `skip` or `dead-letter`")
}

/// Refuses defaults that no kind of event has.
fn only_fields(defaults: &Map, problems: &mut Problems) {
    let mut names: Vec<&str> =
        Kind::ALL.iter().flat_map(|kind| target::fields(*kind)).map(|field| field.name).collect();
    names.sort_unstable();
    names.dedup();
    for (key, _) in &defaults.entries {
        if !names.contains(&key.value.as_str()) {
            problems.add(key.position, unknown("a field of some kind of event", key, names.iter().copied()));
        }
    }
}

fn entry(map: &Map, defaults: Option<&Map>, scope: &Scope<'_>, problems: &mut Problems) -> Option<Entry> {
    let outcomes: Vec<&(Text, Yaml)> =
        ["to", "skip", "dead-letter"].iter().filter_map(|outcome| map.entry(outcome)).collect();
    let [(key, yaml)] = outcomes[..] else {
        let message = format!("expected one of `to`, `skip` and `dead-letter` in {OWNER}, found {}", outcomes.len());
        problems.add(map.position, message);
        return None;
    };
    let then = match key.value.as_str() {
        "to" => {
            let kind = kind(problems.text(yaml, "a kind such as `payments.RECEIVED`")?, problems)?;
            Then::Event(event(kind, map, defaults, scope, problems)?)
        }
        outcome => {
            problems.only_keys(map, OWNER, &["when", outcome]);
            let reason = problems.text(yaml, "the reason, in a few words")?.value.clone();
            if outcome == "skip" { Then::Skip(reason) } else { Then::DeadLetter(reason) }
        }
    };
    let when = match map.get("when") {
        Some(yaml) => {
            let text = problems.text(yaml, "an expression that is true or false")?;
            let node = placed(text, scope.truth(&text.value), problems)?;
            Some(Expression { node, text: text.value.clone() })
        }
        None => None,
    };
    Some(Entry { when, then })
}

fn kind(text: &Text, problems: &mut Problems) -> Option<Kind> {
    let kind = Kind::ALL.iter().copied().find(|kind| target::name(*kind) == text.value);
    if kind.is_none() {
        let names: Vec<String> = Kind::ALL.iter().map(|kind| target::name(*kind)).collect();
        problems
            .add(text.position, unknown("a kind such as `payments.RECEIVED`", text, names.iter().map(String::as_str)));
    }
    kind
}

fn event(
    kind: Kind,
    map: &Map,
    defaults: Option<&Map>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<EventProgram> {
    let name = target::name(kind);
    let fields: Vec<TargetField> = target::fields(kind).collect();
    let owner = format!("a `{name}`");
    for (key, _) in &map.entries {
        let known = fields.iter().map(|field| field.name);
        if !["to", "when"].contains(&key.value.as_str()) && !known.clone().any(|name| name == key.value) {
            let expected = format!("a field of {owner} ({})", listed(known.clone()));
            problems.add(key.position, unknown(&expected, key, known));
        }
    }
    let given = |field: &TargetField| map.get(field.name).or_else(|| defaults?.get(field.name));
    let has_currency = fields.iter().any(|field| field.holds == FieldType::Currency && given(field).is_some());
    let scope = Scope { has_currency, ..*scope };
    let mut programs = Vec::new();
    for field in fields {
        match given(&field) {
            Some(yaml) => programs.extend(source(&field, yaml, &scope, problems).map(|source| FieldProgram {
                name: field.name,
                holds: field.holds,
                required: field.required || field.whole_without,
                source,
            })),
            None if field.required => {
                let message = format!("expected the field `{}` in {owner} or in `defaults`, found none", field.name);
                problems.add(map.position, message);
            }
            None => {}
        }
    }
    Some(EventProgram { kind, name, fields: programs })
}

fn source(field: &TargetField, yaml: &Yaml, scope: &Scope<'_>, problems: &mut Problems) -> Option<Source> {
    if field.holds == FieldType::Attributes {
        let map = problems.map(yaml, "a map of attributes")?;
        let attributes = map.entries.iter().filter_map(|(key, yaml)| {
            let text = problems.text(yaml, "an expression")?;
            let Typed { node, .. } = placed(text, scope.expression(&text.value), problems)?;
            Some((key.value.clone(), Expression { node, text: text.value.clone() }))
        });
        return Some(Source::Attributes(attributes.collect()));
    }
    if field.holds == FieldType::Allocations {
        return allocations(yaml, scope, problems);
    }
    expression(field, yaml, scope, problems).map(Source::Expression)
}

/// The parts of a payment: the list, and the fields of each item, which is called `part`.
fn allocations(yaml: &Yaml, scope: &Scope<'_>, problems: &mut Problems) -> Option<Source> {
    let owner = "`allocations`";
    let map = problems.map(yaml, "a map of `each`, `invoice_id` and `amount_minor`")?;
    problems.only_keys(map, owner, &["each", "invoice_id", "amount_minor"]);
    let list = problems.required(map, owner, "each").and_then(|yaml| problems.text(yaml, "the name of a list"));
    let list = list.and_then(|text| placed(text, scope.path(&text.value), problems));
    let items = [scope.items, &[PART_NAME.to_owned()]].concat();
    let scope = Scope { items: &items, ..*scope };
    let mut part = Vec::new();
    for field in target::PART {
        let yaml = problems.required(map, owner, field.name);
        part.extend(yaml.and_then(|yaml| expression(&field, yaml, &scope, problems)).map(|made| (field, made)));
    }
    Some(Source::Allocations { list: list?, part })
}

fn expression(field: &TargetField, yaml: &Yaml, scope: &Scope<'_>, problems: &mut Problems) -> Option<Expression> {
    let text = problems.text(yaml, "an expression")?;
    let node = match constant(field.holds, &text.value) {
        Some(word) => Node::Literal(Value::Text(word.into())),
        None => {
            let typed = placed(text, scope.expression(&text.value), problems)?;
            if let Err(message) = fits(field, &typed) {
                problems.add(text.position, message);
                return None;
            }
            typed.node
        }
    };
    Some(Expression { node, text: text.value.clone() })
}

/// A word that stands for itself: a word of the catalogue, or a currency's code.
fn constant(holds: FieldType, text: &str) -> Option<String> {
    match holds {
        FieldType::Word(words) => words.find(text).map(str::to_owned),
        FieldType::Currency => segflow_core::money::Currency::new(text).map(|currency| currency.code),
        _ => None,
    }
}

/// Whether an expression may be a field's value, as far as that is known before there is a record.
fn fits(field: &TargetField, typed: &Typed) -> Result<(), String> {
    let name = field.name;
    let (expected, hint) = match (field.holds, typed.gives) {
        (FieldType::Amount, Type::Amount)
        | (FieldType::Text, Type::Text | Type::Number | Type::Any)
        | (FieldType::Currency | FieldType::Word(_), Type::Text | Type::Any)
        | (FieldType::Date, Type::Date | Type::Any)
        | (FieldType::Instant, Type::Instant | Type::Any)
        | (FieldType::Truth, Type::Truth | Type::Any) => return Ok(()),
        (FieldType::Amount, _) => {
            ("an amount", ": say which unit it is in, `minor(..)` for minor units and `money(..)` for major ones")
        }
        (FieldType::Date, Type::Instant) => ("a date", ": the day in the mapping's time zone is `date(..)` of it"),
        (FieldType::Date, _) => ("a date", ""),
        (FieldType::Instant, Type::Number) => ("an instant", ": say which unit it is in, as in `seconds(..)`"),
        (FieldType::Instant, Type::Date) => ("an instant", ": the beginning of the day is `midnight(..)` of it"),
        (FieldType::Instant, _) => ("an instant", ""),
        (FieldType::Truth, _) => ("a truth value", ""),
        (FieldType::Text, _) => ("a text", ": `text(..)` writes it as one"),
        (FieldType::Currency | FieldType::Word(_), _) => ("a text", ""),
        (FieldType::Attributes | FieldType::Allocations, _) => ("a map", ""),
    };
    Err(format!("`{name}`: expected {expected}, found {}{hint}", typed.gives.named()))
}
