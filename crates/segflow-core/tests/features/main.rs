//! Features and their expiry: each case is some facts, a rule and an instant, and says what holds until when. The
//! expectations are worked out from `docs/features.md`. A test is named after the feature that it is about, dots as `_`.

#![allow(clippy::unwrap_used, reason = "a test")]

mod contacts;
mod customer;
mod disputes;
mod history;
mod invoices;
mod money;
mod overdue;
mod payments;
mod plans;
mod promises;
mod support;
mod windows;

use expect_test::expect;
use segflow_core::feature::catalogue::entries;
use segflow_core::segmentation::Segmentation;
use support::{adjusted, check, check_known_since, failed, file, issued, received, sent, sms};

const SOURCES: [&str; 11] = [
    include_str!("contacts.rs"),
    include_str!("customer.rs"),
    include_str!("disputes.rs"),
    include_str!("history.rs"),
    include_str!("invoices.rs"),
    include_str!("money.rs"),
    include_str!("overdue.rs"),
    include_str!("payments.rs"),
    include_str!("plans.rs"),
    include_str!("promises.rs"),
    include_str!("windows.rs"),
];

#[test]
fn every_feature_of_the_catalogue_has_a_test_of_its_name() {
    let snake = |name: &str| name.replace('.', "_");
    let tests: Vec<&str> = SOURCES
        .iter()
        .flat_map(|source| source.split("#[test]\nfn ").skip(1))
        .filter_map(|test| test.split('(').next())
        .collect();
    let is_of = |test: &str, name: &str| test.strip_prefix(&snake(name)).is_some_and(|rest| rest.starts_with('_'));
    // `segment_days_..` is a test of `segment.days`, not of `segment`: the longest name counts.
    let entries = entries();
    let feature = |test: &str| {
        let names = entries.iter().map(|entry| entry.name).chain(["profile"]);
        names.filter(|name| is_of(test, name)).max_by_key(|name| name.len())
    };
    let tested: Vec<_> = tests.iter().filter_map(|test| feature(test)).collect();
    let untested: Vec<_> = entries.iter().map(|entry| entry.name).filter(|name| !tested.contains(name)).collect();
    expect!["[]"].assert_eq(&format!("{untested:?}"));
    assert!(tested.contains(&"profile"), "attributes have a test");
}

#[test]
fn false_stays_false_for_as_long_as_its_longest_lived_false_operand() {
    let invoice = [issued("2026-02-01", "I", 10_000, "2026-03-01")];
    let at = "2026-03-02";
    check(&invoice, "overdue.days >= 30 && overdue.days >= 60", at, expect!["1 False until 2026-04-29T22:00:00.000Z"]);
    check(&invoice, "overdue.days < 30 || overdue.days < 60", at, expect!["1 True until 2026-04-29T22:00:00.000Z"]);
    check(&invoice, "overdue.days >= 30 && payments.count(\"7d\") > 0", at, expect!["1 0 False until never"]);
    check(&invoice, "!(overdue.days >= 30)", at, expect!["1 True until 2026-03-30T22:00:00.000Z"]);
    check(&invoice, "overdue.days >= 1 && profile.vulnerable", at, expect!["1 absent Unknown until never"]);
}

#[test]
fn a_fact_counts_from_its_instant_on() {
    let events = [received("2026-03-02T12:00:00.000Z", "P", 1_000, None)];
    check(&events, "credit > 0", "2026-03-02T11:59:59.999Z", expect!["0.00 False until never"]);
    check(&events, "credit > 0", "2026-03-02T12:00:00.000Z", expect!["10.00 True until never"]);
}

#[test]
fn what_happened_before_the_horizon_is_forgotten() {
    // The day before: what happens on 10 March 2024, 730 days earlier, is the first to count.
    let decided = "2026-03-10";
    let invoice = |at| [issued(at, "A", 1_000, "2024-03-20")];
    let (before, first) = (invoice("2024-03-09T22:59:59.999Z"), invoice("2024-03-09T23:00:00.000Z"));
    check_known_since(decided, &before, "balance > 0", decided, expect!["0.00 False until never"]);
    check_known_since(decided, &first, "balance > 0", decided, expect!["10.00 True until never"]);
    let corrected = [issued("2024-03-10", "A", 1_000, "2024-03-20"), adjusted("2024-03-09", "A", -400, None)];
    check_known_since(decided, &corrected, "balance > 0", decided, expect!["10.00 True until never"]);
}

#[test]
fn a_late_fact_counts_at_what_is_decided_with_the_day_on_which_it_happened() {
    let events = [sent("2026-03-01", "K", sms())];
    let rule = r#"contacts.outbound("30d") == 1"#;
    check_known_since("2026-03-05", &events, rule, "2026-03-04", expect!["0 False until never"]);
    check_known_since("2026-03-05", &events, rule, "2026-03-05", expect!["1 True until 2026-03-30T22:00:00.000Z"]);
}

#[test]
fn a_window_is_at_most_the_horizon() {
    let loads = |rule: &str| Segmentation::load("test.yaml", file("Europe/Rome", rule)).is_ok();
    assert!(loads(r#"payments.count("730d") > 0"#));
    assert!(!loads(r#"payments.count("731d") > 0"#));
    assert!(!loads(r#"payments.count("0d") > 0"#));
    assert!(loads("days_late.median(12) > 0"));
    assert!(!loads("days_late.median(13) > 0"));
}

#[test]
fn a_failure_of_a_payment_never_received_leaves_everything_as_it_is() {
    let events = [issued("2026-01-01", "A", 1_000, "2026-01-10"), failed("2026-01-05", "P", None)];
    check(&events, "balance > 0 || credit > 0", "2026-01-06", expect!["10.00 0.00 True until never"]);
}
