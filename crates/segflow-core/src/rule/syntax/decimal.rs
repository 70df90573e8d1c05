//! Decimal numbers as written, without floating point.

/// `mantissa / 10^decimals`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Decimal {
    mantissa: i64,
    decimals: u32,
}

/// With more decimals, a fraction's denominator would not fit an `i64`.
const MAX_DECIMALS: usize = 18;

impl Decimal {
    /// Reads digits, perhaps with a minus before and a point and digits after. None for anything else, and for a number
    /// that does not fit 64 bits or has more than 18 decimals.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        let shaped = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let pointed = digits.contains('.');
        if whole.is_empty() || !shaped(whole) || !shaped(decimals) || pointed == decimals.is_empty() {
            return None;
        }
        if decimals.len() > MAX_DECIMALS {
            return None;
        }
        let mantissa = format!("{sign}{whole}{decimals}").parse().ok()?;
        Some(Self { mantissa, decimals: u32::try_from(decimals.len()).ok()? })
    }

    /// The value, if it is written without decimals.
    pub(crate) fn whole(self) -> Option<i64> {
        (self.decimals == 0).then_some(self.mantissa)
    }

    /// In minor units; none if there are more decimals than the currency has, or the amount does not fit 64 bits.
    pub(crate) fn minor(self, currency_decimals: u32) -> Option<i64> {
        let missing = currency_decimals.checked_sub(self.decimals)?;
        self.mantissa.checked_mul(10_i64.pow(missing))
    }

    /// As a fraction in lowest terms with a positive denominator.
    pub(crate) fn fraction(self) -> (i64, i64) {
        let denominator = 10_i64.pow(self.decimals);
        let divisor = greatest_common_divisor(self.mantissa.unsigned_abs(), denominator.unsigned_abs());
        let divisor = i64::try_from(divisor).expect("a divisor of the denominator is not above it");
        (self.mantissa / divisor, denominator / divisor)
    }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_written_and_nothing_else() {
        let read = |text| Decimal::parse(text).map(|d| (d.mantissa, d.decimals));
        assert_eq!(read("30"), Some((30, 0)));
        assert_eq!(read("-5000.00"), Some((-500_000, 2)));
        assert_eq!(read("9223372036854775807"), Some((i64::MAX, 0)));
        assert_eq!(read("9223372036854775808"), None);
        assert_eq!(read("0.000000000000000001"), Some((1, 18)));
        assert_eq!(read("0.0000000000000000001"), None);
        for text in ["", "-", ".", "1.", ".5", "+1", "1e3", "1_000", "--1", "-+1", "1.-2", "1.2.3", " 1", "\u{0661}"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn money_has_no_more_decimals_than_its_currency() {
        let minor = |text, decimals| Decimal::parse(text).expect("a decimal").minor(decimals);
        assert_eq!(minor("5000", 2), Some(500_000));
        assert_eq!(minor("5000.5", 2), Some(500_050));
        assert_eq!(minor("5000.000", 2), None);
        assert_eq!(minor("5000", 0), Some(5000));
        assert_eq!(minor("92233720368547758.07", 2), Some(i64::MAX));
        assert_eq!(minor("92233720368547759", 2), None);
    }

    #[test]
    fn fractions_are_in_lowest_terms() {
        let fraction = |text| Decimal::parse(text).expect("a decimal").fraction();
        assert_eq!(fraction("0.75"), (3, 4));
        assert_eq!(fraction("-0.50"), (-1, 2));
        assert_eq!(fraction("0"), (0, 1));
        assert_eq!(fraction("0.00"), (0, 1));
        assert_eq!(fraction("-9223372036854775808"), (i64::MIN, 1));
    }
}
