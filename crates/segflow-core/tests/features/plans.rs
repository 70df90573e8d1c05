//! Plans: promises that share a plan id are its instalments.

use expect_test::expect;
use segflow_core::event::Event;

use crate::support::{and, cancelled, check, credited, instalment, issued, made, named, received, reversed};

/// Two instalments: due on Tuesday 10 March, broken when the 13th begins; due on Friday 10 April, broken when the 15th
/// begins.
fn two() -> [Event; 2] {
    [
        instalment("2026-03-02", "M1", "plan", "2026-03-10"),
        named("M2 made", instalment("2026-03-02", "M2", "plan", "2026-04-10")),
    ]
}

fn paid(at: &str, amount_minor: i64) -> Vec<Event> {
    and(&two(), [received(at, "P", amount_minor, None)])
}

const AT: &str = "2026-03-05";
const BROKEN: &str = "2026-03-13";
const AFTER: &str = "2026-04-20";

#[test]
fn plans_open_until_all_instalments_are_decided_or_one_is_broken() {
    let rule = "plans.open > 0 || promises.open > 0";
    check(&[], rule, AT, expect!["0 0 False until never"]);
    check(
        &[made("2026-03-02", "M", 10_000, "2026-03-10")],
        rule,
        AT,
        expect!["0 1 True until 2026-03-12T23:00:00.000Z"],
    );
    check(&two(), rule, AT, expect!["1 2 True until 2026-03-12T23:00:00.000Z"]);
    check(&two(), rule, "2026-03-12T22:59:59.999Z", expect!["1 2 True until 2026-03-12T23:00:00.000Z"]);
    // The first broken instalment closes the other.
    check(&two(), rule, "2026-03-12T23:00:00.000Z", expect!["0 0 False until never"]);
    check(&paid("2026-03-04", 10_000), rule, BROKEN, expect!["1 1 True until 2026-04-14T22:00:00.000Z"]);
    check(&paid("2026-03-04", 20_000), rule, AT, expect!["0 0 False until never"]);
    // An instalment that is made after the plan was broken is closed at once.
    let later = and(&two(), [instalment("2026-03-20", "M3", "plan", "2026-05-10")]);
    check(&later, rule, "2026-03-21", expect!["0 0 False until never"]);
    let other = and(&two(), [instalment("2026-03-03", "N", "other", "2026-05-10")]);
    check(&other, rule, AT, expect!["2 3 True until 2026-03-12T23:00:00.000Z"]);
    check(&other, rule, BROKEN, expect!["1 1 True until 2026-05-12T22:00:00.000Z"]);
}

#[test]
fn plans_broken_at_the_deadline_of_the_first_broken_instalment() {
    let rule = r#"plans.broken("30d") > 0"#;
    check(&two(), rule, AT, expect!["0 False until 2026-03-12T23:00:00.000Z"]);
    check(&two(), rule, BROKEN, expect!["1 True until 2026-04-11T22:00:00.000Z"]);
    // Once: the instalment that was closed breaks nothing more, and is no broken promise.
    check(&two(), rule, AFTER, expect!["0 False until never"]);
    check(&two(), r#"promises.broken("90d") == 1"#, AFTER, expect!["1 True until 2026-06-10T22:00:00.000Z"]);
    check(&paid("2026-03-04", 10_000), rule, AFTER, expect!["1 True until 2026-05-14T22:00:00.000Z"]);
    check(&paid("2026-03-04", 20_000), rule, AFTER, expect!["0 False until never"]);
    let back = and(&paid("2026-03-04", 10_000), [reversed("2026-03-20", "P")]);
    check(&back, rule, "2026-03-21", expect!["1 True until 2026-04-11T22:00:00.000Z"]);
}

#[test]
fn plans_kept_at_the_payment_that_decides_the_last_instalment() {
    let rule = r#"plans.kept("30d") > 0"#;
    check(&paid("2026-03-04", 10_000), rule, AT, expect!["0 False until never"]);
    let both = and(&paid("2026-03-04", 10_000), [received("2026-04-08", "Q", 9_500, None)]);
    check(&both, rule, "2026-04-09", expect!["1 True until 2026-05-07T22:00:00.000Z"]);
    check(&both, rule, "2026-05-08", expect!["0 False until never"]);
    check(&two(), rule, AFTER, expect!["0 False until never"]);
    // An instalment that is taken back is none to keep.
    let less = and(&paid("2026-03-04", 10_000), [cancelled("2026-03-20", "M2")]);
    check(&less, rule, "2026-03-21", expect!["1 True until 2026-04-18T22:00:00.000Z"]);
    let none = and(&two(), [cancelled("2026-03-03", "M1"), cancelled("2026-03-03", "M2")]);
    check(&none, rule, AT, expect!["0 False until never"]);
}

#[test]
fn plans_kept_and_plans_broken_count_no_plan_that_is_moot() {
    let rule = r#"plans.open > 0 || plans.kept("30d") > 0 || plans.broken("30d") > 0"#;
    let owed = and(&two(), [issued("2026-01-01", "A", 4_000, "2026-02-10")]);
    check(&owed, rule, AT, expect!["1 0 0 True until 2026-03-12T23:00:00.000Z"]);
    let moot = and(&owed, [credited("2026-03-04", "N", 4_000, None)]);
    check(&moot, rule, AT, expect!["0 0 0 False until never"]);
    check(&moot, rule, AFTER, expect!["0 0 0 False until never"]);
    // One instalment was kept before nothing was owed any more.
    let more =
        and(&two(), [issued("2026-01-01", "A", 14_000, "2026-02-10"), received("2026-03-03", "P", 10_000, None)]);
    check(
        &and(&more, [credited("2026-03-10", "N", 4_000, None)]),
        rule,
        BROKEN,
        expect!["0 1 0 True until 2026-04-08T22:00:00.000Z"],
    );
}

#[test]
fn plans_missed_counts_instalments_of_the_latest_plan_whose_deadline_passed() {
    let rule = "plans.missed >= 2";
    check(&[], rule, AT, expect!["0 False until never"]);
    check(&two(), rule, AT, expect!["0 False until 2026-03-12T23:00:00.000Z"]);
    check(&two(), rule, BROKEN, expect!["1 False until 2026-04-14T22:00:00.000Z"]);
    check(&two(), rule, AFTER, expect!["2 True until never"]);
    check(&paid("2026-03-04", 10_000), rule, AFTER, expect!["1 False until never"]);
    check(
        &and(&two(), [instalment("2026-03-20", "N", "later", "2026-05-10")]),
        rule,
        AFTER,
        expect!["0 False until 2026-05-12T22:00:00.000Z"],
    );
    check(&and(&two(), [made("2026-03-20", "N", 10_000, "2026-05-10")]), rule, AFTER, expect!["2 True until never"]);
    check(&and(&two(), [cancelled("2026-03-03", "M1")]), rule, AFTER, expect!["1 False until never"]);
}
