//! A sample of customers, by a hash of their ids: the same customers whatever the segmentation, so that two backtests of one
//! sample can be compared.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::report::stats::{Z, number};

const ALL: u32 = 1_000_000;

/// The share of customers who are looked at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Sample {
    per_million: u32,
}

impl Sample {
    /// Whether the customer with this id belongs to it.
    #[must_use]
    pub fn has(self, id: &[u8]) -> bool {
        // A checksum would not do: it spreads ids that are counted up more evenly than chance, and no interval would hold.
        let hash = Sha256::digest(id);
        let hash = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
        u64::from(hash) * u64::from(ALL) < u64::from(self.per_million) << 32
    }

    /// How many customers of all those are likely of whom so many were found in the sample.
    ///
    /// Each customer is in the sample with the same chance, so that what is found is binomial. The interval is the score
    /// interval for it: the totals that what was found is at most [`Z`] standard deviations away from.
    #[must_use]
    pub fn estimate(self, found: u64) -> Estimate {
        let (share, found) = (f64::from(self.per_million) / f64::from(ALL), number(found));
        // From (found - total * share)^2 = Z^2 * total * share * (1 - share).
        let (half, rest) = (Z * Z * (1.0 - share) / 2.0, Z * (1.0 - share).sqrt());
        let spread = rest * (found + Z * Z * (1.0 - share) / 4.0).sqrt();
        let total = |found: f64| (found / share).round();
        Estimate {
            total: total(found),
            // All that were found are there.
            low: total(found + half - spread).max(found),
            high: total(found + half + spread),
        }
    }
}

/// How many there are likely to be of all customers.
#[derive(Clone, Copy, PartialEq, Serialize, Debug)]
pub struct Estimate {
    /// What was found, over the share that was looked at.
    pub total: f64,
    /// The lower end of the interval of 95 %.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// `1%`, or `0.25%`.
impl FromStr for Sample {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("expected a share of customers above 0% and up to 100% such as 1% or 0.25%, found `{text}`");
        let percent = text.strip_suffix('%').ok_or_else(wrong)?;
        let (whole, part) = percent.split_once('.').unwrap_or((percent, ""));
        let digits = format!("{whole}{part:0<4}");
        let is_number = !whole.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && part.len() <= 4;
        let per_million = is_number.then(|| digits.parse().ok()).flatten().ok_or_else(wrong)?;
        if (1..=ALL).contains(&per_million) { Ok(Self { per_million }) } else { Err(wrong()) }
    }
}

/// As it is written.
impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = format!("{}.{:04}", self.per_million / 10_000, self.per_million % 10_000);
        write!(f, "{}%", percent.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_as_they_are_written() {
        for text in ["1%", "0.25%", "100%", "0.0001%", "12.5%"] {
            assert_eq!(text.parse::<Sample>().unwrap().to_string(), text);
        }
        for text in ["", "1", "0%", "100.1%", "-1%", "1.%%", ".5%", "1.00001%", "a%", "1e1%"] {
            assert!(text.parse::<Sample>().unwrap_err().ends_with(&format!("found `{text}`")), "{text}");
        }
    }

    #[test]
    fn a_sample_has_its_share_and_a_smaller_one_is_part_of_a_larger_one() {
        let [small, large]: [Sample; 2] = ["1%", "10%"].map(|text| text.parse().unwrap());
        let ids: Vec<String> = (0..100_000).map(|number| format!("customer-{number:06}")).collect();
        let of = |sample: Sample| ids.iter().filter(|id| sample.has(id.as_bytes())).collect::<Vec<_>>();
        let (small, large) = (of(small), of(large));
        assert!((900..1_100).contains(&small.len()) && (9_700..10_300).contains(&large.len()), "{}", small.len());
        assert!(small.iter().all(|id| large.contains(id)));
        assert!(ids.iter().all(|id| "100%".parse::<Sample>().unwrap().has(id.as_bytes())));
    }

    /// Samples of a known portfolio: the interval holds the truth in about 95 of 100.
    #[test]
    fn intervals_hold_the_truth_about_as_often_as_they_say() {
        let sample: Sample = "2%".parse().unwrap();
        let truth = 3_000;
        let holds = (0..400).filter(|round| {
            let ids = (0..truth).map(|number| format!("round {round} customer {number}"));
            let Estimate { low, high, .. } = sample.estimate(ids.filter(|id| sample.has(id.as_bytes())).count() as u64);
            (low..=high).contains(&f64::from(truth))
        });
        let holds = holds.count();
        assert!((365..=395).contains(&holds), "{holds} of 400");
        let all: Sample = "100%".parse().unwrap();
        assert_eq!(all.estimate(17), Estimate { total: 17.0, low: 17.0, high: 17.0 });
        assert_eq!(sample.estimate(0).low, 0.0);
    }
}
