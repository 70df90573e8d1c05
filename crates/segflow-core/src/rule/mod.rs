//! Rules: a subset of CEL's syntax, parsed and checked at load into a typed form over feature slots.

pub mod eval;
pub mod explain;
pub(crate) mod foreign;
pub mod spelling;
pub mod syntax;
pub(crate) mod typing;

#[cfg(test)]
pub(crate) mod tests;

use crate::event::Families;
use crate::feature::reading::Reading;
use crate::feature::row::DimensionIndex;
use crate::segmentation::{Dimensions, Slot};
use crate::time::Date;
use crate::value_type::ValueType;

/// A rule that was checked at load.
#[derive(Clone, Debug)]
pub struct Rule {
    /// As written.
    pub text: String,
    /// The checked form.
    pub root: Node,
    /// What may change its outcome beside time.
    pub reads: RuleReads,
}

/// What may change the outcome of a rule beside time, and where the outcome is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RuleReads {
    /// The families whose facts it reads.
    pub families: Families,
    /// The dimensions that it reads.
    pub dimensions: Dimensions,
    /// Its number among the segmentation's rules; a segment without `stay` remains by the rule by which it is entered.
    pub number: usize,
}

impl Rule {
    /// A rule of which nobody knows yet what it reads.
    #[must_use]
    pub(crate) const fn new(text: String, root: Node) -> Self {
        let (families, dimensions) = (Families::NONE, Dimensions::NONE);
        Self { text, root, reads: RuleReads { families, dimensions, number: 0 } }
    }

    /// Notes what it reads, and its number.
    pub(crate) fn number(&mut self, number: usize, slots: &[Slot]) {
        let (mut families, mut dimensions) = (Families::NONE, Dimensions::NONE);
        self.root.each_slot(&mut |slot| {
            let feature = &slots[slot].feature;
            families = families | feature.reads().families;
            if let Some(DimensionIndex(read)) = feature.references().dimension {
                dimensions |= Dimensions::at(read);
            }
        });
        self.reads = RuleReads { families, dimensions, number };
    }
}

/// A place in `Segmentation::features`.
pub type SlotIndex = usize;

/// A node of a rule. Every node is a truth value.
#[derive(Clone, PartialEq, Debug)]
pub enum Node {
    /// `a && b && ...`, flattened; two or more.
    And(Vec<Node>),
    /// `a || b || ...`, flattened; two or more.
    Or(Vec<Node>),
    /// `!a`
    Not(Box<Node>),
    /// A bool feature by itself.
    Holds(SlotIndex),
    /// `known(x)`
    Known(SlotIndex),
    /// `unknown(x)`
    Unknown(SlotIndex),
    /// `a < b`; the left side reads a feature. Both are of one type, or one is a whole number and the other a ratio.
    Compare(Operand, Operator, Operand),
    /// `a in [..]`; the left side reads a feature, the list is not empty and its literals are of the left side's type.
    In(Operand, Vec<Literal>),
}

impl Node {
    /// Shows `see` every feature that it reads, as often as it reads it.
    pub(crate) fn each_slot(&self, see: &mut impl FnMut(SlotIndex)) {
        match self {
            Self::And(nodes) | Self::Or(nodes) => nodes.iter().for_each(|node| node.each_slot(see)),
            Self::Not(node) => node.each_slot(see),
            Self::Holds(slot) | Self::Known(slot) | Self::Unknown(slot) => see(*slot),
            Self::Compare(left, _, right) => [left, right].into_iter().for_each(|side| side.each_slot(see)),
            Self::In(left, _) => left.each_slot(see),
        }
    }
}

impl Operand {
    fn each_slot(&self, see: &mut impl FnMut(SlotIndex)) {
        match self {
            Self::Feature(slot) => see(*slot),
            Self::Literal(_) => {}
            Self::Arithmetic(parts) => [&parts.left, &parts.right].into_iter().for_each(|side| side.each_slot(see)),
        }
    }
}

/// One side of a comparison.
#[derive(Clone, PartialEq, Debug)]
pub enum Operand {
    /// A feature's value.
    Feature(SlotIndex),
    /// A value written in the rule.
    Literal(Literal),
    /// `a + b`; at least one side reads a feature.
    Arithmetic(Box<Arithmetic>),
}

/// Two numbers joined by an operation; their types go together.
#[derive(Clone, PartialEq, Debug)]
pub struct Arithmetic {
    /// The type of the result: `Int`, `Money` or `Ratio`.
    pub kind: ValueType,
    /// The operation.
    pub operation: Operation,
    /// The side before the operator.
    pub left: Operand,
    /// The side after it.
    pub right: Operand,
}

/// An operation on two numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

impl Operation {
    /// As written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
        }
    }
}

/// A value written in a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Literal {
    /// `true`
    Bool(bool),
    /// `30`
    Int(i64),
    /// `5000.00`, in minor units.
    Money(i64),
    /// `0.75`, as an exact fraction with a positive denominator.
    Ratio(i64, i64),
    /// `"none"`
    Text(String),
    /// `"2026-05-03"` against a date.
    Date(Date),
}

impl Literal {
    /// As a feature would read it.
    #[must_use]
    pub fn reading(&self) -> Reading<'_> {
        match self {
            Self::Bool(value) => Reading::Bool(*value),
            Self::Int(value) => Reading::Int(*value),
            Self::Money(minor) => Reading::Money(*minor),
            Self::Ratio(numerator, denominator) => Reading::Ratio(*numerator, *denominator),
            Self::Text(text) => Reading::Text(text),
            Self::Date(date) => Reading::Date(*date),
        }
    }
}

/// The operator of a comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Operator {
    /// As written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// Whether it holds of two values in this order.
    #[must_use]
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }

    /// The operator that says the same when its sides are exchanged.
    #[must_use]
    pub const fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }
}
