//! What stands of payments, where money goes, what is on hold, and what comes back after a write-off.

use expect_test::expect;
use segflow_core::event::Event;

use crate::support::{
    adjusted, and, check, check_with, credited, failed, held, issued, issued_with_discount, named, one, opened,
    received, received_for, reinstated, released, resolved, reversed, reversed_by, stands_again, submitted, two,
    voided, written_off,
};

const LATER: &str = "2026-03-01";

#[test]
fn held_amount_until_the_hold_is_over_or_the_invoice_is_released() {
    let rule = "held.amount > 0";
    check(&two(), rule, LATER, expect!["0.00 False until never"]);
    let until = and(&two(), [held("2026-01-12", "A", Some("2026-01-20"))]);
    check(&until, rule, "2026-01-11", expect!["0.00 False until never"]);
    check(&until, rule, "2026-01-12", expect!["10.00 True until 2026-01-20T23:00:00.000Z"]);
    check(&until, rule, "2026-01-20T22:59:59.999Z", expect!["10.00 True until 2026-01-20T23:00:00.000Z"]);
    check(&until, rule, "2026-01-20T23:00:00.000Z", expect!["0.00 False until never"]);
    let for_now = and(&two(), [held("2026-01-12", "A", None)]);
    check(&for_now, rule, LATER, expect!["10.00 True until never"]);
    check(&and(&for_now, [released("2026-01-15", "A")]), rule, LATER, expect!["0.00 False until never"]);
    check(
        &and(&for_now, [held("2026-01-15", "A", Some("2026-01-16"))]),
        rule,
        LATER,
        expect!["0.00 False until never"],
    );
    // Before it is issued.
    check(&and(&two(), [held("2025-12-20", "A", None)]), rule, LATER, expect!["10.00 True until never"]);
}

#[test]
fn held_amount_is_of_what_is_open_disputed_or_not() {
    let rule = "held.amount > 0 || disputed.amount > 0";
    let on_hold = and(&one(), [held("2026-01-05", "A", None)]);
    check(&and(&on_hold, [received("2026-01-06", "P", 400, None)]), rule, LATER, expect!["6.00 0.00 True until never"]);
    check(
        &and(&on_hold, [opened("2026-01-06", "D", Some("A"), Some(300))]),
        rule,
        LATER,
        expect!["10.00 3.00 True until never"],
    );
    check(&and(&on_hold, [written_off("2026-01-06", "A")]), rule, LATER, expect!["0.00 0.00 False until never"]);
    check(&and(&on_hold, [voided("2026-01-06", "A")]), rule, LATER, expect!["0.00 0.00 False until never"]);
}

#[test]
fn overdue_amount_and_next_due_days_leave_out_what_is_on_hold() {
    let rule = "overdue.amount > 0 || overdue.days > 0";
    let on_hold = and(&one(), [held("2026-01-05", "A", Some("2026-01-20"))]);
    check(&on_hold, rule, "2026-01-15", expect!["0.00 0 False until 2026-01-20T23:00:00.000Z"]);
    check(&on_hold, rule, "2026-01-21", expect!["10.00 11 True until never"]);
    check(&on_hold, "next_due.days <= 7", "2026-01-06", expect!["absent Unknown until 2026-01-20T23:00:00.000Z"]);
    // The other invoice is collected, and money goes there first.
    let other = and(&two(), [held("2026-01-05", "A", None), received("2026-01-06", "P", 2_100, None)]);
    check(&other, "balance > 0 || held.amount > 0", LATER, expect!["9.00 9.00 True until never"]);
}

/// Given up on 20 January.
fn given_up() -> Vec<Event> {
    and(&one(), [written_off("2026-01-20", "A")])
}

#[test]
fn written_off_recovered_by_the_day_on_which_the_money_went_there() {
    let rule = r#"written_off.recovered("30d") > 0"#;
    let paid = |at, amount, invoice| and(&given_up(), [received(at, "P", amount, invoice)]);
    let at = "2026-02-01";
    check(&given_up(), rule, at, expect!["0.00 False until never"]);
    check(&paid("2026-01-25", 200, Some("A")), rule, at, expect!["2.00 True until 2026-02-23T23:00:00.000Z"]);
    check(&paid("2026-01-25", 200, None), rule, at, expect!["2.00 True until 2026-02-23T23:00:00.000Z"]);
    check(&paid("2026-01-25", 1_500, Some("A")), rule, at, expect!["10.00 True until 2026-02-23T23:00:00.000Z"]);
    check(&paid("2026-01-25", 200, None), rule, "2026-02-24", expect!["0.00 False until never"]);
    // What was paid before was no recovery.
    check(&paid("2026-01-15", 200, None), rule, at, expect!["0.00 False until never"]);
}

#[test]
fn written_off_recovered_is_of_payments_that_stand_and_of_invoices_still_given_up() {
    let rule = r#"written_off.recovered("30d") > 0"#;
    let at = "2026-02-01";
    let recovered = and(&given_up(), [received("2026-01-25", "P", 200, None)]);
    check(&and(&recovered, [reversed("2026-01-27", "P")]), rule, at, expect!["0.00 False until never"]);
    check(
        &and(&recovered, [reversed_by(50, "2026-01-27", "P")]),
        rule,
        at,
        expect!["1.50 True until 2026-02-23T23:00:00.000Z"],
    );
    check(&and(&recovered, [reinstated("2026-01-27", "A")]), rule, at, expect!["0.00 False until never"]);
    check(&and(&given_up(), [credited("2026-01-25", "N", 200, None)]), rule, at, expect!["0.00 False until never"]);
    // What is owed comes first, overdue or not.
    let owed = and(&given_up(), [issued("2026-01-21", "B", 150, "2026-06-01"), received("2026-01-25", "P", 200, None)]);
    check(&owed, rule, at, expect!["0.50 True until 2026-02-23T23:00:00.000Z"]);
}

#[test]
fn payments_unmatched_names_what_no_invoice_is_called() {
    let rule = "payments.unmatched > 0";
    let paid = |invoice| and(&one(), [received("2026-01-05", "P", 300, invoice)]);
    check(&paid(None), rule, LATER, expect!["0.00 False until never"]);
    check(&paid(Some("A")), rule, LATER, expect!["0.00 False until never"]);
    let unknown = paid(Some("X"));
    check(&unknown, rule, LATER, expect!["3.00 True until 2028-01-04T23:00:00.000Z"]);
    check(&unknown, rule, "2028-01-05", expect!["0.00 False until never"]);
    check(
        &and(&unknown, [issued("2026-01-20", "X", 100, "2026-02-10")]),
        rule,
        LATER,
        expect!["0.00 False until never"],
    );
    check(&and(&unknown, [reversed("2026-01-20", "P")]), rule, LATER, expect!["0.00 False until never"]);
    check(
        &and(&paid(Some("A")), [voided("2026-01-20", "A")]),
        rule,
        LATER,
        expect!["3.00 True until 2028-01-04T23:00:00.000Z"],
    );
    check(&and(&one(), [credited("2026-01-05", "N", 300, Some("X"))]), rule, LATER, expect!["0.00 False until never"]);
    // It counts for its customer all the same.
    check(&unknown, "balance > 0 || credit > 0", LATER, expect!["7.00 0.00 True until never"]);
}

#[test]
fn payments_unmatched_is_the_part_for_unknown_invoices() {
    let rule = "payments.unmatched > 0";
    let paid = |parts: &[(&str, i64)]| and(&one(), [received_for("2026-01-05", "P", 300, parts)]);
    check(&paid(&[("A", 200), ("X", 100)]), rule, LATER, expect!["1.00 True until 2028-01-04T23:00:00.000Z"]);
    check(&paid(&[("X", 200), ("Y", 100)]), rule, LATER, expect!["3.00 True until 2028-01-04T23:00:00.000Z"]);
    // At most what stands of the payment.
    let less = and(&paid(&[("X", 200), ("Y", 100)]), [reversed_by(150, "2026-01-06", "P")]);
    check(&less, rule, LATER, expect!["1.50 True until 2028-01-04T23:00:00.000Z"]);
    // An invoice issued before the horizon of the receipt's day, which took nothing of it, may have been pruned.
    let old = |id: &str, at: &str| issued(at, id, 100, "2024-02-10");
    let long_ago = [
        old("A", "2024-01-01"),
        received("2024-01-05", "Q", 100, Some("A")),
        received("2026-01-05", "P", 300, Some("A")),
    ];
    check(&long_ago, rule, LATER, expect!["3.00 True until 2028-01-04T23:00:00.000Z"]);
    check(
        &[old("A", "2024-01-01"), received("2026-01-05", "P", 300, Some("A"))],
        rule,
        LATER,
        expect!["0.00 False until never"],
    );
}

#[test]
fn payments_pending_until_they_are_received_failed_or_too_old() {
    let rule = "payments.pending > 0";
    // Wednesday; 6 April is a holiday: five business days end with Thursday 9 April.
    let under_way = [submitted("2026-04-01", "P", 300)];
    check(&[], rule, "2026-04-03", expect!["0.00 False until never"]);
    check(&under_way, rule, "2026-04-03", expect!["3.00 True until 2026-04-09T22:00:00.000Z"]);
    check(&under_way, rule, "2026-04-09T21:59:59.999Z", expect!["3.00 True until 2026-04-09T22:00:00.000Z"]);
    check(&under_way, rule, "2026-04-09T22:00:00.000Z", expect!["0.00 False until never"]);
    check_with(
        "pending_business_days: 0",
        &under_way,
        rule,
        "2026-04-01",
        expect!["3.00 True until 2026-04-01T22:00:00.000Z"],
    );
    let at = "2026-04-05";
    check(&and(&under_way, [received("2026-04-03", "P", 300, None)]), rule, at, expect!["0.00 False until never"]);
    let failing = and(&under_way, [failed("2026-04-03", "P", None)]);
    check(&failing, rule, at, expect!["0.00 False until never"]);
    check(
        &and(&failing, [submitted("2026-04-04", "P", 310)]),
        rule,
        at,
        expect!["3.10 True until 2026-04-13T22:00:00.000Z"],
    );
    check(
        &and(&under_way, [submitted("2026-04-02", "Q", 50)]),
        rule,
        at,
        expect!["3.50 True until 2026-04-09T22:00:00.000Z"],
    );
    // It pays nothing yet.
    let owed = and(&under_way, [issued("2026-03-01", "A", 300, "2026-04-02")]);
    check(&owed, "payments.pending > 0 && overdue.amount == 0", at, expect!["3.00 3.00 False until never"]);
    // What stands is not under way.
    let twice = and(&under_way, [received("2026-03-31", "P", 300, None)]);
    check(&twice, rule, at, expect!["0.00 False until never"]);
}

#[test]
fn payments_sum_is_of_what_the_latest_event_lets_stand() {
    let rule = r#"payments.sum("30d") > 0"#;
    let at = "2026-01-15";
    let paid = [received("2026-01-05", "P", 1_000, None)];
    let after = |events: Vec<Event>| and(&paid, events);
    let part = reversed_by(300, "2026-01-06", "P");
    check(&after(vec![part.clone()]), rule, at, expect!["7.00 True until 2026-02-03T23:00:00.000Z"]);
    check(&after(vec![part.clone(), reversed_by(900, "2026-01-07", "P")]), rule, at, expect!["0.00 False until never"]);
    check(
        &after(vec![part.clone(), stands_again("2026-01-07", "P", Some(100))]),
        rule,
        at,
        expect!["8.00 True until 2026-02-03T23:00:00.000Z"],
    );
    check(
        &after(vec![part, stands_again("2026-01-07", "P", None)]),
        rule,
        at,
        expect!["10.00 True until 2026-02-03T23:00:00.000Z"],
    );
    check(
        &after(vec![stands_again("2026-01-06", "P", Some(900))]),
        rule,
        at,
        expect!["10.00 True until 2026-02-03T23:00:00.000Z"],
    );
    let failing = failed("2026-01-06", "P", None);
    check(&after(vec![failing.clone()]), rule, at, expect!["0.00 False until never"]);
    // A retry under the same id counts, from its own day.
    let retried = named("P again", received("2026-01-08", "P", 1_000, None));
    check(&after(vec![failing, retried]), rule, at, expect!["10.00 True until 2026-02-06T23:00:00.000Z"]);
}

#[test]
fn balance_without_what_was_voided_or_credited() {
    let rule = "balance > 0 || credit > 0 || invoices.open > 0";
    check(&and(&two(), [voided("2026-01-05", "A")]), rule, LATER, expect!["20.00 0.00 1 True until never"]);
    let paid = and(&two(), [received("2026-01-03", "P", 1_000, Some("A")), voided("2026-01-05", "A")]);
    check(&paid, rule, "2026-01-04", expect!["20.00 0.00 1 True until never"]);
    check(&paid, rule, LATER, expect!["10.00 0.00 1 True until never"]);
    check(
        &and(&two(), [credited("2026-01-05", "N", 300, Some("A"))]),
        rule,
        LATER,
        expect!["27.00 0.00 2 True until never"],
    );
    check(
        &and(&two(), [credited("2026-01-05", "N", 3_300, None)]),
        rule,
        LATER,
        expect!["0.00 3.00 0 True until never"],
    );
    let payments = r#"payments.count("90d") > 0 || payments.sum("90d") > 0"#;
    check(&and(&two(), [credited("2026-01-05", "N", 300, None)]), payments, LATER, expect!["0 0.00 False until never"]);
    check(
        &and(&two(), [written_off("2026-01-05", "A"), reinstated("2026-01-06", "A")]),
        rule,
        LATER,
        expect!["30.00 0.00 2 True until never"],
    );
}

#[test]
fn balance_is_settled_by_what_a_discount_asks_for() {
    let rule = "balance > 0 || credit > 0";
    let invoice = [issued_with_discount("2026-01-01", "A", "2026-01-30", "2026-01-10")];
    let paid = |at, amount| and(&invoice, [received(at, "P", amount, None)]);
    check(&paid("2026-01-05", 950), rule, LATER, expect!["0.00 0.00 False until never"]);
    check(&paid("2026-01-05", 949), rule, LATER, expect!["0.51 0.00 True until never"]);
    check(&paid("2026-01-10T22:59:59.999Z", 950), rule, LATER, expect!["0.00 0.00 False until never"]);
    check(&paid("2026-01-10T23:00:00.000Z", 950), rule, LATER, expect!["0.50 0.00 True until never"]);
    check(&paid("2026-01-05", 1_000), rule, LATER, expect!["0.00 0.00 False until never"]);
    check(
        &and(&paid("2026-01-05", 950), [reversed("2026-01-20", "P")]),
        rule,
        LATER,
        expect!["10.00 0.00 True until never"],
    );
}

#[test]
fn balance_of_what_is_disputed_is_paid_last_or_never() {
    let rule = "balance > 0 || disputed.amount > 0 || credit > 0";
    let disputed = and(&two(), [opened("2026-01-03", "D", Some("A"), None), received("2026-01-05", "P", 2_500, None)]);
    check(&disputed, rule, LATER, expect!["5.00 5.00 0.00 True until never"]);
    check_with("allocate_to_disputed: never", &disputed, rule, LATER, expect!["10.00 10.00 5.00 True until never"]);
    // What lies free goes there once the dispute is over.
    let over = and(&disputed, [resolved("2026-01-20", "D", Some(false))]);
    check_with("allocate_to_disputed: never", &over, rule, LATER, expect!["5.00 0.00 0.00 True until never"]);
    // Who names the invoice means it.
    let meant = and(&two(), [opened("2026-01-03", "D", Some("A"), None), received("2026-01-05", "P", 400, Some("A"))]);
    check_with("allocate_to_disputed: never", &meant, rule, LATER, expect!["26.00 6.00 0.00 True until never"]);
}

#[test]
fn credit_goes_to_what_an_adjustment_or_a_reversal_opens() {
    let rule = "balance > 0 || credit > 0";
    let free = and(&one(), [received("2026-01-03", "P", 1_500, None)]);
    check(&free, rule, LATER, expect!["0.00 5.00 True until never"]);
    check(&and(&free, [adjusted("2026-01-05", "A", 200, None)]), rule, LATER, expect!["0.00 3.00 True until never"]);
    let by_two = and(&one(), [received("2026-01-03", "P", 1_000, None), received("2026-01-04", "Q", 700, None)]);
    check(&and(&by_two, [reversed("2026-01-05", "P")]), rule, LATER, expect!["3.00 0.00 True until never"]);
}

#[test]
fn overdue_days_of_a_due_date_that_rolls_to_a_business_day() {
    // Saturday 10 January 2026; 4 April is a Saturday before Easter Monday.
    let rule = "overdue.days > 0";
    check(&one(), rule, "2026-01-13", expect!["3 True until never"]);
    check_with(
        "due_date_roll: following",
        &one(),
        rule,
        "2026-01-12",
        expect!["0 False until 2026-01-12T23:00:00.000Z"],
    );
    check_with("due_date_roll: following", &one(), rule, "2026-01-13", expect!["1 True until never"]);
    let easter = [issued("2026-03-01", "A", 1_000, "2026-04-04")];
    check_with("due_date_roll: following", &easter, rule, "2026-04-08", expect!["1 True until never"]);
    let moved = and(&one(), [adjusted("2026-01-05", "A", 0, Some("2026-01-17"))]);
    check_with("due_date_roll: following", &moved, rule, "2026-01-20", expect!["1 True until never"]);
}
