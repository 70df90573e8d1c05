//! A rule at one instant, in Kleene's logic.

use std::cmp::Ordering;

use segflow_core::rule::{Literal, Node, Operand, Operation, Operator, SlotIndex};
use segflow_core::time::Timestamp;

use super::arithmetic::{fraction, minus, over, plus, times};
use super::features::value;
use super::world::World;
use super::{Standing, Value};

/// True, false, or (`None`) unknown.
pub type Kleene = Option<bool>;

/// The truth of a rule at an instant; `standings` are those of the dimensions already decided at it.
pub fn rule(world: &World<'_>, standings: &[Standing], node: &Node, at: Timestamp) -> Kleene {
    let truth = |node: &Node| rule(world, standings, node, at);
    let slot = |index: SlotIndex| value(world, standings, &world.segmentation.features[index].feature, at);
    let operand = |side: &Operand| operand(world, standings, side, at);
    match node {
        Node::Not(inner) => truth(inner).map(|truth| !truth),
        Node::And(parts) => all(parts.iter().map(truth)),
        Node::Or(parts) => all(parts.iter().map(|part| truth(part).map(|truth| !truth))).map(|truth| !truth),
        Node::Holds(index) => slot(*index).map(|value| value == Value::Bool(true)),
        Node::Known(index) => Some(slot(*index).is_some()),
        Node::Unknown(index) => Some(slot(*index).is_none()),
        Node::Compare(left, operator, right) => Some(holds(*operator, compare(&operand(left)?, &operand(right)?))),
        Node::In(left, list) => {
            let value = operand(left)?;
            Some(list.iter().any(|literal| compare(&value, &written(literal)) == Ordering::Equal))
        }
    }
}

/// One side of a comparison at an instant; absent if it cannot be computed. What is computed of money is in minor units.
pub fn operand(world: &World<'_>, standings: &[Standing], side: &Operand, at: Timestamp) -> Option<Value> {
    match side {
        Operand::Feature(index) => value(world, standings, &world.segmentation.features[*index].feature, at),
        Operand::Literal(literal) => Some(written(literal)),
        Operand::Arithmetic(arithmetic) => {
            let left = operand(world, standings, &arithmetic.left, at)?;
            let right = operand(world, standings, &arithmetic.right, at)?;
            match arithmetic.operation {
                Operation::Add => plus(&left, &right),
                Operation::Subtract => minus(&left, &right),
                Operation::Multiply => times(&left, &right),
                Operation::Divide => over(&left, &right),
            }
        }
    }
}

/// False if one is false, else unknown if one is unknown.
fn all(truths: impl Iterator<Item = Kleene>) -> Kleene {
    let truths: Vec<Kleene> = truths.collect();
    if truths.contains(&Some(false)) {
        return Some(false);
    }
    (!truths.contains(&None)).then_some(true)
}

fn written(literal: &Literal) -> Value {
    match literal {
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::Money(minor) => Value::Money(*minor),
        Literal::Ratio(numerator, denominator) => Value::Ratio(i128::from(*numerator), i128::from(*denominator)),
        Literal::Text(text) => Value::Text(text.clone()),
        Literal::Date(date) => Value::Date(*date),
    }
}

/// How two values of one type compare; numbers by their value, in whatever form they are.
pub fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        (Value::Date(left), Value::Date(right)) => left.cmp(right),
        _ => match (fraction(left), fraction(right)) {
            (Some((num, den)), Some((other_num, other_den))) => (num * other_den).cmp(&(other_num * den)),
            _ => unreachable!("the loader compares values of one type: {left:?} and {right:?}"),
        },
    }
}

fn holds(operator: Operator, order: Ordering) -> bool {
    match operator {
        Operator::Equal => order == Ordering::Equal,
        Operator::NotEqual => order != Ordering::Equal,
        Operator::Less => order == Ordering::Less,
        Operator::LessOrEqual => order != Ordering::Greater,
        Operator::Greater => order == Ordering::Greater,
        Operator::GreaterOrEqual => order != Ordering::Less,
    }
}
