//! What is owed: allocation, disputes, write-offs, and what falls due next.

use expect_test::expect;

use crate::support::{
    adjusted, and, check, failed, issued, issued_as, named, one, opened, received, resolved, reversed, two, written_off,
};

const LATER: &str = "2026-03-01";

#[test]
fn balance_falls_by_payments_to_the_invoice_named_then_to_the_oldest_due() {
    let events = and(&two(), [received("2026-01-05", "P1", 2_500, Some("B"))]);
    check(&events, "balance > 0 && invoices.open > 0", LATER, expect!["5.00 1 True until never"]);
    let events = and(&events, [received("2026-01-06", "P2", 900, None)]);
    check(&events, "balance > 0 || credit > 0", LATER, expect!["0.00 4.00 True until never"]);
    let events = and(&events, [issued("2026-01-07", "C", 1_000, "2026-01-30")]);
    check(&events, "balance > 0 || credit > 0", LATER, expect!["6.00 0.00 True until never"]);
    let paid =
        and(&two(), [received("2026-01-05", "P1", 1_000, Some("A")), received("2026-01-06", "P2", 300, Some("A"))]);
    check(&paid, "balance > 0 || credit > 0", LATER, expect!["17.00 0.00 True until never"]);
}

#[test]
fn balance_counts_one_issue_of_an_invoice() {
    let again = named("A again", issued("2026-01-02", "A", 9_000, "2026-01-10"));
    check(&and(&one(), [again.clone()]), "balance > 0", LATER, expect!["10.00 True until never"]);
    check(&and(&[again], one()), "balance > 0", LATER, expect!["10.00 True until never"]);
}

#[test]
fn balance_follows_adjustments() {
    let by = |delta| and(&one(), [adjusted("2026-01-02", "A", delta, None)]);
    check(&by(0), "balance > 0", LATER, expect!["10.00 True until never"]);
    check(&by(-400), "balance > 0", LATER, expect!["6.00 True until never"]);
    check(&by(250), "balance > 0", LATER, expect!["12.50 True until never"]);
    check(&by(-1_000), "balance > 0 || invoices.open > 0", LATER, expect!["0.00 0 False until never"]);
    // The amount is what was issued and all its adjustments, at least 0: not 0 and the adjustments after.
    let below = and(&by(-5_000), [adjusted("2026-01-03", "A", 100, None)]);
    check(&below, "balance > 0", LATER, expect!["0.00 False until never"]);
    let early = and(&one(), [adjusted("2025-12-30", "A", -400, None)]);
    check(&early, "balance > 0", LATER, expect!["6.00 True until never"]);
}

#[test]
fn balance_and_credit_after_what_an_adjustment_leaves_over() {
    let paid = and(&two(), [received("2026-01-03", "P", 1_000, Some("A"))]);
    let events = and(&paid, [adjusted("2026-01-04", "A", -300, None)]);
    check(&events, "balance > 0 || credit > 0", LATER, expect!["17.00 0.00 True until never"]);
    let alone = and(&one(), [received("2026-01-03", "P", 1_000, Some("A")), adjusted("2026-01-04", "A", -300, None)]);
    check(&alone, "balance > 0 || credit > 0", LATER, expect!["0.00 3.00 True until never"]);
    // Free money goes to whatever may take it, after every fact.
    let raised = and(&alone, [adjusted("2026-01-05", "A", 200, None)]);
    check(&raised, "balance > 0 || credit > 0", LATER, expect!["0.00 1.00 True until never"]);
    let issued = and(&raised, [issued("2026-01-06", "B", 1_000, "2026-02-01")]);
    check(&issued, "balance > 0 || credit > 0", LATER, expect!["9.00 0.00 True until never"]);
}

#[test]
fn balance_is_as_if_what_does_not_stand_of_a_payment_had_never_been() {
    let paid = and(&one(), [received("2026-01-05", "P", 1_000, None)]);
    let taken = and(&paid, [reversed("2026-01-20", "P")]);
    check(&taken, "balance > 0", "2026-01-20T11:59:59.999Z", expect!["0.00 False until never"]);
    check(&taken, "balance > 0", "2026-01-20", expect!["10.00 True until never"]);
    let before = and(&paid, [reversed("2026-01-04", "P")]);
    check(&before, "balance > 0", LATER, expect!["0.00 False until never"]);
    let failed = and(&paid, [failed("2026-01-05", "P", None)]);
    check(&failed, "balance > 0", LATER, expect!["10.00 True until never"]);
    let again = and(&taken, [named("P again", received("2026-01-25", "P", 1_000, None))]);
    check(&again, "balance > 0", LATER, expect!["0.00 False until never"]);
}

#[test]
fn balance_goes_by_due_date_then_issue_then_id_among_open_invoices() {
    let rule = r#"overdue.amount("CARD") > 0 || overdue.amount("LOAN") > 0"#;
    let pay = || received("2026-01-05", "P", 600, None);
    // Due out of the order of issue.
    let events = [
        issued_as("CARD", "2026-01-01", "A", 1_000, "2026-02-20"),
        issued_as("LOAN", "2026-01-02", "B", 1_000, "2026-01-20"),
        pay(),
    ];
    check(&events, rule, LATER, expect!["10.00 4.00 True until never"]);
    let events = [
        issued_as("CARD", "2026-01-02", "A", 1_000, "2026-01-20"),
        issued_as("LOAN", "2026-01-01", "B", 1_000, "2026-01-20"),
        pay(),
    ];
    check(&events, rule, LATER, expect!["10.00 4.00 True until never"]);
    let events = [
        issued_as("CARD", "2026-01-01", "B", 1_000, "2026-01-20"),
        issued_as("LOAN", "2026-01-01", "A", 1_000, "2026-01-20"),
        pay(),
    ];
    check(&events, rule, LATER, expect!["10.00 4.00 True until never"]);
}

#[test]
fn credit_that_names_an_invoice_not_yet_issued_goes_elsewhere_meanwhile() {
    let events = [issued("2026-01-02", "A", 1_000, "2026-01-10"), received("2026-01-03", "P", 1_500, Some("B"))];
    check(&events, "balance > 0 || credit > 0", LATER, expect!["0.00 5.00 True until never"]);
    let events = and(&events, [issued("2026-01-04", "B", 1_200, "2026-01-30")]);
    check(&events, "balance > 0 || credit > 0", LATER, expect!["7.00 0.00 True until never"]);
}

#[test]
fn credit_goes_to_the_next_invoice_that_is_issued() {
    let credit = [received("2026-01-01", "P1", 300, None), received("2026-01-02", "P2", 300, None)];
    check(&credit, "credit > 0", LATER, expect!["6.00 True until never"]);
    check(&[], "credit > 0", LATER, expect!["0.00 False until never"]);
    let issued_after = and(&credit, [issued("2026-01-03", "A", 400, "2026-01-10")]);
    check(&issued_after, "balance > 0 || credit > 0", LATER, expect!["0.00 2.00 True until never"]);
    let without = and(&issued_after, [reversed("2026-01-04", "P1")]);
    check(&without, "balance > 0 || credit > 0", LATER, expect!["1.00 0.00 True until never"]);
    // At one instant the smaller id comes first: a payment before its invoice is credit, and goes to it.
    let tie = [received("2026-01-01", "a", 300, None), issued("2026-01-01", "b", 400, "2026-01-10")];
    check(&tie, "balance > 0 || credit > 0", LATER, expect!["1.00 0.00 True until never"]);
}

#[test]
fn disputed_amount_is_at_most_what_is_open() {
    let by = |amount| and(&one(), [opened("2026-01-03", "D", Some("A"), amount)]);
    check(&by(None), "disputed.amount > 0", LATER, expect!["10.00 True until never"]);
    check(&by(Some(300)), "disputed.amount > 0", LATER, expect!["3.00 True until never"]);
    check(&by(Some(3_000)), "disputed.amount > 0", LATER, expect!["10.00 True until never"]);
    let twice = and(&by(Some(300)), [opened("2026-01-04", "E", Some("A"), Some(200))]);
    check(&twice, "disputed.amount > 0", LATER, expect!["5.00 True until never"]);
    let paid = and(&by(Some(800)), [received("2026-01-04", "P", 600, None)]);
    check(&paid, "disputed.amount > 0", LATER, expect!["4.00 True until never"]);
    check(
        &and(&by(None), [written_off("2026-01-04", "A")]),
        "disputed.amount > 0",
        LATER,
        expect!["0.00 False until never"],
    );
}

#[test]
fn disputed_amount_of_an_unnamed_dispute_covers_what_was_open_when_it_was_opened() {
    let open = [issued("2026-01-01", "A", 1_000, "2026-01-10"), issued("2026-01-01", "B", 200, "2026-01-10")];
    let after = || issued("2026-01-04", "C", 5_000, "2026-01-10");
    let whole = and(&open, [opened("2026-01-03", "D", None, None), after()]);
    check(&whole, "disputed.amount > 0", LATER, expect!["12.00 True until never"]);
    let part = and(&open, [opened("2026-01-03", "D", None, Some(300)), after()]);
    check(&part, "disputed.amount > 0", LATER, expect!["5.00 True until never"]);
    let paid = and(&part, [received("2026-01-02", "P", 200, Some("B"))]);
    check(&paid, "disputed.amount > 0", LATER, expect!["3.00 True until never"]);
    // As if it had never been paid: then it was open.
    check(&and(&paid, [reversed("2026-01-20", "P")]), "disputed.amount > 0", LATER, expect!["5.00 True until never"]);
    let tie = |id| [named(id, issued("2026-01-03", "A", 1_000, "2026-01-10")), opened("2026-01-03", "D", None, None)];
    check(&tie("C"), "disputed.amount > 0", LATER, expect!["10.00 True until never"]);
    check(&tie("E"), "disputed.amount > 0", LATER, expect!["0.00 False until never"]);
}

#[test]
fn disputed_amount_ends_with_the_resolution() {
    let disputed = and(&one(), [opened("2026-01-03", "D", Some("A"), None)]);
    for upheld in [None, Some(false), Some(true)] {
        let events = and(&disputed, [resolved("2026-01-20", "D", upheld)]);
        check(&events, "disputed.amount > 0", "2026-01-20T11:59:59.999Z", expect!["10.00 True until never"]);
        check(&events, "disputed.amount > 0", "2026-01-20", expect!["0.00 False until never"]);
    }
    let before = and(&disputed, [resolved("2026-01-02", "D", None)]);
    check(&before, "disputed.amount > 0", LATER, expect!["0.00 False until never"]);
    let early = [opened("2025-12-20", "D", Some("A"), None), issued("2026-01-01", "A", 1_000, "2026-01-10")];
    check(&early, "disputed.amount > 0", LATER, expect!["10.00 True until never"]);
}

#[test]
fn written_off_amount_is_what_was_unpaid() {
    let paid = and(&two(), [received("2026-01-03", "P", 300, Some("A"))]);
    let events = and(&paid, [written_off("2026-01-20", "A")]);
    let rule = "written_off.amount > 0 || balance > 0 || credit > 0";
    check(&events, rule, "2026-01-19", expect!["0.00 27.00 0.00 True until never"]);
    check(&events, rule, "2026-01-20", expect!["7.00 20.00 0.00 True until never"]);
    check(&and(&events, [written_off("2026-01-25", "A")]), rule, LATER, expect!["7.00 20.00 0.00 True until never"]);
    check(
        &and(&events, [adjusted("2026-01-21", "A", -100, None)]),
        rule,
        LATER,
        expect!["6.00 20.00 0.00 True until never"],
    );
    check(&and(&events, [reversed("2026-01-21", "P")]), rule, LATER, expect!["10.00 20.00 0.00 True until never"]);
    let both = and(&events, [written_off("2026-01-20", "B")]);
    check(&both, rule, LATER, expect!["27.00 0.00 0.00 True until never"]);
    let early = and(&one(), [written_off("2025-12-01", "A")]);
    check(&early, rule, LATER, expect!["10.00 0.00 0.00 True until never"]);
}

#[test]
fn written_off_amount_falls_by_recoveries_that_name_the_invoice_or_none() {
    let events = and(&one(), [written_off("2026-01-20", "A")]);
    let rule = "written_off.amount > 0 || credit > 0";
    let pay = |amount, invoice| and(&events, [received("2026-01-25", "P", amount, invoice)]);
    check(&pay(200, Some("A")), rule, LATER, expect!["8.00 0.00 True until never"]);
    check(&pay(1_500, Some("A")), rule, LATER, expect!["0.00 5.00 True until never"]);
    check(&pay(200, None), rule, LATER, expect!["8.00 0.00 True until never"]);
}

#[test]
fn invoices_open_counts_what_has_something_open() {
    check(&[], "invoices.open > 0", LATER, expect!["0 False until never"]);
    check(&two(), "invoices.open > 0", "2025-12-31", expect!["0 False until never"]);
    check(&two(), "invoices.open > 0", "2026-01-01", expect!["2 True until never"]);
    let less = |event| and(&two(), [event]);
    check(&less(received("2026-01-02", "P", 999, None)), "invoices.open == 2", LATER, expect!["2 True until never"]);
    check(&less(received("2026-01-02", "P", 1_000, None)), "invoices.open == 2", LATER, expect!["1 False until never"]);
    check(&less(written_off("2026-01-02", "A")), "invoices.open == 2", LATER, expect!["1 False until never"]);
    check(
        &less(opened("2026-01-02", "D", Some("A"), None)),
        "invoices.open == 2",
        LATER,
        expect!["2 True until never"],
    );
}

#[test]
fn next_due_days_move_on_when_the_date_has_passed() {
    let invoices = [issued("2026-01-01", "A", 1_000, "2026-03-27"), issued("2026-01-01", "C", 4_000, "2026-04-10")];
    check(&invoices, "next_due.days <= 7", LATER, expect!["26 False until 2026-03-19T23:00:00.000Z"]);
    check(&invoices, "next_due.days <= 7", "2026-03-27", expect!["0 True until 2026-03-27T23:00:00.000Z"]);
    check(&invoices, "next_due.days <= 7", "2026-03-28", expect!["13 False until 2026-04-02T22:00:00.000Z"]);
    check(&invoices, "next_due.days <= 7", "2026-04-11", expect!["absent Unknown until never"]);
    let disputed = and(&invoices, [opened("2026-02-01", "D", Some("A"), None)]);
    check(&disputed, "next_due.days <= 7", LATER, expect!["40 False until 2026-04-02T22:00:00.000Z"]);
    let paid = and(&invoices, [received("2026-02-01", "P", 1_000, None)]);
    check(&paid, "next_due.days <= 7", LATER, expect!["40 False until 2026-04-02T22:00:00.000Z"]);
}

#[test]
fn next_due_amount_is_all_that_falls_due_that_day() {
    let invoices = [
        issued("2026-01-01", "A", 1_000, "2026-03-27"),
        issued("2026-01-01", "B", 2_000, "2026-03-27"),
        issued("2026-01-01", "C", 4_000, "2026-04-10"),
    ];
    check(&invoices, "next_due.amount == 30", LATER, expect!["30.00 True until 2026-03-27T23:00:00.000Z"]);
    check(&invoices, "next_due.amount == 30", "2026-03-28", expect!["40.00 False until 2026-04-10T22:00:00.000Z"]);
    check(&invoices, "next_due.amount == 30", "2026-04-11", expect!["absent Unknown until never"]);
    let disputed = and(&invoices, [opened("2026-02-01", "D", None, Some(1_500))]);
    check(&disputed, "next_due.amount == 30", LATER, expect!["5.00 False until 2026-03-27T23:00:00.000Z"]);
}

#[test]
fn invoices_count_and_invoices_sum_leave_their_window_at_midnight() {
    let events = [
        issued("2026-01-31T22:59:59.999Z", "A", 1_000, "2026-03-10"),
        issued("2026-01-31T23:00:00.000Z", "B", 2_000, "2026-03-10"),
    ];
    let (count, sum) = (r#"invoices.count("7d") == 2"#, r#"invoices.sum("7d") >= 30"#);
    check(&events, count, "2026-02-06", expect!["2 True until 2026-02-06T23:00:00.000Z"]);
    check(&events, sum, "2026-02-06", expect!["30.00 True until 2026-02-06T23:00:00.000Z"]);
    check(&events, count, "2026-02-07", expect!["1 False until 2026-02-07T23:00:00.000Z"]);
    check(&events, sum, "2026-02-07", expect!["20.00 False until 2026-02-07T23:00:00.000Z"]);
    check(&events, count, "2026-02-08", expect!["0 False until never"]);
    check(&events, sum, "2026-02-08", expect!["0.00 False until never"]);
}

#[test]
fn invoices_sum_is_of_adjusted_amounts_and_without_what_is_written_off() {
    let (at, rule) = ("2026-01-20", r#"invoices.sum("30d") > 0 && invoices.count("30d") > 0"#);
    let more = |event| and(&two(), [event]);
    check(&two(), rule, at, expect!["30.00 2 True until 2026-01-30T23:00:00.000Z"]);
    let adjusted = more(adjusted("2026-01-02", "A", -400, None));
    check(&adjusted, rule, at, expect!["26.00 2 True until 2026-01-30T23:00:00.000Z"]);
    let paid = more(received("2026-01-02", "P", 3_000, None));
    check(&paid, rule, at, expect!["30.00 2 True until 2026-01-30T23:00:00.000Z"]);
    let written_off = more(written_off("2026-01-02", "A"));
    check(&written_off, rule, at, expect!["20.00 2 True until 2026-01-30T23:00:00.000Z"]);
}
