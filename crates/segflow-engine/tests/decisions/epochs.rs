//! Which customers an epoch looks at, how far, and what becomes of the records.

use segflow_core::clock::Cursor;
use segflow_core::customer::Customer;
use segflow_core::digest::PRESENT;
use segflow_core::event::{Attribute, Body, CustomerId};
use segflow_core::fact::Facts;
use segflow_core::state::State;
use segflow_core::time::Timestamp;
use segflow_engine::epoch::Target;
use segflow_engine::rules::Rules;
use segflow_engine::states::{Due, Memory, States, TimerKind};
use segflow_engine::unreadable::Unreadable;

use super::support::{FIRST, Task, accepted, as_record, at, contact, event, id, intake, invoice, load, told};

#[test]
fn touched_customers_are_decided_up_to_f_and_silence_only_up_to_t() {
    let mut task = Task::new();
    let invoices = ["c1", "c2"].map(|customer| invoice(customer, "i", "2026-03-01T10:00:00Z", "2026-03-01"));
    task.epoch(&invoices, "2026-03-01T10:00:01Z");
    // F is 3 s past the midnight at which both become overdue, T is 2 s before it.
    let touched = task.epoch(&[contact("c1", "k", "2026-03-01T22:00:00Z")], "2026-03-01T23:00:03Z");
    assert_eq!(told(&touched.changes), ["c1 stage current -> early at 2026-03-01T23:00:00.000Z"]);
    let silent = task.epoch(&[], "2026-03-01T23:00:08Z");
    assert_eq!(told(&silent.changes), ["c2 stage current -> early at 2026-03-01T23:00:00.000Z"]);
    assert_eq!((touched.woken, silent.woken), (0, 1));
}

#[test]
fn timers_of_one_midnight_drain_in_slices_in_the_order_of_ids() {
    let mut task = Task::new();
    task.timers_max = 3;
    let invoices: Vec<_> =
        (0..8).map(|number| invoice(&format!("c{number}"), "i", "2026-03-01T10:00:00Z", "2026-03-01")).collect();
    task.epoch(&invoices, "2026-03-01T10:00:01Z");
    let mut slices = Vec::new();
    while task.clock.cursor.instant < task.clock.silence || slices.is_empty() {
        let epoch = task.epoch(&[], "2026-03-02T09:00:00Z");
        let cursor = epoch.clock.cursor;
        slices.push((epoch.woken, cursor.instant, cursor.customer.map(|customer| customer.to_string())));
    }
    let midnight = at("2026-03-01T23:00:00Z");
    let expected = [
        (3, midnight, Some("c2".to_owned())),
        (3, midnight, Some("c5".to_owned())),
        (2, at("2026-03-02T08:59:55Z"), None),
    ];
    assert_eq!(slices, expected);
}

#[test]
fn facts_coming_into_effect_lower_f_to_the_first_beyond_the_bound() {
    let mut task = Task::new();
    task.timers_max = 2;
    let ahead = |customer: &str, occurred_at: &str| {
        let event = invoice(customer, "i", occurred_at, "2026-02-01");
        segflow_core::event::Event { recorded_at: at("2026-03-01T10:00:00Z"), ..event }
    };
    let events = [
        ahead("c1", "2026-03-02T10:00:01Z"),
        ahead("c2", "2026-03-02T10:00:02Z"),
        ahead("c3", "2026-03-02T10:00:03Z"),
        ahead("c4", "2026-03-02T10:00:03Z"),
        ahead("c5", "2026-03-02T10:00:03Z"),
    ];
    task.epoch(&events, "2026-03-01T10:00:01Z");
    let lowered = task.epoch(&[], "2026-03-03T00:00:00Z");
    assert_eq!((lowered.clock.facts, lowered.woken), (at("2026-03-02T10:00:03Z"), 2));
    let shared = task.epoch(&[], "2026-03-03T00:00:00Z");
    assert_eq!((shared.clock.facts, shared.woken), (at("2026-03-02T10:00:03.001Z"), 3), "all share one instant");
    assert_eq!(task.epoch(&[], "2026-03-03T00:00:00Z").clock.facts, at("2026-03-03T00:00:00Z"));
}

#[test]
fn a_journalled_epoch_is_decided_again_to_the_same_bytes() {
    let (mut live, mut again) = (Task::new(), Task::new());
    live.timers_max = 1;
    let invoices = ["c1", "c2"].map(|customer| invoice(customer, "i", "2026-03-01T10:00:00Z", "2026-03-01"));
    let cycles =
        [(&invoices[..], "2026-03-01T10:00:01Z"), (&[], "2026-03-02T09:00:00Z"), (&[], "2026-03-02T09:00:01Z")];
    for (events, facts) in cycles {
        let epoch = live.epoch(events, facts);
        let replayed = again.decide(accepted(events), &Target::Journalled(epoch.clock.clone()), None);
        assert_eq!(
            (replayed.digest(PRESENT), replayed.clock, replayed.counts),
            (epoch.digest(PRESENT), epoch.clock, epoch.counts)
        );
        assert_eq!(again.all(), live.all());
    }
}

#[test]
fn every_record_is_counted_once_whatever_becomes_of_it() {
    let mut task = Task::new();
    let first = invoice("c1", "i", "2026-03-01T10:00:00Z", "2026-03-31");
    let ancient = invoice("c1", "old", "2020-03-01T10:00:00Z", "2020-03-31");
    let (mut records, intake) = (accepted(&[first.clone(), first.clone()]), intake(1));
    as_record(&first, 7, 2, |record| records.take(record, &intake, Timestamp::LATEST)).unwrap_err();
    let target = |task: &Task| Target::Journalled(task.clock.at(at("2026-03-01T10:00:01Z"), 0));
    let counts = task.decide(records, &target(&task), None).counts;
    assert_eq!((counts.read, counts.folded, counts.duplicates, counts.dead_letters), (3, 1, 1, 1));
    let counts = task.decide(accepted(&[ancient]), &target(&task), None).counts;
    assert_eq!((counts.read, counts.forgotten, counts.changes), (1, 1, 0));
}

#[test]
fn records_for_which_a_customer_has_no_room_come_back_by_their_place() {
    let long = "x".repeat(1_024);
    let update = |customer: &str, event_id: &str| {
        let attributes =
            (0..Facts::MAX_BYTES / 2_200).map(|name| (format!("a{name}"), Attribute::Text(long.clone()))).collect();
        event(customer, event_id, "2026-03-01T10:00:00Z", Body::Updated { attributes })
    };
    // Two take almost all of the room: for the third there is none. The place of a record counts those of other customers too.
    let events = [
        update("full", "u1"),
        invoice("other", "i1", "2026-03-01T10:00:00Z", "2026-03-31"),
        update("full", "u2"),
        update("full", "u3"),
        contact("also", "k", "2026-03-01T10:00:00Z"),
    ];
    let epoch = Task::new().epoch(&events, "2026-03-01T10:00:01Z");
    let refused: Vec<usize> = epoch.refused.iter().map(|refused| refused.place).collect();
    assert_eq!((refused, epoch.counts.dead_letters, epoch.counts.folded), (vec![3], 1, 4));
}

/// States whose timers have a row of `c1` and one of nobody that no state agrees with.
struct Stale(Memory);

impl States for Stale {
    type Error = std::convert::Infallible;

    fn change<R>(&mut self, customer: &CustomerId, change: impl FnOnce(&mut Customer) -> R) -> Result<R, Self::Error> {
        self.0.change(customer, change)
    }

    fn peek(&mut self, customer: &CustomerId) -> Result<&State, Self::Error> {
        self.0.peek(customer)
    }

    fn due(&self, kind: TimerKind, from: &Cursor, to: &Cursor, max: usize) -> Result<Vec<Due>, Self::Error> {
        let instant = at("2026-03-01T11:00:00Z");
        let mut rows = self.0.due(kind, from, to, max)?;
        if from.instant < instant && instant < to.instant {
            rows.extend(["c1", "nobody"].map(|customer| Due { instant, customer: id(customer) }));
        }
        Ok(rows)
    }

    fn customers(
        &self,
        after: Option<&CustomerId>,
        to: Option<&CustomerId>,
        max: usize,
    ) -> Result<Vec<CustomerId>, Self::Error> {
        self.0.customers(after, to, max)
    }
}

#[test]
fn a_timer_row_with_which_the_state_disagrees_is_ignored() {
    let mut task = Task::over(Stale(Memory::default()));
    task.epoch(&[invoice("c1", "i", "2026-03-01T10:00:00Z", "2026-03-01")], "2026-03-01T10:00:01Z");
    let as_of = |task: &Task<Stale>| task.states.0.get(&id("c1")).unwrap().decision.as_of;
    let before = as_of(&task);
    let epoch = task.epoch(&[], "2026-03-01T12:00:00Z");
    assert_eq!((epoch.woken, told(&epoch.changes), as_of(&task)), (4, Vec::new(), before));
    assert_eq!(task.states.0.get(&id("nobody")), None);
}

#[test]
fn values_that_cannot_be_read_are_told_once_they_are_folded() {
    let attributes = "attributes: {score: int, frail: {type: bool, unreadable: true}, due: date}\nsensitive: [score]\n";
    let mut task = Task::new();
    task.rules = Rules::new(load(&FIRST.replace("dimensions:", &format!("{attributes}dimensions:"))));
    let updated = |event_id: &str, values: &[(&str, &str)]| {
        let value = |(name, text): &(&str, &str)| ((*name).to_owned(), Attribute::Text((*text).to_owned()));
        event("c1", event_id, "2026-03-01T10:00:00Z", Body::Updated { attributes: values.iter().map(value).collect() })
    };
    let odd = updated("b", &[("score", "many"), ("frail", "J"), ("due", "2026-03-09T00:00:00Z"), ("other", "?")]);
    let events = [updated("a", &[("score", "720"), ("frail", "yes")]), odd.clone(), odd.clone()];
    let epoch = task.epoch(&events, "2026-03-01T10:00:01Z");
    let told = |unreadable: &Unreadable| {
        let Unreadable { attribute, customer, offset, .. } = unreadable;
        format!("{attribute} of {customer} at {offset}: {unreadable}")
    };
    assert_eq!(
        epoch.unreadable.iter().map(told).collect::<Vec<_>>(),
        [
            "score of c1 at 1: expected int, found another value (sensitive)",
            "frail of c1 at 1: expected bool, found \"J\""
        ]
    );
    assert_eq!((epoch.counts.folded, epoch.counts.duplicates), (2, 1));
    assert!(task.epoch(&[odd], "2026-03-01T10:00:02Z").unreadable.is_empty(), "it is a copy");
}
