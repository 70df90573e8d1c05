//! Numbers as people write them, and as rules write them: `1,000` is 1000, `50%` is 0.5, and `30 days` is 30 or a window.

use super::pieces::is_word;

/// Signs of currencies.
pub(super) const SIGNS: [char; 5] = ['$', '\u{a3}', '\u{20ac}', '\u{a5}', '\u{20b9}'];
/// Units of time in days; a unit of 0 is a month, of which twelve are 365 days.
const UNITS: [(&str, u64); 17] = [
    ("d", 1),
    ("day", 1),
    ("days", 1),
    ("w", 7),
    ("wk", 7),
    ("week", 7),
    ("weeks", 7),
    ("mo", 0),
    ("mon", 0),
    ("month", 0),
    ("months", 0),
    ("y", 365),
    ("yr", 365),
    ("yrs", 365),
    ("year", 365),
    ("years", 365),
    ("dpd", 1),
];

/// A number as it is written in a rule.
pub(super) struct Read {
    pub(super) end: usize,
    /// As a rule writes it.
    pub(super) text: String,
    /// Whether it is a window, which a rule writes as a text.
    pub(super) window: bool,
    /// Why it was not as a rule writes it; empty if it was.
    pub(super) why: &'static str,
}

/// Reads the number that begins at a character. `call` is whether the bracket around it opens the arguments of a name;
/// none outside of brackets, where alone a comma can be a part of a number.
pub(super) fn read(rule: &[char], at: usize, call: Option<bool>) -> Read {
    let mut number = Number { rule, next: at, whole: String::new(), decimals: String::new(), why: "" };
    if SIGNS.contains(&rule[at]) {
        (number.next, number.why) = (at + 1, "an amount has no sign of a currency");
    }
    number.whole(call.is_none());
    number.decimals(call.is_none());
    let window = number.suffix(call == Some(true));
    let Number { next, whole, decimals, why, .. } = number;
    let point = if decimals.is_empty() { "" } else { "." };
    let unit = if window { "d" } else { "" };
    Read { end: next, text: format!("{whole}{point}{decimals}{unit}"), window, why }
}

/// The days of a window as people write it: `last 30 days`, `3 months`, `90`, `90d`.
pub(crate) fn days(text: &str) -> Option<u64> {
    let text = text.trim().to_lowercase();
    let text = ["last ", "past ", "previous "].iter().find_map(|word| text.strip_prefix(word)).unwrap_or(&text);
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (count, unit) = text.split_at(digits);
    in_days(count.parse().ok()?, if unit.is_empty() { "d" } else { unit.trim() })
}

fn in_days(count: u64, unit: &str) -> Option<u64> {
    match UNITS.iter().find(|(word, _)| *word == unit)?.1 {
        0 => count.checked_mul(365).map(|days| days / 12),
        days => count.checked_mul(days),
    }
}

struct Number<'a> {
    rule: &'a [char],
    next: usize,
    whole: String,
    decimals: String,
    why: &'static str,
}

impl Number<'_> {
    fn char(&self, ahead: usize) -> char {
        self.rule.get(self.next + ahead).copied().unwrap_or(' ')
    }

    /// How many digits stand behind the next characters.
    fn digits(&self, ahead: usize) -> usize {
        (ahead..).take_while(|ahead| self.char(*ahead).is_ascii_digit()).count()
    }

    fn take(&mut self) -> String {
        let count = self.digits(0);
        let taken = self.rule[self.next..self.next + count].iter().collect();
        self.next += count;
        taken
    }

    fn whole(&mut self, free: bool) {
        self.whole = self.take();
        let mut separator = ' ';
        loop {
            let grouped = match self.char(0) {
                ',' => free && self.digits(1) == 3,
                '\'' | ' ' | '\u{a0}' | '\u{202f}' => self.digits(1) == 3 && !self.whole.is_empty(),
                '_' => self.digits(1) > 0,
                // As in `1.000,50` and `1.000.000`.
                '.' if free && self.digits(1) == 3 => {
                    separator == '.' || matches!((self.char(4), self.digits(5)), (',', 1 | 2) | ('.', 3))
                }
                _ => false,
            };
            if !grouped {
                break;
            }
            separator = self.char(0);
            (self.next, self.why) = (self.next + 1, "a number has no separators");
            let more = self.take();
            self.whole.push_str(&more);
        }
    }

    fn decimals(&mut self, free: bool) {
        match (self.char(0), self.digits(1)) {
            ('.', 0) if !is_word(self.char(1)) && self.char(1) != '.' => {
                (self.next, self.why) = (self.next + 1, "a digit stands after a point");
            }
            ('.', 1..) => {
                self.next += 1;
                self.decimals = self.take();
            }
            (',', 1 | 2) if free => {
                (self.next, self.why) = (self.next + 1, "decimals stand after a point");
                self.decimals = self.take();
            }
            _ => {}
        }
        if self.whole.is_empty() {
            (self.whole, self.why) = ("0".to_owned(), "a digit stands before a point");
        }
    }

    /// What stands behind the digits; whether it makes them a window.
    fn suffix(&mut self, call: bool) -> bool {
        let gap = (0..).take_while(|ahead| self.rule.get(self.next + ahead) == Some(&' ')).count();
        let word: String = (gap..).map(|ahead| self.char(ahead)).take_while(|c| is_word(*c)).collect();
        let end = self.next + gap + word.chars().count();
        let days = self.whole.parse().ok().and_then(|count| in_days(count, &word.to_lowercase()));
        match (word.to_lowercase().as_str(), days) {
            ("", _) if self.char(gap) == '%' && !self.goes_on(gap + 1) => {
                self.shift(-2);
                (self.next, self.why) = (self.next + gap + 1, "there are no percentages");
            }
            ("", _) if SIGNS.contains(&self.char(gap)) => {
                (self.next, self.why) = (self.next + gap + 1, "an amount has no sign of a currency");
            }
            ("k", _) if gap == 0 => {
                self.shift(3);
                (self.next, self.why) = (end, "numbers are written out");
            }
            (_, Some(days)) if self.decimals.is_empty() => {
                self.whole = days.to_string();
                (self.next, self.why) = (end, if call { "a window is a text" } else { "days are a plain number" });
                return call;
            }
            (word, _) if gap == 0 && word.starts_with('e') => {
                if let Ok(exponent @ 0..=18) = word[1..].parse() {
                    self.shift(exponent);
                    (self.next, self.why) = (end, "there are no exponents");
                }
            }
            _ => {}
        }
        false
    }

    /// Whether an operand stands there, so that a `%` before it is the operator of a remainder.
    fn goes_on(&self, ahead: usize) -> bool {
        let mut rest = self.rule.iter().skip(self.next + ahead);
        rest.find(|c| !c.is_whitespace()).is_some_and(|c| c.is_ascii_digit() || *c == '(')
    }

    /// Multiplies by a power of ten.
    fn shift(&mut self, places: i32) {
        let mut digits = format!("{}{}", self.whole, self.decimals);
        let mut point = i32::try_from(self.whole.len()).unwrap_or(0) + places;
        while point < 1 {
            (digits, point) = (format!("0{digits}"), point + 1);
        }
        let point = usize::try_from(point).unwrap_or(1);
        while digits.len() < point {
            digits.push('0');
        }
        let (whole, decimals) = digits.split_at(point);
        let plain = whole.trim_start_matches('0');
        (self.whole, self.decimals) =
            (if plain.is_empty() { "0" } else { plain }.to_owned(), decimals.trim_end_matches('0').to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_as_people_write_them() {
        let reads = |text: &str| {
            let rule: Vec<char> = text.chars().collect();
            let read = read(&rule, 0, None);
            assert_eq!(read.end, rule.len(), "{text}");
            (read.text, read.why)
        };
        for plain in ["30", "5000.00", "0.5"] {
            assert_eq!(reads(plain), (plain.to_owned(), ""));
        }
        for (text, number) in [
            ("1,000", "1000"),
            ("1,000,000.50", "1000000.50"),
            ("1.000,50", "1000.50"),
            ("1.000.000", "1000000"),
            ("1_000", "1000"),
            ("1'000", "1000"),
            ("1 000", "1000"),
            ("10,5", "10.5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("50%", "0.5"),
            ("2.5 %", "0.025"),
            ("100%", "1"),
            ("150%", "1.5"),
            ("5k", "5000"),
            ("1.5e6", "1500000"),
            ("1e3", "1000"),
            ("\u{a3}50", "50"),
            ("50\u{20ac}", "50"),
            ("30 days", "30"),
            ("30d", "30"),
            ("2 weeks", "14"),
            ("12 months", "365"),
        ] {
            let (read, why) = reads(text);
            assert_eq!(read, number, "{text}");
            assert!(!why.is_empty(), "{text}");
        }
    }

    #[test]
    fn windows_are_days() {
        assert_eq!(days("90d"), Some(90));
        assert_eq!(days("last 30 days"), Some(30));
        assert_eq!(days("3 Months"), Some(91));
        assert_eq!(days("30"), Some(30));
        assert_eq!(days("LOAN"), None);
        assert_eq!(days("7 calls"), None);
        assert_eq!(days("99999999999999999999y"), None);
    }
}
