//! How things stood earlier: episodes, cures, rolls and the first payment default.

use expect_test::expect;
use segflow_core::event::{Channel, Event, Outcome};

use crate::support::{
    adjusted, and, call, came, check, check_in, issued, opened, received, resolved, reversed, sent, sms, text, updated,
    written_off,
};

/// Due on 10 January: overdue from the 11th.
fn one() -> [Event; 1] {
    [issued("2026-01-01", "A", 10_000, "2026-01-10")]
}

fn cured() -> Vec<Event> {
    and(&one(), [received("2026-01-20", "P", 10_000, None)])
}

const AT: &str = "2026-01-25";

#[test]
fn episodes_begin_at_midnight_and_leave_their_window() {
    let rule = r#"episodes("30d") == 1"#;
    check(&one(), rule, "2026-01-10", expect!["0 False until 2026-01-10T23:00:00.000Z"]);
    check(&one(), rule, "2026-01-10T22:59:59.999Z", expect!["0 False until 2026-01-10T23:00:00.000Z"]);
    check(&one(), rule, "2026-01-10T23:00:00.000Z", expect!["1 True until 2026-02-09T23:00:00.000Z"]);
    check(&one(), rule, "2026-02-09", expect!["1 True until 2026-02-09T23:00:00.000Z"]);
    check(&one(), rule, "2026-02-10", expect!["0 False until never"]);
    check(&[], rule, AT, expect!["0 False until never"]);
    let tolerated = [issued("2026-01-01", "A", 500, "2026-01-10")];
    check(&tolerated, rule, AT, expect!["0 False until never"]);
    // Due dates out of the order of issue: together they exceed the tolerance from the later one on.
    let two = [issued("2026-01-01", "A", 400, "2026-01-20"), issued("2026-01-02", "B", 400, "2026-01-10")];
    check(&two, rule, "2026-01-20", expect!["0 False until 2026-01-20T23:00:00.000Z"]);
    check(&two, rule, "2026-01-21", expect!["1 True until 2026-02-19T23:00:00.000Z"]);
}

#[test]
fn episodes_need_an_instant_at_which_something_is_overdue() {
    let rule = r#"episodes("90d") == 1"#;
    let paid = |at| and(&one(), [received(at, "P", 10_000, None)]);
    check(&paid("2026-01-10T22:59:59.999Z"), rule, AT, expect!["0 False until never"]);
    check(&paid("2026-01-10T23:00:00.000Z"), rule, AT, expect!["0 False until never"]);
    check(&paid("2026-01-10T23:00:00.001Z"), rule, AT, expect!["1 True until 2026-04-10T22:00:00.000Z"]);
}

#[test]
fn episodes_that_begin_again_are_others_also_on_the_same_day() {
    let rule = r#"episodes("90d") == 2"#;
    let again = and(&cured(), [issued("2026-01-20T13:00:00Z", "B", 5_000, "2026-01-15")]);
    check(&again, rule, AT, expect!["2 True until 2026-04-10T22:00:00.000Z"]);
    check(&again, "episode.days >= 0 && cured.days >= 0", AT, expect!["5 5 True until never"]);
    let moved = and(&one(), [adjusted("2026-01-20", "A", 0, Some("2026-02-10"))]);
    check(&moved, rule, AT, expect!["1 False until 2026-02-10T23:00:00.000Z"]);
    check(&moved, rule, "2026-02-11", expect!["2 True until 2026-04-10T22:00:00.000Z"]);
}

#[test]
fn episodes_see_nothing_between_the_facts_of_one_instant() {
    let rule = r#"episodes("90d") == 2 && episode.days >= 0"#;
    // The payment of A and the issue of something overdue, in either order: the same episode goes on.
    let tie = |id| {
        and(&one(), [received("2026-01-20", "P", 10_000, Some("A")), issued("2026-01-20", id, 5_000, "2026-01-15")])
    };
    check(&tie("Q"), rule, AT, expect!["1 14 False until 2026-04-10T22:00:00.000Z"]);
    check(&tie("O"), rule, AT, expect!["1 14 False until 2026-04-10T22:00:00.000Z"]);
    // Issued overdue and paid at once: there was no arrears.
    let at_once = [issued("2026-01-20", "A", 10_000, "2026-01-10"), received("2026-01-20", "P", 10_000, None)];
    let cured = r#"episodes("90d") == 1 && cured.days == 5"#;
    check(&at_once, cured, AT, expect!["0 absent False until never"]);
}

#[test]
fn episode_days_count_from_the_first_day_of_the_present_one() {
    check(&one(), "known(episode.days)", "2026-01-10", expect!["absent False until 2026-01-10T23:00:00.000Z"]);
    let first = "2026-01-10T23:00:00.000Z";
    check(&one(), "episode.days >= 7", first, expect!["0 False until 2026-01-17T23:00:00.000Z"]);
    check(&one(), "episode.days >= 7", "2026-01-13", expect!["2 False until 2026-01-17T23:00:00.000Z"]);
    check(&one(), "episode.days >= 7", "2026-01-18", expect!["7 True until never"]);
    check(&cured(), "episode.days >= 7", AT, expect!["absent Unknown until never"]);
    check(&and(&cured(), [reversed("2026-01-22", "P")]), "episode.days >= 7", AT, expect!["14 True until never"]);
    // Issued when it was overdue already: from its issue on.
    let late = [issued("2026-01-20", "A", 10_000, "2026-01-10")];
    check(&late, "episode.days >= 7", "2026-01-22", expect!["2 False until 2026-01-26T23:00:00.000Z"]);
    let spring = [issued("2026-03-01", "A", 10_000, "2026-03-28")];
    check(&spring, "episode.days >= 1", "2026-03-29", expect!["0 False until 2026-03-29T22:00:00.000Z"]);
    let autumn = [issued("2026-10-01", "A", 10_000, "2026-10-24")];
    check(&autumn, "episode.days >= 1", "2026-10-25", expect!["0 False until 2026-10-25T23:00:00.000Z"]);
}

#[test]
fn episode_days_go_on_while_a_dispute_suspends_it() {
    let disputed = and(&one(), [opened("2026-01-15", "D", Some("A"), None)]);
    check(&disputed, "episode.days > 0", AT, expect!["14 True until never"]);
    let resolved_later = and(&disputed, [resolved("2026-01-20", "D", None)]);
    let rule = r#"episode.days > 0 && episodes("90d") == 1"#;
    check(&resolved_later, rule, AT, expect!["14 1 True until 2026-04-10T22:00:00.000Z"]);
    let paid = and(&disputed, [received("2026-01-20", "P", 10_000, None)]);
    check(&paid, "known(episode.days) || cured.days == 5", AT, expect!["absent 5 True until 2026-01-25T23:00:00.000Z"]);
    // Disputed before it was due, it begins with the resolution.
    let before = and(&one(), [opened("2026-01-05", "D", Some("A"), None)]);
    check(&before, "episode.days > 0", AT, expect!["absent Unknown until never"]);
    let begun = and(&before, [resolved("2026-01-20", "D", None)]);
    check(&begun, "episode.days > 0", AT, expect!["5 True until never"]);
}

#[test]
fn cured_days_count_from_the_last_cure() {
    let rule = "cured.days >= 30";
    check(&one(), rule, AT, expect!["absent Unknown until never"]);
    check(&cured(), rule, "2026-01-20T11:59:59.999Z", expect!["absent Unknown until never"]);
    check(&cured(), rule, "2026-01-20", expect!["0 False until 2026-02-18T23:00:00.000Z"]);
    check(&cured(), rule, "2026-02-19", expect!["30 True until never"]);
    check(&and(&cured(), [reversed("2026-01-22", "P")]), rule, AT, expect!["absent Unknown until never"]);
    let part = |amount| and(&one(), [received("2026-01-20", "P", amount, None)]);
    check(&part(9_499), rule, AT, expect!["absent Unknown until never"]);
    check(&part(9_500), rule, AT, expect!["5 False until 2026-02-18T23:00:00.000Z"]);
}

#[test]
fn cured_days_count_cures_by_adjustment_and_none_by_write_off() {
    let rule = "cured.days >= 30";
    let by = |event| and(&one(), [event]);
    check(&by(adjusted("2026-01-20", "A", 0, None)), rule, AT, expect!["absent Unknown until never"]);
    let adjusted_down = by(adjusted("2026-01-20", "A", -9_500, None));
    check(&adjusted_down, rule, AT, expect!["5 False until 2026-02-18T23:00:00.000Z"]);
    let moved = by(adjusted("2026-01-20", "A", 0, Some("2026-02-10")));
    check(&moved, rule, AT, expect!["5 False until 2026-02-18T23:00:00.000Z"]);
    let off = by(written_off("2026-01-20", "A"));
    check(&off, rule, AT, expect!["absent Unknown until never"]);
    let gone = r#"known(episode.days) || episodes("90d") == 0"#;
    check(&off, gone, AT, expect!["absent 1 False until 2026-04-10T22:00:00.000Z"]);
    check(
        &and(&off, [received("2026-01-22", "P", 10_000, Some("A"))]),
        rule,
        AT,
        expect!["absent Unknown until never"],
    );
    // The fact that ends it decides: here a payment, after the write-off of another invoice.
    let two = and(&off, [issued("2026-01-02", "B", 5_000, "2026-01-12")]);
    check(&two, "episode.days > 0", AT, expect!["14 True until never"]);
    let paid = and(&two, [received("2026-01-22", "P", 5_000, None)]);
    check(&paid, rule, AT, expect!["3 False until 2026-02-20T23:00:00.000Z"]);
}

#[test]
fn roll_is_the_bucket_now_less_the_one_before() {
    let rule = r#"roll("30d") > 0"#;
    check(&one(), rule, "2026-01-10", expect!["0 False until 2026-01-10T23:00:00.000Z"]);
    check(&one(), rule, "2026-01-11", expect!["1 True until 2026-02-08T23:00:00.000Z"]);
    check(&one(), rule, "2026-02-08", expect!["1 True until 2026-02-08T23:00:00.000Z"]);
    check(&one(), rule, "2026-02-09", expect!["2 True until 2026-02-09T23:00:00.000Z"]);
    // From here on both move together, until the later has no bucket left to move to and the earlier has, at 210 days.
    check(&one(), rule, "2026-02-10", expect!["1 True until 2026-08-07T22:00:00.000Z"]);
    check(&[], rule, AT, expect!["0 False until never"]);
}

#[test]
fn roll_looks_at_the_end_of_the_day_before() {
    let rule = r#"roll("30d") < 0"#;
    let paid = and(&one(), [received("2026-02-20", "P", 10_000, None)]);
    check(&paid, rule, "2026-02-21", expect!["-1 True until 2026-03-10T23:00:00.000Z"]);
    check(&paid, rule, "2026-03-21", expect!["-2 True until 2026-03-21T23:00:00.000Z"]);
    check(&paid, rule, "2026-03-22", expect!["0 False until never"]);
    let disputed = and(&one(), [opened("2026-01-20", "D", Some("A"), None)]);
    check(&disputed, r#"roll("7d") < 0"#, "2026-01-21", expect!["-1 True until 2026-01-26T23:00:00.000Z"]);
}

#[test]
fn roll_has_eight_buckets() {
    let rule = r#"roll("730d") >= 7"#;
    // 179 and 180 days past due.
    check(&one(), rule, "2026-07-08", expect!["6 False until 2026-07-08T22:00:00.000Z"]);
    check(&one(), rule, "2026-07-09", expect!["7 True until 2028-01-10T23:00:00.000Z"]);
    check(&one(), rule, "2026-06-08", expect!["5 False until 2026-06-08T22:00:00.000Z"]);
    check(&one(), rule, "2026-05-09", expect!["4 False until 2026-05-09T22:00:00.000Z"]);
    check(&one(), rule, "2026-04-09", expect!["3 False until 2026-04-09T22:00:00.000Z"]);
    check(&one(), rule, "2026-03-10", expect!["2 False until 2026-03-10T23:00:00.000Z"]);
}

#[test]
fn self_cure_ratio_is_of_episodes_cured_in_the_window() {
    let rule = r#"self_cure_ratio("30d") >= 0.5"#;
    check(&one(), rule, AT, expect!["absent Unknown until never"]);
    check(&cured(), rule, AT, expect!["1/1 True until 2026-02-18T23:00:00.000Z"]);
    check(&cured(), rule, "2026-02-18", expect!["1/1 True until 2026-02-18T23:00:00.000Z"]);
    check(&cured(), rule, "2026-02-19", expect!["absent Unknown until never"]);
    check(&and(&one(), [written_off("2026-01-20", "A")]), rule, AT, expect!["absent Unknown until never"]);
    let second = [
        issued("2026-01-20T13:00:00Z", "B", 5_000, "2026-01-15"),
        sent("2026-01-22", "K", sms()),
        received("2026-01-23", "Q", 5_000, None),
    ];
    check(&and(&cured(), second), rule, AT, expect!["1/2 True until 2026-02-18T23:00:00.000Z"]);
}

#[test]
fn self_cure_ratio_looks_for_outbound_contacts_from_the_begin_to_the_cure() {
    let rule = r#"self_cure_ratio("30d") > 0"#;
    let contacted = |at| and(&cured(), [sent(at, "K", sms())]);
    check(&contacted("2026-01-10T22:59:59.999Z"), rule, AT, expect!["1/1 True until 2026-02-18T23:00:00.000Z"]);
    check(&contacted("2026-01-10T23:00:00.000Z"), rule, AT, expect!["0/1 False until 2026-02-18T23:00:00.000Z"]);
    check(&contacted("2026-01-20T11:59:59.999Z"), rule, AT, expect!["0/1 False until 2026-02-18T23:00:00.000Z"]);
    check(&contacted("2026-01-20T12:00:00.000Z"), rule, AT, expect!["1/1 True until 2026-02-18T23:00:00.000Z"]);
    let inbound = and(&cured(), [came("2026-01-15", "K", sms())]);
    check(&inbound, rule, AT, expect!["1/1 True until 2026-02-18T23:00:00.000Z"]);
    // A contact counts where it began.
    let earlier = [sent("2026-01-05", "K", sms()), sent("2026-01-15", "K", (Channel::Sms, Outcome::Opened))];
    check(&and(&cured(), earlier), rule, AT, expect!["1/1 True until 2026-02-18T23:00:00.000Z"]);
}

#[test]
fn self_cure_ratio_of_a_channel_ignores_the_others() {
    let texted = and(&cured(), [sent("2026-01-15", "K", sms())]);
    let (by_call, by_sms) = (r#"self_cure_ratio("30d", "CALL") > 0"#, r#"self_cure_ratio("30d", "SMS") > 0"#);
    check(&texted, by_call, AT, expect!["1/1 True until 2026-02-18T23:00:00.000Z"]);
    check(&texted, by_sms, AT, expect!["0/1 False until 2026-02-18T23:00:00.000Z"]);
    let called = and(&cured(), [sent("2026-01-15", "K", call(Outcome::NoAnswer))]);
    check(&called, by_call, AT, expect!["0/1 False until 2026-02-18T23:00:00.000Z"]);
}

/// A customer of this day, with an invoice due on 10 January.
fn customer_since(day: &str) -> Vec<Event> {
    and(&one(), [updated("2026-01-01", "since", "customer_since", text(day))])
}

const DEFAULTED: &str = "first_payment_default";

#[test]
fn first_payment_default_is_decided_30_days_after_the_due_date() {
    let new = customer_since("2026-01-01");
    check(&new, DEFAULTED, "2026-01-02", expect!["false False until 2026-02-08T23:00:00.000Z"]);
    check(&new, DEFAULTED, "2026-02-08T22:59:59.999Z", expect!["false False until 2026-02-08T23:00:00.000Z"]);
    check(&new, DEFAULTED, "2026-02-08T23:00:00.000Z", expect!["true True until never"]);
    let paid = |at, amount| and(&new, [received(at, "P", amount, None)]);
    let (at, last) = ("2026-03-01", "2026-02-08T22:59:59.999Z");
    check(&paid(last, 10_000), DEFAULTED, at, expect!["false False until never"]);
    check(&paid(last, 9_999), DEFAULTED, at, expect!["true True until never"]);
    check(&paid("2026-02-08T23:00:00.000Z", 10_000), DEFAULTED, at, expect!["true True until never"]);
    check(&and(&paid(last, 10_000), [reversed("2026-02-20", "P")]), DEFAULTED, at, expect!["true True until never"]);
    // The first issued counts, not the first due.
    let second = [issued("2026-01-02", "B", 5_000, "2026-01-05"), received(last, "P", 10_000, Some("A"))];
    check(&and(&new, second), DEFAULTED, at, expect!["false False until never"]);
}

#[test]
fn first_payment_default_whatever_kept_it_unpaid() {
    let with = |event| and(&customer_since("2026-01-01"), [event]);
    let at = "2026-03-01";
    check(&with(opened("2026-01-05", "D", Some("A"), None)), DEFAULTED, at, expect!["true True until never"]);
    check(&with(written_off("2026-01-20", "A")), DEFAULTED, at, expect!["true True until never"]);
    check(&with(adjusted("2026-01-20", "A", -10_000, None)), DEFAULTED, at, expect!["false False until never"]);
    let later = with(adjusted("2026-01-20", "A", 0, Some("2026-03-01")));
    check(&later, DEFAULTED, at, expect!["false False until 2026-03-30T22:00:00.000Z"]);
    let too_late = with(adjusted("2026-02-10", "A", 0, Some("2026-04-01")));
    check(&too_late, DEFAULTED, at, expect!["true True until never"]);
}

#[test]
fn first_payment_default_is_known_of_those_alone_whose_history_is_complete() {
    check(&one(), DEFAULTED, AT, expect!["absent Unknown until never"]);
    check(&customer_since("2025-12-31"), DEFAULTED, AT, expect!["absent Unknown until never"]);
    check(&customer_since("no date"), DEFAULTED, AT, expect!["absent Unknown until never"]);
    check(&customer_since("2026-01-01"), DEFAULTED, AT, expect!["false False until 2026-02-08T23:00:00.000Z"]);
}

#[test]
fn first_payment_default_by_a_due_date_moved_back() {
    let since = updated("2026-01-01", "since", "customer_since", text("2026-01-01"));
    let invoice = [since, issued("2026-01-01", "A", 10_000, "2026-03-10")];
    let moved = and(&invoice, [adjusted("2026-03-01", "A", 0, Some("2026-01-10"))]);
    check(&moved, DEFAULTED, "2026-02-20", expect!["false False until 2026-04-08T22:00:00.000Z"]);
    check(&moved, DEFAULTED, "2026-03-01", expect!["true True until never"]);
    // Paid since, it was unpaid on the 30th day; and so it was just before, where it is moved at that very midnight.
    let paid = and(&moved, [received("2026-02-20", "P", 10_000, None)]);
    check(&paid, DEFAULTED, "2026-03-01", expect!["true True until never"]);
    let taken_back = |at| and(&invoice, [adjusted(at, "A", -10_000, Some("2026-01-10"))]);
    check(&taken_back("2026-02-08T23:00:00.000Z"), DEFAULTED, "2026-03-01", expect!["true True until never"]);
    check(&taken_back("2026-02-08T22:59:59.999Z"), DEFAULTED, "2026-03-01", expect!["false False until never"]);
}

#[test]
fn episode_days_of_one_suspended_until_it_ends() {
    let disputed = and(&one(), [opened("2026-01-15", "D", Some("A"), None)]);
    let rule = "known(episode.days) || known(cured.days)";
    let moved = and(&disputed, [adjusted("2026-01-20", "A", 0, Some("2026-02-20"))]);
    check(&moved, rule, AT, expect!["absent 5 True until never"]);
    let off = and(&disputed, [written_off("2026-01-20", "A")]);
    check(&off, rule, AT, expect!["absent absent False until never"]);
    // Something else falls due meanwhile: the same episode.
    let more = and(&disputed, [issued("2026-01-16", "B", 5_000, "2026-01-20")]);
    let one = r#"episode.days > 0 && episodes("90d") == 1"#;
    check(&more, one, AT, expect!["14 1 True until 2026-04-10T22:00:00.000Z"]);
}

#[test]
fn episodes_begin_after_the_gap_where_midnight_is_skipped() {
    // In Cairo 24 April 2026 begins at 01:00.
    let invoice = [issued("2026-04-01", "A", 10_000, "2026-04-23")];
    let (zone, rule) = ("Africa/Cairo", "known(episode.days)");
    check_in(zone, &invoice, rule, "2026-04-23", expect!["absent False until 2026-04-23T22:00:00.000Z"]);
    check_in(zone, &invoice, rule, "2026-04-23T22:00:00.000Z", expect!["0 True until never"]);
}
