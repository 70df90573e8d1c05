//! Statistics of the report: percentiles, intervals, separation. Pure arithmetic.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::observe::outcomes::Rate;

/// The normal quantile of a two-sided interval of 95 %.
pub const Z: f64 = 1.959_963_984_540_054;

/// A share with its interval of 95 %.
#[derive(Clone, Copy, PartialEq, Serialize, Debug)]
pub struct Share {
    /// All entries.
    pub entries: u64,
    /// The entries with the outcome.
    pub hits: u64,
    /// Their share, from 0 to 1.
    pub rate: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The score interval of E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22
/// (1927). Without entries it is everything from 0 to 1.
#[must_use]
pub fn wilson(rate: Rate) -> Share {
    let Rate { entries, hits } = rate;
    if entries == 0 {
        return Share { entries, hits, rate: 0.0, low: 0.0, high: 1.0 };
    }
    let (n, share) = (number(entries), number(hits) / number(entries));
    let centre = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    Share {
        entries,
        hits,
        rate: share,
        low: ((centre - spread) / scale).max(0.0),
        high: ((centre + spread) / scale).min(1.0),
    }
}

/// How well segments separate those with an outcome from those without.
#[derive(Clone, Copy, PartialEq, Serialize, Debug)]
pub struct Separation {
    /// Twice the area under the ROC curve, less one: 0 tells nobody apart, 1 everybody.
    pub gini: f64,
    /// The greatest distance between the two cumulative shares (Kolmogorov and Smirnov).
    pub ks: f64,
}

/// The separation by segments in the order of their rates; none unless some entries have the outcome and some have not.
#[must_use]
pub fn separation(rates: &[Rate]) -> Option<Separation> {
    let (hits, misses) =
        rates.iter().fold((0, 0), |(hits, misses), rate| (hits + rate.hits, misses + rate.entries - rate.hits));
    if hits == 0 || misses == 0 {
        return None;
    }
    let mut ordered: Vec<&Rate> = rates.iter().filter(|rate| rate.entries > 0).collect();
    ordered.sort_by(|a, b| (b.hits * a.entries).cmp(&(a.hits * b.entries)));
    let (mut with, mut without, mut area, mut ks) = (0.0, 0.0, 0.0, 0.0_f64);
    for rate in ordered {
        let (more, other) = (number(rate.hits) / number(hits), number(rate.entries - rate.hits) / number(misses));
        area += other * (with + more / 2.0);
        (with, without) = (with + more, without + other);
        ks = ks.max((with - without).abs());
    }
    Some(Separation { gini: 2.0 * area - 1.0, ks })
}

/// A distribution of durations.
#[derive(Clone, Copy, PartialEq, Default, Serialize, Debug)]
pub struct Durations {
    /// How many durations there are.
    pub count: u64,
    /// Their mean, in days.
    pub mean_days: f64,
    /// A quarter is no longer than this, in days.
    pub p25_days: f64,
    /// Half of them are no longer than this, in days.
    pub median_days: f64,
    /// Three quarters are no longer than this, in days.
    pub p75_days: f64,
    /// Nine tenths are no longer than this, in days.
    pub p90_days: f64,
}

/// The distribution of durations counted by whole hours; percentiles by nearest rank.
#[must_use]
pub fn durations(hours: &BTreeMap<u32, u64>) -> Durations {
    let count: u64 = hours.values().sum();
    if count == 0 {
        return Durations::default();
    }
    let days = |hours: u32| f64::from(hours) / 24.0;
    let percentile = |hundredths: u64| {
        let rank = (count * hundredths).div_ceil(100);
        let mut seen = 0;
        let reached = hours.iter().find(|(_, many)| {
            seen += **many;
            seen >= rank
        });
        days(reached.map_or(0, |(hours, _)| *hours))
    };
    let sum: f64 = hours.iter().map(|(hours, many)| days(*hours) * number(*many)).sum();
    Durations {
        count,
        mean_days: sum / number(count),
        p25_days: percentile(25),
        median_days: percentile(50),
        p75_days: percentile(75),
        p90_days: percentile(90),
    }
}

/// A count as a float: exact up to 2^53.
#[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
#[must_use]
pub fn number(count: u64) -> f64 {
    count as f64
}

/// A part as a share of a whole; 0 if the whole is nothing.
#[must_use]
pub fn part(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { number(part) / number(whole) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998),
    /// table I, method 3.
    #[test]
    fn intervals_are_those_published() {
        let published =
            [(263, 81, 0.2553, 0.3662), (148, 15, 0.0624, 0.1605), (20, 0, 0.0, 0.1611), (29, 1, 0.0061, 0.1718)];
        for (entries, hits, low, high) in published {
            let share = wilson(Rate { entries, hits });
            assert!((share.low - low).abs() < 5e-5 && (share.high - high).abs() < 5e-5, "{share:?}");
        }
    }

    #[test]
    fn separation_is_nothing_or_everything_at_the_ends() {
        let rate = |entries, hits| Rate { entries, hits };
        let same = separation(&[rate(10, 5), rate(20, 10)]).unwrap();
        assert!(same.gini.abs() < 1e-12 && same.ks.abs() < 1e-12);
        let all = separation(&[rate(10, 0), rate(20, 20)]).unwrap();
        assert!((all.gini - 1.0).abs() < 1e-12 && (all.ks - 1.0).abs() < 1e-12);
        assert_eq!(separation(&[rate(10, 10)]), None);
        // By hand: shares of hits 8/10 and 2/10, of misses 2/10 and 8/10.
        let some = separation(&[rate(10, 2), rate(10, 8)]).unwrap();
        assert!((some.ks - 0.6).abs() < 1e-12 && (some.gini - 0.6).abs() < 1e-12);
    }

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let hours = BTreeMap::from([(24, 1), (48, 2), (240, 1)]);
        let found = durations(&hours);
        assert_eq!((found.p25_days, found.median_days, found.p75_days, found.p90_days), (1.0, 2.0, 2.0, 10.0));
        assert!((found.mean_days - 3.75).abs() < 1e-12);
    }
}
