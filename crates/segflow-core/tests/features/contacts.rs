//! Contacts, whether they reach anybody, and what answers them.

use expect_test::expect;
use segflow_core::event::{Channel, Event, Outcome};

use crate::support::{
    Reached, and, by_machine, call, came, check, check_with, failed, named, received, reversed, sent, sms,
};

const AT: &str = "2026-03-10";

fn visit(outcome: Outcome) -> Reached {
    (Channel::Visit, outcome)
}

#[test]
fn contacts_outbound_and_contacts_inbound_are_counted_once_by_their_first_event() {
    let events = [
        sent("2026-03-01", "K1", sms()),
        sent("2026-03-09", "K1", (Channel::Sms, Outcome::Opened)),
        came("2026-03-09T13:00:00Z", "K2", (Channel::Sms, Outcome::Replied)),
    ];
    check(&events, r#"contacts.outbound("30d") == 1"#, AT, expect!["1 True until 2026-03-30T22:00:00.000Z"]);
    check(&events, r#"contacts.outbound("7d") == 0"#, AT, expect!["0 True until never"]);
    check(&events, r#"contacts.outbound("30d", "SMS") == 1"#, AT, expect!["1 True until 2026-03-30T22:00:00.000Z"]);
    check(&events, r#"contacts.outbound("30d", "EMAIL") == 0"#, AT, expect!["0 True until never"]);
    check(&events, r#"contacts.inbound("7d") == 1"#, AT, expect!["1 True until 2026-03-15T23:00:00.000Z"]);
    check(&events, r#"contacts.inbound("7d", "SMS") == 1"#, AT, expect!["1 True until 2026-03-15T23:00:00.000Z"]);
    check(&events, r#"contacts.inbound("7d", "CALL") == 0"#, AT, expect!["0 True until never"]);
}

#[test]
fn contacts_inbound_leave_their_window_at_midnight() {
    let events = [came("2026-03-01T22:59:59.999Z", "K1", sms()), came("2026-03-01T23:00:00.000Z", "K2", sms())];
    let rule = r#"contacts.inbound("7d") == 2"#;
    check(&events, rule, "2026-03-07", expect!["2 True until 2026-03-07T23:00:00.000Z"]);
    check(&events, rule, "2026-03-08", expect!["1 False until 2026-03-08T23:00:00.000Z"]);
    check(&events, rule, "2026-03-09", expect!["0 False until never"]);
}

#[test]
fn contacts_outbound_of_which_the_first_event_is_inbound_are_not_outbound() {
    let events = [came("2026-03-01", "K", sms()), sent("2026-03-02", "K", call(Outcome::RightParty))];
    let rule = r#"contacts.outbound("30d") > 0 || contacts.inbound("30d", "SMS") > 0"#;
    check(&events, rule, AT, expect!["0 1 True until 2026-03-30T22:00:00.000Z"]);
}

#[test]
fn contacts_right_party_ratio_is_of_outbound_calls_and_visits() {
    let rule = r#"contacts.right_party_ratio("30d") > 0.5"#;
    check(&[], rule, AT, expect!["absent Unknown until never"]);
    check(&[sent("2026-03-01", "K", sms())], rule, AT, expect!["absent Unknown until never"]);
    check(&[came("2026-03-01", "K", call(Outcome::RightParty))], rule, AT, expect!["absent Unknown until never"]);
    let events = [
        sent("2026-03-01", "K1", call(Outcome::NoAnswer)),
        sent("2026-03-02", "K2", visit(Outcome::RightParty)),
        sent("2026-03-03", "K3", call(Outcome::Attempted)),
        sent("2026-03-04", "K3", call(Outcome::RightParty)),
        sent("2026-03-05", "K4", sms()),
    ];
    check(&events, rule, AT, expect!["2/3 True until 2026-03-30T22:00:00.000Z"]);
    check(&events, rule, "2026-03-31", expect!["2/2 True until 2026-03-31T22:00:00.000Z"]);
    check(&events, rule, "2026-04-02", expect!["absent Unknown until never"]);
    // A further outcome does not take it away.
    let refused =
        [sent("2026-03-01", "K", call(Outcome::RightParty)), sent("2026-03-01T13:00:00Z", "K", call(Outcome::Refused))];
    check(&refused, rule, AT, expect!["1/1 True until 2026-03-30T22:00:00.000Z"]);
}

/// Outbound calls with these outcomes, one a day.
fn calls(outcomes: &[Outcome]) -> Vec<Event> {
    let call =
        |(day, outcome): (usize, &Outcome)| sent(&format!("2026-03-0{}", day + 1), &format!("K{day}"), call(*outcome));
    outcomes.iter().enumerate().map(call).collect()
}

#[test]
fn contacts_reachable_unless_the_last_ones_came_to_nothing() {
    use Outcome::{Attempted, Bounced, NoAnswer, NotConnected, RightParty, WrongParty};
    let reachable =
        |outcomes: &[Outcome], expected| check(&calls(outcomes), r#"contacts.reachable("CALL")"#, AT, expected);
    reachable(&[], expect!["absent Unknown until never"]);
    reachable(&[Attempted], expect!["absent Unknown until never"]);
    reachable(&[NotConnected, NotConnected], expect!["true True until never"]);
    reachable(&[NotConnected, Bounced, NotConnected], expect!["false False until never"]);
    reachable(&[NotConnected, Bounced, Attempted, NotConnected], expect!["false False until never"]);
    reachable(&[NotConnected, Bounced, NoAnswer, NotConnected], expect!["true True until never"]);
    reachable(&[NotConnected, Bounced, NotConnected, NoAnswer], expect!["true True until never"]);
    reachable(&[WrongParty], expect!["false False until never"]);
    reachable(&[WrongParty, Attempted], expect!["false False until never"]);
    reachable(&[WrongParty, RightParty], expect!["true True until never"]);
    reachable(&[WrongParty, NotConnected], expect!["true True until never"]);
    check(&calls(&[WrongParty]), r#"contacts.reachable("SMS")"#, AT, expect!["absent Unknown until never"]);
}

#[test]
fn contacts_reachable_again_by_an_inbound_contact() {
    use Outcome::{NoAnswer, NotConnected, WrongParty};
    let rule = r#"contacts.reachable("CALL")"#;
    let came = |at| came(at, "in", call(NoAnswer));
    check(&and(&calls(&[WrongParty]), [came("2026-03-05")]), rule, AT, expect!["true True until never"]);
    check(&and(&calls(&[WrongParty]), [came("2026-02-05")]), rule, AT, expect!["false False until never"]);
    let three = calls(&[NotConnected; 3]);
    check(&and(&three, [came("2026-03-05")]), rule, AT, expect!["true True until never"]);
    check(&and(&three, [came("2026-03-02T13:00:00Z")]), rule, AT, expect!["true True until never"]);
    check(&and(&three, [came("2026-02-05")]), rule, AT, expect!["false False until never"]);
    check(
        &and(&three, [crate::support::came("2026-03-05", "in", sms())]),
        rule,
        AT,
        expect!["false False until never"],
    );
}

/// The first is answered by a payment at the last instant, the second by a call, the third by nothing.
fn three() -> Vec<Event> {
    vec![
        sent("2026-03-01", "K1", sms()),
        received("2026-03-03T12:00:00.000Z", "P", 1_000, None),
        sent("2026-03-05", "K2", sms()),
        came("2026-03-05T13:59:59.999Z", "K4", call(Outcome::NoAnswer)),
        sent("2026-03-10", "K3", sms()),
    ]
}

#[test]
fn response_ratio_counts_what_is_answered_within_48_hours() {
    let rule = r#"response_ratio("30d", "SMS") > 0.5"#;
    check(&three(), rule, AT, expect!["absent Unknown until 2026-03-12T12:00:00.000Z"]);
    check(&three(), rule, "2026-03-12T11:59:59.999Z", expect!["absent Unknown until 2026-03-12T12:00:00.000Z"]);
    check(&three(), rule, "2026-03-12T12:00:00.000Z", expect!["2/3 True until 2026-03-30T22:00:00.000Z"]);
    check(&three(), rule, "2026-03-31", expect!["absent Unknown until 2026-04-03T22:00:00.000Z"]);
    check(&three(), r#"response_ratio("30d", "EMAIL") > 0.5"#, "2026-03-20", expect!["absent Unknown until never"]);
    let later = and(&three(), [received("2026-03-12T12:00:00.001Z", "Q", 1, None)]);
    check(&later, rule, "2026-03-20", expect!["2/3 True until 2026-03-30T22:00:00.000Z"]);
    let at_once = and(&three(), [received("2026-03-10", "Q", 1, None)]);
    check(&at_once, rule, AT, expect!["3/3 True until 2026-03-30T22:00:00.000Z"]);
    check(
        &and(&three(), [reversed("2026-03-13", "P")]),
        rule,
        "2026-03-20",
        expect!["1/3 False until 2026-03-30T22:00:00.000Z"],
    );
    let opened = and(&three(), [sent("2026-03-11", "K3", (Channel::Sms, Outcome::Opened))]);
    check(&opened, rule, "2026-03-20", expect!["2/3 True until 2026-03-30T22:00:00.000Z"]);
    let clicked = and(&three(), [sent("2026-03-11", "K3", (Channel::Sms, Outcome::Clicked))]);
    check(&clicked, rule, "2026-03-20", expect!["3/3 True until 2026-03-30T22:00:00.000Z"]);
}

#[test]
fn response_hours_are_the_lower_median_of_whole_hours() {
    let rule = r#"response_hours("30d", "SMS") <= 1"#;
    // 48 hours, and one less a millisecond of two.
    check(&three(), rule, "2026-03-20", expect!["1 True until 2026-03-30T22:00:00.000Z"]);
    check(&three(), rule, AT, expect!["absent Unknown until 2026-03-12T12:00:00.000Z"]);
    let all = and(&three(), [received("2026-03-10T17:00:00Z", "Q", 1, None)]);
    check(&all, rule, "2026-03-20", expect!["5 False until 2026-03-30T22:00:00.000Z"]);
    let none: Vec<_> = three().into_iter().filter(|event| event.event_id.contains("DELIVERED")).collect();
    check(
        &none,
        "known(response_hours(\"30d\", \"SMS\"))",
        "2026-03-20",
        expect!["absent False until 2026-03-30T22:00:00.000Z"],
    );
    check(
        &none,
        r#"response_ratio("30d", "SMS") > 0"#,
        "2026-03-20",
        expect!["0/3 False until 2026-03-30T22:00:00.000Z"],
    );
    // A call that reaches the customer is answered there and then.
    let calls = calls(&[Outcome::RightParty, Outcome::RightParty, Outcome::RightParty]);
    check(&calls, r#"response_hours("30d", "CALL") == 0"#, AT, expect!["0 True until 2026-03-30T22:00:00.000Z"]);
}

#[test]
fn silent_days_need_three_contacts_without_an_answer() {
    let events = [sent("2026-03-01", "K1", sms()), sent("2026-03-02", "K2", sms()), sent("2026-03-03", "K3", sms())];
    let rule = "silent.days >= 14";
    check(&events[..2], rule, AT, expect!["absent Unknown until never"]);
    check(&events, rule, AT, expect!["9 False until 2026-03-14T23:00:00.000Z"]);
    check(&events, rule, "2026-03-15", expect!["14 True until never"]);
    let paid = |at| and(&events, [received(at, "P", 100, None)]);
    check(&paid("2026-03-02T15:00:00Z"), rule, AT, expect!["absent Unknown until never"]);
    check(&paid("2026-02-27"), rule, AT, expect!["11 False until 2026-03-12T23:00:00.000Z"]);
    // Only contacts at a later instant than the payment count.
    check(&paid("2026-03-01"), rule, AT, expect!["absent Unknown until never"]);
    check(&paid("2026-03-01T11:59:59.999Z"), rule, AT, expect!["9 False until 2026-03-14T23:00:00.000Z"]);
    let failing = and(&paid("2026-03-02T15:00:00Z"), [failed("2026-03-04", "P", None)]);
    check(&failing, rule, AT, expect!["9 False until 2026-03-14T23:00:00.000Z"]);
    let engaged = |event| and(&events, [event]);
    let opened = engaged(sent("2026-03-04", "K3", (Channel::Sms, Outcome::Opened)));
    check(&opened, rule, AT, expect!["9 False until 2026-03-14T23:00:00.000Z"]);
    let replied = engaged(sent("2026-03-04", "K3", (Channel::Sms, Outcome::Replied)));
    check(&replied, rule, AT, expect!["absent Unknown until never"]);
    check(&engaged(came("2026-02-27", "in", sms())), rule, AT, expect!["11 False until 2026-03-12T23:00:00.000Z"]);
}

#[test]
fn call_headroom_is_what_is_left_of_seven_calls() {
    use Outcome::{Attempted, NoAnswer, NotConnected};
    let rule = "call_headroom > 0";
    let at = "2026-03-07";
    check(&[], rule, at, expect!["7 True until never"]);
    check(&[sent("2026-03-01", "K", sms())], rule, at, expect!["7 True until never"]);
    check(&[came("2026-03-01", "K", call(NoAnswer))], rule, at, expect!["7 True until never"]);
    check(&calls(&[NoAnswer, Attempted]), rule, at, expect!["5 True until 2026-03-07T23:00:00.000Z"]);
    check(&calls(&[NoAnswer, Attempted]), rule, "2026-03-08", expect!["6 True until 2026-03-08T23:00:00.000Z"]);
    check(&calls(&[NotConnected, NoAnswer]), rule, at, expect!["6 True until 2026-03-08T23:00:00.000Z"]);
    let furthest = [sent("2026-03-01", "K", call(Attempted)), sent("2026-03-02", "K", call(NotConnected))];
    check(&furthest, rule, at, expect!["7 True until never"]);
    check(&calls(&[NoAnswer; 7]), rule, at, expect!["0 False until 2026-03-07T23:00:00.000Z"]);
    let eight = and(&calls(&[NoAnswer; 7]), [named("again", sent("2026-03-01T13:00:00Z", "K9", call(NoAnswer)))]);
    check(&eight, rule, at, expect!["0 False until 2026-03-07T23:00:00.000Z"]);
}

#[test]
fn call_headroom_is_gone_for_seven_days_from_a_conversation() {
    use Outcome::{NoAnswer, RightParty};
    let rule = "call_headroom > 0";
    for spoken in [sent("2026-03-03", "K", call(RightParty)), came("2026-03-03", "K", call(RightParty))] {
        let events = [spoken];
        check(&events, rule, "2026-03-03", expect!["0 False until 2026-03-09T23:00:00.000Z"]);
        check(&events, rule, "2026-03-09T22:59:59.999Z", expect!["0 False until 2026-03-09T23:00:00.000Z"]);
        check(&events, rule, "2026-03-09T23:00:00.000Z", expect!["7 True until never"]);
    }
    // A call that leaves the seven days sooner makes no difference.
    let two = [sent("2026-03-01", "J", call(NoAnswer)), sent("2026-03-03", "K", call(RightParty))];
    check(&two, rule, "2026-03-05", expect!["0 False until 2026-03-09T23:00:00.000Z"]);
    let visited = [sent("2026-03-03", "K", visit(RightParty))];
    check(&visited, rule, AT, expect!["7 True until never"]);
    // The day of the conversation counts, not that of the contact's first event.
    let later = [sent("2026-03-01", "K", call(NoAnswer)), sent("2026-03-04", "K", call(RightParty))];
    check(&later, rule, "2026-03-09", expect!["0 False until 2026-03-10T23:00:00.000Z"]);
    check(&later, rule, "2026-03-11", expect!["7 True until never"]);
}

/// Three messages, of which the last is delivered at noon of 3 March.
fn messages() -> [Event; 3] {
    [sent("2026-03-01", "K1", sms()), sent("2026-03-02", "K2", sms()), sent("2026-03-03", "K3", sms())]
}

fn clicked(at: &str) -> Event {
    sent(at, "K3", (Channel::Sms, Outcome::Clicked))
}

#[test]
fn response_ratio_without_clicks_that_come_too_soon_after_delivery() {
    let rule = r#"response_ratio("30d", "SMS") > 0"#;
    let with = |at| and(&messages(), [clicked(at)]);
    check(&with("2026-03-03T12:00:09.999Z"), rule, AT, expect!["0/3 False until 2026-03-30T22:00:00.000Z"]);
    check(&with("2026-03-03T12:00:10.000Z"), rule, AT, expect!["2/3 True until 2026-03-30T22:00:00.000Z"]);
    // A gateway that opens the link before it delivers.
    check(&with("2026-03-03T11:59:00Z"), rule, AT, expect!["0/3 False until 2026-03-30T22:00:00.000Z"]);
    check_with(
        "click_min_seconds: 0",
        &with("2026-03-03T12:00:00.001Z"),
        rule,
        AT,
        expect!["2/3 True until 2026-03-30T22:00:00.000Z"],
    );
    check_with(
        "click_min_seconds: 60",
        &with("2026-03-03T12:00:59.999Z"),
        rule,
        AT,
        expect!["0/3 False until 2026-03-30T22:00:00.000Z"],
    );
    // Without a delivery the first event of the contact stands for it; a click alone is one.
    let opened = [sent("2026-03-03", "K3", (Channel::Sms, Outcome::Opened)), clicked("2026-03-03T12:00:05Z")];
    check(&and(&messages()[..2], opened), rule, AT, expect!["0/3 False until 2026-03-30T22:00:00.000Z"]);
    check(
        &and(&messages()[..2], [clicked("2026-03-03T12:00:05Z")]),
        rule,
        AT,
        expect!["2/3 True until 2026-03-30T22:00:00.000Z"],
    );
}

#[test]
fn response_ratio_without_what_no_person_did() {
    let rule = r#"response_ratio("30d", "SMS") > 0"#;
    let click = clicked("2026-03-03T15:00:00Z");
    check(
        &and(&messages(), [by_machine(click.clone())]),
        rule,
        AT,
        expect!["0/3 False until 2026-03-30T22:00:00.000Z"],
    );
    check(&and(&messages(), [click]), rule, AT, expect!["2/3 True until 2026-03-30T22:00:00.000Z"]);
    let replied = by_machine(came("2026-03-03T15:00:00Z", "in", (Channel::Sms, Outcome::Replied)));
    check(&and(&messages(), [replied.clone()]), rule, AT, expect!["0/3 False until 2026-03-30T22:00:00.000Z"]);
    // It is a contact all the same.
    check(&[replied], r#"contacts.inbound("30d") == 1"#, AT, expect!["1 True until 2026-04-01T22:00:00.000Z"]);
}

#[test]
fn silent_days_go_on_over_clicks_of_machines() {
    let rule = "silent.days >= 14";
    check(
        &and(&messages(), [clicked("2026-03-03T12:00:01Z")]),
        rule,
        AT,
        expect!["9 False until 2026-03-14T23:00:00.000Z"],
    );
    check(
        &and(&messages(), [by_machine(clicked("2026-03-03T15:00:00Z"))]),
        rule,
        AT,
        expect!["9 False until 2026-03-14T23:00:00.000Z"],
    );
    check(&and(&messages(), [clicked("2026-03-03T15:00:00Z")]), rule, AT, expect!["absent Unknown until never"]);
}
