//! Comparisons, solved for the day on which they turn.

use std::cmp::Ordering;

use super::linear::{Linear, Turns};
use crate::feature::reading::{Moment, Reading};
use crate::rule::{Literal, Operator};
use crate::time::{Date, Timestamp};
use crate::timed::{Timed, Truth, both};

/// The truth of `a op b`, and the first later instant at which it could turn. Unknown while a side is absent.
#[must_use]
pub fn compare(a: Timed<Reading<'_>>, operator: Operator, b: Timed<Reading<'_>>, moment: Moment<'_>) -> Timed<Truth> {
    compare_plainly(a, operator, b, moment).unwrap_or_else(|| compare_any(a, operator, b, moment))
}

/// The fast path of [`compare_any`] for nearly every comparison, without exact fractions; none for the others.
fn compare_plainly(
    a: Timed<Reading<'_>>,
    operator: Operator,
    b: Timed<Reading<'_>>,
    moment: Moment<'_>,
) -> Option<Timed<Truth>> {
    let until = a.until.min(b.until);
    // The value meets the bound on the day `meets`; `order` compares value and bound on a day.
    let turning = |meets: i64, order: fn(i64, i64) -> Ordering| {
        let truth = |day: i64| operator.holds(order(day, meets));
        let now = truth(i64::from(moment.today.0));
        let turns = |day: &i64| *day > i64::from(moment.today.0) && truth(*day) != now;
        let turn = [meets, meets + 1].into_iter().find(turns).and_then(|day| i32::try_from(day).ok());
        let turn = turn.map_or(Timestamp::NEVER, |day| moment.zone.midnight(Date(day)));
        Some(Timed::until(now.into(), until.min(turn)))
    };
    match (a.value, b.value) {
        (Reading::Int(a), Reading::Int(b)) | (Reading::Money(a), Reading::Money(b)) => {
            Some(Timed::until(operator.holds(a.cmp(&b)).into(), until))
        }
        (Reading::Text(a), Reading::Text(b)) if matches!(operator, Operator::Equal | Operator::NotEqual) => {
            Some(Timed::until(((a == b) == (operator == Operator::Equal)).into(), until))
        }
        (Reading::Since(date), Reading::Int(bound)) if i32::try_from(bound).is_ok() => {
            turning(i64::from(date.0) + bound, |day, meets| day.cmp(&meets))
        }
        (Reading::Until(date), Reading::Int(bound)) if i32::try_from(bound).is_ok() => {
            turning(i64::from(date.0) - bound, |day, meets| meets.cmp(&day))
        }
        _ => None,
    }
}

fn compare_any(a: Timed<Reading<'_>>, operator: Operator, b: Timed<Reading<'_>>, moment: Moment<'_>) -> Timed<Truth> {
    let sides = both(a.map(present), b.map(present));
    let plain = sides.value.and_then(|(a, b)| plain_order(a, b));
    match (sides.value, plain) {
        (None, _) => Timed::until(Truth::Unknown, sides.until),
        (_, Some(order)) => Timed::until(operator.holds(order).into(), sides.until),
        _ => compare_lines(a.map(line), operator, b.map(line), moment),
    }
}

/// [`compare`] of numbers.
#[must_use]
pub fn compare_lines(
    a: Timed<Option<Linear>>,
    operator: Operator,
    b: Timed<Option<Linear>>,
    moment: Moment<'_>,
) -> Timed<Truth> {
    let sides = both(a, b);
    let Some((a, b)) = sides.value else {
        return Timed::until(Truth::Unknown, sides.until);
    };
    solve(|day| operator.holds(a.compare(b, day)), &[a.turns(b)], sides.until, moment)
}

/// The truth of `a in [..]`, and the first later instant at which it could turn. Unknown while `a` is absent.
#[must_use]
pub fn is_in(a: Timed<Reading<'_>>, list: &[Literal], moment: Moment<'_>) -> Timed<Truth> {
    let equal = |literal: &Literal| plain_order(a.value, literal.reading()) == Some(Ordering::Equal);
    match a.value {
        Reading::Bool(_) | Reading::Text(_) | Reading::Date(_) => a.map(|_| list.iter().any(equal).into()),
        _ => is_line_in(a.map(line), list, moment),
    }
}

/// [`is_in`] of a number.
#[must_use]
pub fn is_line_in(a: Timed<Option<Linear>>, list: &[Literal], moment: Moment<'_>) -> Timed<Truth> {
    let Some(value) = a.value else {
        return Timed::until(Truth::Unknown, a.until);
    };
    let list: Vec<Linear> = list.iter().filter_map(|literal| line(literal.reading())).collect();
    let turns: Vec<Turns> = list.iter().map(|other| value.turns(*other)).collect();
    solve(|day| list.iter().any(|other| value.compare(*other, day).is_eq()), &turns, a.until, moment)
}

/// The truth today. It stands until the first of the days of `turns` on which it differs, at most until `until`. If such
/// a day cannot be computed, it stands until the next midnight.
fn solve(truth: impl Fn(Date) -> bool, turns: &[Turns], until: Timestamp, moment: Moment<'_>) -> Timed<Truth> {
    let now = truth(moment.today);
    let turn = |turns: &Turns| match turns {
        Turns::Never => Timestamp::NEVER,
        Turns::Unknown => moment.next_midnight(),
        Turns::On(days) => days
            .iter()
            .filter_map(|day| i32::try_from(*day).ok().map(Date))
            .find(|day| *day > moment.today && truth(*day) != now)
            .map_or(Timestamp::NEVER, |day| moment.zone.midnight(day)),
    };
    Timed::until(now.into(), turns.iter().map(turn).fold(until, Timestamp::min))
}

/// A value as an exact number; none if it is absent or no number. Days become a line that moves each midnight.
#[must_use]
pub fn line(reading: Reading<'_>) -> Option<Linear> {
    match reading {
        Reading::Int(value) | Reading::Money(value) => Some(Linear::whole(value)),
        Reading::Ratio(numerator, denominator) => Linear::fraction(numerator, denominator),
        Reading::Since(date) => Some(Linear::since(date)),
        Reading::Until(date) => Some(Linear::until(date)),
        Reading::Absent | Reading::Bool(_) | Reading::Text(_) | Reading::Date(_) => None,
    }
}

/// None in place of an absent value.
fn present(reading: Reading<'_>) -> Option<Reading<'_>> {
    (reading != Reading::Absent).then_some(reading)
}

/// How two values of one type that time does not change compare; none for numbers, and for unlike types.
fn plain_order(a: Reading<'_>, b: Reading<'_>) -> Option<Ordering> {
    match (a, b) {
        (Reading::Bool(a), Reading::Bool(b)) => Some(a.cmp(&b)),
        (Reading::Text(a), Reading::Text(b)) => Some(a.cmp(b)),
        (Reading::Date(a), Reading::Date(b)) => Some(a.cmp(&b)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Zone;

    #[test]
    fn what_is_compared_plainly_compares_as_exact_fractions_do() {
        let zone = Zone::named("Europe/London").expect("a zone");
        let moment = Moment::new(Timestamp(1_780_000_000_000), &zone);
        let today = moment.today.0;
        let days = [today - 40, today - 1, today, today + 1, today + 40, i32::MIN, i32::MAX];
        let bounds = [-40, -1, 0, 1, 40, i64::from(i32::MAX), i64::from(i32::MIN), i64::MAX, i64::MIN];
        let dated = days.iter().flat_map(|day| [Reading::Since(Date(*day)), Reading::Until(Date(*day))]);
        let texts = ["", "a", "b"].map(Reading::Text);
        let numbers = bounds.iter().flat_map(|bound| [Reading::Int(*bound), Reading::Money(*bound)]);
        let readings: Vec<Reading<'_>> = dated.chain(texts).chain(numbers).chain([Reading::Absent]).collect();
        let operators = [Operator::Equal, Operator::NotEqual, Operator::Less, Operator::LessOrEqual];
        let mut plain = 0;
        for a in &readings {
            for b in &readings {
                for operator in operators.into_iter().chain([Operator::Greater, Operator::GreaterOrEqual]) {
                    let (a, b) = (Timed::always(*a), Timed::until(*b, Timestamp(1_790_000_000_000)));
                    let Some(truth) = compare_plainly(a, operator, b, moment) else { continue };
                    assert_eq!(truth, compare_any(a, operator, b, moment), "{a:?} {} {b:?}", operator.symbol());
                    plain += 1;
                }
            }
        }
        assert!(plain > 1_000, "{plain}");
    }
}
