//! What a feature reads at an instant, and comparisons solved for the day on which they turn.

use std::cmp::Ordering;

use crate::money::Currency;
use crate::rule::linear::{Linear, Turns};
use crate::rule::{Literal, Operator};
use crate::time::{Date, Timestamp, Zone};
use crate::timed::{Timed, Truth, both};

/// An instant, with the local day that it lies on.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// The instant.
    pub at: Timestamp,
    /// Its local day.
    pub today: Date,
    /// Where days begin.
    pub zone: &'a Zone,
}

impl<'a> Moment<'a> {
    /// The moment of an instant.
    #[must_use]
    pub fn new(at: Timestamp, zone: &'a Zone) -> Self {
        Self { at, today: zone.date_of(at), zone }
    }

    /// When the next local day begins.
    #[must_use]
    pub fn next_midnight(self) -> Timestamp {
        self.zone.midnight(self.today.plus_days(1))
    }
}

/// A feature's value. Days are kept as the date that they count from, so that a comparison can be solved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reading<'a> {
    /// There is none.
    Absent,
    /// A truth value.
    Bool(bool),
    /// A count.
    Int(i64),
    /// Minor units.
    Money(i64),
    /// An exact fraction; the denominator is positive.
    Ratio(i64, i64),
    /// Text.
    Text(&'a str),
    /// A date.
    Date(Date),
    /// Days since a date: one more each midnight.
    Since(Date),
    /// Days until a date: one less each midnight.
    Until(Date),
}

impl<'a> Reading<'a> {
    /// The value of a literal.
    #[must_use]
    pub fn of(literal: &'a Literal) -> Self {
        match literal {
            Literal::Bool(value) => Self::Bool(*value),
            Literal::Int(value) => Self::Int(*value),
            Literal::Money(minor) => Self::Money(*minor),
            Literal::Ratio(numerator, denominator) => Self::Ratio(*numerator, *denominator),
            Literal::Text(text) => Self::Text(text),
            Literal::Date(date) => Self::Date(*date),
        }
    }

    /// As a segmentation would write it; none if absent.
    #[must_use]
    pub fn text(self, today: Date, currency: &Currency) -> Option<String> {
        Some(match self {
            Self::Absent => return None,
            Self::Bool(value) => value.to_string(),
            Self::Money(minor) => currency.format(minor),
            Self::Ratio(numerator, denominator) => format!("{numerator}/{denominator}"),
            Self::Text(text) => text.to_owned(),
            Self::Date(date) => date.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Since(date) => today.days_since(date).to_string(),
            Self::Until(date) => date.days_since(today).to_string(),
        })
    }

    /// The value as an exact number; none if it is absent or not a number. Days count as what they are on each day.
    #[must_use]
    pub fn line(self) -> Option<Linear> {
        match self {
            Self::Int(value) | Self::Money(value) => Some(Linear::whole(value)),
            Self::Ratio(numerator, denominator) => Linear::fraction(numerator, denominator),
            Self::Since(date) => Some(Linear::since(date)),
            Self::Until(date) => Some(Linear::until(date)),
            Self::Absent | Self::Bool(_) | Self::Text(_) | Self::Date(_) => None,
        }
    }

    /// The value, if it borrows nothing.
    pub(crate) fn lasting(self) -> Option<Reading<'static>> {
        Some(match self {
            Self::Text(_) => return None,
            Self::Absent => Reading::Absent,
            Self::Bool(value) => Reading::Bool(value),
            Self::Int(value) => Reading::Int(value),
            Self::Money(minor) => Reading::Money(minor),
            Self::Ratio(numerator, denominator) => Reading::Ratio(numerator, denominator),
            Self::Date(date) => Reading::Date(date),
            Self::Since(date) => Reading::Since(date),
            Self::Until(date) => Reading::Until(date),
        })
    }

    fn present(self) -> Option<Self> {
        (self != Self::Absent).then_some(self)
    }

    /// How two values of one type that time does not change compare; none for numbers, and for unlike types.
    fn plain_order(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(&b)),
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            (Self::Date(a), Self::Date(b)) => Some(a.cmp(&b)),
            _ => None,
        }
    }
}

/// `a op b`, with the first later instant at which it could turn. Unknown while a side is absent.
#[must_use]
pub fn compare(a: Timed<Reading<'_>>, operator: Operator, b: Timed<Reading<'_>>, moment: Moment<'_>) -> Timed<Truth> {
    compare_plainly(a, operator, b, moment).unwrap_or_else(|| compare_any(a, operator, b, moment))
}

/// What nearly every comparison is, without exact fractions; none of anything else. The same as [`compare_any`].
fn compare_plainly(
    a: Timed<Reading<'_>>,
    operator: Operator,
    b: Timed<Reading<'_>>,
    moment: Moment<'_>,
) -> Option<Timed<Truth>> {
    let until = a.until.min(b.until);
    // The bound is met on a day of an `i64`: `order` is how value and bound compare on a day.
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
    let sides = both(a.map(Reading::present), b.map(Reading::present));
    let plain = sides.value.and_then(|(a, b)| a.plain_order(b));
    match (sides.value, plain) {
        (None, _) => Timed::until(Truth::Unknown, sides.until),
        (_, Some(order)) => Timed::until(operator.holds(order).into(), sides.until),
        _ => compare_lines(a.map(Reading::line), operator, b.map(Reading::line), moment),
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

/// `a in [..]`, with the first later instant at which it could turn. Unknown while `a` is absent.
#[must_use]
pub fn is_in(a: Timed<Reading<'_>>, list: &[Literal], moment: Moment<'_>) -> Timed<Truth> {
    let equal = |literal| a.value.plain_order(Reading::of(literal)) == Some(Ordering::Equal);
    match a.value {
        Reading::Bool(_) | Reading::Text(_) | Reading::Date(_) => a.map(|_| list.iter().any(equal).into()),
        _ => is_line_in(a.map(Reading::line), list, moment),
    }
}

/// [`is_in`] of a number.
#[must_use]
pub fn is_line_in(a: Timed<Option<Linear>>, list: &[Literal], moment: Moment<'_>) -> Timed<Truth> {
    let Some(line) = a.value else {
        return Timed::until(Truth::Unknown, a.until);
    };
    let list: Vec<Linear> = list.iter().filter_map(|literal| Reading::of(literal).line()).collect();
    let turns: Vec<Turns> = list.iter().map(|other| line.turns(*other)).collect();
    solve(|day| list.iter().any(|other| line.compare(*other, day).is_eq()), &turns, a.until, moment)
}

/// The truth today, until the first of the days of `turns` on which it is another, or until `until`. Where such a day
/// cannot be told, it is asked again on the next.
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

#[cfg(test)]
mod tests {
    use super::*;

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
