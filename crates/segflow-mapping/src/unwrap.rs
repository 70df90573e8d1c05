//! What values are wrapped in: nothing, Debezium's change events, or CloudEvents.

use std::borrow::Cow;

use segflow_wire::{Reason, Rejection};

use crate::record::ForeignRecord;
use crate::tree::shape::{PathStep, Shape};
use crate::tree::{Tree, json};

/// What values are wrapped in. Its words stand in mappings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Wrapping {
    #[default]
    None,
    /// `before`, `after` and `op`, perhaps within `payload` beside a `schema`. The row is `after`, or `before` of a delete.
    /// <https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-events>
    Debezium,
    /// Attributes and `data` in one object, or attributes in headers `ce_*` beside the data.
    /// <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md>
    CloudEvents,
}

impl Wrapping {
    /// Each by its word.
    pub const ALL: [(&str, Self); 2] = [("debezium", Self::Debezium), ("cloudevents", Self::CloudEvents)];

    /// The shape of the whole value, by the shapes of the unwrapped value and of the envelope.
    pub fn shape(self, value: &Shape, envelope: &Shape) -> Shape {
        let within = |mut shape: Shape, name: &str, inner: &Shape| {
            shape.names.entry(name.to_owned()).or_default().merge(inner);
            shape
        };
        let read = |mut shape: Shape, name: &str| {
            shape.add(&[PathStep::Name(name.to_owned())]);
            shape
        };
        match self {
            Self::None => value.clone(),
            Self::Debezium => {
                let shape = within(within(read(envelope.clone(), "op"), "before", value), "after", value);
                let payload = shape.clone();
                within(shape, "payload", &payload)
            }
            Self::CloudEvents => within(read(envelope.clone(), "specversion"), "data", value),
        }
    }
}

/// A value and what it was wrapped in.
#[derive(Default, Debug)]
pub(crate) struct Unwrapped<'a> {
    pub value: Tree<'a>,
    pub envelope: Tree<'a>,
}

/// Takes a change event apart.
pub(crate) fn debezium(mut whole: Tree<'_>) -> Result<Unwrapped<'_>, Rejection> {
    // The JSON converter wraps once more where it writes schemas too.
    if whole.get("op").is_none()
        && let Some(payload) = whole.take("payload")
    {
        whole = payload;
    }
    let Some(Tree::Text(op)) = whole.get("op") else {
        return Err(undecodable("expected a change event of Debezium, with `op`, found none: unwrap: debezium"));
    };
    // The envelope keeps its own copies: it is asked for both sides of an update.
    let row = if op == "d" { "before" } else { "after" };
    let value = whole.get(row).cloned().unwrap_or_default();
    Ok(Unwrapped { value, envelope: whole })
}

/// Takes an event in structured mode apart.
pub(crate) fn structured(mut whole: Tree<'_>) -> Unwrapped<'_> {
    let value = whole.take("data").unwrap_or_default();
    Unwrapped { value, envelope: whole }
}

/// The attributes of an event in binary mode.
pub(crate) fn attributes<'a>(record: &ForeignRecord<'a>) -> Result<Tree<'a>, Rejection> {
    let mut attributes = Vec::new();
    for (name, value) in record.headers {
        let Some((name, value)) = name.strip_prefix("ce_").zip(value.as_deref()) else { continue };
        let text = std::str::from_utf8(value)
            .map_err(|_| undecodable(&format!("header ce_{name}: expected utf-8, found bytes that are not")))?;
        attributes.push((name, Tree::Text(Cow::Borrowed(text))));
    }
    Ok(Tree::Map(attributes))
}

/// Whether a record is an event in binary mode.
pub(crate) fn is_binary(record: &ForeignRecord<'_>) -> bool {
    record.header("ce_specversion").is_some()
}

/// Reads a value or a key; `what` names it in messages.
pub(crate) fn decode<'a>(what: &str, bytes: &'a [u8], shape: &'a Shape) -> Result<Tree<'a>, Rejection> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| undecodable(&format!("{what}: expected json in utf-8, found bytes that are not utf-8")))?;
    json::decode(text, shape).map_err(|found| undecodable(&format!("{what}: expected json, found: {found}")))
}

pub(crate) fn undecodable(detail: &str) -> Rejection {
    Rejection { reason: Reason::Undecodable, detail: detail.to_owned() }
}
