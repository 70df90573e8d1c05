//! The value of a declared attribute. It is read leniently where its meaning is beyond doubt, and is unreadable elsewhere.

use super::context::AttributeDeclaration;
use super::reading::Reading;
use crate::event::Attribute;
use crate::money::Currency;
use crate::rule::syntax::decimal::Decimal;
use crate::time::Date;
use crate::value_type::ValueType;

impl AttributeDeclaration {
    /// A value as rules read it. An unreadable one is absent, or true where the declaration says so.
    #[must_use]
    pub fn read<'a>(&self, value: &'a Attribute, currency: &Currency) -> Reading<'a> {
        let unreadable = if self.unreadable_is_true { Reading::Bool(true) } else { Reading::Absent };
        readable(value, self.kind, currency).unwrap_or(unreadable)
    }

    /// Whether a value can be read as the declared type. Null can: it takes the attribute away.
    #[must_use]
    pub fn can_read(&self, value: &Attribute, currency: &Currency) -> bool {
        readable(value, self.kind, currency).is_some()
    }
}

/// The value by a type; none if it has no form of that type. Text is trimmed, but for the type `string`.
fn readable<'a>(value: &'a Attribute, kind: ValueType, currency: &Currency) -> Option<Reading<'a>> {
    match (kind, value) {
        (_, Attribute::Null) => Some(Reading::Absent),
        (ValueType::Text, Attribute::Text(text)) => Some(Reading::Text(text)),
        (ValueType::Bool, Attribute::Bool(value)) => Some(Reading::Bool(*value)),
        (ValueType::Bool, Attribute::Text(word)) => truth(word.trim_ascii()).map(Reading::Bool),
        (ValueType::Bool, number) => whole(number).and_then(zero_or_one).map(Reading::Bool),
        (ValueType::Int, number) => whole(number).map(Reading::Int),
        (ValueType::Ratio, Attribute::Long(value)) => Some(Reading::Ratio(*value, 1)),
        (ValueType::Ratio, Attribute::Double(text) | Attribute::Text(text)) => {
            fraction(text.trim_ascii()).map(|(numerator, denominator)| Reading::Ratio(numerator, denominator))
        }
        (ValueType::Money, Attribute::Long(minor)) => Some(Reading::Money(*minor)),
        (ValueType::Money, Attribute::Text(major)) => money(major.trim_ascii(), currency).map(Reading::Money),
        (ValueType::Date, Attribute::Text(text)) => date(text.trim_ascii()).map(Reading::Date),
        (ValueType::Text | ValueType::Ratio | ValueType::Money | ValueType::Date, _) => None,
    }
}

fn truth(word: &str) -> Option<bool> {
    let is_one_of = |words: [&str; 4]| words.iter().any(|one| one.eq_ignore_ascii_case(word));
    if is_one_of(["true", "yes", "y", "1"]) {
        return Some(true);
    }
    is_one_of(["false", "no", "n", "0"]).then_some(false)
}

const fn zero_or_one(number: i64) -> Option<bool> {
    match number {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

/// A whole number. A text has no point: in some countries `1.000` is a thousand.
fn whole(value: &Attribute) -> Option<i64> {
    match value {
        Attribute::Long(number) => Some(*number),
        Attribute::Text(text) => Decimal::parse(text.trim_ascii())?.whole(),
        Attribute::Double(decimal) => {
            let (numerator, denominator) = fraction(decimal)?;
            (numerator % denominator == 0).then(|| numerator / denominator)
        }
        Attribute::Null | Attribute::Bool(_) => None,
    }
}

/// Minor units of a text in major units. Without its point `1250` might as well be meant in minor units, unless the
/// currency has none.
fn money(major: &str, currency: &Currency) -> Option<i64> {
    let is_major = currency.decimals == 0 || major.contains('.');
    is_major.then(|| currency.parse(major)).flatten()
}

/// A plain decimal as an exact fraction, its denominator as written; none if one of the two does not fit 64 bits.
fn fraction(text: &str) -> Option<(i64, i64)> {
    Decimal::parse(text)?;
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let denominator = 10_i64.checked_pow(u32::try_from(decimals.len()).ok()?)?;
    Some((format!("{whole}{decimals}").parse().ok()?, denominator))
}

/// A date, or an instant at the beginning of one: `2026-05-03T00:00:00Z`. The date is the one that is written, whichever
/// the offset, and also where there is none.
fn date(text: &str) -> Option<Date> {
    let Some((date, time)) = text.split_at_checked(10) else { return text.parse().ok() };
    (time.is_empty() || is_midnight(time)).then(|| date.parse().ok()).flatten()
}

/// Whether `T00:00:00`, perhaps with a fraction of zeros and an offset (RFC 3339, section 5.6; a space may stand for T).
fn is_midnight(time: &str) -> bool {
    let Some(time) = time.strip_prefix(['T', 't', ' ']).and_then(|time| time.strip_prefix("00:00:00")) else {
        return false;
    };
    let offset = match time.strip_prefix('.') {
        Some(fraction) if fraction.starts_with('0') => fraction.trim_start_matches('0'),
        Some(_) => return false,
        None => time,
    };
    matches!(offset, "" | "Z" | "z") || offset.strip_prefix(['+', '-']).is_some_and(is_offset)
}

/// Whether hours and minutes as a clock shows them: `05:30`.
fn is_offset(text: &str) -> bool {
    let below = |part: &str, bound: u8| {
        part.len() == 2
            && part.bytes().all(|b| b.is_ascii_digit())
            && part.parse().is_ok_and(|number: u8| number < bound)
    };
    text.split_once(':').is_some_and(|(hours, minutes)| below(hours, 24) && below(minutes, 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: ValueType, value: &Attribute) -> Option<Reading<'_>> {
        readable(value, kind, &Currency::new("GBP").unwrap())
    }

    fn text(text: &str) -> Attribute {
        Attribute::Text(text.to_owned())
    }

    fn double(text: &str) -> Attribute {
        Attribute::Double(text.to_owned())
    }

    #[test]
    fn a_bool_is_one_of_few_words_or_zero_or_one() {
        for value in ["true", "TRUE", "True", "Y", "y", "yes", " Yes ", "1"].map(text) {
            assert_eq!(read(ValueType::Bool, &value), Some(Reading::Bool(true)), "{value:?}");
        }
        for value in ["false", "FALSE", "N", "no", "0"].map(text) {
            assert_eq!(read(ValueType::Bool, &value), Some(Reading::Bool(false)), "{value:?}");
        }
        for value in [Attribute::Long(1), double("1"), Attribute::Bool(true)] {
            assert_eq!(read(ValueType::Bool, &value), Some(Reading::Bool(true)), "{value:?}");
        }
        for value in ["J", "", " ", "t", "on", "2", "01", "1.0"].map(text) {
            assert_eq!(read(ValueType::Bool, &value), None, "{value:?}");
        }
        for value in [Attribute::Long(2), Attribute::Long(-1), double("0.5")] {
            assert_eq!(read(ValueType::Bool, &value), None, "{value:?}");
        }
    }

    #[test]
    fn an_int_is_a_whole_number() {
        for value in [Attribute::Long(720), text("720"), text(" 720 "), text("0720"), double("720")] {
            assert_eq!(read(ValueType::Int, &value), Some(Reading::Int(720)), "{value:?}");
        }
        assert_eq!(read(ValueType::Int, &text("-9223372036854775808")), Some(Reading::Int(i64::MIN)));
        for value in ["", "7,2", "1.000", "720.0", "+720", "9223372036854775808", "many"].map(text) {
            assert_eq!(read(ValueType::Int, &value), None, "{value:?}");
        }
        for value in [double("720.5"), double("100000000000000000000"), Attribute::Bool(true)] {
            assert_eq!(read(ValueType::Int, &value), None, "{value:?}");
        }
    }

    #[test]
    fn money_is_a_long_of_minor_units_or_a_decimal_text_of_major_units() {
        for value in [Attribute::Long(1_250), text("12.50"), text("12.5 ")] {
            assert_eq!(read(ValueType::Money, &value), Some(Reading::Money(1_250)), "{value:?}");
        }
        for value in ["1250", "12.505", "1.000", "12,50", "12.", "GBP 12.50"].map(text) {
            assert_eq!(read(ValueType::Money, &value), None, "{value:?}");
        }
        assert_eq!(read(ValueType::Money, &double("12.5")), None);
        let yen = Currency::new("JPY").unwrap();
        assert_eq!(readable(&text("1250"), ValueType::Money, &yen), Some(Reading::Money(1_250)));
        assert_eq!(readable(&text("1250.0"), ValueType::Money, &yen), None);
    }

    #[test]
    fn a_ratio_is_a_number_in_any_form() {
        assert_eq!(read(ValueType::Ratio, &Attribute::Long(2)), Some(Reading::Ratio(2, 1)));
        assert_eq!(read(ValueType::Ratio, &double("0.75")), Some(Reading::Ratio(75, 100)));
        assert_eq!(read(ValueType::Ratio, &text(" -0.75")), Some(Reading::Ratio(-75, 100)));
        for value in ["75%", "3/4", "0,75", ".75", ""].map(text) {
            assert_eq!(read(ValueType::Ratio, &value), None, "{value:?}");
        }
    }

    #[test]
    fn a_date_is_a_day_or_its_midnight_as_written() {
        let day: Date = "2026-05-03".parse().unwrap();
        let forms = [
            "2026-05-03",
            " 2026-05-03 ",
            "2026-05-03T00:00:00Z",
            "2026-05-03t00:00:00.000z",
            "2026-05-03T00:00:00+05:30",
            "2026-05-03T00:00:00-08:00",
            "2026-05-03 00:00:00",
        ];
        for value in forms.map(text) {
            assert_eq!(read(ValueType::Date, &value), Some(Reading::Date(day)), "{value:?}");
        }
        let others = [
            "03/05/2026",
            "2026-05-02T22:00:00Z",
            "2026-05-03T00:00:01Z",
            "2026-05-03T00:00:00.001Z",
            "2026-05-03T00:00:00.",
            "2026-05-03T00:00:00+24:00",
            "2026-05-03T00:00:00+0100",
            "2026-02-30T00:00:00Z",
            "2026-05-0é",
            "",
        ];
        for value in others.map(text) {
            assert_eq!(read(ValueType::Date, &value), None, "{value:?}");
        }
        assert_eq!(read(ValueType::Date, &Attribute::Long(20_576)), None);
    }

    #[test]
    fn a_string_is_text_as_it_was_sent_and_null_is_absent() {
        assert_eq!(read(ValueType::Text, &text(" north ")), Some(Reading::Text(" north ")));
        assert_eq!(read(ValueType::Text, &Attribute::Long(5)), None);
        for kind in ValueType::ALL {
            assert_eq!(read(kind, &Attribute::Null), Some(Reading::Absent));
        }
    }
}
