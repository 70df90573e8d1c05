//! The oracle against values worked out by hand from `docs/features.md`: a handful of facts each.

use std::collections::BTreeMap;

use segflow_core::event::{Attribute, Body, Channel, CustomerId, Direction, Event, FailureCode, Named, Outcome};
use segflow_core::fact::Fact;
use segflow_core::feature::Feature;
use segflow_core::feature::contacts::ContactsFeature;
use segflow_core::feature::disputes::DisputesFeature;
use segflow_core::feature::history::HistoryFeature;
use segflow_core::feature::owed::OwedFeature;
use segflow_core::feature::payments::PaymentsFeature;
use segflow_core::feature::promises::PromisesFeature;
use segflow_core::feature::window::{Calendar, Window};
use segflow_core::segmentation::Segmentation;
use segflow_core::time::{Date, Timestamp};

use super::{Observer, Value, World, moves, value};

const FILE: &str = "
name: by-hand
version: 1
currency: EUR
timezone: Europe/Rome
attributes: {customer_since: date}
parameters: {horizon: 365d, history_since: 2025-01-01, call_limit: 2, promise_grace_business_days: 1}
dimensions:
  - name: debt
    segments:
      - {name: owing, when: balance > 0}
    otherwise: clear
";

const W: Window = Window::Calendar(Calendar::Days(30));

fn segmentation() -> Segmentation {
    Segmentation::load("by-hand.yaml", FILE).expect("a valid segmentation").segmentation
}

fn date(text: &str) -> Date {
    text.parse().expect("a date")
}

fn at(text: &str) -> Timestamp {
    let text = if text.len() == 10 { format!("{text}T12:00:00Z") } else { text.to_owned() };
    text.parse().expect("an instant")
}

/// Facts of (instant, body), with event ids in their order.
fn facts(list: Vec<(&str, Body)>) -> Vec<Fact> {
    let customer_id = CustomerId::new("C-1").expect("an id");
    let event = |(index, (when, body)): (usize, (&str, Body))| Event {
        event_id: format!("e{index:02}"),
        customer_id: customer_id.clone(),
        occurred_at: at(when),
        recorded_at: at(when),
        body,
    };
    list.into_iter().enumerate().map(event).map(Fact::from).collect()
}

fn read(facts: &[Fact], feature: impl Into<Feature>, when: &str) -> Option<Value> {
    let (segmentation, customer) = (segmentation(), CustomerId::new("C-1").expect("an id"));
    let world = World::new(&segmentation, &customer, facts.iter().filter(|fact| fact.occurred_at <= at(when)));
    value(&world, &[], &feature.into(), at(when))
}

fn int(number: i64) -> Option<Value> {
    Some(Value::Int(number))
}

fn money(minor: i64) -> Option<Value> {
    Some(Value::Money(minor))
}

fn issued(id: &str, amount_minor: i64, due: &str) -> Body {
    Body::Issued { invoice_id: id.to_owned(), amount_minor, due_date: date(due), debt_type: None, discount: None }
}

fn paid(id: &str, amount_minor: i64, invoice: Option<&str>) -> Body {
    Body::Received {
        payment_id: id.to_owned(),
        amount_minor,
        names: invoice.map(Named::whole).into_iter().collect(),
        method: None,
    }
}

fn adjusted(id: &str, delta_minor: i64, due: Option<&str>) -> Body {
    Body::Adjusted { invoice_id: id.to_owned(), delta_minor, due_date: due.map(date) }
}

fn disputed(id: &str, invoice: Option<&str>, amount_minor: Option<i64>) -> Body {
    Body::Opened { dispute_id: id.to_owned(), invoice_id: invoice.map(str::to_owned), amount_minor }
}

fn resolved(id: &str, upheld: bool) -> Body {
    Body::Resolved { dispute_id: id.to_owned(), upheld: Some(upheld) }
}

fn contact(id: &str, channel: Channel, outcome: Outcome) -> Body {
    Body::Contact { contact_id: id.to_owned(), direction: Direction::Outbound, channel, outcome, machine: false }
}

#[test]
fn a_surplus_goes_to_open_invoices_and_then_waits_for_the_next_one() {
    let facts = facts(vec![
        ("2025-03-01", issued("a", 100, "2025-03-20")),
        ("2025-03-02", issued("b", 50, "2025-03-10")),
        ("2025-03-03", paid("p", 200, Some("a"))),
        ("2025-03-04", adjusted("b", 30, None)),
        ("2025-03-05", issued("c", 40, "2025-04-01")),
        ("2025-03-06", paid("q", 10, Some("z"))),
    ]);
    assert_eq!(read(&facts, OwedFeature::Credit, "2025-03-03"), money(50));
    // Credit goes to whatever opens: an adjustment, an issue.
    assert_eq!(read(&facts, OwedFeature::Balance, "2025-03-04"), money(0));
    assert_eq!(read(&facts, OwedFeature::Credit, "2025-03-04"), money(20));
    assert_eq!(read(&facts, OwedFeature::Balance, "2025-03-05"), money(20));
    // A name that no invoice bears is no name.
    assert_eq!(read(&facts, OwedFeature::Balance, "2025-03-06"), money(10));
    assert_eq!(read(&facts, OwedFeature::Credit, "2025-03-06"), money(0));
    assert_eq!(read(&facts, OwedFeature::OverdueDays(vec![]), "2025-04-03"), int(2));
}

#[test]
fn an_adjustment_takes_money_back_and_a_write_off_leaves_the_rest() {
    let facts = facts(vec![
        ("2025-03-01", issued("a", 100, "2025-03-20")),
        ("2025-03-01", issued("b", 70, "2025-03-25")),
        ("2025-03-02", paid("p", 100, None)),
        ("2025-03-03", adjusted("a", -60, None)),
        ("2025-03-04", Body::WrittenOff { invoice_id: "b".to_owned() }),
        ("2025-03-05", paid("r", 4, Some("b"))),
    ]);
    assert_eq!(read(&facts, OwedFeature::Balance, "2025-03-02"), money(70));
    assert_eq!(read(&facts, OwedFeature::Balance, "2025-03-03"), money(10));
    assert_eq!(read(&facts, OwedFeature::WrittenOffAmount, "2025-03-04"), money(10));
    assert_eq!(read(&facts, OwedFeature::WrittenOffAmount, "2025-03-05"), money(6));
    assert_eq!(read(&facts, OwedFeature::InvoicesSum(W), "2025-03-05"), money(40));
    assert_eq!(read(&facts, OwedFeature::InvoicesCount(W), "2025-03-05"), int(2));
}

#[test]
fn only_the_undisputed_part_is_overdue_and_an_episode_goes_on_while_all_is_disputed() {
    let facts = facts(vec![
        ("2025-03-01", issued("a", 100, "2025-03-10")),
        ("2025-03-15", disputed("d", None, Some(30))),
        ("2025-03-16", disputed("e", Some("a"), None)),
        ("2025-03-18", resolved("e", false)),
        ("2025-03-20", paid("p", 100, None)),
    ]);
    assert_eq!(read(&facts, OwedFeature::DisputedAmount, "2025-03-15"), money(30));
    assert_eq!(read(&facts, OwedFeature::OverdueAmount(vec![]), "2025-03-15"), money(70));
    assert_eq!(read(&facts, OwedFeature::OverdueDays(vec![]), "2025-03-16"), int(0));
    assert_eq!(read(&facts, HistoryFeature::EpisodeDays, "2025-03-17"), int(6));
    assert_eq!(read(&facts, DisputesFeature::Rejected(W), "2025-03-18"), int(1));
    assert_eq!(read(&facts, DisputesFeature::ResolvedDays, "2025-03-19"), int(1));
    assert_eq!(read(&facts, DisputesFeature::Ratio(W), "2025-03-19"), Some(Value::Ratio(1, 1)));
    assert_eq!(read(&facts, HistoryFeature::EpisodeDays, "2025-03-20"), None);
    assert_eq!(read(&facts, HistoryFeature::CuredDays, "2025-03-23"), int(3));
    assert_eq!(read(&facts, HistoryFeature::Episodes(W), "2025-04-09"), int(1));
    assert_eq!(read(&facts, HistoryFeature::Episodes(W), "2025-04-10"), int(0));
    assert_eq!(read(&facts, PaymentsFeature::DaysLateMedian(1), "2025-03-20"), int(10));
}

#[test]
fn the_bucket_now_is_held_against_the_one_before_the_window() {
    let facts = facts(vec![("2025-03-01", issued("a", 100, "2025-03-10")), ("2025-04-20", paid("p", 100, None))]);
    // 40 days past due is bucket 2; 30 days before it was 10, bucket 1.
    assert_eq!(read(&facts, HistoryFeature::Roll(Calendar::Days(30)), "2025-04-19"), int(1));
    assert_eq!(read(&facts, HistoryFeature::Roll(Calendar::Days(30)), "2025-04-20"), int(-1));
    assert_eq!(read(&facts, PaymentsFeature::PayRatio(W), "2025-04-20"), None);
    assert_eq!(
        read(&facts, PaymentsFeature::PayRatio(Window::Calendar(Calendar::Days(60))), "2025-04-20"),
        Some(Value::Ratio(100, 100))
    );
}

#[test]
fn the_first_payment_is_judged_once() {
    let since = BTreeMap::from([("customer_since".to_owned(), Attribute::Text("2025-01-01".to_owned()))]);
    let facts = facts(vec![
        ("2025-03-01", Body::Updated { attributes: since }),
        ("2025-03-01", issued("a", 100, "2025-03-10")),
        ("2025-04-20", adjusted("a", 0, Some("2025-06-01"))),
    ]);
    let feature = || HistoryFeature::FirstPaymentDefault;
    assert_eq!(read(&facts, feature(), "2025-04-08T21:59:59.999Z"), Some(Value::Bool(false)));
    assert_eq!(read(&facts, feature(), "2025-04-08T22:00:00Z"), Some(Value::Bool(true)));
    assert_eq!(read(&facts, feature(), "2025-05-01"), Some(Value::Bool(true)));
    assert_eq!(read(&facts[1..], feature(), "2025-05-01"), None);
}

#[test]
fn what_does_not_stand_of_a_payment_never_was() {
    let failed = Body::Failed { payment_id: "q".to_owned(), code: Some(FailureCode::Expired) };
    let facts = facts(vec![
        ("2025-03-01", issued("a", 100, "2025-03-10")),
        ("2025-03-02", paid("p", 100, None)),
        ("2025-03-03", failed),
        ("2025-03-04", paid("q", 50, None)),
        ("2025-03-05", Body::Reversed { payment_id: "p".to_owned(), amount_minor: None }),
    ]);
    // The retry under the id of the failure counts; nothing is left of the payment that was reversed.
    assert_eq!(read(&facts, PaymentsFeature::Count(W), "2025-03-04"), int(2));
    assert_eq!(read(&facts, PaymentsFeature::Count(W), "2025-03-05"), int(1));
    assert_eq!(read(&facts, PaymentsFeature::LastDays, "2025-03-05"), int(1));
    assert_eq!(read(&facts, OwedFeature::Balance, "2025-03-05"), money(50));
    assert_eq!(read(&facts, PaymentsFeature::Reversed(W), "2025-03-05"), int(1));
    assert_eq!(read(&facts, PaymentsFeature::Failed(W, Some(FailureCode::Expired)), "2025-03-05"), int(1));
    assert_eq!(read(&facts, PaymentsFeature::Failed(W, Some(FailureCode::Other)), "2025-03-05"), int(0));
}

#[test]
fn the_pay_day_is_the_mode_of_the_last_payments() {
    let facts = facts(vec![
        ("2025-01-31", paid("a", 1, None)),
        ("2025-02-28", paid("b", 1, None)),
        ("2025-03-02", paid("c", 1, None)),
        ("2025-04-10", paid("d", 1, None)),
    ]);
    assert_eq!(read(&facts, PaymentsFeature::PayDayOfMonth, "2025-03-31"), None);
    assert_eq!(read(&facts, PaymentsFeature::PayDayOfMonth, "2025-04-11"), int(28));
    // The second of March is two days from the 28th on a circle of 28 days.
    assert_eq!(read(&facts, PaymentsFeature::PayDayConfidence, "2025-04-11"), Some(Value::Ratio(3, 4)));
    assert_eq!(read(&facts, PaymentsFeature::PayDayNextDays, "2025-04-11"), int(19));
    assert_eq!(read(&facts, PaymentsFeature::PayDayMissedDays, "2025-04-30"), int(0));
    assert_eq!(read(&facts, PaymentsFeature::PayDayMissedDays, "2025-05-02"), int(2));
}

#[test]
fn an_amended_promise_keeps_what_it_received() {
    let made = |amount_minor, due: &str| Body::Made {
        promise_id: "m".to_owned(),
        amount_minor,
        due_date: date(due),
        plan_id: None,
    };
    let amended = |due: &str| Body::Amended { promise_id: "m".to_owned(), amount_minor: 60, due_date: date(due) };
    let facts = facts(vec![
        ("2025-03-03", made(100, "2025-03-07")),
        ("2025-03-04", paid("p", 50, None)),
        ("2025-03-05", amended("2025-03-14")),
        // A Friday and one business day: the deadline is the end of Monday.
        ("2025-03-17", paid("q", 7, None)),
    ]);
    assert_eq!(read(&facts, PromisesFeature::DueDays, "2025-03-05"), int(9));
    assert_eq!(read(&facts, PromisesFeature::Kept(W), "2025-03-17"), int(1));
    assert_eq!(read(&facts[..3], PromisesFeature::Broken(W), "2025-03-17T22:59:59Z"), int(0));
    assert_eq!(read(&facts[..3], PromisesFeature::Broken(W), "2025-03-17T23:00:00Z"), int(1));
}

#[test]
fn contacts_are_answered_within_48_hours_or_not_at_all() {
    let facts = facts(vec![
        ("2025-03-01T10:00:00Z", contact("a", Channel::Sms, Outcome::Delivered)),
        ("2025-03-02T10:00:00Z", contact("b", Channel::Sms, Outcome::Delivered)),
        ("2025-03-04T09:59:00Z", paid("p", 1, None)),
        ("2025-03-10T10:00:00Z", contact("c", Channel::Sms, Outcome::Delivered)),
    ]);
    let ratio = || ContactsFeature::ResponseRatio(W, Channel::Sms);
    assert_eq!(read(&facts, ratio(), "2025-03-12T09:59:59.999Z"), None);
    assert_eq!(read(&facts, ratio(), "2025-03-12T10:00:00Z"), Some(Value::Ratio(1, 3)));
    assert_eq!(read(&facts, ContactsFeature::ResponseHours(W, Channel::Sms), "2025-03-12T10:00:00Z"), int(47));
    assert_eq!(read(&facts, ContactsFeature::SilentDays, "2025-03-12"), None);
}

#[test]
fn a_talk_takes_the_headroom_of_calls() {
    let facts = facts(vec![
        ("2025-03-01", contact("a", Channel::Call, Outcome::NotConnected)),
        ("2025-03-02", contact("b", Channel::Call, Outcome::Voicemail)),
        ("2025-03-03", contact("b", Channel::Call, Outcome::RightParty)),
    ]);
    assert_eq!(read(&facts, ContactsFeature::CallHeadroom, "2025-03-02"), int(1));
    assert_eq!(read(&facts, ContactsFeature::CallHeadroom, "2025-03-03"), int(0));
    assert_eq!(read(&facts, ContactsFeature::CallHeadroom, "2025-03-09"), int(0));
    assert_eq!(read(&facts, ContactsFeature::CallHeadroom, "2025-03-10"), int(2));
    assert_eq!(read(&facts, ContactsFeature::Reachable(Channel::Call), "2025-03-03"), Some(Value::Bool(true)));
    assert_eq!(read(&facts, ContactsFeature::RightPartyRatio(W), "2025-03-03"), Some(Value::Ratio(1, 2)));
}

#[test]
fn an_erasure_takes_what_was_recorded_by_then_and_the_customer_may_return() {
    let customer = CustomerId::new("C-1").expect("an id");
    let erasure = Fact::from(Event::erasure(customer.clone(), at("2025-03-05")));
    let mut all = facts(vec![
        ("2025-03-01", issued("a", 100, "2025-03-10")),
        ("2025-03-08", paid("p", 10, None)),
        ("2025-03-06", issued("b", 70, "2025-03-10")),
    ]);
    // Known before the erasure, of a time after it.
    all[1].recorded_at = at("2025-03-05");
    let mut observer = Observer::default();
    all.into_iter().chain([erasure]).for_each(|fact| observer.read(fact, Timestamp::BEGINNING, false));
    let found: Vec<_> = moves(&segmentation(), &customer, &observer.known(), at("2025-04-01"))
        .into_iter()
        .map(|moved| (moved.seq, moved.to, moved.effective_at, moved.safety.balance_minor))
        .collect();
    let owing = Some("owing".to_owned());
    let expected = vec![
        (1, owing.clone(), at("2025-03-01"), 100),
        (2, None, at("2025-03-05"), 0),
        (3, owing, at("2025-03-06"), 70),
    ];
    assert_eq!(found, expected);
}
