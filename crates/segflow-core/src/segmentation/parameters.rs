//! The key `parameters`: the parameters with their defaults and bounds.

use super::error::Problems;
use super::fields::{span, whole};
use super::yaml::Map;
use crate::feature::context::Parameters;
use crate::money::Currency;
use crate::rule::syntax::decimal::Decimal;
use crate::time::{Date, Span};

const KEYS: [&str; 11] = [
    "horizon",
    "promise_grace_business_days",
    "promise_tolerance",
    "overdue_tolerance",
    "pending_business_days",
    "allocate_to_disputed",
    "due_date_roll",
    "click_min_seconds",
    "call_limit",
    "history_since",
    "holidays",
];

/// The longest horizon, in days: ten years.
pub(crate) const MAX_HORIZON_DAYS: i32 = 3_650;

impl Parameters {
    pub(super) fn read(file: &Map, currency: &Currency, problems: &mut Problems) -> Self {
        let map = file.get("parameters").and_then(|yaml| problems.map(yaml, "a map of parameters"));
        if let Some(map) = map {
            problems.only_keys(map, "`parameters`", &KEYS);
        }
        let horizon = format!("days from 1d to {MAX_HORIZON_DAYS}d");
        let tolerance = format!(
            "an amount in {} of at most {} decimals that is not negative, such as {}",
            currency.code,
            currency.decimals,
            currency.format(0)
        );
        Self {
            horizon_days: problems.or(map, "horizon", 730, &horizon, |text| match span(text)? {
                Span::Days(days) => (days <= MAX_HORIZON_DAYS).then_some(days),
                Span::Hours(_) => None,
            }),
            promise_grace_business_days: business_days(map, "promise_grace_business_days", 2, problems),
            promise_tolerance: problems.or(
                map,
                "promise_tolerance",
                (19, 20),
                "a share above 0 and up to 1, such as 0.95",
                share,
            ),
            overdue_tolerance_minor: problems.or(map, "overdue_tolerance", 0, &tolerance, |text| {
                Decimal::parse(text)?.minor(currency.decimals).filter(|minor| *minor >= 0)
            }),
            pending_business_days: business_days(map, "pending_business_days", 5, problems),
            allocates_to_disputed: problems.or(
                map,
                "allocate_to_disputed",
                true,
                "`last` or `never`",
                |text| match text {
                    "last" => Some(true),
                    "never" => Some(false),
                    _ => None,
                },
            ),
            rolls_due_dates: problems.or(map, "due_date_roll", false, "`none` or `following`", |text| match text {
                "none" => Some(false),
                "following" => Some(true),
                _ => None,
            }),
            click_min_seconds: problems.or(map, "click_min_seconds", 10, "a whole number from 0 to 3600", |text| {
                whole(text).filter(|seconds| *seconds <= 3600)
            }),
            call_limit: problems.or(map, "call_limit", 7, "a whole number from 0 to 1000", |text| {
                whole(text).filter(|calls| *calls <= 1000)
            }),
            history_since: problems.or(map, "history_since", None, A_DATE, |text| text.parse().ok().map(Some)),
            holidays: map.map_or_else(Vec::new, |map| holidays(map, problems)),
        }
    }
}

fn business_days(map: Option<&Map>, key: &'static str, default: u32, problems: &mut Problems) -> u32 {
    problems.or(map, key, default, "a whole number from 0 to 30", |text| whole(text).filter(|days| *days <= 30))
}

const A_DATE: &str = "a date such as 2026-05-03, from 1900 to 2199";

fn share(text: &str) -> Option<(i64, i64)> {
    let (numerator, denominator) = Decimal::parse(text)?.fraction();
    (0 < numerator && numerator <= denominator).then_some((numerator, denominator))
}

fn holidays(map: &Map, problems: &mut Problems) -> Vec<Date> {
    let items = map.get("holidays").and_then(|yaml| problems.list(yaml, "a list of dates")).unwrap_or_default();
    let read = |item| problems.value(item, A_DATE, |text| text.parse().ok());
    let mut dates: Vec<Date> = items.iter().filter_map(read).collect();
    dates.sort();
    dates.dedup();
    dates
}
