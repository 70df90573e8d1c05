//! The value of a feature at an instant, and the small arithmetic that features share.

use crate::money::Currency;
use crate::time::{Date, Timestamp, Zone};
use crate::timed::Timed;

/// An instant, with the local day that it lies on.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// The instant.
    pub at: Timestamp,
    /// Its local day.
    pub today: Date,
    /// Where days begin.
    pub zone: &'a Zone,
    /// When the present delinquency episode began, while a feature of that episode is read.
    pub arrears_since: Option<Timestamp>,
}

impl<'a> Moment<'a> {
    /// The moment of an instant.
    #[must_use]
    pub fn new(at: Timestamp, zone: &'a Zone) -> Self {
        Self { at, today: zone.date_of(at), zone, arrears_since: None }
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
    /// There is no value.
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
    /// The value as a segmentation would write it; none if it is absent.
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

    /// The same value without a borrow; none for a text, which borrows from a fact.
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
}

/// A count as a feature's value.
#[must_use]
pub fn int(timed: Timed<i64>) -> Timed<Reading<'static>> {
    timed.map(Reading::Int)
}

/// An amount as a feature's value.
#[must_use]
pub fn money(timed: Timed<i64>) -> Timed<Reading<'static>> {
    timed.map(Reading::Money)
}

/// A count, as the integer that rules compare.
#[must_use]
pub fn count(length: usize) -> i64 {
    i64::try_from(length).expect("fewer things than an i64 counts")
}

/// A sum that stops at the bounds of an `i64`. At least 9,000 of the largest amounts, 10^15 each, fit.
#[must_use]
pub fn sum(amounts: impl Iterator<Item = i64>) -> i64 {
    amounts.fold(0, i64::saturating_add)
}

/// The lower of the two in the middle of an even number of values; none if there are no values.
#[must_use]
pub fn lower_median(sorted: &[i64]) -> Option<i64> {
    sorted.get(sorted.len().saturating_sub(1) / 2).copied()
}
