//! Windows of hours, of the calendar and of the present episode. Those of days are with the features that have them.

use expect_test::expect;

use crate::support::{and, call, check, check_in, issued, made, one, received, sent, sms};
use segflow_core::event::{Event, Outcome};

fn texted() -> [Event; 1] {
    [sent("2026-03-05T20:00:00.000Z", "K", sms())]
}

#[test]
fn contacts_outbound_leave_hours_at_the_millisecond() {
    let rule = r#"contacts.outbound("24h", "SMS") >= 1"#;
    check(&texted(), rule, "2026-03-05T20:00:00.000Z", expect!["1 True until 2026-03-06T20:00:00.000Z"]);
    check(&texted(), rule, "2026-03-06T19:59:59.999Z", expect!["1 True until 2026-03-06T20:00:00.000Z"]);
    check(&texted(), rule, "2026-03-06T20:00:00.000Z", expect!["0 False until never"]);
    // The channel that is asked for counts, and its oldest contact says until when.
    let called = and(&texted(), [sent("2026-03-05T08:00:00.000Z", "L", call(Outcome::NoAnswer))]);
    check(&called, rule, "2026-03-06T07:00:00.000Z", expect!["1 True until 2026-03-06T20:00:00.000Z"]);
    let any = r#"contacts.outbound("24h") >= 2"#;
    check(&called, any, "2026-03-06T07:00:00.000Z", expect!["2 True until 2026-03-06T08:00:00.000Z"]);
    // The clocks go forward on 29 March: hours are elapsed time.
    let spring = [sent("2026-03-28T20:00:00.000Z", "K", sms())];
    check(&spring, rule, "2026-03-29", expect!["1 True until 2026-03-29T20:00:00.000Z"]);
}

#[test]
fn payments_sum_loses_the_oldest_of_its_hours_first() {
    let events =
        [received("2026-03-05T20:00:00.000Z", "P", 1_000, None), received("2026-03-06T06:00:00.000Z", "Q", 500, None)];
    let rule = r#"payments.sum("12h") > 12"#;
    check(&events, rule, "2026-03-06T07:59:59.999Z", expect!["15.00 True until 2026-03-06T08:00:00.000Z"]);
    check(&events, rule, "2026-03-06T08:00:00.000Z", expect!["5.00 False until 2026-03-06T18:00:00.000Z"]);
    check(&events, r#"payments.sum("168h") > 12"#, "2026-03-12", expect!["15.00 True until 2026-03-12T20:00:00.000Z"]);
}

#[test]
fn payments_count_begins_anew_with_month_quarter_and_year() {
    let first = [received("2026-02-28T23:00:00.000Z", "P", 1_000, None)];
    let before = [received("2026-02-28T22:59:59.999Z", "P", 1_000, None)];
    let month = r#"payments.count("month") >= 1"#;
    check(&first, month, "2026-03-31", expect!["1 True until 2026-03-31T22:00:00.000Z"]);
    check(&first, month, "2026-03-31T22:00:00.000Z", expect!["0 False until never"]);
    check(&before, month, "2026-03-01", expect!["0 False until never"]);
    let quarter = r#"payments.count("quarter") >= 1"#;
    let paid = |at| [received(at, "P", 1_000, None)];
    check(&paid("2026-01-02"), quarter, "2026-02-01", expect!["1 True until 2026-03-31T22:00:00.000Z"]);
    check(&paid("2026-04-01"), quarter, "2026-05-31", expect!["1 True until 2026-06-30T22:00:00.000Z"]);
    check(&paid("2026-09-30"), quarter, "2026-09-30", expect!["1 True until 2026-09-30T22:00:00.000Z"]);
    check(&paid("2026-09-30"), quarter, "2026-10-01", expect!["0 False until never"]);
    check(&paid("2026-10-01"), quarter, "2026-12-31", expect!["1 True until 2026-12-31T23:00:00.000Z"]);
    let year = r#"payments.count("year") >= 1"#;
    check(&paid("2028-02-29"), year, "2028-03-01", expect!["1 True until 2028-12-31T23:00:00.000Z"]);
    check(&paid("2027-12-31T22:59:59.999Z"), year, "2028-01-01", expect!["0 False until never"]);
    // In Samoa 30 December 2011 never was.
    let samoa = paid("2011-12-29T20:00:00.000Z");
    check_in(
        "Pacific/Apia",
        &samoa,
        month,
        "2011-12-31T09:00:00.000Z",
        expect!["1 True until 2011-12-31T10:00:00.000Z"],
    );
}

#[test]
fn roll_compares_with_the_end_of_the_month_before() {
    let rule = r#"roll("month") > 0"#;
    check(&one(), rule, "2026-01-20", expect!["1 True until 2026-01-31T23:00:00.000Z"]);
    check(&one(), rule, "2026-02-01", expect!["0 False until 2026-02-08T23:00:00.000Z"]);
    check(&one(), rule, "2026-02-10", expect!["1 True until 2026-02-28T23:00:00.000Z"]);
    // On 9 July the last bucket is reached.
    check(&one(), rule, "2026-07-10", expect!["1 True until 2026-07-31T22:00:00.000Z"]);
    check(&one(), rule, "2026-08-01", expect!["0 False until never"]);
    let paid = and(&one(), [received("2026-02-20", "P", 10_000, None)]);
    check(&paid, r#"roll("quarter") < 0"#, "2026-02-21", expect!["0 False until never"]);
    check(&paid, r#"roll("month") < 0"#, "2026-02-21", expect!["-1 True until 2026-02-28T23:00:00.000Z"]);
}

#[test]
fn contacts_outbound_of_an_episode_begin_with_it() {
    let events = and(
        &one(),
        [
            sent("2026-01-10T22:59:59.999Z", "J", sms()),
            sent("2026-01-10T23:00:00.000Z", "K", sms()),
            sent("2026-01-20", "L", sms()),
        ],
    );
    let rule = r#"contacts.outbound("episode") >= 2"#;
    check(&events, rule, "2026-01-10", expect!["absent Unknown until 2026-01-10T23:00:00.000Z"]);
    // No further back than the horizon, 730 days.
    check(&events, rule, "2026-01-11", expect!["1 False until 2028-01-10T23:00:00.000Z"]);
    check(&events, rule, "2026-01-21", expect!["2 True until 2028-01-10T23:00:00.000Z"]);
    check(&events, rule, "2028-01-10T23:00:00.000Z", expect!["1 False until 2028-01-19T23:00:00.000Z"]);
    let cured = and(&events, [received("2026-01-25", "P", 1_000, None)]);
    check(&cured, rule, "2026-01-26", expect!["absent Unknown until never"]);
    let again = and(&cured, [issued("2026-01-26", "B", 1_000, "2026-02-10")]);
    check(&again, rule, "2026-01-26", expect!["absent Unknown until 2026-02-10T23:00:00.000Z"]);
    check(&again, rule, "2026-02-11", expect!["0 False until never"]);
}

#[test]
fn promises_broken_in_hours_are_so_since_the_deadline() {
    // Two business days of grace end with Wednesday, 7 January.
    let events = [made("2026-01-01", "M", 1_000, "2026-01-05")];
    let rule = r#"promises.broken("24h") >= 1"#;
    check(&events, rule, "2026-01-07", expect!["0 False until 2026-01-07T23:00:00.000Z"]);
    check(&events, rule, "2026-01-08", expect!["1 True until 2026-01-08T23:00:00.000Z"]);
    check(&events, rule, "2026-01-08T23:00:00.000Z", expect!["0 False until never"]);
    check(&events, r#"promises.broken("month") >= 1"#, "2026-01-08", expect!["1 True until 2026-01-31T23:00:00.000Z"]);
}

#[test]
fn pay_ratio_takes_an_invoice_of_the_last_of_a_month_into_the_next() {
    let invoice = [issued("2026-01-01", "A", 1_000, "2026-01-31")];
    let events = and(&invoice, [received("2026-02-01T10:00:00.000Z", "P", 500, None)]);
    let month = r#"pay_ratio("month") >= 0.5"#;
    check(&events, month, "2026-01-31", expect!["absent Unknown until 2026-01-31T23:00:00.000Z"]);
    check(&events, month, "2026-02-15", expect!["500/1000 True until 2026-02-28T23:00:00.000Z"]);
    check(&events, month, "2026-03-01", expect!["absent Unknown until never"]);
    let hours = r#"pay_ratio("24h") >= 0.5"#;
    check(&events, hours, "2026-02-01", expect!["500/1000 True until 2026-02-01T23:00:00.000Z"]);
    check(&events, hours, "2026-02-02", expect!["absent Unknown until never"]);
    let episode = r#"pay_ratio("episode") >= 0.5"#;
    check(&events, episode, "2026-01-31", expect!["absent Unknown until 2026-01-31T23:00:00.000Z"]);
}
