//! How many disputes there are, of what, and how they ended.

use expect_test::expect;
use segflow_core::event::Event;

use crate::support::{and, check, issued, opened, received, resolved};

fn two() -> [Event; 2] {
    [issued("2026-01-05", "A", 1_000, "2026-02-10"), issued("2026-01-10", "B", 2_000, "2026-02-10")]
}

const AT: &str = "2026-01-25";

#[test]
fn disputes_open_until_they_are_resolved() {
    let rule = "disputes.open > 0";
    let opened_once = [opened("2026-01-12", "D", None, None)];
    check(&[], rule, AT, expect!["0 False until never"]);
    check(&opened_once, rule, "2026-01-12T11:59:59.999Z", expect!["0 False until never"]);
    check(&opened_once, rule, "2026-01-12", expect!["1 True until never"]);
    let more = and(&opened_once, [opened("2026-01-13", "E", Some("A"), Some(1))]);
    check(&more, rule, AT, expect!["2 True until never"]);
    check(&and(&more, [resolved("2026-01-20", "D", None)]), rule, AT, expect!["1 True until never"]);
    check(&and(&opened_once, [resolved("2026-01-10", "D", None)]), rule, AT, expect!["0 False until never"]);
    check(&[resolved("2026-01-10", "D", None)], rule, AT, expect!["0 False until never"]);
}

#[test]
fn dispute_ratio_is_of_the_invoices_issued_in_the_window() {
    let rule = r#"dispute_ratio("30d") >= 0.5"#;
    check(&[], rule, AT, expect!["absent Unknown until never"]);
    check(&two(), rule, AT, expect!["0/2 False until 2026-02-03T23:00:00.000Z"]);
    let of = |invoice: Option<&str>| and(&two(), [opened("2026-01-12", "D", invoice, Some(1))]);
    check(&of(Some("A")), rule, AT, expect!["1/2 True until 2026-02-03T23:00:00.000Z"]);
    check(&of(Some("A")), rule, "2026-02-04", expect!["0/1 False until 2026-02-08T23:00:00.000Z"]);
    check(&of(Some("A")), rule, "2026-02-09", expect!["absent Unknown until never"]);
    check(&of(None), rule, AT, expect!["2/2 True until 2026-02-03T23:00:00.000Z"]);
    let paid = and(&of(None), [received("2026-01-11", "P", 1_000, Some("A"))]);
    check(&paid, rule, AT, expect!["1/2 True until 2026-02-03T23:00:00.000Z"]);
    // A dispute covers the invoice that it names whether anything of it is open or not.
    let named = and(&of(Some("A")), [received("2026-01-11", "P", 1_000, Some("A"))]);
    check(&named, rule, AT, expect!["1/2 True until 2026-02-03T23:00:00.000Z"]);
    let early = and(&two(), [opened("2026-01-08", "D", Some("B"), None)]);
    check(&early, rule, AT, expect!["1/2 True until 2026-02-03T23:00:00.000Z"]);
}

#[test]
fn dispute_ratio_leaves_out_what_was_upheld() {
    let rule = r#"dispute_ratio("30d") >= 0.5"#;
    let disputed = and(&two(), [opened("2026-01-12", "D", Some("A"), None)]);
    let ended = |upheld| and(&disputed, [resolved("2026-01-20", "D", upheld)]);
    check(&ended(None), rule, AT, expect!["1/2 True until 2026-02-03T23:00:00.000Z"]);
    check(&ended(Some(false)), rule, AT, expect!["1/2 True until 2026-02-03T23:00:00.000Z"]);
    check(&ended(Some(true)), rule, "2026-01-19", expect!["1/2 True until 2026-02-03T23:00:00.000Z"]);
    check(&ended(Some(true)), rule, AT, expect!["0/2 False until 2026-02-03T23:00:00.000Z"]);
    let other = and(&ended(Some(true)), [opened("2026-01-13", "E", Some("A"), Some(1))]);
    check(&other, rule, AT, expect!["1/2 True until 2026-02-03T23:00:00.000Z"]);
}

#[test]
fn disputes_rejected_by_the_day_of_the_first_resolution() {
    let rule = r#"disputes.rejected("7d") > 0"#;
    let disputed = [opened("2026-01-12", "D", None, None)];
    check(&disputed, rule, AT, expect!["0 False until never"]);
    let ended = |upheld| and(&disputed, [resolved("2026-01-20", "D", upheld)]);
    check(&ended(Some(false)), rule, AT, expect!["1 True until 2026-01-26T23:00:00.000Z"]);
    check(&ended(Some(false)), rule, "2026-01-26", expect!["1 True until 2026-01-26T23:00:00.000Z"]);
    check(&ended(Some(false)), rule, "2026-01-27", expect!["0 False until never"]);
    check(&ended(Some(true)), rule, AT, expect!["0 False until never"]);
    check(&ended(None), rule, AT, expect!["0 False until never"]);
    let twice = and(&ended(Some(true)), [resolved("2026-01-21", "D", Some(false))]);
    check(&twice, rule, AT, expect!["0 False until never"]);
}

#[test]
fn disputes_resolved_days_count_from_the_last_resolution() {
    let rule = "disputes.resolved_days >= 30";
    let disputed = [opened("2026-01-12", "D", None, None), opened("2026-01-13", "E", None, None)];
    check(&disputed, rule, AT, expect!["absent Unknown until never"]);
    let once = and(&disputed, [resolved("2026-01-20", "D", None)]);
    check(&once, rule, AT, expect!["5 False until 2026-02-18T23:00:00.000Z"]);
    check(&once, rule, "2026-02-18", expect!["29 False until 2026-02-18T23:00:00.000Z"]);
    check(&once, rule, "2026-02-19", expect!["30 True until never"]);
    let twice = and(&once, [resolved("2026-01-22", "E", Some(true))]);
    check(&twice, rule, AT, expect!["3 False until 2026-02-20T23:00:00.000Z"]);
    // Of a dispute that is opened.
    check(&[resolved("2026-01-20", "F", None)], rule, AT, expect!["absent Unknown until never"]);
    let before = [resolved("2026-01-20", "F", None), opened("2026-01-22", "F", None, None)];
    check(&before, rule, "2026-01-21", expect!["absent Unknown until never"]);
    check(&before, rule, AT, expect!["5 False until 2026-02-18T23:00:00.000Z"]);
}
