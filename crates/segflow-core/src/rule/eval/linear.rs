//! Exact numbers that change by the same amount each day. Arithmetic and comparisons are computed with them.

use std::cmp::Ordering;

use crate::money::Currency;
use crate::time::Date;
use crate::value_type::ValueType;

/// `(slope * day + offset) / denominator`, where `day` counts from 1970-01-01. A number that stands still has slope 0.
///
/// The bounds are such that the value on every day fits an `i128`: in lowest terms |slope| < 2^94, |offset| < 2^126 and
/// denominator < 2^126. Each operation is exact; it has no result if a number on the way exceeds the bounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Linear {
    slope: i128,
    offset: i128,
    denominator: i128,
}

const SLOPES: u128 = 1 << 94;
const OFFSETS: u128 = 1 << 126;

/// When two lines may come to compare differently.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turns {
    /// Never: they keep their distance.
    Never,
    /// On these days since 1970-01-01, ascending: where they meet, and where they have parted.
    On([i128; 2]),
    /// On some day that does not fit an `i128`'s arithmetic.
    Unknown,
}

impl Linear {
    /// A number that stands still.
    #[must_use]
    pub fn whole(value: i64) -> Self {
        Self { slope: 0, offset: i128::from(value), denominator: 1 }
    }

    /// A fraction that stands still; none if its denominator is not positive.
    #[must_use]
    pub fn fraction(numerator: i64, denominator: i64) -> Option<Self> {
        (denominator > 0).then(|| Self {
            slope: 0,
            offset: i128::from(numerator),
            denominator: i128::from(denominator),
        })
    }

    /// Days since a date: one more each midnight.
    #[must_use]
    pub fn since(date: Date) -> Self {
        Self { slope: 1, offset: -i128::from(date.0), denominator: 1 }
    }

    /// Days until a date: one less each midnight.
    #[must_use]
    pub fn until(date: Date) -> Self {
        Self { slope: -1, offset: i128::from(date.0), denominator: 1 }
    }

    fn new(slope: i128, offset: i128, denominator: i128) -> Option<Self> {
        let divisor = match denominator {
            ..=0 => return None,
            1 => 1,
            _ => common_divisor(common_divisor(slope, offset), denominator),
        };
        let line = Self { slope: slope / divisor, offset: offset / divisor, denominator: denominator / divisor };
        let fits = line.slope.unsigned_abs() < SLOPES
            && line.offset.unsigned_abs() < OFFSETS
            && line.denominator.unsigned_abs() < OFFSETS;
        fits.then_some(line)
    }

    /// Whether it changes from day to day.
    #[must_use]
    pub fn moves(self) -> bool {
        self.slope != 0
    }

    /// Its value on a day, as a number that stands still; none if it does not fit.
    #[must_use]
    pub fn frozen(self, day: Date) -> Option<Self> {
        let (numerator, denominator) = self.at(day);
        Self::new(0, numerator, denominator)
    }

    /// Sum; none if it does not fit.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        let shared = common_divisor(self.denominator, other.denominator);
        let (mine, theirs) = (other.denominator / shared, self.denominator / shared);
        let sum = |a: i128, b: i128| a.checked_mul(mine)?.checked_add(b.checked_mul(theirs)?);
        Self::new(sum(self.slope, other.slope)?, sum(self.offset, other.offset)?, self.denominator.checked_mul(mine)?)
    }

    /// Difference; none if it does not fit.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        self.plus(Self { slope: -other.slope, offset: -other.offset, ..other })
    }

    /// Product with a number that stands still; none if it does not fit, or if both move.
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        match (self.moves(), other.moves()) {
            (_, false) => self.scaled(other.offset, other.denominator),
            (false, true) => other.scaled(self.offset, self.denominator),
            (true, true) => None,
        }
    }

    /// Quotient by a number that stands still; none if that is zero or moves, or if the quotient does not fit.
    #[must_use]
    pub fn over(self, divisor: Self) -> Option<Self> {
        match divisor.offset.signum() {
            _ if divisor.moves() => None,
            0 => None,
            sign => self.scaled(sign * divisor.denominator, sign * divisor.offset),
        }
    }

    /// Multiplies by a fraction. Common factors are divided out first, so that no result is lost that would fit.
    fn scaled(self, numerator: i128, denominator: i128) -> Option<Self> {
        let above = common_divisor(numerator, self.denominator);
        let below = common_divisor(common_divisor(self.slope, self.offset), denominator);
        let numerator = numerator / above;
        Self::new(
            (self.slope / below).checked_mul(numerator)?,
            (self.offset / below).checked_mul(numerator)?,
            (self.denominator / above).checked_mul(denominator / below)?,
        )
    }

    /// Numerator and positive denominator on a day.
    fn at(self, day: Date) -> (i128, i128) {
        (self.slope * i128::from(day.0) + self.offset, self.denominator)
    }

    /// How two numbers compare on a day.
    #[must_use]
    pub fn compare(self, other: Self, day: Date) -> Ordering {
        compare_fractions(self.at(day), other.at(day))
    }

    /// When the two may come to compare differently.
    #[must_use]
    pub fn turns(self, other: Self) -> Turns {
        if !self.moves() && !other.moves() {
            return Turns::Never;
        }
        self.meets(other).unwrap_or(Turns::Unknown)
    }

    fn meets(self, other: Self) -> Option<Turns> {
        let less = |a: i128, b: i128| a.checked_mul(other.denominator)?.checked_sub(b.checked_mul(self.denominator)?);
        let (slope, offset) = (less(self.slope, other.slope)?, less(self.offset, other.offset)?);
        let (slope, root) = match slope.signum() {
            0 => return Some(Turns::Never),
            1 => (slope, offset.checked_neg()?),
            _ => (slope.checked_neg()?, offset),
        };
        // Nearly every line is a count of days.
        let (floor, exact) = match slope {
            1 => (root, true),
            _ => (root.div_euclid(slope), root.rem_euclid(slope) == 0),
        };
        let parted = floor.checked_add(1)?;
        Some(Turns::On([if exact { floor } else { parted }, parted]))
    }

    /// Its value on a day, as a segmentation would write a value of this type.
    ///
    /// Money is in major units, with more decimals than the currency has where it needs them. It is a fraction where no
    /// number of decimals suffices. A ratio is always a fraction.
    #[must_use]
    pub fn text(self, day: Date, kind: ValueType, currency: &Currency) -> String {
        let (numerator, denominator) = self.at(day);
        let divisor = common_divisor(numerator, denominator);
        let (numerator, denominator) = (numerator / divisor, denominator / divisor);
        match kind {
            ValueType::Money => decimal(numerator, denominator, currency.decimals)
                .unwrap_or_else(|| major(numerator, denominator, currency.decimals)),
            ValueType::Ratio => format!("{numerator}/{denominator}"),
            _ if denominator == 1 => numerator.to_string(),
            _ => format!("{numerator}/{denominator}"),
        }
    }
}

/// A fraction of minor units as one of major units; in lowest terms unless that would not fit.
fn major(numerator: i128, denominator: i128, decimals: u32) -> String {
    let scale = 10_i128.pow(decimals);
    let divisor = common_divisor(numerator, scale);
    match denominator.checked_mul(scale / divisor) {
        Some(denominator) => format!("{}/{denominator}", numerator / divisor),
        None => format!("{numerator}/{denominator}{}", "0".repeat(decimals as usize)),
    }
}

/// The digits of `numerator / (denominator * 10^shift)`, with at least `shift` decimals and at most 18 more; none if
/// they do not end by then.
pub(in crate::rule) fn decimal(numerator: i128, denominator: i128, shift: u32) -> Option<String> {
    let more = (0..=18).find(|more| 10_i128.pow(*more) % denominator == 0)?;
    let digits = numerator.checked_mul(10_i128.pow(more) / denominator)?;
    let (sign, digits) = (if digits < 0 { "-" } else { "" }, digits.unsigned_abs());
    let decimals = more + shift;
    if decimals == 0 {
        return Some(format!("{sign}{digits}"));
    }
    let (scale, width) = (10_u128.pow(decimals), decimals as usize);
    Some(format!("{sign}{}.{:0width$}", digits / scale, digits % scale))
}

/// Compares fractions with positive denominators without overflow: by cross-multiplication if that fits, else by their
/// continued fractions.
fn compare_fractions(mut a: (i128, i128), mut b: (i128, i128)) -> Ordering {
    if a.1 == b.1 {
        return a.0.cmp(&b.0);
    }
    if let (Some(a), Some(b)) = (a.0.checked_mul(b.1), b.0.checked_mul(a.1)) {
        return a.cmp(&b);
    }
    loop {
        let whole = a.0.div_euclid(a.1).cmp(&b.0.div_euclid(b.1));
        let rest = (a.0.rem_euclid(a.1), b.0.rem_euclid(b.1));
        if whole.is_ne() {
            return whole;
        }
        if rest.0 == 0 || rest.1 == 0 {
            return rest.0.cmp(&rest.1);
        }
        // The larger rest has the smaller reciprocal.
        (a, b) = ((b.1, rest.1), (a.1, rest.0));
    }
}

/// The greatest common divisor of two numbers whose absolute values are below 2^127, as all are here; 1 if both are 0.
fn common_divisor(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    i128::try_from(a).unwrap_or(1).max(1)
}
