//! Rules in canonical spelling, as reasons and messages show them.

use super::eval::linear::decimal;
use super::{Arithmetic, Literal, Operand, Operation};
use crate::money::Currency;
use crate::segmentation::Slot;

/// One side of a comparison in canonical spelling: single spaces, and parentheses only where they are needed.
#[must_use]
pub fn spelled(operand: &Operand, features: &[Slot], currency: &Currency) -> String {
    match operand {
        Operand::Feature(slot) => features[*slot].text.clone(),
        Operand::Literal(literal) => number(literal, currency),
        Operand::Arithmetic(arithmetic) => {
            let Arithmetic { operation, left, right, .. } = &**arithmetic;
            let part = |operand: &Operand, bare: bool| {
                let text = spelled(operand, features, currency);
                if bare { text } else { format!("({text})") }
            };
            let left = part(left, tightness_of(left) >= tightness(*operation));
            // Operators of one tightness group from the left.
            let right = part(right, tightness_of(right) > tightness(*operation));
            format!("{left} {} {right}", operation.symbol())
        }
    }
}

/// A value written in a rule.
fn number(literal: &Literal, currency: &Currency) -> String {
    match literal {
        Literal::Int(value) => value.to_string(),
        Literal::Money(minor) => currency.format(*minor),
        Literal::Ratio(numerator, denominator) => decimal(i128::from(*numerator), i128::from(*denominator), 0)
            .unwrap_or_else(|| format!("{numerator}/{denominator}")),
        Literal::Bool(value) => value.to_string(),
        Literal::Text(text) => quoted(text),
        Literal::Date(date) => quoted(&date.to_string()),
    }
}

/// How tightly the parts of an operand hold together.
fn tightness_of(operand: &Operand) -> u8 {
    match operand {
        Operand::Arithmetic(inner) => tightness(inner.operation),
        Operand::Feature(_) | Operand::Literal(_) => u8::MAX,
    }
}

/// `*` and `/` bind tighter than `+` and `-`.
const fn tightness(operation: Operation) -> u8 {
    match operation {
        Operation::Add | Operation::Subtract => 0,
        Operation::Multiply | Operation::Divide => 1,
    }
}

/// A text as a rule writes it.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
