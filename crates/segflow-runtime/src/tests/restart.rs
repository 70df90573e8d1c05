//! Recovery on the embedded log: intact stores, rebuilt ones, other rules, moved tasks.

use super::support::{Bench, P0, at, issued, received};
use crate::error::WorkerError;
use crate::status::Phase;

fn history(bench: &Bench) {
    for customer in 0..20 {
        bench.event(&format!("c{customer}"), at("2026-03-01T10:00:00Z"), &format!("e{customer}"), issued("2026-02-20"));
    }
    bench.broker.set_time(at("2026-03-01T10:00:01Z"));
}

#[test]
fn a_restart_does_not_rebuild_and_publishes_nothing_again() {
    let mut bench = Bench::new();
    bench.config.commit.max_records = 6;
    history(&bench);
    let mut worker = bench.worker("a");
    let commits = bench.settle(&mut worker);
    assert_eq!(commits, 4);
    let before = bench.changes();
    drop(worker);
    assert!(bench.status.snapshot().tasks.is_empty());
    let mut worker = bench.worker("a");
    assert_eq!(bench.settle(&mut worker), 0);
    let status = bench.status.snapshot();
    assert_eq!((status.totals[&0].rolled_forward, status.tasks[&0].epoch), (0, 4));
    assert_eq!(bench.changes(), before);
    bench.event("c3", at("2026-03-01T10:00:02Z"), "pay", received(10_000, "pay"));
    bench.broker.set_time(at("2026-03-01T10:00:03Z"));
    bench.settle(&mut worker);
    assert_eq!(bench.changes().len(), before.len() + 1);
}

#[test]
fn a_lost_store_is_rebuilt_from_the_journal_to_the_same_state() {
    let mut bench = Bench::new();
    bench.config.commit.max_records = 6;
    history(&bench);
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    drop(worker);
    let states = |bench: &Bench| -> Vec<_> {
        let store = segflow_store::Store::open(&bench.config.task_dir(P0), &bench.config.store).unwrap();
        store.customers_all().collect::<Result<_, _>>().unwrap()
    };
    let before = states(&bench);
    assert_eq!(before.len(), 20);
    std::fs::remove_dir_all(bench.config.task_dir(P0)).unwrap();
    let mut worker = bench.worker("a");
    assert_eq!(bench.settle(&mut worker), 0);
    let status = bench.status.snapshot();
    assert_eq!((status.totals[&0].rolled_forward, status.tasks[&0].epoch), (4, 4));
    drop(worker);
    assert_eq!(states(&bench), before);
}

fn stopped(bench: &Bench) -> String {
    match &bench.status.snapshot().tasks[&0].phase {
        Phase::Stopped { reason } => reason.clone(),
        phase => panic!("expected a stopped task, found {phase:?}"),
    }
}

#[test]
fn a_truncated_journal_stops_the_task_and_says_why() {
    let mut bench = Bench::new();
    history(&bench);
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    drop(worker);
    bench.broker = crate::log::local::LocalBroker::new(1);
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    let expected =
        "task 0: the store is at epoch 1, but its journal ends at epoch 0: the journal was truncated or recreated";
    assert!(stopped(&bench).starts_with(expected), "{}", stopped(&bench));
}

/// An input that lost records no longer gives the journal's digest: the task stops rather than go on differently.
#[test]
fn an_epoch_that_decides_differently_stops_the_task() {
    let bench = Bench::new();
    history(&bench);
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    drop(worker);
    std::fs::remove_dir_all(bench.config.task_dir(P0)).unwrap();
    let changed = Bench { broker: crate::log::local::LocalBroker::new(1), ..bench };
    history(&changed);
    changed.broker.commit(Vec::new());
    let mut worker = changed.worker("b");
    changed.settle(&mut worker);
    drop(worker);
    let journal = changed.broker.outputs(crate::log::Sink::Journal, P0, 0);
    std::fs::remove_dir_all(changed.config.task_dir(P0)).unwrap();
    let fewer = Bench { broker: crate::log::local::LocalBroker::new(1), ..changed };
    fewer.event("c0", at("2026-03-01T10:00:00Z"), "e0", issued("2026-02-20"));
    fewer.broker.commit(journal);
    let mut worker = fewer.worker("c");
    fewer.settle(&mut worker);
    assert!(stopped(&fewer).contains("decided again gives 3 changes"), "{}", stopped(&fewer));
}

#[test]
fn tasks_move_between_workers_and_stores_are_handed_over() {
    let mut bench = Bench::new();
    bench.broker = crate::log::local::LocalBroker::new(2);
    history(&bench);
    let (mut a, status) = (bench.worker("a"), bench.status.clone());
    bench.settle(&mut a);
    let mut b = bench.worker("b");
    for _ in 0..20 {
        a.cycle().unwrap();
        b.cycle().unwrap();
    }
    let snapshot = status.snapshot();
    assert_eq!((&snapshot.tasks[&0].worker, &snapshot.tasks[&1].worker), (&"a".to_owned(), &"b".to_owned()));
    assert!(snapshot.tasks.values().all(|task| task.phase == Phase::Running));
}

#[test]
fn a_full_disk_stops_the_worker_before_anything_is_committed() {
    let mut bench = Bench::new();
    history(&bench);
    bench.config.store = segflow_store::StoreMemory::new(segflow_store::StoreSettings {
        reserve_bytes: u64::MAX,
        ..segflow_store::StoreSettings::default()
    });
    let mut worker = bench.worker("a");
    let error = loop {
        if let Err(error) = worker.cycle() {
            break error;
        }
    };
    assert!(matches!(&error, WorkerError::Stop(reason) if reason.contains("no room left")), "{error}");
    assert_eq!(bench.journal().len(), 0);
}
