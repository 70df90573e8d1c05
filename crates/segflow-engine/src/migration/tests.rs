//! Everybody is decided anew by another engine, wherever the pass stands, and agreement changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use segflow_core::event::{Body, Event};
use segflow_core::money::Currency;
use segflow_core::segmentation::Segmentation;
use segflow_core::time::{Timestamp, Zone};
use segflow_wire::{Encoding, Intake, Partitioner, RawRecord};

use super::*;
use crate::epoch::{Epoch, Target, decide};
use crate::intake::Accepted;
use crate::states::Memory;

const RULES: &str = r#"
name: test
version: 1
currency: EUR
timezone: Europe/Rome
dimensions:
  - name: stage
    segments:
      - {name: late, when: overdue.days >= 30}
      - {name: early, when: overdue.days >= 1}
    otherwise: current
  - name: watched
    segments:
      - {name: "yes", when: overdue.days >= 25, for: 48h}
    otherwise: "no"
"#;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The same rules as a time-zone database has them in which Rome lies elsewhere: an engine that decides otherwise.
fn rules_in(zone: &str) -> Arc<Segmentation> {
    let loaded = Segmentation::load("test.yaml", RULES).unwrap().segmentation;
    Arc::new(Segmentation { zone: Zone::named(zone).unwrap(), ..loaded })
}

fn accepted(customers: &[&str], instant: &str) -> Accepted {
    let intake = Intake {
        max_skew_ms: None,
        ..Intake::uniform(Encoding::Json, Partitioner::Murmur2, 1, Currency::new("EUR").unwrap())
    };
    let mut accepted = Accepted::default();
    for customer in customers {
        let due_date = "2026-02-20".parse().unwrap();
        let body = Body::Issued { invoice_id: "i".to_owned(), amount_minor: 10_000, due_date, debt_type: None };
        let event = Event {
            event_id: format!("e-{customer}"),
            customer_id: CustomerId::new(*customer).unwrap(),
            occurred_at: at(instant),
            recorded_at: at(instant),
            body,
        };
        let value = segflow_wire::event::encode(&event, &intake.currency, Encoding::Json);
        let record = RawRecord {
            family: event.body.family(),
            topic: "collections.invoices",
            partition: 0,
            offset: 0,
            timestamp: at(instant),
            key: Some(customer.as_bytes()),
            value: value.as_deref(),
            headers: &Vec::new(),
        };
        accepted.take(&record, &intake, Timestamp::LATEST).unwrap();
    }
    accepted
}

struct Bench {
    states: Memory,
    clock: Clock,
    rules: Rules,
}

impl Bench {
    /// Some customers, decided by rules in a zone up to an instant.
    fn decided(zone: &str, customers: &[&str], until: &str) -> Self {
        let mut bench = Self { states: Memory::default(), clock: Clock::default(), rules: Rules::new(rules_in(zone)) };
        bench.epoch(accepted(customers, "2026-03-01T10:00:00Z"), "2026-03-01T10:00:01Z", None);
        bench.epoch(Accepted::default(), until, None);
        bench
    }

    fn epoch(&mut self, accepted: Accepted, to: &str, pass: Option<&Migration>) -> Epoch {
        let target = Target::Proven { clock: self.clock.at(at(to), 0), grace_ms: 0, timers_max: usize::MAX };
        let Ok(epoch) = decide(&mut self.states, &self.rules, &self.clock, accepted, &target, pass);
        self.clock = epoch.clock.clone();
        epoch
    }

    /// Goes over to an engine whose rules lie in another zone, some customers at a time; every change.
    fn migrate(&mut self, zone: &str, at_once: usize, to: &str) -> Vec<Decided> {
        self.rules = Rules { present: rules_in(zone), former: vec![rules_in(zone)] };
        let (mut after, mut changes) = (None, Vec::new());
        loop {
            let pass = Migration { after, until: Until::Customers(at_once) };
            let epoch = self.epoch(Accepted::default(), to, Some(&pass));
            changes.extend(epoch.changes);
            match epoch.passed.unwrap() {
                Reached::Customer(customer) => after = Some(customer),
                Reached::End => break,
                Reached::Nobody => panic!("some customers a time"),
            }
        }
        self.rules.former.clear();
        changes
    }

    fn stands(&self) -> BTreeMap<&CustomerId, Vec<Option<u16>>> {
        let stands = |state: &State| state.decision.dimensions.iter().map(|membership| membership.current).collect();
        self.states.all().into_iter().map(|(customer, state)| (customer, stands(state))).collect()
    }
}

const CUSTOMERS: [&str; 5] = ["a", "b", "c", "d", "e"];

#[test]
fn an_engine_that_agrees_changes_nothing_also_of_what_holds_since() {
    // 25 days late for a day: `watched` will begin a day later.
    let mut bench = Bench::decided("Europe/Rome", &CUSTOMERS, "2026-03-18T12:00:00Z");
    let before: Vec<_> = bench.states.all().into_values().map(|state| state.decision.clone()).collect();
    assert!(before[0].dimensions[1].since[0].is_some());
    for at_once in [1, 2, 5, 100] {
        assert_eq!(bench.migrate("Europe/Rome", at_once, "2026-03-18T12:00:00Z"), []);
        let after: Vec<_> = bench.states.all().into_values().map(|state| state.decision.clone()).collect();
        assert_eq!(after, before, "{at_once} at once");
    }
}

#[test]
fn everybody_stands_where_the_new_engine_alone_would_have_put_them() {
    for (earlier, now) in [("Asia/Tokyo", "Europe/Rome"), ("Europe/Rome", "Asia/Tokyo")] {
        for at_once in [1, 2, 5, 100] {
            let mut bench = Bench::decided(earlier, &CUSTOMERS, "2026-03-21T18:00:00Z");
            let changes = bench.migrate(now, at_once, "2026-03-21T18:00:00Z");
            assert_eq!(changes.len(), CUSTOMERS.len(), "{earlier}: each moves in `stage`");
            assert!(changes.iter().all(|change| change.core.cause == segflow_core::change::Cause::Segmentation));
            let alone = Bench::decided(now, &CUSTOMERS, "2026-03-21T18:00:00Z");
            assert_eq!(bench.stands(), alone.stands(), "{earlier}, {at_once} at once");
        }
    }
}

#[test]
fn who_is_touched_goes_over_first_and_again_until_the_pass_has_come_by() {
    let mut bench = Bench::decided("Asia/Tokyo", &CUSTOMERS, "2026-03-21T18:00:00Z");
    bench.rules = Rules { present: rules_in("Europe/Rome"), former: vec![rules_in("Europe/Rome")] };
    let pass = |after: Option<&str>, until| Migration { after: after.and_then(CustomerId::new), until };
    let touched = bench.epoch(
        accepted(&["d"], "2026-03-21T18:00:01Z"),
        "2026-03-21T18:00:02Z",
        Some(&pass(None, Until::Reached(Reached::Nobody))),
    );
    assert_eq!((touched.resegmented, touched.changes.len(), touched.passed), (1, 1, Some(Reached::Nobody)));
    let customer = |id: &str| CustomerId::new(id).unwrap();
    let until = Until::Reached(Reached::Customer(customer("c")));
    let some = bench.epoch(Accepted::default(), "2026-03-21T18:00:02Z", Some(&pass(None, until)));
    assert_eq!((some.resegmented, some.changes.len()), (3, 3));
    let rest = bench.epoch(
        accepted(&["a"], "2026-03-21T18:00:03Z"),
        "2026-03-21T18:00:04Z",
        Some(&pass(Some("c"), Until::Reached(Reached::End))),
    );
    assert_eq!((rest.resegmented, rest.changes.len()), (2, 1), "`d` once more, and `e`; `a` lies behind");
}
