//! What is overdue, since when, and what of it is disputed.

use expect_test::expect;

use crate::support::{
    adjusted, and, check, check_in, issued, issued_as, one, opened, received, resolved, two, written_off,
};

const LATER: &str = "2026-03-01";

#[test]
fn overdue_amount_begins_the_day_after_the_due_date() {
    let due = |due| [issued("2026-01-01", "A", 1_000, due)];
    let invoice = due("2026-03-01");
    let last = "2026-03-01T23:59:59.999+01:00";
    check(&invoice, "overdue.amount > 0", last, expect!["0.00 False until 2026-03-01T23:00:00.000Z"]);
    check(&invoice, "overdue.amount > 0", "2026-03-02T00:00:00+01:00", expect!["10.00 True until never"]);
    let at = "2026-01-05";
    check(&due("2026-01-31"), "overdue.amount > 0", at, expect!["0.00 False until 2026-01-31T23:00:00.000Z"]);
    check(&due("2028-02-28"), "overdue.amount > 0", at, expect!["0.00 False until 2028-02-28T23:00:00.000Z"]);
    check(&due("2028-02-29"), "overdue.amount > 0", at, expect!["0.00 False until 2028-02-29T23:00:00.000Z"]);
    // The clocks change on 29 March and on 25 October.
    check(&due("2026-03-28"), "overdue.amount > 0", at, expect!["0.00 False until 2026-03-28T23:00:00.000Z"]);
    check(&due("2026-03-29"), "overdue.amount > 0", at, expect!["0.00 False until 2026-03-29T22:00:00.000Z"]);
    check(&due("2026-10-24"), "overdue.amount > 0", at, expect!["0.00 False until 2026-10-24T22:00:00.000Z"]);
    check(&due("2026-10-25"), "overdue.amount > 0", at, expect!["0.00 False until 2026-10-25T23:00:00.000Z"]);
}

#[test]
fn overdue_amount_is_undisputed_and_of_a_debt_type_where_one_is_named() {
    let events = [
        issued_as("LOAN", "2026-01-01", "A", 1_000, "2026-01-10"),
        issued_as("CARD", "2026-01-01", "B", 2_000, "2026-01-20"),
        issued("2026-01-01", "C", 4_000, "2026-01-30"),
    ];
    let at = "2026-01-15";
    check(&events, "overdue.amount > 0", at, expect!["10.00 True until 2026-01-20T23:00:00.000Z"]);
    check(&events, r#"overdue.amount("CARD") > 0"#, at, expect!["0.00 False until 2026-01-20T23:00:00.000Z"]);
    check(&events, r#"overdue.amount("LOAN") > 0"#, at, expect!["10.00 True until never"]);
    check(&events, r#"overdue.amount("RENT") > 0"#, LATER, expect!["0.00 False until never"]);
    let both = r#"overdue.amount("CARD", "LOAN") > 0"#;
    check(&events, both, at, expect!["10.00 True until 2026-01-20T23:00:00.000Z"]);
    check(&events, both, LATER, expect!["30.00 True until never"]);
    let disputed = and(&events, [opened("2026-01-12", "D", Some("A"), Some(300))]);
    check(&disputed, r#"overdue.amount("LOAN") > 0"#, at, expect!["7.00 True until never"]);
    let resolved = and(&disputed, [resolved("2026-01-14", "D", None)]);
    check(&resolved, r#"overdue.amount("LOAN") > 0"#, at, expect!["10.00 True until never"]);
}

#[test]
fn overdue_amount_follows_a_due_date_that_is_moved() {
    let events = and(&one(), [adjusted("2026-01-12", "A", 0, Some("2026-02-10"))]);
    check(&events, "overdue.amount > 0", "2026-01-11", expect!["10.00 True until never"]);
    check(&events, "overdue.amount > 0", "2026-01-12", expect!["0.00 False until 2026-02-10T23:00:00.000Z"]);
    check(&events, "overdue.amount > 0", "2026-02-11", expect!["10.00 True until never"]);
}

#[test]
fn overdue_invoices_are_those_with_something_undisputed_and_overdue() {
    let at = "2026-01-20";
    check(&two(), "overdue.invoices >= 2", at, expect!["1 False until 2026-01-20T23:00:00.000Z"]);
    check(&two(), "overdue.invoices >= 2", "2026-01-21T00:00:00+01:00", expect!["2 True until never"]);
    check(&one(), "overdue.invoices == 0", "2026-01-10", expect!["0 True until 2026-01-10T23:00:00.000Z"]);
    let less = |event| and(&two(), [event]);
    let whole = less(opened("2026-01-12", "D", Some("A"), None));
    check(&whole, "overdue.invoices >= 2", LATER, expect!["1 False until never"]);
    let part = less(opened("2026-01-12", "D", Some("A"), Some(999)));
    check(&part, "overdue.invoices >= 2", LATER, expect!["2 True until never"]);
    check(&less(written_off("2026-01-12", "A")), "overdue.invoices >= 2", LATER, expect!["1 False until never"]);
    check(
        &less(received("2026-01-12", "P", 1_000, None)),
        "overdue.invoices >= 2",
        LATER,
        expect!["1 False until never"],
    );
}

#[test]
fn overdue_days_are_one_midnight_away() {
    let invoice = [issued("2026-02-01", "I", 10_000, "2026-03-01")];
    let at = "2026-03-02T00:00:00+01:00";
    // The clocks in Rome go forward on 29 March: day 30 begins at 22:00 UTC, not at 23:00.
    check(&invoice, "overdue.days >= 30", at, expect!["1 False until 2026-03-30T22:00:00.000Z"]);
    check(&invoice, "overdue.days >= 1", at, expect!["1 True until never"]);
    check(&invoice, "overdue.days == 1", at, expect!["1 True until 2026-03-02T23:00:00.000Z"]);
    check(&invoice, "overdue.days < 30", at, expect!["1 True until 2026-03-30T22:00:00.000Z"]);
    check(&invoice, "overdue.days in [2, 3, 7]", at, expect!["1 False until 2026-03-02T23:00:00.000Z"]);
    check(&invoice, "overdue.days != 1", at, expect!["1 False until 2026-03-02T23:00:00.000Z"]);
    let last = "2026-03-01T23:59:59.999+01:00";
    check(&invoice, "overdue.days >= 1", last, expect!["0 False until 2026-03-01T23:00:00.000Z"]);
    let leap = [issued("2028-02-01", "I", 10_000, "2028-02-28")];
    check(&leap, "overdue.days >= 30", "2028-03-01", expect!["2 False until 2028-03-28T22:00:00.000Z"]);
    let autumn = [issued("2026-10-01", "I", 10_000, "2026-10-24")];
    check(&autumn, "overdue.days >= 2", "2026-10-25", expect!["1 False until 2026-10-25T23:00:00.000Z"]);
}

#[test]
fn overdue_days_begin_where_the_tolerance_is_exceeded() {
    let invoices = [
        issued("2026-01-01", "A", 500, "2026-01-10"),
        issued("2026-01-01", "B", 1, "2026-01-20"),
        issued("2026-01-01", "C", 9_999, "2026-01-30"),
    ];
    check(&invoices, "overdue.days > 0", "2026-01-15", expect!["0 False until 2026-01-20T23:00:00.000Z"]);
    check(&invoices, "overdue.days > 0", "2026-02-15", expect!["26 True until never"]);
    // The oldest due date comes first, whichever was issued first.
    let unordered = [issued("2026-01-01", "A", 1_000, "2026-01-30"), issued("2026-01-02", "B", 400, "2026-01-10")];
    check(&unordered, "overdue.days > 0", "2026-01-31", expect!["1 True until never"]);
    let more = and(&unordered, [adjusted("2026-01-03", "B", 101, None)]);
    check(&more, "overdue.days > 0", "2026-01-31", expect!["21 True until never"]);
}

#[test]
fn overdue_days_of_a_debt_type_are_of_its_invoices_alone() {
    let events = [
        issued_as("LOAN", "2026-01-01", "A", 500, "2026-01-10"),
        issued_as("CARD", "2026-01-01", "B", 501, "2026-01-20"),
    ];
    let at = "2026-01-25";
    check(&events, "overdue.days > 0", at, expect!["5 True until never"]);
    check(&events, r#"overdue.days("LOAN") > 0"#, at, expect!["0 False until never"]);
    check(&events, r#"overdue.days("CARD") >= 7"#, at, expect!["5 False until 2026-01-26T23:00:00.000Z"]);
    // Together they exceed the tolerance, with the later of them.
    check(&events, r#"overdue.days("LOAN", "CARD") > 0"#, at, expect!["5 True until never"]);
    check(&events, r#"overdue.days("LOAN", "RENT") > 0"#, at, expect!["0 False until never"]);
}

#[test]
fn overdue_days_leave_disputes_out_until_they_are_resolved() {
    let events = and(&two(), [opened("2026-01-05", "D", Some("A"), Some(600))]);
    let at = "2026-01-25";
    check(&events, "overdue.days > 0", at, expect!["5 True until never"]);
    let resolved = and(&events, [resolved("2026-01-24", "D", Some(false))]);
    check(&resolved, "overdue.days > 0", at, expect!["15 True until never"]);
    check(&and(&events, [written_off("2026-01-22", "B")]), "overdue.days > 0", at, expect!["0 False until never"]);
}

#[test]
fn overdue_days_begin_after_the_gap_where_midnight_is_skipped() {
    // In Cairo the clocks go from 00:00 to 01:00 on 24 April 2026.
    let (zone, rule) = ("Africa/Cairo", "overdue.days >= 1");
    let invoice = [issued("2026-02-01", "I", 10_000, "2026-04-23")];
    check_in(zone, &invoice, rule, "2026-04-23", expect!["0 False until 2026-04-23T22:00:00.000Z"]);
    check_in(zone, &invoice, rule, "2026-04-23T21:59:59.999Z", expect!["0 False until 2026-04-23T22:00:00.000Z"]);
    check_in(zone, &invoice, rule, "2026-04-23T22:00:00.000Z", expect!["1 True until never"]);
}

#[test]
fn overdue_amount_aged_is_a_column_of_the_ageing_report() {
    let rule = "overdue.amount_aged(30) > 0";
    check(&two(), rule, "2026-01-15", expect!["0.00 False until 2026-02-08T23:00:00.000Z"]);
    check(&two(), rule, "2026-02-09", expect!["10.00 True until 2026-02-18T23:00:00.000Z"]);
    check(&two(), rule, "2026-02-19", expect!["30.00 True until never"]);
    let column = "overdue.amount_aged(31, 60) > 0";
    check(&two(), column, "2026-02-10", expect!["10.00 True until 2026-02-19T23:00:00.000Z"]);
    check(&two(), column, "2026-03-11", expect!["30.00 True until 2026-03-11T23:00:00.000Z"]);
    check(&two(), column, "2026-03-12", expect!["20.00 True until 2026-03-21T23:00:00.000Z"]);
    check(&two(), column, "2026-03-22", expect!["0.00 False until never"]);
    check(&two(), "overdue.amount_aged(1, 1) > 0", "2026-01-11", expect!["10.00 True until 2026-01-11T23:00:00.000Z"]);
    // Due today is not yet overdue.
    check(&two(), "overdue.amount_aged(1) > 0", "2026-01-10", expect!["0.00 False until 2026-01-10T23:00:00.000Z"]);
}

#[test]
fn overdue_amount_aged_is_undisputed() {
    let events = and(&two(), [opened("2026-01-12", "D", Some("A"), Some(300))]);
    check(&events, "overdue.amount_aged(1) > 0", LATER, expect!["27.00 True until never"]);
    let share = "overdue.amount_aged(50) / balance >= 0.2";
    check(&events, share, LATER, expect!["7.00 30.00 True until 2026-03-10T23:00:00.000Z"]);
}

#[test]
fn overdue_business_days_leave_weekends_and_holidays_out() {
    // 2 April 2026 is a Thursday, and 6 April Easter Monday.
    let invoice = |due| [issued("2026-03-01", "A", 1_000, due)];
    let rule = "overdue.business_days >= 2";
    check(&invoice("2026-04-02"), rule, "2026-04-02", expect!["0 False until 2026-04-02T22:00:00.000Z"]);
    check(&invoice("2026-04-02"), rule, "2026-04-03", expect!["1 False until 2026-04-06T22:00:00.000Z"]);
    check(&invoice("2026-04-02"), rule, "2026-04-06", expect!["1 False until 2026-04-06T22:00:00.000Z"]);
    check(&invoice("2026-04-02"), rule, "2026-04-07", expect!["2 True until 2026-04-07T22:00:00.000Z"]);
    check(&invoice("2026-04-03"), rule, "2026-04-01", expect!["0 False until 2026-04-06T22:00:00.000Z"]);
    // These two years have 521 weekdays, less the holiday.
    check(&invoice("2026-04-02"), rule, "2028-04-02", expect!["520 True until 2028-04-02T22:00:00.000Z"]);
    check(&[], rule, LATER, expect!["0 False until never"]);
    let little = [issued("2026-03-01", "A", 500, "2026-04-02")];
    check(&little, rule, "2026-05-01", expect!["0 False until never"]);
}
