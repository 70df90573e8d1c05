//! Promises to pay, with two business days of grace and kept by 95 percent.

use expect_test::expect;
use segflow_core::event::Event;

use crate::support::{
    amended, and, cancelled, check, check_in, credited, failed, issued, made, named, received, reversed, written_off,
};

/// Due on Tuesday 10 March: broken when the 13th begins.
fn one() -> [Event; 1] {
    [made("2026-03-02", "M", 10_000, "2026-03-10")]
}

fn paid(at: &str, amount_minor: i64) -> Vec<Event> {
    and(&one(), [received(at, "P", amount_minor, None)])
}

const AT: &str = "2026-03-05";
const AFTER: &str = "2026-03-20";

#[test]
fn promises_open_until_the_deadline() {
    // Due on Thursday; Friday is a business day, Easter Monday is a holiday, so grace of 2 ends with Tuesday.
    let promise = [made("2026-03-20", "M", 10_000, "2026-04-02")];
    check(&promise, "promises.open > 0", "2026-04-04", expect!["1 True until 2026-04-07T22:00:00.000Z"]);
    check(&promise, "promises.open > 0", "2026-04-07T21:59:59.999Z", expect!["1 True until 2026-04-07T22:00:00.000Z"]);
    check(&promise, "promises.open > 0", "2026-04-07T22:00:00.000Z", expect!["0 False until never"]);
    check(&promise, "promises.open > 0", "2026-03-19", expect!["0 False until never"]);
    let due = |due| [made("2026-02-01", "M", 10_000, due)];
    let rule = "promises.open > 0";
    // Saturday; Friday before the clocks change; Friday before they change back; the end of a month.
    check(&due("2026-03-07"), rule, AT, expect!["1 True until 2026-03-10T23:00:00.000Z"]);
    check(&due("2026-03-27"), rule, AT, expect!["1 True until 2026-03-31T22:00:00.000Z"]);
    check(&due("2026-10-23"), rule, AT, expect!["1 True until 2026-10-27T23:00:00.000Z"]);
    check(&due("2028-02-28"), rule, AT, expect!["1 True until 2028-03-01T23:00:00.000Z"]);
    let two = and(&due("2026-03-10"), [made("2026-03-01", "N", 500, "2026-03-09")]);
    check(&two, "promises.open == 2", AT, expect!["2 True until 2026-03-11T23:00:00.000Z"]);
}

#[test]
fn promises_open_without_those_cancelled_before_the_deadline() {
    let rule = r#"promises.open > 0 || promises.broken("30d") > 0 || promises.kept("30d") > 0"#;
    let cancelled = |at| and(&one(), [cancelled(at, "M")]);
    check(&cancelled(AT), rule, AFTER, expect!["0 0 0 False until never"]);
    check(&cancelled("2026-03-01"), rule, AFTER, expect!["0 0 0 False until never"]);
    check(&cancelled("2026-03-12T22:59:59.999Z"), rule, AFTER, expect!["0 0 0 False until never"]);
    check(&cancelled("2026-03-12T23:00:00.000Z"), rule, AFTER, expect!["0 1 0 True until 2026-04-11T22:00:00.000Z"]);
}

#[test]
fn promises_due_days_are_of_the_one_due_first_and_negative_in_grace() {
    let rule = "promises.due_days < 0";
    check(&[], rule, AT, expect!["absent Unknown until never"]);
    check(&one(), rule, AT, expect!["5 False until 2026-03-10T23:00:00.000Z"]);
    check(&one(), rule, "2026-03-10", expect!["0 False until 2026-03-10T23:00:00.000Z"]);
    check(&one(), rule, "2026-03-12", expect!["-2 True until 2026-03-12T23:00:00.000Z"]);
    check(&one(), rule, "2026-03-12T23:00:00.000Z", expect!["absent Unknown until never"]);
    let two = and(&one(), [made("2026-03-03", "N", 500, "2026-03-09")]);
    check(&two, "promises.due_days <= 4", AT, expect!["4 True until 2026-03-11T23:00:00.000Z"]);
    let sooner = and(&two, [received("2026-03-04", "P", 500, None)]);
    check(&sooner, "promises.due_days <= 4", AT, expect!["5 False until 2026-03-05T23:00:00.000Z"]);
}

#[test]
fn promises_kept_by_95_percent_at_the_completing_payment() {
    let rule = r#"promises.kept("30d") > 0"#;
    check(&paid("2026-03-03", 9_499), rule, AT, expect!["0 False until never"]);
    check(&paid("2026-03-03", 9_500), rule, AT, expect!["1 True until 2026-04-01T22:00:00.000Z"]);
    let parts = and(&paid("2026-03-03", 9_499), [received("2026-03-04", "Q", 1, None)]);
    check(&parts, rule, AT, expect!["1 True until 2026-04-02T22:00:00.000Z"]);
    check(&parts, r#"promises.kept("1d") > 0"#, "2026-03-04", expect!["1 True until 2026-03-04T23:00:00.000Z"]);
    check(&parts, r#"promises.kept("1d") > 0"#, AT, expect!["0 False until never"]);
    // Only what is received from the day on which it is made, and not from its deadline on.
    check(&paid("2026-03-01", 10_000), rule, AT, expect!["0 False until never"]);
    check(&paid("2026-03-12T22:59:59.999Z", 10_000), rule, AFTER, expect!["1 True until 2026-04-10T22:00:00.000Z"]);
    check(&paid("2026-03-12T23:00:00.000Z", 10_000), rule, AFTER, expect!["0 False until never"]);
    // At one instant in either order.
    let tie = |id| and(&one(), [named(id, received("2026-03-02", "P", 10_000, None))]);
    check(&tie("L"), rule, AT, expect!["1 True until 2026-03-31T22:00:00.000Z"]);
    check(&tie("N"), rule, AT, expect!["1 True until 2026-03-31T22:00:00.000Z"]);
}

#[test]
fn promises_kept_earliest_due_first() {
    let two = [made("2026-03-02", "late", 5_000, "2026-03-20"), made("2026-03-02", "early", 10_000, "2026-03-10")];
    let rule = r#"promises.kept("30d") == 2"#;
    let pay = |amount| and(&two, [received("2026-03-03", "P", amount, None)]);
    check(&pay(14_750), rule, AT, expect!["2 True until 2026-04-01T22:00:00.000Z"]);
    check(&pay(14_749), rule, AT, expect!["1 False until 2026-04-01T22:00:00.000Z"]);
    // Once kept, a promise takes nothing more.
    let after = and(&pay(9_500), [received("2026-03-04", "Q", 4_750, None)]);
    check(&after, rule, AT, expect!["2 True until 2026-04-01T22:00:00.000Z"]);
}

#[test]
fn promises_kept_in_the_order_in_which_they_were_made_then_of_their_ids_if_due_alike() {
    let rule = r#"promises.kept("30d") > 0"#;
    let after = |larger: Event, smaller: Event| [larger, smaller, received("2026-03-03", "P", 500, None)];
    let small = |at, id| made(at, id, 500, "2026-03-10");
    check(&after(one()[0].clone(), small("2026-03-02T12:00:01Z", "A")), rule, AT, expect!["0 False until never"]);
    check(&after(one()[0].clone(), small("2026-03-02", "N")), rule, AT, expect!["0 False until never"]);
    let first = after(one()[0].clone(), small("2026-03-02", "A"));
    check(&first, rule, AT, expect!["1 True until 2026-04-01T22:00:00.000Z"]);
}

#[test]
fn promises_broken_at_the_deadline() {
    let rule = r#"promises.broken("1d") > 0"#;
    check(&one(), rule, "2026-03-12", expect!["0 False until 2026-03-12T23:00:00.000Z"]);
    check(&one(), rule, "2026-03-12T23:00:00.000Z", expect!["1 True until 2026-03-13T23:00:00.000Z"]);
    check(&one(), rule, "2026-03-14", expect!["0 False until never"]);
    check(&paid(AT, 10_000), r#"promises.broken("30d") > 0"#, AFTER, expect!["0 False until never"]);
    let failing = and(&paid(AT, 10_000), [failed("2026-03-06", "P", None)]);
    check(&failing, r#"promises.broken("30d") > 0"#, AFTER, expect!["1 True until 2026-04-11T22:00:00.000Z"]);
}

#[test]
fn promises_broken_where_what_kept_it_is_reversed() {
    let rule = r#"promises.kept("30d") > 0 || promises.broken("30d") > 0"#;
    let events = and(&paid("2026-03-04", 10_000), [reversed("2026-03-25", "P")]);
    check(&events, rule, "2026-03-24", expect!["1 0 True until 2026-04-02T22:00:00.000Z"]);
    check(&events, rule, "2026-03-26", expect!["0 1 True until 2026-04-11T22:00:00.000Z"]);
    let before = and(&paid("2026-03-04", 10_000), [reversed("2026-03-06", "P")]);
    let open = r#"promises.open > 0 && promises.kept("30d") == 0"#;
    check(&before, open, "2026-03-07", expect!["1 0 True until 2026-03-12T23:00:00.000Z"]);
}

#[test]
fn promises_broken_and_promises_kept_by_what_was_amended() {
    let rule = r#"promises.kept("30d") > 0 || promises.broken("30d") > 0"#;
    let part = paid("2026-03-04", 5_000);
    let to = |at, amount, due| and(&part, [amended(at, "M", amount, due)]);
    // What was received stays, and may keep it there and then.
    check(&to(AT, 5_000, "2026-03-10"), rule, AFTER, expect!["1 0 True until 2026-04-03T22:00:00.000Z"]);
    check(
        &to("2026-03-12T23:00:00.000Z", 5_000, "2026-03-30"),
        rule,
        AFTER,
        expect!["0 1 True until 2026-04-11T22:00:00.000Z"],
    );
    // Tuesday 24 March: broken when the 27th begins.
    check(&to(AT, 10_000, "2026-03-24"), rule, AFTER, expect!["0 0 False until 2026-03-26T23:00:00.000Z"]);
    check(&to("2026-03-01", 5_000, "2026-03-10"), rule, AFTER, expect!["1 0 True until 2026-04-02T22:00:00.000Z"]);
}

#[test]
fn promises_kept_ratio_needs_two_that_are_decided() {
    let rule = r#"promises.kept_ratio("30d") > 0.5"#;
    let kept = paid("2026-03-04", 10_000);
    check(&[], rule, AFTER, expect!["absent Unknown until never"]);
    check(&kept, rule, AFTER, expect!["absent Unknown until 2026-04-02T22:00:00.000Z"]);
    let two = and(&kept, [made("2026-03-05", "N", 500, "2026-03-16")]);
    check(&two, rule, "2026-03-18", expect!["absent Unknown until 2026-03-18T23:00:00.000Z"]);
    check(&two, rule, "2026-03-19", expect!["1/2 False until 2026-04-02T22:00:00.000Z"]);
    check(&two, rule, "2026-04-03", expect!["absent Unknown until 2026-04-17T22:00:00.000Z"]);
    check(&two, rule, "2026-04-18", expect!["absent Unknown until never"]);
    let both = and(&two, [received("2026-03-06", "Q", 500, None)]);
    check(&both, rule, "2026-03-19", expect!["2/2 True until 2026-04-02T22:00:00.000Z"]);
}

#[test]
fn promises_broken_after_the_gap_where_midnight_is_skipped() {
    // In Cairo 24 April 2026, a Friday, begins at 01:00; due on Tuesday, the grace ends with Thursday.
    let promise = [made("2026-04-20", "M", 10_000, "2026-04-21")];
    let (zone, rule) = ("Africa/Cairo", r#"promises.broken("1d") > 0"#);
    check_in(zone, &promise, rule, "2026-04-23", expect!["0 False until 2026-04-23T22:00:00.000Z"]);
    check_in(zone, &promise, rule, "2026-04-23T22:00:00.000Z", expect!["1 True until 2026-04-24T21:00:00.000Z"]);
}

#[test]
fn promises_broken_at_a_deadline_that_had_passed_when_they_were_made_or_amended() {
    let rule = r#"promises.broken("30d") > 0"#;
    let late = [made("2026-03-20", "M", 10_000, "2026-03-10")];
    check(&late, rule, "2026-03-21", expect!["1 True until 2026-04-11T22:00:00.000Z"]);
    let sooner = [made("2026-03-02", "M", 10_000, "2026-03-24"), amended("2026-03-20", "M", 10_000, "2026-03-10")];
    check(&sooner, rule, "2026-03-21", expect!["1 True until 2026-04-11T22:00:00.000Z"]);
}

#[test]
fn promises_kept_by_what_was_received_earlier_on_the_day_on_which_they_were_made() {
    let rule = r#"promises.kept("30d") > 0"#;
    check(&paid("2026-03-02T08:00:00Z", 10_000), rule, AT, expect!["1 True until 2026-03-31T22:00:00.000Z"]);
    // The last instant of the day before, in Rome.
    check(&paid("2026-03-01T22:59:59.999Z", 10_000), rule, AT, expect!["0 False until never"]);
    // What served another promise does not serve a second one.
    let first = made("2026-03-01", "L", 6_000, "2026-03-10");
    let shared = and(&paid("2026-03-02T08:00:00Z", 10_000), [first]);
    check(&shared, rule, AT, expect!["1 True until 2026-03-31T22:00:00.000Z"]);
}

#[test]
fn promises_open_no_longer_once_nothing_is_owed() {
    let rule = r#"promises.open > 0 || promises.kept("30d") > 0 || promises.broken("30d") > 0"#;
    let owed = and(&one(), [issued("2026-01-01", "A", 4_000, "2026-02-10")]);
    check(&owed, rule, AT, expect!["1 0 0 True until 2026-03-12T23:00:00.000Z"]);
    let moot = and(&owed, [credited("2026-03-04", "N", 4_000, None)]);
    check(&moot, rule, "2026-03-03", expect!["1 0 0 True until 2026-03-12T23:00:00.000Z"]);
    check(&moot, rule, AT, expect!["0 0 0 False until never"]);
    check(&moot, rule, AFTER, expect!["0 0 0 False until never"]);
    // Less than was promised, and yet all that was owed.
    check(&and(&owed, [received("2026-03-04", "P", 4_000, None)]), rule, AFTER, expect!["0 0 0 False until never"]);
    check(&and(&owed, [written_off("2026-03-04", "A")]), rule, AFTER, expect!["0 0 0 False until never"]);
    // What is owed later does not open it again.
    check(&and(&moot, [issued("2026-03-05", "B", 500, "2026-04-10")]), rule, AFTER, expect!["0 0 0 False until never"]);
    // Before the first invoice nobody knows whether anything is owed.
    check(
        &and(&one(), [received("2026-03-04", "P", 500, None)]),
        rule,
        AT,
        expect!["1 0 0 True until 2026-03-12T23:00:00.000Z"],
    );
}
