//! Events in a line each, and `check`. An instant that is a bare date is noon, UTC, of that day.

use expect_test::Expect;
use segflow_core::advance::advance;
use segflow_core::customer::{Customer, fold};
use segflow_core::event::{
    Attribute, Body, Channel, CustomerId, Direction, Discount, Event, FailureCode, Named, Outcome,
};
use segflow_core::feature::reading::Moment;
use segflow_core::feature::view::View;
use segflow_core::in_effect::in_effect;
use segflow_core::rule::eval::Evaluation;
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Timestamp;

/// A segmentation of one rule. 6 April 2026 is Easter Monday.
pub fn file(zone: &str, rule: &str) -> String {
    format!(
        "name: test\nversion: 1\ncurrency: EUR\ntimezone: {zone}\n\
         attributes: {{vulnerable: bool, score: int, limit: money, share: ratio, region: string, customer_since: date, \
         renewal: date, hold: bool}}\n\
         parameters: {{overdue_tolerance: 5.00, holidays: [2026-04-06], history_since: 2026-01-01}}\n\
         dimensions:\n  - name: guard\n    segments:\n      - {{name: held, when: profile.hold}}\n    otherwise: none\n  \
         - name: d\n    segments:\n      - name: s\n        when: '{rule}'\n    otherwise: o\n"
    )
}

pub fn instant(at: &str) -> Timestamp {
    let at = if at.len() == "2026-01-01".len() { format!("{at}T12:00:00Z") } else { at.to_owned() };
    at.parse().unwrap()
}

pub fn event(at: &str, id: &str, body: Body) -> Event {
    let (customer_id, at) = (CustomerId::new("C").unwrap(), instant(at));
    Event { event_id: id.to_owned(), customer_id, occurred_at: at, recorded_at: at, body }
}

/// The same event by another id: of two facts of one instant the one of the smaller id comes first.
pub fn named(id: &str, event: Event) -> Event {
    Event { event_id: id.to_owned(), ..event }
}

pub fn issued(at: &str, id: &str, amount_minor: i64, due: &str) -> Event {
    let due_date = due.parse().unwrap();
    event(at, id, Body::Issued { invoice_id: id.to_owned(), amount_minor, due_date, debt_type: None, discount: None })
}

pub fn one() -> [Event; 1] {
    [issued("2026-01-01", "A", 1_000, "2026-01-10")]
}

pub fn two() -> [Event; 2] {
    [issued("2026-01-01", "A", 1_000, "2026-01-10"), issued("2026-01-01", "B", 2_000, "2026-01-20")]
}

pub fn issued_as(debt: &str, at: &str, id: &str, amount_minor: i64, due: &str) -> Event {
    let (due_date, debt_type) = (due.parse().unwrap(), Some(debt.to_owned()));
    event(at, id, Body::Issued { invoice_id: id.to_owned(), amount_minor, due_date, debt_type, discount: None })
}

pub fn adjusted(at: &str, invoice: &str, delta_minor: i64, due: Option<&str>) -> Event {
    let due_date = due.map(|due| due.parse().unwrap());
    let body = Body::Adjusted { invoice_id: invoice.to_owned(), delta_minor, due_date };
    event(at, &format!("adjusted {invoice} {at}"), body)
}

pub fn written_off(at: &str, invoice: &str) -> Event {
    event(at, &format!("written off {invoice} {at}"), Body::WrittenOff { invoice_id: invoice.to_owned() })
}

pub fn reinstated(at: &str, invoice: &str) -> Event {
    event(at, &format!("reinstated {invoice} {at}"), Body::InvoiceReinstated { invoice_id: invoice.to_owned() })
}

pub fn voided(at: &str, invoice: &str) -> Event {
    event(at, &format!("voided {invoice} {at}"), Body::Voided { invoice_id: invoice.to_owned() })
}

/// On hold until the end of a day, or until it is released.
pub fn held(at: &str, invoice: &str, until: Option<&str>) -> Event {
    let until = until.map(|day| day.parse().unwrap());
    event(at, &format!("held {invoice} {at}"), Body::Held { invoice_id: invoice.to_owned(), until })
}

pub fn released(at: &str, invoice: &str) -> Event {
    event(at, &format!("released {invoice} {at}"), Body::Released { invoice_id: invoice.to_owned() })
}

/// An invoice of 10.00, of which 0.50 need not be paid until a day.
pub fn issued_with_discount(at: &str, id: &str, due: &str, until: &str) -> Event {
    let (due_date, discount) = (due.parse().unwrap(), Discount { amount_minor: 50, until: until.parse().unwrap() });
    let (invoice_id, discount) = (id.to_owned(), Some(discount));
    event(at, id, Body::Issued { invoice_id, amount_minor: 1_000, due_date, debt_type: None, discount })
}

/// A credit note.
pub fn credited(at: &str, id: &str, amount_minor: i64, invoice: Option<&str>) -> Event {
    let names = invoice.map(Named::whole).into_iter().collect();
    event(at, id, Body::Credited { credit_note_id: id.to_owned(), amount_minor, names })
}

pub fn received(at: &str, id: &str, amount_minor: i64, invoice: Option<&str>) -> Event {
    let invoice_id = invoice.map(str::to_owned);
    event(
        at,
        id,
        Body::Received {
            payment_id: id.to_owned(),
            amount_minor,
            names: invoice_id.map(Named::whole).into_iter().collect(),
            method: None,
        },
    )
}

pub fn received_by(method: &str, at: &str, id: &str) -> Event {
    let method = Some(method.to_owned());
    event(at, id, Body::Received { payment_id: id.to_owned(), amount_minor: 1_000, names: Vec::new(), method })
}

/// A payment with the parts of it that are for invoices.
pub fn received_for(at: &str, id: &str, amount_minor: i64, parts: &[(&str, i64)]) -> Event {
    let part = |(invoice, amount): &(&str, i64)| Named { amount_minor: Some(*amount), ..Named::whole(*invoice) };
    let names = parts.iter().map(part).collect();
    event(at, id, Body::Received { payment_id: id.to_owned(), amount_minor, names, method: None })
}

pub fn submitted(at: &str, payment: &str, amount_minor: i64) -> Event {
    let body = Body::Submitted { payment_id: payment.to_owned(), amount_minor };
    event(at, &format!("submitted {payment} {at}"), body)
}

pub fn failed(at: &str, payment: &str, code: Option<FailureCode>) -> Event {
    event(at, &format!("failed {payment} {at}"), Body::Failed { payment_id: payment.to_owned(), code })
}

pub fn reversed(at: &str, payment: &str) -> Event {
    event(
        at,
        &format!("reversed {payment} {at}"),
        Body::Reversed { payment_id: payment.to_owned(), amount_minor: None },
    )
}

/// A part of a payment is taken back.
pub fn reversed_by(amount_minor: i64, at: &str, payment: &str) -> Event {
    let body = Body::Reversed { payment_id: payment.to_owned(), amount_minor: Some(amount_minor) };
    event(at, &format!("reversed {payment} {at}"), body)
}

/// What was taken back of a payment stands again, or a part of it.
pub fn stands_again(at: &str, payment: &str, amount_minor: Option<i64>) -> Event {
    let body = Body::PaymentReinstated { payment_id: payment.to_owned(), amount_minor };
    event(at, &format!("reinstated {payment} {at}"), body)
}

pub fn made(at: &str, id: &str, amount_minor: i64, due: &str) -> Event {
    let due_date = due.parse().unwrap();
    event(at, id, Body::Made { promise_id: id.to_owned(), amount_minor, due_date, plan_id: None })
}

/// A promise that is an instalment of a plan.
pub fn instalment(at: &str, id: &str, plan: &str, due: &str) -> Event {
    let (promise_id, due_date, plan_id) = (id.to_owned(), due.parse().unwrap(), Some(plan.to_owned()));
    event(at, id, Body::Made { promise_id, amount_minor: 10_000, due_date, plan_id })
}

pub fn amended(at: &str, promise: &str, amount_minor: i64, due: &str) -> Event {
    let due_date = due.parse().unwrap();
    let body = Body::Amended { promise_id: promise.to_owned(), amount_minor, due_date };
    event(at, &format!("amended {promise} {at}"), body)
}

pub fn cancelled(at: &str, promise: &str) -> Event {
    event(at, &format!("cancelled {promise} {at}"), Body::Cancelled { promise_id: promise.to_owned() })
}

pub fn opened(at: &str, id: &str, invoice: Option<&str>, amount_minor: Option<i64>) -> Event {
    let body = Body::Opened { dispute_id: id.to_owned(), invoice_id: invoice.map(str::to_owned), amount_minor };
    event(at, id, body)
}

pub fn resolved(at: &str, dispute: &str, upheld: Option<bool>) -> Event {
    event(at, &format!("resolved {dispute} {at}"), Body::Resolved { dispute_id: dispute.to_owned(), upheld })
}

/// A channel and an outcome.
pub type Reached = (Channel, Outcome);

pub fn sms() -> Reached {
    (Channel::Sms, Outcome::Delivered)
}

pub fn call(outcome: Outcome) -> Reached {
    (Channel::Call, outcome)
}

/// An outbound contact, or another event of it.
pub fn sent(at: &str, contact: &str, reached: Reached) -> Event {
    contacted(Direction::Outbound, at, contact, reached)
}

/// An inbound contact, or another event of it.
pub fn came(at: &str, contact: &str, reached: Reached) -> Event {
    contacted(Direction::Inbound, at, contact, reached)
}

fn contacted(direction: Direction, at: &str, contact: &str, (channel, outcome): Reached) -> Event {
    let body = Body::Contact { contact_id: contact.to_owned(), direction, channel, outcome, machine: false };
    event(at, &format!("{contact} {at} {}", outcome.word()), body)
}

/// The same event of a contact, but no person did it.
pub fn by_machine(mut event: Event) -> Event {
    if let Body::Contact { machine, .. } = &mut event.body {
        *machine = true;
    }
    event
}

pub fn updated(at: &str, id: &str, name: &str, value: Attribute) -> Event {
    event(at, id, Body::Updated { attributes: [(name.to_owned(), value)].into() })
}

pub fn text(value: &str) -> Attribute {
    Attribute::Text(value.to_owned())
}

/// Some events, then one more.
pub fn and(events: &[Event], more: impl IntoIterator<Item = Event>) -> Vec<Event> {
    events.iter().cloned().chain(more).collect()
}

/// Checks a rule in Rome, all events being read in time: the values that it reads, its truth, and until when.
pub fn check(events: &[Event], rule: &str, at: &str, expected: Expect) {
    let found = evaluated(&scene("Europe/Rome", rule), events, Timestamp::BEGINNING, instant(at), false);
    expected.assert_eq(&found);
}

/// Checks a rule in Rome with one parameter more, such as `due_date_roll: following`.
pub fn check_with(parameter: &str, events: &[Event], rule: &str, at: &str, expected: Expect) {
    let file = file("Europe/Rome", rule).replace("parameters: {", &format!("parameters: {{{parameter}, "));
    let loaded = Segmentation::load("test.yaml", file).unwrap_or_else(|error| panic!("{error}"));
    let found = evaluated(&loaded.segmentation, events, Timestamp::BEGINNING, instant(at), false);
    expected.assert_eq(&found);
}

/// Checks a rule in another zone.
pub fn check_in(zone: &str, events: &[Event], rule: &str, at: &str, expected: Expect) {
    let found = evaluated(&scene(zone, rule), events, Timestamp::BEGINNING, instant(at), false);
    expected.assert_eq(&found);
}

/// Checks a rule in Rome, all events being read when everything before an instant is decided.
pub fn check_known_since(decided: &str, events: &[Event], rule: &str, at: &str, expected: Expect) {
    let found = evaluated(&scene("Europe/Rome", rule), events, instant(decided), instant(at), false);
    expected.assert_eq(&found);
}

/// Checks a rule in Rome with everything decided up to and including the instant: dimension `guard` is `held` where
/// the attribute `hold` is true, else `none`.
pub fn check_decided(events: &[Event], rule: &str, at: &str, expected: Expect) {
    let found = evaluated(&scene("Europe/Rome", rule), events, Timestamp::BEGINNING, instant(at), true);
    expected.assert_eq(&found);
}

fn scene(zone: &str, rule: &str) -> Segmentation {
    Segmentation::load("test.yaml", file(zone, rule)).unwrap_or_else(|error| panic!("{error}")).segmentation
}

fn evaluated(segmentation: &Segmentation, events: &[Event], decided: Timestamp, at: Timestamp, decide: bool) -> String {
    let customer = CustomerId::new("C").unwrap();
    let mut folded = Customer::default();
    for event in events {
        fold(&mut folded, event.clone(), 0, decided, segmentation);
    }
    if decide {
        advance(&mut folded, &customer, segmentation, at.plus_ms(1));
    }
    let state = folded.state();
    let beyond: Vec<_> = state.pending.iter().filter(|pending| pending.effective > at).cloned().collect();
    let view = View::new(&customer, in_effect(&state.facts, &beyond), segmentation);
    let evaluation = Evaluation::new(segmentation, &view, Moment::new(at, &segmentation.zone));
    let rule = segmentation.dimensions[1].segments[0].when.as_ref().unwrap();
    let memberships = &state.decision.dimensions;
    let timed = evaluation.eval(&rule.root, memberships);
    // The first slot is the guard's.
    let values: Vec<_> = (1..segmentation.features.len())
        .map(|slot| {
            let reading = evaluation.feature(slot, memberships).value;
            reading.text(evaluation.moment.today, &segmentation.currency).unwrap_or("absent".to_owned())
        })
        .collect();
    format!("{} {:?} until {}", values.join(" "), timed.value, timed.until)
}
