//! The customer, the calendar, earlier dimensions and experiments.

use expect_test::expect;
use segflow_core::event::{Attribute, Event};

use crate::support::{and, check, check_decided, check_in, issued, sent, sms, text, updated};

const AT: &str = "2026-03-10";

#[test]
fn customer_days_since_the_attribute_says_so_else_since_the_first_fact() {
    let rule = "customer.days < 30";
    check(&[], rule, AT, expect!["absent Unknown until never"]);
    let events = [sent("2026-03-01", "K", sms()), issued("2026-03-05", "A", 1, "2026-04-01")];
    check(&events, rule, AT, expect!["9 True until 2026-03-30T22:00:00.000Z"]);
    check(&events, rule, "2026-03-31", expect!["30 False until never"]);
    let since = |value| and(&events, [updated("2026-03-02", "a", "customer_since", value)]);
    check(&since(text("2020-02-29")), rule, AT, expect!["2201 False until never"]);
    check(&since(text("2026-03-09")), rule, AT, expect!["1 True until 2026-04-07T22:00:00.000Z"]);
    check(&since(text("29 February")), rule, AT, expect!["9 True until 2026-03-30T22:00:00.000Z"]);
    check(&since(Attribute::Null), rule, AT, expect!["9 True until 2026-03-30T22:00:00.000Z"]);
    let night = [sent("2026-02-28T23:00:00.000Z", "K", sms())];
    check(&night, rule, AT, expect!["9 True until 2026-03-30T22:00:00.000Z"]);
    check(&[sent("2026-02-28T22:59:59.999Z", "K", sms())], rule, AT, expect!["10 True until 2026-03-29T22:00:00.000Z"]);
}

#[test]
fn profile_attributes_are_last_writer_wins_and_typed() {
    let events = [
        updated("2026-03-02", "b", "vulnerable", Attribute::Bool(true)),
        updated("2026-03-02", "a", "vulnerable", Attribute::Bool(false)),
        updated("2026-03-01", "c", "score", text("high")),
        updated("2026-03-01", "d", "limit", Attribute::Long(150_000)),
        updated("2026-03-01", "e", "share", Attribute::Double("0.75".to_owned())),
        updated("2026-03-01", "f", "region", text("north")),
        updated("2026-03-01", "g", "renewal", text("2028-02-29")),
    ];
    check(&events, "profile.vulnerable", AT, expect!["true True until never"]);
    check(&events, "profile.score > 1", AT, expect!["absent Unknown until never"]);
    check(&events, "unknown(profile.score)", AT, expect!["absent True until never"]);
    check(&events, "profile.limit >= 1500", AT, expect!["1500.00 True until never"]);
    check(&events, "profile.share > 0.749", AT, expect!["75/100 True until never"]);
    check(&events, r#"profile.region in ["south", "north"]"#, AT, expect!["north True until never"]);
    check(&events, r#"profile.renewal == "2028-02-29""#, AT, expect!["2028-02-29 True until never"]);
}

#[test]
fn profile_attributes_are_absent_before_they_are_given_and_when_taken_away() {
    let one = [updated("2026-03-02", "b", "score", Attribute::Long(0))];
    check(&one, "profile.score == 0", "2026-03-02T11:59:59.999Z", expect!["absent Unknown until never"]);
    check(&one, "profile.score == 0", "2026-03-02", expect!["0 True until never"]);
    let taken = and(&one, [updated("2026-03-05", "c", "score", Attribute::Null)]);
    check(&taken, "profile.score == 0", AT, expect!["absent Unknown until never"]);
    let other = and(&one, [updated("2026-03-05", "c", "limit", Attribute::Long(1))]);
    check(&other, "profile.score == 0", AT, expect!["0 True until never"]);
    check(&[], "profile.vulnerable", AT, expect!["absent Unknown until never"]);
    check(&[], "!profile.vulnerable", AT, expect!["absent Unknown until never"]);
}

fn renewal(day: &str) -> [Event; 1] {
    [updated("2026-01-01", "a", "renewal", text(day))]
}

#[test]
fn days_since_an_attribute_may_be_negative() {
    let rule = "days_since(profile.renewal) >= 1";
    check(&renewal("2028-02-29"), rule, "2028-02-28", expect!["-1 False until 2028-02-29T23:00:00.000Z"]);
    check(&renewal("2028-02-29"), rule, "2028-02-29", expect!["0 False until 2028-02-29T23:00:00.000Z"]);
    check(&renewal("2028-02-29"), rule, "2028-03-01", expect!["1 True until never"]);
    check(&renewal("2026-10-24"), rule, "2026-10-24", expect!["0 False until 2026-10-24T22:00:00.000Z"]);
    check(&[], rule, AT, expect!["absent Unknown until never"]);
    check(&renewal("2027-02-29"), rule, AT, expect!["absent Unknown until never"]);
}

#[test]
fn days_until_an_attribute_may_be_negative() {
    let rule = "days_until(profile.renewal) <= 7";
    check(&renewal("2026-04-02"), rule, AT, expect!["23 False until 2026-03-25T23:00:00.000Z"]);
    check(&renewal("2026-04-06"), rule, AT, expect!["27 False until 2026-03-29T22:00:00.000Z"]);
    check(&renewal("2026-03-10"), rule, AT, expect!["0 True until never"]);
    check(&renewal("2026-03-09"), rule, AT, expect!["-1 True until never"]);
    let today = "days_until(profile.renewal) == 0";
    check(&renewal("2026-03-10"), today, AT, expect!["0 True until 2026-03-10T23:00:00.000Z"]);
    check(&[], rule, AT, expect!["absent Unknown until never"]);
}

#[test]
fn days_until_anniversary_are_to_the_next_yearly_day() {
    let rule = "days_until_anniversary(profile.renewal) <= 7";
    check(&renewal("2024-05-10"), rule, AT, expect!["61 False until 2026-05-02T22:00:00.000Z"]);
    check(&renewal("2024-05-10"), rule, "2026-05-03", expect!["7 True until 2026-05-10T22:00:00.000Z"]);
    check(&renewal("2024-05-10"), rule, "2026-05-10", expect!["0 True until 2026-05-10T22:00:00.000Z"]);
    check(&renewal("2024-05-10"), rule, "2026-05-11", expect!["364 False until 2027-05-02T22:00:00.000Z"]);
    // 29 February is the 28th in other years.
    check(&renewal("2024-02-29"), rule, "2027-02-28", expect!["0 True until 2027-02-28T23:00:00.000Z"]);
    check(&renewal("2024-02-29"), rule, "2027-03-01", expect!["365 False until 2028-02-21T23:00:00.000Z"]);
    check(&renewal("2024-02-29"), rule, "2028-02-28", expect!["1 True until 2028-02-29T23:00:00.000Z"]);
    // The year of the date does not matter.
    check(&renewal("2030-03-12"), rule, AT, expect!["2 True until 2026-03-12T23:00:00.000Z"]);
    check(&[], rule, AT, expect!["absent Unknown until never"]);
}

#[test]
fn today_business_is_a_weekday_without_holidays() {
    check(&[], "today.business", "2026-04-03", expect!["true True until 2026-04-03T22:00:00.000Z"]);
    check(&[], "today.business", "2026-04-04", expect!["false False until 2026-04-06T22:00:00.000Z"]);
    check(&[], "today.business", "2026-04-06", expect!["false False until 2026-04-06T22:00:00.000Z"]);
    check(&[], "today.business", "2026-04-07", expect!["true True until 2026-04-10T22:00:00.000Z"]);
}

#[test]
fn today_month_today_day_and_today_weekday_are_local() {
    let rule = "today.month > 0 && today.day > 0 && today.weekday > 0";
    let last = "2028-02-28T22:59:59.999Z";
    check(&[], rule, last, expect!["2 28 1 True until 2028-02-28T23:00:00.000Z"]);
    check(&[], rule, "2028-02-28T23:00:00.000Z", expect!["2 29 2 True until 2028-02-29T23:00:00.000Z"]);
    check(&[], rule, "2028-02-29T23:00:00.000Z", expect!["3 1 3 True until 2028-03-01T23:00:00.000Z"]);
    check(&[], rule, "2026-12-31T23:00:00.000Z", expect!["1 1 5 True until 2027-01-01T23:00:00.000Z"]);
}

#[test]
fn today_day_lasts_until_the_next_local_midnight() {
    let rule = "today.day == 29";
    check(&[], rule, "2026-03-29", expect!["29 True until 2026-03-29T22:00:00.000Z"]);
    check(&[], rule, "2026-10-25", expect!["25 False until 2026-10-25T23:00:00.000Z"]);
    // In Cairo 24 April 2026 begins at 01:00.
    check_in("Africa/Cairo", &[], "today.day == 24", "2026-04-23", expect!["23 False until 2026-04-23T22:00:00.000Z"]);
    check_in(
        "Africa/Cairo",
        &[],
        "today.day == 24",
        "2026-04-24T01:00:00+03:00",
        expect!["24 True until 2026-04-24T21:00:00.000Z"],
    );
}

#[test]
fn today_weekday_is_7_on_sundays() {
    check(&[], "today.weekday == 7", "2026-03-29", expect!["7 True until 2026-03-29T22:00:00.000Z"]);
    check(&[], "today.weekday in [6, 7]", "2026-03-30", expect!["1 False until 2026-03-30T22:00:00.000Z"]);
}

#[test]
fn today_month_ends_with_its_last_day() {
    check(&[], "today.month == 1", "2026-01-31", expect!["1 True until 2026-01-31T23:00:00.000Z"]);
    check(&[], "today.month == 1", "2026-02-01", expect!["2 False until 2026-02-01T23:00:00.000Z"]);
}

fn held() -> [Event; 3] {
    [
        updated("2026-03-01", "a", "region", text("north")),
        updated("2026-03-04T22:59:59.999Z", "b", "hold", Attribute::Bool(true)),
        updated("2026-03-08", "c", "hold", Attribute::Bool(false)),
    ]
}

#[test]
fn segment_is_that_of_an_earlier_dimension() {
    let rule = r#"segment("guard") == "held""#;
    check(&held(), rule, AT, expect!["absent Unknown until never"]);
    check_decided(&held(), rule, "2026-03-04", expect!["none False until never"]);
    check_decided(&held(), rule, "2026-03-04T22:59:59.999Z", expect!["held True until never"]);
    check_decided(&held(), rule, "2026-03-08", expect!["none False until never"]);
}

#[test]
fn segment_days_count_from_the_day_of_entry() {
    let rule = r#"segment.days("guard") >= 2"#;
    check(&held(), rule, AT, expect!["absent Unknown until never"]);
    check_decided(&held(), rule, "2026-03-04", expect!["3 True until never"]);
    check_decided(&held(), rule, "2026-03-04T22:59:59.999Z", expect!["0 False until 2026-03-05T23:00:00.000Z"]);
    check_decided(&held(), rule, "2026-03-05", expect!["1 False until 2026-03-05T23:00:00.000Z"]);
    check_decided(&held(), rule, "2026-03-06", expect!["2 True until never"]);
    check_decided(&held(), rule, "2026-03-08", expect!["0 False until 2026-03-09T23:00:00.000Z"]);
}

#[test]
fn bucket_is_a_share_of_the_digest_of_experiment_and_customer() {
    // printf 'arm\0C' | sha256sum, modulo 100.
    check(&[], r#"bucket("arm") < 77"#, AT, expect!["76 True until never"]);
    check(&[], r#"bucket("test") < 73"#, AT, expect!["73 False until never"]);
}
