//! Expressions that were checked at load.

use std::collections::BTreeMap;

use segflow_core::rule::{Operation, Operator};

use crate::function::Function;
use crate::tree::shape::PathStep;
use crate::value::Value;

/// An expression.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Node {
    Path(Path),
    /// Something about the record itself.
    Record(RecordField),
    Literal(Value<'static>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    /// A comparison of two values of one type.
    Compare(Operator, Box<Node>, Box<Node>),
    In(Box<Node>, Vec<Value<'static>>),
    /// A sum, difference or product of two amounts, or of two numbers.
    Arithmetic(Operation, Box<Node>, Box<Node>),
    Known(Box<Node>),
    Unknown(Box<Node>),
    FirstKnown(Vec<Node>),
    Joined(Vec<Node>),
    /// A word by the table at this place in the mapping.
    Word(usize, Box<Node>),
    Call(Function, Box<Node>, Option<Constant>),
}

impl Node {
    /// Shows `see` every path that it reads.
    pub fn each_path(&self, see: &mut impl FnMut(&Path)) {
        match self {
            Self::Path(path) => see(path),
            Self::Record(_) | Self::Literal(_) => {}
            Self::And(nodes) | Self::Or(nodes) | Self::FirstKnown(nodes) | Self::Joined(nodes) => {
                nodes.iter().for_each(|node| node.each_path(see));
            }
            Self::Compare(_, left, right) | Self::Arithmetic(_, left, right) => {
                [left, right].into_iter().for_each(|node| node.each_path(see));
            }
            Self::Not(inner)
            | Self::In(inner, _)
            | Self::Known(inner)
            | Self::Unknown(inner)
            | Self::Word(_, inner)
            | Self::Call(_, inner, _) => inner.each_path(see),
        }
    }
}

/// The constant of a call, read at load.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Constant {
    Text(String),
    Mark(char),
    Scale(u32),
}

/// A path into a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Path {
    pub root: Root,
    pub steps: Vec<PathStep>,
    /// As written.
    pub text: String,
}

impl Path {
    /// The same path from a root that is no item; `each` are the lists of the mapping.
    pub fn rooted(&self, each: &[Self]) -> (Root, Vec<PathStep>) {
        let Root::Item(item) = self.root else { return (self.root, self.steps.clone()) };
        let (root, mut steps) = each[item].rooted(each);
        steps.push(PathStep::Every);
        steps.extend(self.steps.iter().cloned());
        (root, steps)
    }
}

/// Where a path begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Root {
    /// The value, unwrapped.
    Value,
    /// What it was wrapped in.
    Envelope,
    /// The record's key, as JSON.
    Key,
    /// The present item of the list at this place in `each`.
    Item(usize),
}

/// A property of the record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum RecordField {
    Topic,
    Partition,
    Offset,
    Timestamp,
    /// The key as text.
    Key,
    /// The last header of a name, as text.
    Header(String),
}

/// Foreign words, and the words that stand for them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct WordTable {
    pub name: String,
    pub words: BTreeMap<String, String>,
    pub otherwise: Option<String>,
}

/// An expression, with its text for messages.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Expression {
    pub node: Node,
    pub text: String,
}
