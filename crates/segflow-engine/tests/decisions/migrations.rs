//! The migration of customers from former rules to the present ones.

use segflow_core::digest::PRESENT;
use segflow_engine::migration::{Migration, Reached, Until};
use segflow_engine::rules::{DecidedBy, Rules};

use super::support::{FIRST, Task, contact, id, invoice, load, second, told};

/// Six customers, nine days past due, decided by version 1; version 2 has just been activated.
fn activated() -> Task {
    let mut task = Task::new();
    let invoices: Vec<_> =
        (0..6).map(|number| invoice(&format!("c{number}"), "i", "2026-03-01T10:00:00Z", "2026-02-20")).collect();
    task.epoch(&invoices, "2026-03-01T10:00:01Z");
    task.rules = Rules { present: second(), former: vec![load(FIRST)] };
    task
}

/// The customers who are still decided by version 1.
fn left(task: &Task) -> Vec<String> {
    let former = |state| matches!(task.rules.of(state), DecidedBy::Former(_));
    let left = task.states.all().into_iter().filter(|(_, state)| former(state));
    left.map(|(id, _)| id.to_string()).collect()
}

fn customers(after: Option<&str>, max: usize) -> Migration {
    Migration { after: after.map(id), until: Until::Customers(max) }
}

#[test]
fn a_touched_customer_is_taken_over_at_once_and_no_other() {
    let mut task = activated();
    let epoch = task.epoch(&[contact("c4", "k", "2026-03-01T10:00:02Z")], "2026-03-01T10:00:03Z");
    assert_eq!((epoch.resegmented, epoch.migrated), (1, None));
    assert_eq!(told(&epoch.changes), ["c4 stage early -> mid at 2026-03-01T10:00:01.000Z"]);
    assert_eq!(left(&task), ["c0", "c1", "c2", "c3", "c5"]);
}

#[test]
fn the_others_are_taken_over_in_the_order_of_their_ids() {
    let mut task = activated();
    let epoch = task.migrating(&[], "2026-03-01T10:00:02Z", Some(&customers(None, 4)));
    assert_eq!((epoch.resegmented, epoch.migrated), (4, Some(Reached::Customer(id("c3")))));
    assert_eq!(left(&task), ["c4", "c5"]);
    let epoch = task.migrating(&[], "2026-03-01T10:00:03Z", Some(&customers(Some("c3"), 4)));
    assert_eq!((epoch.resegmented, epoch.migrated), (2, Some(Reached::End)));
    assert_eq!(left(&task), Vec::<String>::new());
}

#[test]
fn a_customer_who_was_taken_over_already_counts_and_changes_nothing() {
    let mut task = activated();
    task.epoch(&[contact("c1", "k", "2026-03-01T10:00:02Z")], "2026-03-01T10:00:03Z");
    let epoch = task.migrating(&[], "2026-03-01T10:00:04Z", Some(&customers(None, 3)));
    assert_eq!((epoch.resegmented, epoch.migrated), (2, Some(Reached::Customer(id("c2")))));
    assert_eq!(told(&epoch.changes).len(), 2);
}

#[test]
fn any_batching_of_a_migration_gives_the_same_memberships() {
    let migrated = |max: usize| {
        let (mut task, mut after, mut changes) = (activated(), None, Vec::new());
        loop {
            let migration = Migration { after, until: Until::Customers(max) };
            let epoch = task.migrating(&[], "2026-03-01T10:00:02Z", Some(&migration));
            changes.extend(told(&epoch.changes));
            let Some(Reached::Customer(customer)) = epoch.migrated else { break };
            after = Some(customer);
        }
        let memberships = |state: &segflow_core::state::State| state.decision.dimensions.clone();
        (task.all().values().map(memberships).collect::<Vec<_>>(), changes)
    };
    let at_once = migrated(1_000);
    for max in [1, 2, 5, 6, 7] {
        assert_eq!(migrated(max), at_once, "{max} at once");
    }
}

#[test]
fn a_journalled_migration_goes_exactly_as_far_as_it_went() {
    let (mut live, mut again) = (activated(), activated());
    let epoch = live.migrating(&[], "2026-03-01T10:00:02Z", Some(&customers(None, 2)));
    let reached = epoch.migrated.clone().unwrap();
    let migration = Migration { after: None, until: Until::Reached(reached) };
    let replayed = again.migrating(&[], "2026-03-01T10:00:02Z", Some(&migration));
    assert_eq!((replayed.digest(PRESENT), replayed.resegmented), (epoch.digest(PRESENT), epoch.resegmented));
    assert_eq!(again.all(), live.all());
}
