//! Who has a task's store: kept open between workers of a process, and recovered a slice at a time.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use segflow_core::event::CustomerId;
use segflow_store::{Store, StoreError};

use super::stalling_log::Slow;
use super::support::{Bench, P0, at, issued, received};
use crate::RecoveryStep;
use crate::config::Config;
use crate::log::TaskId;
use crate::log::local::{LocalBroker, NewRecord};
use crate::recovery::standbys::Standbys;
use crate::status::Phase;
use crate::time::{Monotonic, Steered};
use crate::worker::Worker;
use crate::worker::store_pool::StorePool;

const P1: TaskId = TaskId(1);

fn history(bench: &Bench) {
    for customer in 0..20 {
        bench.event(&format!("c{customer}"), at("2026-03-01T10:00:00Z"), &format!("e{customer}"), issued("2026-02-20"));
    }
    bench.broker.set_time(at("2026-03-01T10:00:01Z"));
}

fn opened(bench: &Bench) -> Result<Store, StoreError> {
    Store::open(&bench.config.task_dir(P0), &bench.config.store)
}

/// The same group from another process: another disk.
fn elsewhere(bench: &Bench, directory: &std::path::Path) -> Arc<Config> {
    let config = Config { state_dir: directory.to_owned(), store_pool: StorePool::default(), ..bench.config.clone() };
    Arc::new(config)
}

#[test]
fn a_store_stays_open_for_the_next_worker_and_the_journal_tells_what_it_missed() {
    let mut bench = Bench::new();
    bench.config.store_pool = StorePool::new(Duration::from_secs(600), Monotonic::Real);
    bench.config.commit.max_records = 6;
    history(&bench);
    let mut worker = bench.worker("a");
    assert_eq!(bench.settle(&mut worker), 4);
    drop(worker);
    assert!(matches!(opened(&bench), Err(StoreError::Locked { .. })), "it is still open");

    let directory = tempfile::tempdir().unwrap();
    let mut other = Worker::new("b", elsewhere(&bench, directory.path()), bench.broker.attach("b"), Arc::default());
    bench.event("c3", at("2026-03-01T10:00:02Z"), "pay", received(10_000, "pay"));
    bench.broker.set_time(at("2026-03-01T10:00:03Z"));
    assert_eq!(bench.settle(&mut other), 1);
    drop(other);

    let mut worker = bench.worker("a");
    assert_eq!(bench.settle(&mut worker), 0);
    let status = bench.status.snapshot();
    assert_eq!((status.tasks[&0].phase.clone(), status.tasks[&0].epoch), (Phase::Running, 5));
    assert_eq!(status.totals[&0].rolled_forward, 1, "only what it missed");
    drop(worker);
    let states = |store: Store| store.customers_all().collect::<Result<Vec<_>, _>>().unwrap();
    bench.config.store_pool = StorePool::default();
    let there = Store::open(&directory.path().join("task-0"), &bench.config.store).unwrap();
    assert_eq!(states(opened(&bench).unwrap()), states(there));
}

#[test]
fn what_the_disk_has_is_opened_ahead_until_a_worker_is_given_a_task() {
    let mut bench = Bench::new();
    history(&bench);
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    drop(worker);
    let state_dir = bench.config.state_dir.clone();
    for (task, current) in [("task-1", "no manifest"), ("task-0.damaged", ""), ("task-", "")] {
        std::fs::create_dir(state_dir.join(task)).unwrap();
        std::fs::write(state_dir.join(task).join("CURRENT"), current).unwrap();
    }
    assert_eq!(bench.config.stores().tasks_on_disk(), [P0, P1]);
    let ahead = |bench: &Bench| bench.config.store_pool.open_ahead(&bench.config.stores(), &AtomicBool::new(false));
    let is_open = |bench: &Bench| matches!(opened(bench), Err(StoreError::Locked { .. }));

    bench.config.store_pool = StorePool::new(Duration::from_secs(600), Monotonic::Real);
    bench.config.store_pool.claim(P1);
    ahead(&bench);
    assert!(!is_open(&bench), "a worker has a task: it opens the others as it is given them");
    bench.config.store_pool.give_up(P1, None);
    ahead(&bench);
    assert!(is_open(&bench));

    // Only one at a time has it; a worker waits for whoever that is.
    let laid = bench.config.store_pool.lend(P0).expect("nobody has it").expect("it was opened");
    assert!(bench.config.store_pool.lend(P0).is_none());
    bench.event("c3", at("2026-03-01T10:00:02Z"), "pay", received(10_000, "pay"));
    bench.broker.set_time(at("2026-03-01T10:00:03Z"));
    let mut worker = bench.worker("a");
    worker.cycle().unwrap();
    assert!(matches!(bench.status.snapshot().tasks[&0].phase, Phase::Recovering { .. }));
    bench.config.store_pool.give_back(P0, Some(laid));
    assert_eq!(bench.settle(&mut worker), 1);
    assert_eq!(bench.status.snapshot().tasks[&0].phase, Phase::Running);
}

#[test]
fn a_store_that_nobody_takes_is_closed_after_its_time() {
    let (mut bench, time) = (Bench::new(), Steered::new());
    bench.config.time = Monotonic::Steered(time.clone());
    bench.config.store_pool = StorePool::new(Duration::from_secs(600), bench.config.time.clone());
    history(&bench);
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    drop(worker);
    // A worker without tasks, which nobody gives it.
    bench.broker = LocalBroker::new(0);
    let mut other = bench.worker("b");
    time.advance(Duration::from_secs(599));
    other.cycle().unwrap();
    assert!(matches!(opened(&bench), Err(StoreError::Locked { .. })), "it is still open");
    time.advance(Duration::from_secs(1));
    other.cycle().unwrap();
    assert!(opened(&bench).is_ok());
}

/// A worker that lost a task while it decided for it keeps nothing of what was not committed.
#[test]
fn what_was_not_committed_is_not_laid_down() {
    let mut bench = Bench::new();
    bench.config.store_pool = StorePool::new(Duration::from_secs(600), Monotonic::Real);
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    history(&bench);
    let commits = worker.prepare(RecoveryStep::Waiting).unwrap().unwrap();
    assert_eq!(commits.len(), 1, "decided, and never published");
    drop((worker, commits));
    let mut worker = bench.worker("a");
    worker.attend().unwrap();
    let commits = worker.prepare(RecoveryStep::Waiting).unwrap().unwrap();
    assert_eq!((commits[0].record.epoch, commits[0].record.counts.folded), (1, 20));
}

#[test]
fn a_task_whose_inputs_are_away_holds_up_no_other_and_goes_on_where_it_was() {
    let mut bench = Bench::new();
    bench.broker = LocalBroker::new(2);
    bench.config.commit.max_records = 6;
    history(&bench);
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    drop(worker);
    std::fs::remove_dir_all(bench.config.task_dir(P0)).unwrap();

    let log = Slow { away: Some(P0), ..Slow::new(bench.broker.attach("a")) };
    let mut worker = Worker::new("a", Arc::new(bench.config.clone()), log, bench.status.clone());
    for _ in 0..20 {
        worker.cycle().unwrap();
    }
    let status = bench.status.snapshot();
    assert_eq!(status.tasks[&0].phase, Phase::Recovering { target: Some(4) });
    assert_eq!(status.tasks[&1].phase, Phase::Running);
    append(&bench, P1);
    worker.cycle().unwrap();
    assert_eq!(bench.status.snapshot().tasks[&1].epoch, 1, "the other task commits meanwhile");

    (worker.log().away, worker.log().asked) = (None, Vec::new());
    while !matches!(bench.status.snapshot().tasks[&0].phase, Phase::Running) {
        assert!(worker.cycle().unwrap().busy);
    }
    let asked: Vec<u64> = worker.log().asked.iter().map(|(_, from)| *from).collect();
    assert_eq!(asked, (0..20).collect::<Vec<_>>(), "each record was read once");
}

pub fn append(bench: &Bench, task: TaskId) {
    use segflow_core::event::Event;
    use segflow_wire::{Encoding, event};
    let instant = at("2026-03-01T10:00:02Z");
    // A key that does not hash to this task is a dead letter: a record all the same.
    let customer_id = CustomerId::new("elsewhere").unwrap();
    let event = Event {
        event_id: "x".to_owned(),
        customer_id,
        occurred_at: instant,
        recorded_at: instant,
        body: received(1, "x"),
    };
    let value = event::encode(&event, &bench.config.segmentation.offered().currency, Encoding::Json);
    bench.broker.append(
        task,
        event.body.family(),
        NewRecord { timestamp: instant, key: Some(b"elsewhere".to_vec()), value, headers: Vec::new() },
    );
}

#[test]
fn every_recovering_task_gets_its_turn() {
    let mut bench = Bench::new();
    bench.broker = LocalBroker::new(2);
    // No time at all: one step of one task per cycle.
    bench.config.commit.interval = Duration::ZERO;
    bench.config.commit.max_records = 6;
    history(&bench);
    append(&bench, P1);
    let mut worker = bench.worker("a");
    while bench.journal().len() < 20 / 6 || bench.status.snapshot().tasks.values().any(|task| task.epoch == 0) {
        worker.cycle().unwrap();
    }
    bench.settle(&mut worker);
    drop(worker);
    std::fs::remove_dir_all(&bench.config.state_dir).unwrap();
    let log = Slow::new(bench.broker.attach("a"));
    let mut worker = Worker::new("a", Arc::new(bench.config.clone()), log, bench.status.clone());
    while bench.status.snapshot().tasks.len() < 2 || worker.log().asked.len() < 4 {
        worker.attend().unwrap();
        worker.cycle().unwrap();
    }
    let tasks: Vec<TaskId> = worker.log().asked.iter().take(2).map(|(task, _)| *task).collect();
    assert_eq!(tasks, [P0, P1], "in turn");
}

#[test]
fn a_standby_follows_what_runs_elsewhere_and_lays_it_down_for_a_worker() {
    let mut bench = Bench::new();
    bench.config.store_pool = StorePool::new(Duration::from_secs(600), Monotonic::Real);
    bench.config.commit.max_records = 6;
    history(&bench);
    let directory = tempfile::tempdir().unwrap();
    let owner =
        |name: &str| Worker::new(name, elsewhere(&bench, directory.path()), bench.broker.attach(name), Arc::default());
    let mut first = owner("a");
    assert_eq!(bench.settle(&mut first), 4);

    // The standby reads the log and is no member of the group: it is dropped from it before the group looks.
    let mut past = bench.broker.attach("standby");
    crate::log::Group::leave(&mut past).unwrap();
    let config = Arc::new(bench.config.clone());
    let mut standbys = Standbys::new(config, past, bench.status.clone(), [P0]);
    let follow = |standbys: &mut Standbys<_>| while standbys.cycle().unwrap() {};
    let copy = |epoch, journal| {
        let status = bench.status.snapshot().tasks[&0].clone();
        assert_eq!((status.epoch, status.phase), (epoch, Phase::Standby { journal: Some(journal), stopped: None }));
    };
    follow(&mut standbys);
    copy(4, 4);
    bench.event("c3", at("2026-03-01T10:00:02Z"), "pay", received(10_000, "pay"));
    bench.broker.set_time(at("2026-03-01T10:00:03Z"));
    assert_eq!(bench.settle(&mut first), 1);
    follow(&mut standbys);
    copy(5, 5);

    drop(first);
    let mut worker = bench.worker("here");
    worker.cycle().unwrap();
    assert!(matches!(bench.status.snapshot().tasks[&0].phase, Phase::Standby { .. } | Phase::Recovering { .. }));
    follow(&mut standbys);
    assert_eq!(bench.settle(&mut worker), 0);
    let status = bench.status.snapshot();
    assert_eq!((status.tasks[&0].phase.clone(), status.tasks[&0].epoch), (Phase::Running, 5));
    assert_eq!(status.totals.get(&0), None, "it was warm: no epoch was missing");
    follow(&mut standbys);
    assert_eq!(bench.status.snapshot().tasks[&0].phase, Phase::Running, "what runs here has no standby here");

    drop(worker);
    follow(&mut standbys);
    copy(5, 5);
    let mut again = owner("c");
    bench.event("c4", at("2026-03-01T10:00:04Z"), "pay4", received(10_000, "pay4"));
    bench.broker.set_time(at("2026-03-01T10:00:05Z"));
    assert_eq!(bench.settle(&mut again), 1);
    follow(&mut standbys);
    copy(6, 6);
    drop((again, standbys));
    bench.config.store_pool.tidy();
    assert!(bench.status.snapshot().tasks.is_empty());
}

#[test]
fn a_standby_that_cannot_follow_says_why_and_stops_nobody() {
    let mut bench = Bench::new();
    history(&bench);
    let directory = tempfile::tempdir().unwrap();
    let mut owner = Worker::new("a", elsewhere(&bench, directory.path()), bench.broker.attach("a"), Arc::default());
    bench.settle(&mut owner);
    bench.config.store = segflow_store::StoreMemory::new(segflow_store::StoreSettings {
        reserve_bytes: u64::MAX,
        ..segflow_store::StoreSettings::default()
    });
    let mut past = bench.broker.attach("standby");
    crate::log::Group::leave(&mut past).unwrap();
    let mut standbys = Standbys::new(Arc::new(bench.config.clone()), past, bench.status.clone(), [P0]);
    while standbys.cycle().unwrap() {}
    let status = bench.status.snapshot().tasks[&0].clone();
    assert!(
        matches!(&status.phase, Phase::Standby { stopped: Some(reason), .. } if reason.contains("no room left")),
        "{status:?}"
    );
    assert!(opened(&bench).is_ok(), "its store is closed");
}
