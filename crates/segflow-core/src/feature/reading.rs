//! What a feature reads at an instant, and comparisons solved for the day on which they turn.

use std::cmp::Ordering;

use crate::money::Currency;
use crate::rule::{Literal, Operator};
use crate::time::{Date, Instant, Zone};
use crate::timed::{Timed, Truth};

/// An instant, with the local day that it lies on.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// The instant.
    pub at: Instant,
    /// Its local day.
    pub today: Date,
    /// Where days begin.
    pub zone: &'a Zone,
}

impl<'a> Moment<'a> {
    /// The moment of an instant.
    #[must_use]
    pub fn new(at: Instant, zone: &'a Zone) -> Self {
        Self { at, today: zone.date_of(at), zone }
    }

    /// When the next local day begins.
    #[must_use]
    pub fn midnight(&self) -> Instant {
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

/// `slope * day + offset`: whole numbers and day counts alike.
#[derive(Clone, Copy)]
struct Line {
    slope: i64,
    offset: i64,
}

impl Line {
    fn at(self, day: Date) -> i64 {
        self.slope.saturating_mul(i64::from(day.0)).saturating_add(self.offset)
    }

    fn less(self, other: Self) -> Self {
        Self { slope: self.slope - other.slope, offset: self.offset.saturating_sub(other.offset) }
    }

    /// The first two days on which the sign of this line may be another than before: where it reaches zero, and
    /// where it has left it.
    fn turns(self) -> Option<[i64; 2]> {
        let (slope, offset) = match self.slope.cmp(&0) {
            Ordering::Equal => return None,
            Ordering::Greater => (self.slope, self.offset),
            Ordering::Less => (-self.slope, self.offset.saturating_neg()),
        };
        let floor = offset.saturating_neg().div_euclid(slope);
        let exact = offset.saturating_neg().rem_euclid(slope) == 0;
        Some([if exact { floor } else { floor.saturating_add(1) }, floor.saturating_add(1)])
    }
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
            Self::Int(_) | Self::Since(_) | Self::Until(_) => {
                self.line().expect("whole numbers lie on a line").at(today).to_string()
            }
        })
    }

    fn line(self) -> Option<Line> {
        match self {
            Self::Int(value) => Some(Line { slope: 0, offset: value }),
            Self::Since(date) => Some(Line { slope: 1, offset: -i64::from(date.0) }),
            Self::Until(date) => Some(Line { slope: -1, offset: i64::from(date.0) }),
            _ => None,
        }
    }

    /// How two values of one type compare on a day; none if either is absent.
    fn compare(self, other: Self, today: Date) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(&b)),
            (Self::Money(a), Self::Money(b)) => Some(a.cmp(&b)),
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            (Self::Date(a), Self::Date(b)) => Some(a.cmp(&b)),
            (Self::Ratio(a, b), Self::Ratio(c, d)) => {
                Some((i128::from(a) * i128::from(d)).cmp(&(i128::from(c) * i128::from(b))))
            }
            _ => Some(self.line()?.less(other.line()?).at(today).cmp(&0)),
        }
    }
}

/// `a op b`, with the first later instant at which it could turn. Unknown while a side is absent.
#[must_use]
pub fn compare(a: Timed<Reading<'_>>, operator: Operator, b: Timed<Reading<'_>>, moment: Moment<'_>) -> Timed<Truth> {
    match (a.value, b.value) {
        (Reading::Absent, Reading::Absent) => Timed::until(Truth::Unknown, a.until.max(b.until)),
        (Reading::Absent, _) => Timed::until(Truth::Unknown, a.until),
        (_, Reading::Absent) => Timed::until(Truth::Unknown, b.until),
        _ => {
            let truth = |day| a.value.compare(b.value, day).is_some_and(|order| operator.holds(order));
            let turns = turns(a.value, b.value);
            solve(truth, turns.into_iter().flatten(), a.until.min(b.until), moment)
        }
    }
}

/// `a in [..]`, with the first later instant at which it could turn. Unknown while `a` is absent.
#[must_use]
pub fn is_in(a: Timed<Reading<'_>>, list: &[Literal], moment: Moment<'_>) -> Timed<Truth> {
    if a.value == Reading::Absent {
        return Timed::until(Truth::Unknown, a.until);
    }
    let among = |day| list.iter().any(|literal| a.value.compare(Reading::of(literal), day) == Some(Ordering::Equal));
    let mut days: Vec<i64> = list.iter().filter_map(|literal| turns(a.value, Reading::of(literal))).flatten().collect();
    days.sort_unstable();
    solve(among, days.into_iter(), a.until, moment)
}

/// The truth today, until the first of `days` (ascending) on which it is another, or until `until`.
fn solve(
    truth: impl Fn(Date) -> bool,
    days: impl Iterator<Item = i64>,
    until: Instant,
    moment: Moment<'_>,
) -> Timed<Truth> {
    let now = truth(moment.today);
    let turn = days
        .filter(|day| *day > i64::from(moment.today.0))
        .filter_map(|day| i32::try_from(day).ok().map(Date))
        .find(|day| truth(*day) != now)
        .map_or(Instant::NEVER, |day| moment.zone.midnight(day));
    Timed::until(now.into(), until.min(turn))
}

fn turns(a: Reading<'_>, b: Reading<'_>) -> Option<[i64; 2]> {
    a.line()?.less(b.line()?).turns()
}
