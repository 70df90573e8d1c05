//! Arithmetic in rules: exact, absent where a part of it is, and solved in the days as far as it stays a line in them.

use super::linear::Linear;
use super::{Arithmetic, Literal, Operand, Operation};
use crate::feature::reading::Moment;
use crate::money::Currency;
use crate::segmentation::{AttributeKind, Slot};
use crate::timed::{Timed, both};

/// `a op b`. Absent where a part is absent, where zero divides, and where the result is beyond the bounds of [`Linear`].
///
/// Sums, differences, multiples and shares of lines are lines, and expire with their parts. The product of two moving
/// lines, and the quotient by a moving one, hold until the next local midnight.
#[must_use]
pub fn apply(
    a: Timed<Option<Linear>>,
    operation: Operation,
    b: Timed<Option<Linear>>,
    moment: Moment<'_>,
) -> Timed<Option<Linear>> {
    let parts = both(a, b);
    let Some((a, b)) = parts.value else {
        return Timed::until(None, parts.until);
    };
    let frozen = || a.frozen(moment.today).zip(b.frozen(moment.today));
    match operation {
        Operation::Add => Timed::until(a.plus(b), parts.until),
        Operation::Subtract => Timed::until(a.minus(b), parts.until),
        Operation::Multiply if !(a.moves() && b.moves()) => Timed::until(a.times(b), parts.until),
        Operation::Divide if !b.moves() => Timed::until(a.over(b), parts.until),
        Operation::Multiply => {
            Timed::until(frozen().and_then(|(a, b)| a.times(b)), parts.until.min(moment.next_midnight()))
        }
        Operation::Divide => {
            Timed::until(frozen().and_then(|(a, b)| a.over(b)), parts.until.min(moment.next_midnight()))
        }
    }
}

/// The type of a result; none where the types do not go together.
pub(super) fn kind(left: AttributeKind, operation: Operation, right: AttributeKind) -> Option<AttributeKind> {
    use AttributeKind::{Int, Money, Ratio};
    match (left, operation, right) {
        (Int | Ratio, Operation::Divide, Int | Ratio) | (Money, Operation::Divide, Money) => Some(Ratio),
        (Money, Operation::Multiply | Operation::Divide, Int | Ratio) => Some(Money),
        (Int | Ratio, Operation::Multiply, Money) => Some(Money),
        (Money, Operation::Add | Operation::Subtract, Money) => Some(Money),
        (Int, _, Int) => Some(Int),
        (Int | Ratio, Operation::Add | Operation::Subtract | Operation::Multiply, Int | Ratio) => Some(Ratio),
        _ => None,
    }
}

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
            let tightness = |operand: &Operand| match operand {
                Operand::Arithmetic(inner) => inner.operation.tightness(),
                Operand::Feature(_) | Operand::Literal(_) => u8::MAX,
            };
            let left = part(left, tightness(left) >= operation.tightness());
            // Operators of one tightness are read from the left.
            let right = part(right, tightness(right) > operation.tightness());
            format!("{left} {} {right}", operation.symbol())
        }
    }
}

fn number(literal: &Literal, currency: &Currency) -> String {
    match literal {
        Literal::Int(value) => value.to_string(),
        Literal::Money(minor) => currency.format(*minor),
        Literal::Ratio(numerator, denominator) => {
            super::linear::decimal(i128::from(*numerator), i128::from(*denominator), 0)
                .unwrap_or_else(|| format!("{numerator}/{denominator}"))
        }
        Literal::Bool(value) => value.to_string(),
        Literal::Text(text) => super::quoted(text),
        Literal::Date(date) => super::quoted(&date.to_string()),
    }
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

    /// `*` and `/` bind tighter than `+` and `-`.
    const fn tightness(self) -> u8 {
        match self {
            Self::Add | Self::Subtract => 0,
            Self::Multiply | Self::Divide => 1,
        }
    }
}
