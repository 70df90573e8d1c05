//! Payments, failures, how late invoices are paid, and pay days.

use expect_test::expect;
use segflow_core::event::{Event, FailureCode};

use crate::support::{
    adjusted, and, check, check_in, failed, issued, named, received, received_by, reversed, text, updated, written_off,
};

/// A payment of 10.00 on each of these days.
fn paid_on(days: &[&str]) -> Vec<Event> {
    days.iter().enumerate().map(|(place, day)| received(day, &format!("P{place}"), 1_000, None)).collect()
}

/// 23:00 UTC is midnight in Rome: the last instant of a day, and the first of the next.
fn at_midnight() -> [Event; 2] {
    [received("2026-01-01T22:59:59.999Z", "P1", 1_000, None), received("2026-01-01T23:00:00.000Z", "P2", 500, None)]
}

#[test]
fn payments_count_until_they_leave_their_window_at_midnight() {
    let (events, rule) = (at_midnight(), r#"payments.count("7d") == 2"#);
    check(&events, rule, "2026-01-07", expect!["2 True until 2026-01-07T23:00:00.000Z"]);
    check(&events, rule, "2026-01-08", expect!["1 False until 2026-01-08T23:00:00.000Z"]);
    check(&events, rule, "2026-01-09", expect!["0 False until never"]);
    let today = r#"payments.count("1d") > 0"#;
    check(&events, today, "2026-01-01T22:59:59.999Z", expect!["1 True until 2026-01-01T23:00:00.000Z"]);
    check(&events, today, "2026-01-01T23:00:00.000Z", expect!["1 True until 2026-01-02T23:00:00.000Z"]);
}

#[test]
fn payments_sum_until_they_leave_their_window_at_midnight() {
    let (events, rule) = (at_midnight(), r#"payments.sum("7d") >= 15.00"#);
    check(&events, rule, "2026-01-07", expect!["15.00 True until 2026-01-07T23:00:00.000Z"]);
    check(&events, rule, "2026-01-08", expect!["5.00 False until 2026-01-08T23:00:00.000Z"]);
    check(&events, rule, "2026-01-09", expect!["0.00 False until never"]);
    let largest = [received("2026-01-05", "P", i64::MAX, None), received("2026-01-06", "Q", 1, None)];
    check(&largest, rule, "2026-01-07", expect!["92233720368547758.07 True until 2026-01-11T23:00:00.000Z"]);
}

#[test]
fn payments_average_is_rounded_down_and_absent_without_a_payment() {
    let (events, rule) = (at_midnight(), r#"payments.average("7d") >= 7.50"#);
    check(&events, rule, "2026-01-07", expect!["7.50 True until 2026-01-07T23:00:00.000Z"]);
    check(&events, rule, "2026-01-08", expect!["5.00 False until 2026-01-08T23:00:00.000Z"]);
    check(&events, rule, "2026-01-09", expect!["absent Unknown until never"]);
    let thirds = and(&events, [received("2026-01-02", "P3", 500, None)]);
    check(&thirds, rule, "2026-01-07", expect!["6.66 False until 2026-01-07T23:00:00.000Z"]);
    let back = and(&events, [reversed("2026-01-03", "P2")]);
    check(&back, rule, "2026-01-07", expect!["10.00 True until 2026-01-07T23:00:00.000Z"]);
    let largest = [received("2026-01-05", "P", i64::MAX, None), received("2026-01-06", "Q", 1, None)];
    check(&largest, rule, "2026-01-07", expect!["46116860184273879.04 True until 2026-01-11T23:00:00.000Z"]);
}

#[test]
fn payments_count_over_leap_days_and_changes_of_the_clock() {
    let rule = r#"payments.count("7d") > 0"#;
    let leap = paid_on(&["2028-02-29"]);
    check(&leap, rule, "2028-03-01", expect!["1 True until 2028-03-06T23:00:00.000Z"]);
    let spring = paid_on(&["2026-03-25"]);
    check(&spring, rule, "2026-03-26", expect!["1 True until 2026-03-31T22:00:00.000Z"]);
    let autumn = paid_on(&["2026-10-22"]);
    check(&autumn, rule, "2026-10-23", expect!["1 True until 2026-10-28T23:00:00.000Z"]);
}

#[test]
fn payments_count_and_payments_sum_are_of_what_stands() {
    let rule = r#"payments.count("30d") > 0 || payments.sum("30d") > 0"#;
    let paid = paid_on(&["2026-01-05"]);
    let at = "2026-01-10";
    check(&paid, rule, at, expect!["1 10.00 True until 2026-02-03T23:00:00.000Z"]);
    check(&and(&paid, [failed("2026-01-06", "P0", None)]), rule, at, expect!["0 0.00 False until never"]);
    check(&and(&paid, [reversed("2026-01-06", "P0")]), rule, at, expect!["0 0.00 False until never"]);
    check(
        &and(&paid, [reversed("2026-01-04", "P0")]),
        rule,
        at,
        expect!["1 10.00 True until 2026-02-03T23:00:00.000Z"],
    );
    let later = and(&paid, [reversed("2026-01-11", "P0")]);
    check(&later, rule, at, expect!["1 10.00 True until 2026-02-03T23:00:00.000Z"]);
    let twice = and(&paid, [named("P0 again", received("2026-01-06", "P0", 9_000, None))]);
    check(&twice, rule, at, expect!["1 90.00 True until 2026-02-03T23:00:00.000Z"]);
}

#[test]
fn payments_last_days_count_from_the_last_that_counts() {
    let events = paid_on(&["2026-01-01", "2026-01-05"]);
    let rule = "payments.last_days > 30";
    check(&[], rule, "2026-01-08", expect!["absent Unknown until never"]);
    check(&events, rule, "2026-01-05", expect!["0 False until 2026-02-04T23:00:00.000Z"]);
    check(&events, rule, "2026-01-08", expect!["3 False until 2026-02-04T23:00:00.000Z"]);
    check(&events, rule, "2026-02-05", expect!["31 True until never"]);
    check(
        &and(&events, [reversed("2026-01-06", "P1")]),
        rule,
        "2026-01-08",
        expect!["7 False until 2026-01-31T23:00:00.000Z"],
    );
}

#[test]
fn payments_last_method_is_of_the_last_that_counts() {
    let rule = r#"payments.last_method == "card""#;
    let events = [received_by("card", "2026-01-01", "P1"), received_by("cash", "2026-01-02", "P2")];
    let at = "2026-01-08";
    check(&[], rule, at, expect!["absent Unknown until never"]);
    check(&events[..1], rule, at, expect!["card True until never"]);
    check(&events, rule, at, expect!["cash False until never"]);
    check(&and(&events, [reversed("2026-01-03", "P2")]), rule, at, expect!["card True until never"]);
    check(&and(&events, [received("2026-01-04", "P3", 1, None)]), rule, at, expect!["absent Unknown until never"]);
    let tie = [received_by("card", "2026-01-02", "P3"), received_by("cash", "2026-01-02", "P2")];
    check(&tie, rule, at, expect!["card True until never"]);
}

#[test]
fn payments_reversed_counts_each_reversal_by_its_day() {
    let rule = r#"payments.reversed("7d") > 0"#;
    let unknown = [reversed("2026-01-05", "P")];
    check(&[], rule, "2026-01-11", expect!["0 False until never"]);
    check(&unknown, rule, "2026-01-11", expect!["1 True until 2026-01-11T23:00:00.000Z"]);
    check(&unknown, rule, "2026-01-12", expect!["0 False until never"]);
    let again = and(&unknown, [reversed("2026-01-10", "P")]);
    check(&again, rule, "2026-01-11", expect!["2 True until 2026-01-11T23:00:00.000Z"]);
    check(&again, rule, "2026-01-12", expect!["1 True until 2026-01-16T23:00:00.000Z"]);
    let known = and(&again, [received("2026-01-02", "P", 1_000, None), reversed("2026-01-06", "Q")]);
    check(&known, rule, "2026-01-11", expect!["3 True until 2026-01-11T23:00:00.000Z"]);
    check(&and(&[], [failed("2026-01-05", "P", None)]), rule, "2026-01-11", expect!["0 False until never"]);
}

#[test]
fn payments_failed_counts_each_failure_by_its_day_and_code() {
    let events = [
        failed("2026-01-05", "P", Some(FailureCode::InsufficientFunds)),
        failed("2026-01-20", "P", Some(FailureCode::Declined)),
        failed("2026-01-21", "Q", None),
    ];
    let at = "2026-01-22";
    check(&events, r#"payments.failed("90d") > 0"#, at, expect!["3 True until 2026-04-04T22:00:00.000Z"]);
    let (declined, funds) =
        (r#"payments.failed("90d", "DECLINED")"#, r#"payments.failed("90d", "INSUFFICIENT_FUNDS")"#);
    check(&events, &format!("{declined} > 0"), at, expect!["1 True until 2026-04-19T22:00:00.000Z"]);
    check(&events, &format!("{funds} > 0"), at, expect!["1 True until 2026-04-04T22:00:00.000Z"]);
    check(&events[..2], r#"payments.failed("7d") > 0"#, at, expect!["1 True until 2026-01-26T23:00:00.000Z"]);
    check(&events, r#"payments.failed("7d") > 0"#, at, expect!["2 True until 2026-01-26T23:00:00.000Z"]);
}

fn due() -> [Event; 1] {
    [issued("2026-01-01", "A", 1_000, "2026-01-10")]
}

#[test]
fn pay_ratio_is_what_was_received_over_what_fell_due() {
    let rule = r#"pay_ratio("30d") >= 0.4"#;
    let paid = |amount| and(&due(), [received("2026-01-05", "P", amount, None)]);
    check(&paid(400), rule, "2026-01-10", expect!["absent Unknown until 2026-01-10T23:00:00.000Z"]);
    check(&paid(400), rule, "2026-01-11", expect!["400/1000 True until 2026-02-03T23:00:00.000Z"]);
    check(&paid(399), rule, "2026-01-11", expect!["399/1000 False until 2026-02-03T23:00:00.000Z"]);
    check(&paid(1_500), rule, "2026-01-11", expect!["1500/1000 True until 2026-02-03T23:00:00.000Z"]);
    check(&paid(400), rule, "2026-02-04", expect!["0/1000 False until 2026-02-08T23:00:00.000Z"]);
    check(&paid(400), rule, "2026-02-09", expect!["absent Unknown until never"]);
}

#[test]
fn pay_ratio_is_absent_where_nothing_fell_due() {
    let (at, rule) = ("2026-01-15", r#"pay_ratio("30d") >= 0"#);
    check(&paid_on(&["2026-01-05"]), rule, at, expect!["absent Unknown until never"]);
    check(&and(&due(), [written_off("2026-01-12", "A")]), rule, at, expect!["absent Unknown until never"]);
    check(&due(), rule, at, expect!["0/1000 True until 2026-02-08T23:00:00.000Z"]);
    let moved = and(&due(), [adjusted("2026-01-12", "A", 0, Some("2026-01-20"))]);
    check(&moved, rule, at, expect!["absent Unknown until 2026-01-20T23:00:00.000Z"]);
    let reversed = and(&due(), [received("2026-01-05", "P", 400, None), reversed("2026-01-12", "P")]);
    check(&reversed, rule, at, expect!["0/1000 True until 2026-02-08T23:00:00.000Z"]);
    let raised = and(&due(), [adjusted("2026-01-12", "A", 500, None)]);
    check(&raised, rule, at, expect!["0/1500 True until 2026-02-08T23:00:00.000Z"]);
}

/// Paid 5 days late, early, and 10 days late.
fn three() -> Vec<Event> {
    let issue = |id, due| issued("2026-01-01", id, 1_000, due);
    let pay = |at, id| received(at, &format!("P{id}"), 1_000, Some(id));
    vec![
        issue("A", "2026-01-10"),
        issue("B", "2026-01-20"),
        issue("C", "2026-02-10"),
        pay("2026-01-15", "A"),
        pay("2026-01-18", "B"),
        pay("2026-02-20", "C"),
    ]
}

#[test]
fn days_late_median_is_over_the_last_invoices_paid_in_full() {
    let at = "2026-03-01";
    check(&[], "days_late.median(3) > 0", at, expect!["absent Unknown until never"]);
    check(&three(), "days_late.median(1) > 0", at, expect!["10 True until never"]);
    check(&three(), "days_late.median(2) > 0", at, expect!["0 False until never"]);
    check(&three(), "days_late.median(3) > 0", at, expect!["5 True until never"]);
    check(&three(), "days_late.median(12) > 0", at, expect!["5 True until never"]);
    check(&three(), "days_late.median(12) > 0", "2026-02-19", expect!["0 False until never"]);
    check(
        &and(&three(), [reversed("2026-02-21", "PC")]),
        "days_late.median(1) > 0",
        at,
        expect!["0 False until never"],
    );
}

#[test]
fn days_late_median_of_one_invoice_however_it_was_paid() {
    let late = |events: &[Event], expected| {
        check(&and(&due(), events.to_vec()), "days_late.median(1) >= 0", "2026-03-01", expected)
    };
    late(&[received("2026-01-10", "P", 1_000, None)], expect!["0 True until never"]);
    late(&[received("2026-01-11", "P", 1_000, None)], expect!["1 True until never"]);
    late(&[received("2026-01-15T22:59:59.999Z", "P", 1_000, None)], expect!["5 True until never"]);
    late(&[received("2026-01-15T23:00:00.000Z", "P", 1_000, None)], expect!["6 True until never"]);
    late(&[received("2025-12-15", "P", 1_000, None)], expect!["0 True until never"]);
    late(&[received("2026-01-15", "P", 999, None)], expect!["absent Unknown until never"]);
    // An adjustment brings it about, and another undoes it; where nothing was allocated nothing was paid.
    let paid = received("2026-01-15", "P", 600, None);
    late(&[paid.clone(), adjusted("2026-01-25", "A", -400, None)], expect!["15 True until never"]);
    let reopened = adjusted("2026-01-26", "A", 100, None);
    late(
        &[paid.clone(), adjusted("2026-01-25", "A", -400, None), reopened.clone()],
        expect!["absent Unknown until never"],
    );
    let rest = received("2026-01-30", "Q", 100, None);
    late(&[paid, adjusted("2026-01-25", "A", -400, None), reopened, rest], expect!["20 True until never"]);
    late(&[adjusted("2026-01-25", "A", -1_000, None)], expect!["absent Unknown until never"]);
    let recovered = received("2026-01-25", "P", 1_000, Some("A"));
    late(&[written_off("2026-01-20", "A"), recovered], expect!["absent Unknown until never"]);
}

#[test]
fn days_late_trend_is_the_median_of_the_last_three_less_that_of_more() {
    let at = "2026-07-01";
    check(&[], "days_late.trend(5) > 0", at, expect!["absent Unknown until never"]);
    check(&three(), "days_late.trend(5) > 0", at, expect!["0 False until never"]);
    check(&three(), "days_late.trend(1) < 0", at, expect!["-5 True until never"]);
    let paid = |days: [&str; 5]| -> Vec<Event> {
        let months = ["01", "02", "03", "04", "05"].iter().zip(days);
        let of = |(month, day): (&&str, &str)| {
            let id = format!("I{month}");
            let due = format!("2026-{month}-10");
            [
                issued("2026-01-01", &id, 1_000, &due),
                received(&format!("2026-{month}-{day}"), &format!("P{month}"), 1_000, Some(&id)),
            ]
        };
        months.flat_map(of).collect()
    };
    check(&paid(["10", "10", "10", "16", "16"]), "days_late.trend(5) > 0", at, expect!["6 True until never"]);
    check(&paid(["16", "16", "16", "10", "10"]), "days_late.trend(5) > 0", at, expect!["-6 False until never"]);
}

#[test]
fn pay_day_of_month_is_the_most_frequent_of_the_last_six() {
    let (at, rule) = ("2026-07-01", "pay_day.of_month == 5");
    let days = ["2026-01-05", "2026-02-05", "2026-03-05", "2026-04-06"];
    check(&paid_on(&days[..3]), rule, at, expect!["absent Unknown until never"]);
    check(&paid_on(&days), rule, at, expect!["5 True until never"]);
    let reversed = and(&paid_on(&days), [reversed("2026-05-01", "P0")]);
    check(&reversed, rule, at, expect!["absent Unknown until never"]);
    let ties = paid_on(&["2026-01-05", "2026-02-05", "2026-03-06", "2026-04-06"]);
    check(&ties, rule, at, expect!["6 False until never"]);
    let more = ["2025-10-15", "2025-11-15", "2025-12-15", "2026-01-05", "2026-02-05", "2026-03-05", "2026-04-20"];
    check(&paid_on(&more), rule, at, expect!["5 True until never"]);
    // Days are local.
    let nights = ["2026-01-04T23:00:00.000Z", "2026-02-05T22:59:59.999Z", "2026-05-04T22:00:00.000Z", "2026-06-05"];
    check(&paid_on(&nights), rule, at, expect!["5 True until never"]);
}

#[test]
fn pay_day_of_month_takes_the_ends_of_months_for_one_day() {
    let rule = "pay_day.of_month == 28";
    let ends = paid_on(&["2026-01-31", "2026-02-28", "2026-03-30", "2026-04-29"]);
    check(&ends, rule, "2026-07-01", expect!["28 True until never"]);
    let leap = paid_on(&["2028-02-29", "2028-03-31", "2028-04-01", "2028-05-01"]);
    check(&leap, rule, "2028-07-01", expect!["28 True until never"]);
}

#[test]
fn pay_day_confidence_is_the_share_within_two_days_on_a_circle() {
    let (at, rule) = ("2026-07-01", "pay_day.confidence >= 0.8");
    check(&paid_on(&["2026-01-05", "2026-02-05", "2026-03-05"]), rule, at, expect!["absent Unknown until never"]);
    let within = paid_on(&["2026-01-05", "2026-02-05", "2026-03-03", "2026-04-07"]);
    check(&within, rule, at, expect!["4/4 True until never"]);
    let beyond = paid_on(&["2026-01-05", "2026-02-05", "2026-03-02", "2026-04-08"]);
    check(&beyond, rule, at, expect!["2/4 False until never"]);
    // On a circle of 28 days the 1st and the 2nd lie within 2 days of the 28th, the 3rd does not.
    let around = paid_on(&["2026-01-28", "2026-02-28", "2026-04-01", "2026-05-02", "2026-06-03"]);
    check(&around, rule, at, expect!["4/5 True until never"]);
    // Of the last six: 15, 15, 5, 5, 5, 20.
    let more = ["2025-10-15", "2025-11-15", "2025-12-15", "2026-01-05", "2026-02-05", "2026-03-05", "2026-04-20"];
    check(&paid_on(&more), rule, at, expect!["3/6 False until never"]);
}

#[test]
fn pay_day_next_days_count_down_to_the_next_expected_day() {
    let rule = "pay_day.next_days <= 3";
    let fifth = paid_on(&["2026-01-05", "2026-02-05", "2026-03-05", "2026-04-05"]);
    check(&fifth[..3], rule, "2026-05-01", expect!["absent Unknown until never"]);
    check(&fifth, rule, "2026-05-01", expect!["4 False until 2026-05-01T22:00:00.000Z"]);
    check(&fifth, rule, "2026-05-02", expect!["3 True until 2026-05-05T22:00:00.000Z"]);
    check(&fifth, rule, "2026-05-05", expect!["0 True until 2026-05-05T22:00:00.000Z"]);
    check(&fifth, rule, "2026-05-06", expect!["30 False until 2026-06-01T22:00:00.000Z"]);
    let ends = paid_on(&["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]);
    check(&ends, "pay_day.next_days == 0", "2026-05-28", expect!["3 False until 2026-05-30T22:00:00.000Z"]);
    check(&ends, "pay_day.next_days == 0", "2027-02-28", expect!["0 True until 2027-02-28T23:00:00.000Z"]);
    check(&ends, "pay_day.next_days == 0", "2028-02-28", expect!["1 False until 2028-02-28T23:00:00.000Z"]);
}

#[test]
fn pay_day_missed_days_count_from_the_last_expected_day_left_unpaid() {
    let rule = "pay_day.missed_days >= 3";
    let days = ["2026-01-05", "2026-02-05", "2026-03-05", "2026-04-05"];
    let fifth = paid_on(&days);
    check(&fifth[..3], rule, "2026-05-06", expect!["absent Unknown until never"]);
    check(&fifth, rule, "2026-05-05", expect!["0 False until 2026-05-05T22:00:00.000Z"]);
    check(&fifth, rule, "2026-05-06", expect!["1 False until 2026-05-07T22:00:00.000Z"]);
    check(&fifth, rule, "2026-05-08", expect!["3 True until 2026-06-05T22:00:00.000Z"]);
    check(&fifth, rule, "2026-06-05", expect!["31 True until 2026-06-05T22:00:00.000Z"]);
    check(&fifth, rule, "2026-06-06", expect!["1 False until 2026-06-07T22:00:00.000Z"]);
    let with = |day| and(&fifth, [received(day, "P9", 1_000, None)]);
    check(&with("2026-05-01"), rule, "2026-05-08", expect!["3 True until 2026-06-05T22:00:00.000Z"]);
    check(&with("2026-05-02"), rule, "2026-05-08", expect!["0 False until 2026-06-05T22:00:00.000Z"]);
    let profile = and(&fifth, [updated("2026-05-07", "u", "region", text("north"))]);
    check(&profile, rule, "2026-05-08", expect!["3 True until 2026-06-05T22:00:00.000Z"]);
}

#[test]
fn payments_count_days_that_begin_after_the_gap_where_midnight_is_skipped() {
    // In Cairo 24 April 2026 begins at 01:00, which is 22:00 UTC.
    let (zone, rule) = ("Africa/Cairo", r#"payments.count("1d") == 1"#);
    let paid = paid_on(&["2026-04-23T21:59:59.999Z", "2026-04-23T22:00:00.000Z"]);
    check_in(zone, &paid, rule, "2026-04-23T21:59:59.999Z", expect!["1 True until 2026-04-23T22:00:00.000Z"]);
    check_in(zone, &paid, rule, "2026-04-23T22:00:00.000Z", expect!["1 True until 2026-04-24T21:00:00.000Z"]);
}

#[test]
fn days_late_median_of_what_an_adjustment_or_a_reversal_moves() {
    let two = [issued("2026-01-01", "A", 1_000, "2026-01-10"), issued("2026-01-01", "B", 300, "2026-01-12")];
    let rule = "days_late.median(1) >= 0";
    // What is taken back from A pays B, on the day of the adjustment.
    let moved = and(&two, [received("2026-01-05", "P", 1_000, Some("A")), adjusted("2026-01-20", "A", -300, None)]);
    check(&moved, rule, "2026-01-19", expect!["0 True until never"]);
    check(&moved, rule, "2026-01-21", expect!["8 True until never"]);
    // Without the first payment the second goes to A, which it does not pay in full.
    let paid = and(&two, [received("2026-01-05", "P", 1_000, None), received("2026-01-15", "Q", 300, None)]);
    check(&paid, rule, "2026-01-21", expect!["3 True until never"]);
    check(&and(&paid, [reversed("2026-01-20", "P")]), rule, "2026-01-21", expect!["absent Unknown until never"]);
}
