//! Exact decimal numbers of foreign records. There is no floating point, and no operation rounds.

use std::cmp::Ordering;
use std::fmt;

/// `mantissa / 10^scale`, without trailing zeros after the point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decimal {
    mantissa: i128,
    scale: u32,
}

/// The most digits, before and after the point together: ten to this power fits an `i128`.
pub const MAX_DIGITS: u32 = 38;

impl Decimal {
    /// A whole number.
    #[must_use]
    pub const fn whole_number(value: i128) -> Self {
        Self { mantissa: value, scale: 0 }
    }

    /// `unscaled / 10^scale`; none of a scale beyond [`MAX_DIGITS`].
    #[must_use]
    pub fn new(unscaled: i128, scale: u32) -> Option<Self> {
        (scale <= MAX_DIGITS).then(|| Self { mantissa: unscaled, scale }.reduced())
    }

    /// Reads a number as JSON writes it, perhaps with a plus or with zeros before: `-12.50`, `1.25e3`, `+007`. None of
    /// anything else, and of a number of more than [`MAX_DIGITS`] digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (plain, exponent) = match text.split_once(['e', 'E']) {
            Some((plain, exponent)) => (plain, whole_exponent(exponent)?),
            None => (text, 0),
        };
        let (negative, digits) = match plain.as_bytes().first()? {
            b'-' => (true, &plain[1..]),
            b'+' => (false, &plain[1..]),
            _ => (false, plain),
        };
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        let pointed = whole.len() < digits.len();
        if whole.is_empty() || (pointed && decimals.is_empty()) {
            return None;
        }
        let mantissa = magnitude([whole, decimals])?;
        let scale = i64::try_from(decimals.trim_end_matches('0').len()).ok()? - exponent;
        Self { mantissa: if negative { -mantissa } else { mantissa }, scale: 0 }.shifted(scale)
    }

    /// Reads a number as people write it, with this sign before its decimals: groups of three digits may be set off by the
    /// other sign, a space or an apostrophe, and a minus may stand behind, as SAP writes it.
    #[must_use]
    pub fn parse_written(text: &str, mark: char) -> Option<Self> {
        let text = text.trim();
        let (text, negative) = match text.strip_suffix('-') {
            Some(text) => (text.trim_end(), true),
            None => (text, false),
        };
        let (whole, decimals) = match text.split_once(mark) {
            Some((_, "")) => return None,
            Some((whole, decimals)) => (whole, Some(decimals)),
            None => (text, None),
        };
        let other = if mark == ',' { '.' } else { ',' };
        let whole = ungrouped(whole, &[other, ' ', '\u{a0}', '\u{202f}', '\'', '\u{2019}'])?;
        let plain = decimals.map_or_else(|| whole.clone(), |decimals| format!("{whole}.{decimals}"));
        let read = Self::parse(&plain).filter(|_| !plain.contains(['e', 'E']))?;
        match negative {
            true if read.mantissa < 0 => None,
            true => Some(Self { mantissa: -read.mantissa, ..read }),
            false => Some(read),
        }
    }

    /// The value, if it is whole.
    #[must_use]
    pub fn whole(self) -> Option<i128> {
        (self.scale == 0).then_some(self.mantissa)
    }

    /// In units of which `10^decimals` are one; none if a part of a unit is left, or the amount does not fit 64 bits.
    #[must_use]
    pub fn minor(self, decimals: u32) -> Option<i64> {
        let missing = decimals.checked_sub(self.scale)?;
        i64::try_from(self.mantissa.checked_mul(10_i128.checked_pow(missing)?)?).ok()
    }

    /// The whole number that is not above it.
    #[must_use]
    pub fn floor(self) -> i128 {
        10_i128.checked_pow(self.scale).map_or(0, |scale| self.mantissa.div_euclid(scale))
    }

    /// The sum; none if it has too many digits.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let sum = self.at_scale(scale)?.checked_add(other.at_scale(scale)?)?;
        Some(Self { mantissa: sum, scale }.reduced())
    }

    /// The difference; none if it has too many digits.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        self.plus(other.negated()?)
    }

    /// The product; none if it has too many digits.
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        Self::new(self.mantissa.checked_mul(other.mantissa)?, self.scale + other.scale)
    }

    /// Its opposite.
    #[must_use]
    pub fn negated(self) -> Option<Self> {
        Some(Self { mantissa: self.mantissa.checked_neg()?, ..self })
    }

    /// The same without its sign.
    #[must_use]
    pub fn absolute(self) -> Option<Self> {
        Some(Self { mantissa: self.mantissa.checked_abs()?, ..self })
    }

    fn at_scale(self, scale: u32) -> Option<i128> {
        self.mantissa.checked_mul(10_i128.checked_pow(scale - self.scale)?)
    }

    /// This mantissa divided by ten to a power, which may be negative.
    fn shifted(self, scale: i64) -> Option<Self> {
        if self.mantissa == 0 {
            return Some(self);
        }
        match u32::try_from(scale) {
            Ok(scale) => Self::new(self.mantissa, scale),
            Err(_) => {
                let power = 10_i128.checked_pow(u32::try_from(-scale).ok()?)?;
                Some(Self::whole_number(self.mantissa.checked_mul(power)?))
            }
        }
    }

    fn reduced(mut self) -> Self {
        while self.scale > 0 && self.mantissa % 10 == 0 {
            self.mantissa /= 10;
            self.scale -= 1;
        }
        self
    }
}

/// The number that digits write one after the other, without the zeros at the end of the last ones.
fn magnitude([whole, decimals]: [&str; 2]) -> Option<i128> {
    let digits = whole.bytes().chain(decimals.trim_end_matches('0').bytes());
    if !decimals.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    digits.into_iter().try_fold(0_i128, |sum, digit| {
        let digit = digit.is_ascii_digit().then(|| i128::from(digit - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

fn whole_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let shaped = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    shaped.then(|| text.parse::<i64>().ok()).flatten().filter(|exponent| exponent.unsigned_abs() <= 1_000)
}

/// The digits of a whole number without what sets off its groups; none where a group has not three digits.
fn ungrouped(whole: &str, separators: &[char]) -> Option<String> {
    let Some(separator) = whole.chars().find(|c| separators.contains(c)) else { return Some(whole.to_owned()) };
    let mut groups = whole.split(separator);
    // Nobody sets off groups after a zero: such a text has a decimal point of another language.
    let first = groups.next().filter(|first| {
        let digits = first.trim_start_matches(['-', '+']);
        (1..=3).contains(&digits.len()) && !digits.starts_with('0')
    })?;
    let mut digits = first.to_owned();
    for group in groups {
        digits.push_str(Some(group).filter(|group| group.len() == 3)?);
    }
    Some(digits)
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let scale = self.scale.max(other.scale);
        match (self.at_scale(scale), other.at_scale(scale)) {
            (Some(one), Some(two)) => one.cmp(&two),
            // One that does not fit is the further from zero.
            (None, _) => self.mantissa.cmp(&0),
            (_, None) => 0.cmp(&other.mantissa),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Digits, perhaps with a minus before and a point and digits after.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let (digits, scale) = (self.mantissa.unsigned_abs().to_string(), self.scale as usize);
        if scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        let digits = format!("{digits:0>width$}", width = scale + 1);
        let (whole, decimals) = digits.split_at(digits.len() - scale);
        write!(f, "{sign}{whole}.{decimals}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<String> {
        Decimal::parse(text).map(|decimal| decimal.to_string())
    }

    #[test]
    fn numbers_are_read_exactly_or_not_at_all() {
        for (text, value) in [
            ("0", "0"),
            ("-0.0", "0"),
            ("1250.00", "1250"),
            ("+007", "7"),
            ("1.25e3", "1250"),
            ("125E-2", "1.25"),
            ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
            ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
            ("0e999", "0"),
        ] {
            assert_eq!(read(text).as_deref(), Some(value), "{text}");
        }
        for text in
            ["", "-", ".5", "1.", "1e", "1e+", "1e1.5", "1_0", "--1", " 1", "0x1", "1e999", "١", "1.2.3", "1.-2"]
        {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&"9".repeat(40)), None);
    }

    #[test]
    fn numbers_as_people_write_them() {
        let read = |text, mark| Decimal::parse_written(text, mark).map(|decimal| decimal.to_string());
        for (text, mark, value) in [
            ("1.234,56", ',', "1234.56"),
            ("1 234,56", ',', "1234.56"),
            ("1'234'567.89", '.', "1234567.89"),
            ("1,234.50", '.', "1234.5"),
            ("1.234,56-", ',', "-1234.56"),
            ("-12,5", ',', "-12.5"),
            (" 42 ", ',', "42"),
        ] {
            assert_eq!(read(text, mark).as_deref(), Some(value), "{text}");
        }
        for (text, mark) in [
            ("0.500", ','),
            ("-0.250", ','),
            ("00.125", ','),
            ("12.34,56", ','),
            ("1234.56", ','),
            ("1.2345,6", ','),
            ("1,", ','),
            ("-5-", ','),
            ("1e3", '.'),
            ("", ','),
        ] {
            assert_eq!(read(text, mark), None, "{text}");
        }
    }

    #[test]
    fn minor_units_leave_nothing_over() {
        let minor = |text: &str, decimals| Decimal::parse(text).unwrap().minor(decimals);
        assert_eq!(minor("12.3400", 2), Some(1234));
        assert_eq!(minor("12.345", 2), None);
        assert_eq!(minor("12", 0), Some(12));
        assert_eq!(minor("1.234", 3), Some(1234));
        assert_eq!(minor("92233720368547758.08", 2), None);
    }

    proptest! {
        /// The oracle: both numbers as integers of one unit, which is small enough for the test's numbers.
        #[test]
        fn arithmetic_is_that_of_integers(a in -10_i64.pow(15)..10_i64.pow(15), b in -10_i64.pow(15)..10_i64.pow(15), s in 0_u32..6, t in 0_u32..6) {
            let (x, y) = (Decimal::new(a.into(), s).unwrap(), Decimal::new(b.into(), t).unwrap());
            let (i, j) = (i128::from(a) * 10_i128.pow(6 - s), i128::from(b) * 10_i128.pow(6 - t));
            prop_assert_eq!(x.plus(y), Decimal::new(i + j, 6));
            prop_assert_eq!(x.minus(y), Decimal::new(i - j, 6));
            prop_assert_eq!(x.times(y), Decimal::new(i128::from(a) * i128::from(b), s + t));
            prop_assert_eq!(x.cmp(&y), i.cmp(&j));
            prop_assert_eq!(Decimal::parse(&x.to_string()), Some(x));
            prop_assert_eq!(x.floor(), i.div_euclid(1_000_000));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,50}", mark in prop_oneof![Just(','), Just('.')]) {
            let _ = (Decimal::parse(&text), Decimal::parse_written(&text, mark));
        }

        #[test]
        fn no_digits_panic(text in "[-+]?[0-9]{0,45}([.,][0-9]{0,45})?([eE][-+]?[0-9]{1,4})?-?") {
            let (one, two) = (Decimal::parse(&text), Decimal::parse_written(&text, ','));
            if let (Some(one), Some(two)) = (one, two) {
                let _ = (one.plus(two), one.times(two), one.minor(4), one.cmp(&two), one.floor());
            }
        }
    }
}
