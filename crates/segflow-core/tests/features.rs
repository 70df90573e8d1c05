//! Features and their expiry: each case is some facts, a rule and an instant, and says what holds until when.

#![allow(clippy::unwrap_used, reason = "a test")]

use expect_test::{Expect, expect};
use segflow_core::event::{Attribute, Body, Channel, CustomerId, Direction, Event, Outcome};
use segflow_core::feature::reading::Moment;
use segflow_core::feature::view::View;
use segflow_core::rule::eval::Evaluation;
use segflow_core::segmentation::Segmentation;
use segflow_core::state::{State, fold, in_effect};
use segflow_core::time::Instant;

fn segmentation(zone: &str, rule: &str) -> Segmentation {
    let text = format!(
        "name: test\nversion: 1\ncurrency: EUR\ntimezone: {zone}\n\
         attributes: {{vulnerable: bool, score: int, limit: money, share: ratio, region: string, customer_since: date}}\n\
         parameters: {{overdue_tolerance: 5.00, holidays: [2026-04-06]}}\n\
         dimensions:\n  - name: d\n    segments:\n      - name: s\n        when: '{rule}'\n    otherwise: o\n"
    );
    Segmentation::load("test.yaml", text).unwrap_or_else(|error| panic!("{error}")).segmentation
}

fn event(at: &str, id: &str, body: Body) -> Event {
    let customer_id = CustomerId::new("C").unwrap();
    Event {
        event_id: id.to_owned(),
        customer_id,
        occurred_at: at.parse().unwrap(),
        recorded_at: at.parse().unwrap(),
        body,
    }
}

fn issued(at: &str, id: &str, amount_minor: i64, due: &str) -> Event {
    let due_date = due.parse().unwrap();
    event(at, id, Body::Issued { invoice_id: id.to_owned(), amount_minor, due_date, debt_type: None })
}

fn received(at: &str, id: &str, amount_minor: i64, invoice: Option<&str>) -> Event {
    let invoice_id = invoice.map(str::to_owned);
    event(at, id, Body::Received { payment_id: id.to_owned(), amount_minor, invoice_id, method: None })
}

fn made(at: &str, id: &str, amount_minor: i64, due: &str) -> Event {
    let due_date = due.parse().unwrap();
    event(at, id, Body::Made { promise_id: id.to_owned(), amount_minor, due_date })
}

fn contact(at: &str, id: &str, direction: Direction, outcome: Outcome) -> Event {
    event(at, id, Body::Contact { contact_id: id.to_owned(), direction, channel: Channel::Sms, outcome })
}

fn sent(at: &str, id: &str) -> Event {
    contact(at, id, Direction::Outbound, Outcome::Delivered)
}

fn updated(at: &str, id: &str, name: &str, value: Attribute) -> Event {
    event(at, id, Body::Updated { attributes: [(name.to_owned(), value)].into() })
}

fn text(value: &str) -> Attribute {
    Attribute::Text(value.to_owned())
}

/// Checks a rule in Rome.
fn check(events: &[Event], rule: &str, at: &str, expected: Expect) {
    check_in("Europe/Rome", events, rule, at, expected);
}

fn check_in(zone: &str, events: &[Event], rule: &str, at: &str, expected: Expect) {
    let segmentation = segmentation(zone, rule);
    let mut state = State::default();
    for event in events {
        fold(&mut state, event.clone(), 0, Instant::BEGINNING, &segmentation);
    }
    let at: Instant = at.parse().unwrap();
    let customer = CustomerId::new("C").unwrap();
    let beyond: Vec<_> = state.pending.iter().filter(|pending| pending.effective > at).cloned().collect();
    let view = View::new(&customer, in_effect(&state.facts, &beyond), &segmentation);
    let evaluation = Evaluation::new(&segmentation, &view, Moment::new(at, &segmentation.zone));
    let rule = segmentation.dimensions[0].segments[0].when.as_ref().unwrap();
    let timed = evaluation.eval(&rule.root, &[]);
    let values: Vec<_> = (0..segmentation.features.len())
        .map(|slot| {
            let reading = evaluation.feature(slot, &[]).value;
            reading.text(evaluation.moment.today, &segmentation.currency).unwrap_or("absent".to_owned())
        })
        .collect();
    expected.assert_eq(&format!("{} {:?} until {}", values.join(" "), timed.value, timed.until));
}

#[test]
fn days_past_due_are_one_midnight_away() {
    let invoice = [issued("2026-02-01T09:00:00Z", "I", 10_000, "2026-03-01")];
    let at = "2026-03-02T00:00:00+01:00";
    // The clocks in Rome go forward on 29 March: day 30 begins at 22:00 UTC, not at 23:00.
    check(&invoice, "overdue.days >= 30", at, expect!["1 False until 2026-03-30T22:00:00.000Z"]);
    check(&invoice, "overdue.days >= 1", at, expect!["1 True until never"]);
    check(&invoice, "overdue.days == 1", at, expect!["1 True until 2026-03-02T23:00:00.000Z"]);
    check(&invoice, "overdue.days < 30", at, expect!["1 True until 2026-03-30T22:00:00.000Z"]);
    check(&invoice, "overdue.days in [2, 3, 7]", at, expect!["1 False until 2026-03-02T23:00:00.000Z"]);
    check(&invoice, "overdue.days != 1", at, expect!["1 False until 2026-03-02T23:00:00.000Z"]);
}

#[test]
fn due_today_is_not_yet_overdue() {
    let invoice = [issued("2026-02-01T09:00:00Z", "I", 10_000, "2026-03-01")];
    let last = "2026-03-01T23:59:59.999+01:00";
    check(&invoice, "overdue.days >= 1", last, expect!["0 False until 2026-03-01T23:00:00.000Z"]);
    check(&invoice, "overdue.amount > 0", last, expect!["0.00 False until 2026-03-01T23:00:00.000Z"]);
    check(&invoice, "overdue.invoices == 0", last, expect!["0 True until 2026-03-01T23:00:00.000Z"]);
}

#[test]
fn days_past_due_begin_where_the_tolerance_is_exceeded() {
    let invoices = [
        issued("2026-01-01T09:00:00Z", "A", 500, "2026-01-10"),
        issued("2026-01-01T09:00:00Z", "B", 1, "2026-01-20"),
        issued("2026-01-01T09:00:00Z", "C", 9_999, "2026-01-30"),
    ];
    check(&invoices, "overdue.days > 0", "2026-01-15T12:00:00Z", expect!["0 False until 2026-01-20T23:00:00.000Z"]);
    check(&invoices, "overdue.days > 0", "2026-02-15T12:00:00Z", expect!["26 True until never"]);
    check(&invoices, "overdue.amount > 0", "2026-01-15T12:00:00Z", expect!["5.00 True until 2026-01-20T23:00:00.000Z"]);
}

#[test]
fn the_next_due_date_moves_on_when_it_has_passed() {
    let invoices = [
        issued("2026-01-01T09:00:00Z", "A", 1_000, "2026-03-27"),
        issued("2026-01-01T09:00:00Z", "B", 2_000, "2026-03-27"),
        issued("2026-01-01T09:00:00Z", "C", 4_000, "2026-04-10"),
    ];
    let at = "2026-03-01T12:00:00Z";
    check(&invoices, "next_due.days <= 7", at, expect!["26 False until 2026-03-19T23:00:00.000Z"]);
    check(&invoices, "next_due.amount == 30", at, expect!["30.00 True until 2026-03-27T23:00:00.000Z"]);
    check(&invoices, "next_due.days <= 7", "2026-03-28T12:00:00Z", expect!["13 False until 2026-04-02T22:00:00.000Z"]);
    check(&invoices, "next_due.days <= 7", "2026-04-11T12:00:00Z", expect!["absent Unknown until never"]);
}

#[test]
fn a_payment_goes_to_the_invoice_named_then_to_the_oldest_due() {
    let mut events = vec![
        issued("2026-01-01T09:00:00Z", "A", 1_000, "2026-01-10"),
        issued("2026-01-01T09:00:00Z", "B", 2_000, "2026-01-20"),
        received("2026-01-05T09:00:00Z", "P1", 2_500, Some("B")),
    ];
    let at = "2026-02-01T12:00:00Z";
    check(&events, "balance > 0 && invoices.open > 0", at, expect!["5.00 1 True until never"]);
    events.push(received("2026-01-06T09:00:00Z", "P2", 900, None));
    check(&events, "balance > 0 || credit > 0", at, expect!["0.00 4.00 True until never"]);
    events.push(issued("2026-01-07T09:00:00Z", "C", 1_000, "2026-01-30"));
    check(&events, "balance > 0 || credit > 0", at, expect!["6.00 0.00 True until never"]);
}

#[test]
fn a_payment_waits_for_the_invoice_that_it_names() {
    let mut events = vec![
        issued("2026-01-02T09:00:00Z", "A", 1_000, "2026-01-10"),
        received("2026-01-03T09:00:00Z", "P", 1_500, Some("B")),
    ];
    let at = "2026-02-01T12:00:00Z";
    check(&events, "balance > 0 || credit > 0", at, expect!["10.00 15.00 True until never"]);
    events.push(issued("2026-01-04T09:00:00Z", "B", 1_200, "2026-01-30"));
    check(&events, "balance > 0 || credit > 0", at, expect!["7.00 0.00 True until never"]);
}

#[test]
fn a_second_issue_of_an_invoice_does_not_count() {
    let mut again = issued("2026-01-02T09:00:00Z", "A", 9_000, "2026-01-10");
    again.event_id = "A again".to_owned();
    let events = [issued("2026-01-01T09:00:00Z", "A", 1_000, "2026-01-10"), again];
    check(&events, "balance > 0", "2026-02-01T12:00:00Z", expect!["10.00 True until never"]);
}

#[test]
fn payments_leave_their_window_at_midnight() {
    let events =
        [received("2026-01-01T23:30:00Z", "P1", 1_000, None), received("2026-01-05T12:00:00Z", "P2", 500, None)];
    // 23:30 UTC is 2 January in Rome.
    let at = "2026-01-08T12:00:00Z";
    check(&events, r#"payments.count("7d") == 2"#, at, expect!["2 True until 2026-01-08T23:00:00.000Z"]);
    check(&events, r#"payments.sum("7d") >= 15.00"#, at, expect!["15.00 True until 2026-01-08T23:00:00.000Z"]);
    check(&events, r#"payments.sum("4d") >= 15"#, at, expect!["5.00 False until 2026-01-08T23:00:00.000Z"]);
    check(&events, "payments.last_days > 30", at, expect!["3 False until 2026-02-04T23:00:00.000Z"]);
    check(&[], "payments.last_days > 30", at, expect!["absent Unknown until never"]);
}

#[test]
fn a_promise_breaks_at_its_deadline() {
    // Due on Thursday; Friday is a business day, Easter Monday is a holiday, so grace of 2 ends with Tuesday.
    let promise = [made("2026-03-20T12:00:00Z", "M", 10_000, "2026-04-02")];
    let at = "2026-04-04T12:00:00Z";
    check(&promise, "promises.open > 0", at, expect!["1 True until 2026-04-07T22:00:00.000Z"]);
    check(&promise, "promises.due_days < 0", at, expect!["-2 True until 2026-04-07T22:00:00.000Z"]);
    check(&promise, r#"promises.broken("1d") > 0"#, at, expect!["0 False until 2026-04-07T22:00:00.000Z"]);
    let after = "2026-04-08T00:00:00+02:00";
    check(&promise, r#"promises.broken("1d") > 0"#, after, expect!["1 True until 2026-04-08T22:00:00.000Z"]);
    check(&promise, "promises.open > 0", after, expect!["0 False until never"]);
    check(&promise, "known(promises.due_days)", after, expect!["absent False until never"]);
}

#[test]
fn a_promise_is_kept_by_95_percent_of_its_amount() {
    let mut events = vec![
        made("2026-03-02T12:00:00Z", "M1", 10_000, "2026-03-10"),
        received("2026-03-03T12:00:00Z", "P1", 9_499, None),
    ];
    let at = "2026-03-05T12:00:00Z";
    check(&events, r#"promises.kept("30d") > 0"#, at, expect!["0 False until never"]);
    events.push(received("2026-03-04T12:00:00Z", "P2", 1, None));
    check(&events, r#"promises.kept("30d") > 0"#, at, expect!["1 True until 2026-04-02T22:00:00.000Z"]);
}

#[test]
fn overlapping_promises_are_served_earliest_due_first() {
    let events = [
        made("2026-03-02T12:00:00Z", "late", 5_000, "2026-03-20"),
        made("2026-03-02T12:00:00Z", "early", 10_000, "2026-03-10"),
        received("2026-03-03T12:00:00Z", "P", 14_750, None),
    ];
    let at = "2026-03-05T12:00:00Z";
    check(&events, r#"promises.kept("30d") == 2"#, at, expect!["2 True until 2026-04-01T22:00:00.000Z"]);
    check(&events, r#"promises.kept_ratio("30d") > 0.99"#, at, expect!["2/2 True until 2026-04-01T22:00:00.000Z"]);
    check(
        &events[..2],
        r#"promises.kept_ratio("30d") > 0.99"#,
        at,
        expect!["absent Unknown until 2026-03-12T23:00:00.000Z"],
    );
}

#[test]
fn contacts_are_counted_once_by_their_first_event() {
    let events = [
        sent("2026-03-01T12:00:00Z", "K1"),
        contact("2026-03-09T12:00:00Z", "K1b", Direction::Outbound, Outcome::Opened),
        contact("2026-03-09T13:00:00Z", "K2", Direction::Inbound, Outcome::Replied),
    ];
    let mut events = events.to_vec();
    if let Body::Contact { contact_id, .. } = &mut events[1].body {
        *contact_id = "K1".to_owned();
    }
    let at = "2026-03-10T12:00:00Z";
    check(&events, r#"contacts.outbound("30d") == 1"#, at, expect!["1 True until 2026-03-30T22:00:00.000Z"]);
    check(&events, r#"contacts.outbound("7d") == 0"#, at, expect!["0 True until never"]);
    check(&events, r#"contacts.inbound("7d", "SMS") == 1"#, at, expect!["1 True until 2026-03-15T23:00:00.000Z"]);
    check(&events, r#"contacts.inbound("7d", "CALL") == 0"#, at, expect!["0 True until never"]);
}

#[test]
fn silence_needs_three_contacts_without_an_answer() {
    let mut events = vec![
        sent("2026-03-01T12:00:00Z", "K1"),
        sent("2026-03-02T12:00:00Z", "K2"),
        sent("2026-03-03T12:00:00Z", "K3"),
    ];
    let at = "2026-03-10T12:00:00Z";
    check(&events[..2], "silent.days >= 14", at, expect!["absent Unknown until never"]);
    check(&events, "silent.days >= 14", at, expect!["9 False until 2026-03-14T23:00:00.000Z"]);
    events.push(received("2026-03-02T15:00:00Z", "P", 100, None));
    check(&events, "silent.days >= 14", at, expect!["absent Unknown until never"]);
}

#[test]
fn attributes_are_last_writer_wins_and_typed() {
    let events = [
        updated("2026-03-02T12:00:00Z", "b", "vulnerable", Attribute::Bool(true)),
        updated("2026-03-02T12:00:00Z", "a", "vulnerable", Attribute::Bool(false)),
        updated("2026-03-01T12:00:00Z", "c", "score", text("high")),
        updated("2026-03-01T12:00:00Z", "d", "limit", Attribute::Long(150_000)),
        updated("2026-03-01T12:00:00Z", "e", "share", Attribute::Double("0.75".to_owned())),
        updated("2026-03-01T12:00:00Z", "f", "region", text("north")),
    ];
    let at = "2026-03-10T12:00:00Z";
    check(&events, "profile.vulnerable", at, expect!["true True until never"]);
    check(&events, "profile.score > 1", at, expect!["absent Unknown until never"]);
    check(&events, "unknown(profile.score)", at, expect!["absent True until never"]);
    check(&events, "profile.limit >= 1500", at, expect!["1500.00 True until never"]);
    check(&events, "profile.share > 0.749", at, expect!["75/100 True until never"]);
    check(&events, r#"profile.region in ["south", "north"]"#, at, expect!["north True until never"]);
}

#[test]
fn a_customer_since_the_attribute_says_so_else_since_the_first_fact() {
    let mut events = vec![sent("2026-03-01T12:00:00Z", "K1")];
    let at = "2026-03-10T12:00:00Z";
    check(&events, "customer.days < 30", at, expect!["9 True until 2026-03-30T22:00:00.000Z"]);
    events.push(updated("2026-03-02T12:00:00Z", "a", "customer_since", text("2020-02-29")));
    check(&events, "customer.days < 30", at, expect!["2201 False until never"]);
}

#[test]
fn false_stays_false_for_as_long_as_its_longest_lived_false_operand() {
    let invoice = [issued("2026-02-01T09:00:00Z", "I", 10_000, "2026-03-01")];
    let at = "2026-03-02T12:00:00Z";
    check(&invoice, "overdue.days >= 30 && overdue.days >= 60", at, expect!["1 False until 2026-04-29T22:00:00.000Z"]);
    check(&invoice, "overdue.days < 30 || overdue.days < 60", at, expect!["1 True until 2026-04-29T22:00:00.000Z"]);
    check(&invoice, "overdue.days >= 30 && payments.count(\"7d\") > 0", at, expect!["1 0 False until never"]);
    check(&invoice, "!(overdue.days >= 30)", at, expect!["1 True until 2026-03-30T22:00:00.000Z"]);
    check(&invoice, "overdue.days >= 1 && profile.vulnerable", at, expect!["1 absent Unknown until never"]);
}

#[test]
fn a_day_begins_after_the_gap_where_midnight_is_skipped() {
    // In Cairo the clocks go from 00:00 to 01:00 on 24 April 2026.
    let invoice = [issued("2026-02-01T09:00:00Z", "I", 10_000, "2026-04-23")];
    check_in(
        "Africa/Cairo",
        &invoice,
        "overdue.days >= 1",
        "2026-04-23T12:00:00Z",
        expect!["0 False until 2026-04-23T22:00:00.000Z"],
    );
}
