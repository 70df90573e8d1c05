//! Arithmetic in rules. Every result is exact, and absent if a part of it is absent. A result that is still a line over
//! the days is solved like one.

use super::linear::Linear;
use crate::feature::reading::Moment;
use crate::rule::Operation;
use crate::timed::{Timed, both};

/// `a op b`. Absent if a part is absent, if the divisor is zero, or if the result is beyond the bounds of [`Linear`].
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
