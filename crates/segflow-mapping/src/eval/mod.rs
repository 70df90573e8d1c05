//! Expressions over a record: a value, or a fault that says what was expected, what was found, and where.
//!
//! A value that the record does not have is absent, and so is what is computed from it; a truth of it is unknown, and `!`,
//! `&&` and `||` follow Kleene as those of rules do. Nothing is absent because it is of the wrong type: that is a fault.

mod call;
pub(crate) mod times;

use std::borrow::Cow;

use segflow_core::money::Currency;
use segflow_core::rule::{Operation, Operator};
use segflow_core::segmentation::nearest::shortened;
use segflow_core::time::Zone;

use crate::decimal::{Decimal, MAX_DIGITS};
use crate::node::{Node, Path, RecordField, Root, WordTable};
use crate::record::ForeignRecord;
use crate::tree::Tree;
use crate::tree::shape::PathStep;
use crate::value::Value;

/// What an expression reads.
pub(crate) struct Scope<'a, 's> {
    pub record: &'s ForeignRecord<'a>,
    pub value: &'s Tree<'a>,
    pub envelope: &'s Tree<'a>,
    pub key: &'s Tree<'a>,
    /// The present items, outermost first.
    pub items: &'s [&'s Tree<'a>],
    pub zone: Option<&'s Zone>,
    pub words: &'s [WordTable],
    /// The event's currency, once it is known.
    pub currency: Option<&'s Currency>,
}

/// Why an expression has no value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fault {
    /// The part of the record that is at fault, as the mapping names it; empty if it is a computed value.
    pub at: String,
    pub expected: String,
    pub found: String,
}

impl Fault {
    pub fn new(at: impl Into<String>, expected: impl Into<String>, found: impl ToString) -> Self {
        Self { at: at.into(), expected: expected.into(), found: found.to_string() }
    }
}

impl<'a, 's> Scope<'a, 's> {
    /// The value of an expression.
    pub fn value(&self, node: &Node) -> Result<Value<'a>, Fault> {
        match node {
            Node::Path(path) => self.path(path).and_then(|tree| of_tree(tree, path)),
            Node::Record(field) => self.property(field),
            Node::Literal(value) => Ok(value.clone()),
            Node::Arithmetic(operation, left, right) => self.arithmetic(*operation, left, right),
            Node::FirstKnown(nodes) => self.first_known(nodes),
            Node::Joined(nodes) => self.joined(nodes),
            Node::Word(table, inner) => self.word(&self.words[*table], inner),
            Node::Call(function, inner, constant) => call::call(self, *function, inner, constant.as_ref()),
            Node::And(_)
            | Node::Or(_)
            | Node::Not(_)
            | Node::Compare(..)
            | Node::In(..)
            | Node::Known(_)
            | Node::Unknown(_) => Ok(self.truth(node)?.map_or(Value::Absent, Value::Truth)),
        }
    }

    /// Whether an expression holds; none if that is unknown. What decides already is not read further.
    pub fn truth(&self, node: &Node) -> Result<Option<bool>, Fault> {
        match node {
            Node::And(nodes) => self.all(nodes, false),
            Node::Or(nodes) => self.all(nodes, true),
            Node::Not(inner) => Ok(self.truth(inner)?.map(|truth| !truth)),
            Node::Known(inner) => Ok(Some(self.value(inner)?.is_known())),
            Node::Unknown(inner) => Ok(Some(!self.value(inner)?.is_known())),
            Node::Compare(operator, left, right) => self.compare(*operator, left, right),
            Node::In(left, list) => self.is_in(left, list),
            _ => match self.value(node)? {
                Value::Truth(truth) => Ok(Some(truth)),
                value if !value.is_known() => Ok(None),
                other => Err(Fault::new(named(node), "true or false", other)),
            },
        }
    }

    /// The truths joined: `decisive` is that of one part which decides all.
    fn all(&self, nodes: &[Node], decisive: bool) -> Result<Option<bool>, Fault> {
        let mut joined = Some(!decisive);
        for node in nodes {
            match self.truth(node)? {
                Some(truth) if truth == decisive => return Ok(Some(decisive)),
                Some(_) => {}
                None => joined = None,
            }
        }
        Ok(joined)
    }

    fn compare(&self, operator: Operator, left: &Node, right: &Node) -> Result<Option<bool>, Fault> {
        let (one, two) = (self.value(left)?, self.value(right)?);
        Ok(ordering(&one, &two, left)?.map(|order| operator.holds(order)))
    }

    fn is_in(&self, left: &Node, list: &[Value<'static>]) -> Result<Option<bool>, Fault> {
        let one = self.value(left)?;
        for value in list {
            match ordering(&one, value, left)? {
                Some(order) if order.is_eq() => return Ok(Some(true)),
                Some(_) => {}
                None => return Ok(None),
            }
        }
        Ok(Some(false))
    }

    /// The list at a path; none where there is none.
    pub fn list(&self, path: &Path) -> Result<Option<&'s [Tree<'a>]>, Fault> {
        match self.path(path)? {
            None | Some(Tree::Null) => Ok(None),
            Some(Tree::List(items)) => Ok(Some(items)),
            Some(other) => Err(Fault::new(&path.text, "a list", described(other))),
        }
    }

    fn path(&self, path: &Path) -> Result<Option<&'s Tree<'a>>, Fault> {
        let mut tree = match path.root {
            Root::Value => self.value,
            Root::Envelope => self.envelope,
            Root::Key => self.key,
            Root::Item(item) => self.items[item],
        };
        for step in &path.steps {
            let next = match (step, tree) {
                (_, Tree::Null) => None,
                (PathStep::Name(name), Tree::Map(_)) => tree.get(name),
                (PathStep::Item(item), Tree::List(items)) => items.get(*item),
                (PathStep::Name(_), other) => {
                    return Err(Fault::new(&path.text, "an object around it", described(other)));
                }
                (_, other) => return Err(Fault::new(&path.text, "a list around it", described(other))),
            };
            let Some(next) = next else { return Ok(None) };
            tree = next;
        }
        Ok(Some(tree))
    }

    fn property(&self, field: &RecordField) -> Result<Value<'a>, Fault> {
        let text = |at: &str, bytes: Option<&'a [u8]>| match bytes.map(std::str::from_utf8) {
            None => Ok(Value::Absent),
            Some(Ok(text)) => Ok(Value::Text(Cow::Borrowed(text))),
            Some(Err(_)) => Err(Fault::new(at, "utf-8", "bytes that are not")),
        };
        match field {
            RecordField::Topic => Ok(Value::Text(Cow::Borrowed(self.record.topic))),
            RecordField::Partition => Ok(Value::Number(Decimal::whole_number(self.record.partition.into()))),
            RecordField::Offset => Ok(Value::Number(Decimal::whole_number(self.record.offset.into()))),
            RecordField::Timestamp => Ok(Value::Instant(self.record.timestamp)),
            RecordField::Key => text("record.key", self.record.key),
            RecordField::Header(name) => text(&format!("record.headers.{name}"), self.record.header(name)),
        }
    }

    fn arithmetic(&self, operation: Operation, left: &Node, right: &Node) -> Result<Value<'a>, Fault> {
        let (one, two) = (self.value(left)?, self.value(right)?);
        let too_large = || Fault::new("", format!("a result of at most {MAX_DIGITS} digits"), "a larger one");
        match (one, two) {
            (Value::Amount(one), Value::Amount(two)) => {
                let result = if operation == Operation::Add { one.checked_add(two) } else { one.checked_sub(two) };
                result.map(Value::Amount).ok_or_else(too_large)
            }
            (one, two) if !one.is_known() || !two.is_known() => Ok(Value::Absent),
            (one, two) => {
                let (one, two) = (number(one, left)?, number(two, right)?);
                let result = match operation {
                    Operation::Add => one.plus(two),
                    Operation::Subtract => one.minus(two),
                    Operation::Multiply | Operation::Divide => one.times(two),
                };
                result.map(Value::Number).ok_or_else(too_large)
            }
        }
    }

    fn first_known(&self, nodes: &[Node]) -> Result<Value<'a>, Fault> {
        for node in nodes {
            let value = self.value(node)?;
            if value.is_known() {
                return Ok(value);
            }
        }
        Ok(Value::Absent)
    }

    fn joined(&self, nodes: &[Node]) -> Result<Value<'a>, Fault> {
        let mut text = String::new();
        for node in nodes {
            let value = self.value(node)?;
            if !value.is_known() {
                return Ok(Value::Absent);
            }
            let part = value.written().ok_or_else(|| Fault::new(named(node), "a text", &value))?;
            text.push_str(&part);
        }
        Ok(Value::Text(text.into()))
    }

    fn word(&self, table: &WordTable, inner: &Node) -> Result<Value<'a>, Fault> {
        let value = self.value(inner)?;
        if !value.is_known() {
            return Ok(Value::Absent);
        }
        let found = value.written().ok_or_else(|| Fault::new(named(inner), "a text", &value))?;
        match table.words.get(&found).or(table.otherwise.as_ref()) {
            Some(word) => Ok(Value::Text(word.clone().into())),
            None => Err(Fault::new(
                named(inner),
                format!("a word of `words.{}`, which has no `otherwise`", table.name),
                value,
            )),
        }
    }
}

/// The part of the record that an expression names, if it is such a part alone.
pub(crate) fn named(node: &Node) -> &str {
    match node {
        Node::Path(path) => &path.text,
        Node::Call(_, inner, _) => named(inner),
        _ => "",
    }
}

fn of_tree<'a>(tree: Option<&Tree<'a>>, path: &Path) -> Result<Value<'a>, Fault> {
    Ok(match tree {
        None => Value::Absent,
        Some(Tree::Null) => Value::Null,
        Some(Tree::Bool(truth)) => Value::Truth(*truth),
        Some(Tree::Text(text)) => Value::Text(text.clone()),
        Some(Tree::Number(number)) => Decimal::parse(number).map(Value::Number).ok_or_else(|| {
            Fault::new(&path.text, format!("a number of at most {MAX_DIGITS} digits"), shortened(number))
        })?,
        Some(Tree::Map(_)) => Value::Composite("an object"),
        Some(Tree::List(_)) => Value::Composite("a list"),
        Some(Tree::Unread(what)) => Value::Composite(what),
    })
}

/// A part of the record, as a message names it.
fn described(tree: &Tree<'_>) -> &'static str {
    match tree {
        Tree::Null => "null",
        Tree::Bool(_) => "true or false",
        Tree::Number(_) => "a number",
        Tree::Text(_) => "a text",
        Tree::List(_) => "a list",
        Tree::Map(_) => "an object",
        Tree::Unread(what) => what,
    }
}

fn number(value: Value<'_>, node: &Node) -> Result<Decimal, Fault> {
    match value {
        Value::Number(number) => Ok(number),
        other => Err(Fault::new(named(node), "a number", other)),
    }
}

/// The order of two values; none if one is absent.
fn ordering(one: &Value<'_>, two: &Value<'_>, left: &Node) -> Result<Option<std::cmp::Ordering>, Fault> {
    Ok(match (one, two) {
        (one, two) if !one.is_known() || !two.is_known() => None,
        (Value::Truth(one), Value::Truth(two)) => Some(one.cmp(two)),
        (Value::Number(one), Value::Number(two)) => Some(one.cmp(two)),
        (Value::Text(one), Value::Text(two)) => Some(one.cmp(two)),
        (Value::Date(one), Value::Date(two)) => Some(one.cmp(two)),
        (Value::Instant(one), Value::Instant(two)) => Some(one.cmp(two)),
        (Value::Amount(one), Value::Amount(two)) => Some(one.cmp(two)),
        (one, two) => return Err(Fault::new(named(left), format!("what compares with {two}"), one)),
    })
}
