//! Another engine decides everybody anew, wherever the migration stands, and agreement changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use segflow_core::change::{Cause, Decided};
use segflow_core::event::CustomerId;
use segflow_core::segmentation::Segmentation;
use segflow_core::state::{Decision, State};
use segflow_core::time::Zone;
use segflow_engine::migration::{Migration, Reached, Until};
use segflow_engine::rules::Rules;

use super::support::{FIRST, Task, contact, id, invoice, load};

const CUSTOMERS: [&str; 5] = ["a", "b", "c", "d", "e"];

/// The same rules as a time-zone database has them in which Rome lies elsewhere: an engine that decides otherwise.
fn rules_in(zone: &str) -> Arc<Segmentation> {
    let watched = "  - name: watched\n    segments:\n      - {name: \"yes\", when: overdue.days >= 25, for: 48h}\n    \
                   otherwise: \"no\"\n";
    let loaded = Segmentation::clone(&load(&(FIRST.to_owned() + watched)));
    Arc::new(Segmentation { zone: Zone::named(zone).unwrap(), ..loaded })
}

/// Five customers, decided by rules in a zone up to an instant.
fn decided(zone: &str, until: &str) -> Task {
    let mut task = Task::new();
    task.rules = Rules::new(rules_in(zone));
    let invoices = CUSTOMERS.map(|customer| invoice(customer, "i", "2026-03-01T10:00:00Z", "2026-02-20"));
    task.epoch(&invoices, "2026-03-01T10:00:01Z");
    task.epoch(&[], until);
    task
}

/// Takes everybody over to an engine whose rules lie in another zone, some at a time; every change.
fn take_over(task: &mut Task, zone: &str, at_once: usize, to: &str) -> Vec<Decided> {
    task.rules = Rules { present: rules_in(zone), former: vec![rules_in(zone)] };
    let (mut after, mut changes) = (None, Vec::new());
    loop {
        let migration = Migration { after, until: Until::Customers(at_once) };
        let epoch = task.migrating(&[], to, Some(&migration));
        changes.extend(epoch.changes);
        match epoch.migrated.unwrap() {
            Reached::Customer(customer) => after = Some(customer),
            Reached::End => break,
            Reached::Nobody => panic!("some at a time"),
        }
    }
    task.rules.former.clear();
    changes
}

fn decisions(task: &Task) -> BTreeMap<CustomerId, Decision> {
    task.all().into_iter().map(|(customer, state)| (customer, state.decision)).collect()
}

fn stands(task: &Task) -> BTreeMap<CustomerId, Vec<Option<u16>>> {
    let stands = |state: State| state.decision.dimensions.iter().map(|membership| membership.current).collect();
    task.all().into_iter().map(|(customer, state)| (customer, stands(state))).collect()
}

#[test]
fn an_engine_that_agrees_changes_nothing_not_even_since_when_a_rule_holds() {
    // 25 days late for half a day: `watched` begins a day later.
    let mut task = decided("Europe/Rome", "2026-03-18T12:00:00Z");
    let before = decisions(&task);
    assert!(before[&id("a")].dimensions[1].since[0].is_some());
    for at_once in [1, 2, 5, 100] {
        assert_eq!(take_over(&mut task, "Europe/Rome", at_once, "2026-03-18T12:00:00Z"), []);
        assert_eq!(decisions(&task), before, "{at_once} at once");
    }
}

#[test]
fn everybody_stands_where_the_new_engine_alone_would_have_put_them() {
    for (earlier, now) in [("Asia/Tokyo", "Europe/Rome"), ("Europe/Rome", "Asia/Tokyo")] {
        for at_once in [1, 2, 5, 100] {
            let mut task = decided(earlier, "2026-03-21T18:00:00Z");
            let changes = take_over(&mut task, now, at_once, "2026-03-21T18:00:00Z");
            assert_eq!(changes.len(), CUSTOMERS.len(), "{earlier}: each moves in `stage`");
            assert!(changes.iter().all(|change| change.core.cause == Cause::Segmentation));
            assert_eq!(stands(&task), stands(&decided(now, "2026-03-21T18:00:00Z")), "{earlier}, {at_once} at once");
        }
    }
}

#[test]
fn a_touched_customer_goes_over_at_once_and_again_until_the_migration_has_passed_them() {
    let mut task = decided("Asia/Tokyo", "2026-03-21T18:00:00Z");
    task.rules = Rules { present: rules_in("Europe/Rome"), former: vec![rules_in("Europe/Rome")] };
    let part = |after: Option<&str>, reached| Migration { after: after.map(id), until: Until::Reached(reached) };
    let touch = |customer, instant| contact(customer, "k", instant);

    let nobody = part(None, Reached::Nobody);
    let epoch = task.migrating(&[touch("d", "2026-03-21T18:00:01Z")], "2026-03-21T18:00:02Z", Some(&nobody));
    assert_eq!((epoch.resegmented, epoch.changes.len(), epoch.migrated), (1, 1, Some(Reached::Nobody)));
    let some = part(None, Reached::Customer(id("c")));
    let epoch = task.migrating(&[], "2026-03-21T18:00:02Z", Some(&some));
    assert_eq!((epoch.resegmented, epoch.changes.len()), (3, 3));
    let rest = part(Some("c"), Reached::End);
    let epoch = task.migrating(&[touch("a", "2026-03-21T18:00:03Z")], "2026-03-21T18:00:04Z", Some(&rest));
    assert_eq!((epoch.resegmented, epoch.changes.len()), (2, 1), "`d` once more, and `e`; `a` was passed");
}
