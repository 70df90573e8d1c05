//! Snapshots on the embedded log: lost, damaged and outdated stores come back from them, and refusals say what to do.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use object_store::memory::InMemory;
use segflow_core::event::Family;
use segflow_snapshot::{Archive, Snapshots};
use segflow_store::Store;

use super::stalling_log::Slow;
use super::support::{Bench, P0, at, issued, received};
use crate::Worker;
use crate::log::local::{LocalBroker, LocalLog};
use crate::log::{Log, Sink};
use crate::snapshots::{Keeper, SnapshotSettings};
use crate::status::{Phase, TaskStatus};
use crate::testing::store_digest::digest;

pub const LIMIT: Duration = Duration::from_secs(60);

pub fn snapshots() -> Snapshots {
    Snapshots::over(Archive::over(Arc::new(InMemory::new()), "bench".into(), "memory:///bench")).unwrap()
}

/// Snapshots as often as there is something new.
pub fn keep(bench: &mut Bench, snapshots: Snapshots, keep: usize) {
    let settings = SnapshotSettings { interval: Duration::ZERO, keep };
    bench.config.snapshots = Some(Keeper::start(snapshots, settings, bench.status.clone()).unwrap());
}

/// A bench after four epochs, of which the last may be in a snapshot.
pub fn bench(kept: usize) -> (Bench, Worker<LocalLog>) {
    let mut bench = Bench::new();
    bench.config.commit.max_records = 6;
    let issue = |bench: &Bench, customers: std::ops::Range<u32>| {
        for customer in customers {
            let (id, event) = (format!("c{customer}"), format!("e{customer}"));
            bench.event(&id, at("2026-03-01T10:00:00Z"), &event, issued("2026-02-20"));
        }
    };
    issue(&bench, 0..18);
    bench.broker.set_time(at("2026-03-01T10:00:01Z"));
    let mut worker = bench.worker("a");
    cycles(&bench, &mut worker, |task| task.epoch == 3);
    drop(worker);
    keep(&mut bench, snapshots(), kept);
    issue(&bench, 18..20);
    let mut worker = bench.worker("a");
    cycles(&bench, &mut worker, |task| task.epoch == 4);
    (bench, worker)
}

/// Cycles until a task is as it should be.
pub fn cycles<L: Log>(bench: &Bench, worker: &mut Worker<L>, until: impl Fn(&TaskStatus) -> bool) -> TaskStatus {
    let begun = Instant::now();
    loop {
        worker.cycle().unwrap();
        let task = bench.status.snapshot().tasks.remove(&0).unwrap();
        if until(&task) {
            return task;
        }
        assert!(begun.elapsed() < LIMIT, "it did not come to that: {task:?}");
        std::thread::yield_now();
    }
}

/// Cycles until there is a snapshot of this epoch and what it allows to be trimmed is.
pub fn snapshot<L: Log>(bench: &Bench, worker: &mut Worker<L>, epoch: u64) {
    let keeper = bench.config.snapshots.clone().unwrap();
    let made = |_: &TaskStatus| {
        bench.status.snapshot().snapshots.get(&0).is_some_and(|made| made.last.is_some_and(|last| last.epoch == epoch))
    };
    cycles(bench, worker, made);
    assert!(keeper.wait_idle(LIMIT));
}

/// Payments of so many customers, an epoch each.
pub fn pay<L: Log>(bench: &Bench, worker: &mut Worker<L>, customers: std::ops::Range<u32>) {
    for customer in customers {
        let epoch = bench.journal().len() as u64;
        let id = format!("pay{customer}");
        bench.event(&format!("c{customer}"), at("2026-03-01T10:00:02Z"), &id, received(10_000, &id));
        bench.broker.set_time(at("2026-03-01T10:00:03Z"));
        cycles(bench, worker, |task| task.epoch > epoch);
    }
}

pub fn directory(bench: &Bench) -> PathBuf {
    bench.config.task_dir(P0)
}

pub fn stored(bench: &Bench) -> String {
    digest(&Store::open(&directory(bench), &bench.config.store).unwrap()).unwrap()
}

/// What a new worker makes of the disk as it is, once it runs, and how many epochs it rolled forward.
pub fn recovered(bench: &Bench) -> (String, u64) {
    let before = bench.status.snapshot().totals.get(&0).map_or(0, |totals| totals.rolled_forward);
    let mut worker = bench.worker("b");
    cycles(bench, &mut worker, |task| task.phase == Phase::Running);
    let rolled = bench.status.snapshot().totals[&0].rolled_forward - before;
    drop(worker);
    (stored(bench), rolled)
}

pub fn refused(bench: &Bench) -> String {
    let mut worker = bench.worker("b");
    let stopped = cycles(bench, &mut worker, |task| matches!(task.phase, Phase::Stopped { .. }));
    match stopped.phase {
        Phase::Stopped { reason } => reason,
        phase => panic!("expected a stopped task, found {phase:?}"),
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

#[test]
fn a_lost_disk_comes_back_from_the_snapshot_and_rolls_forward_to_the_same_store() {
    let (mut bench, mut worker) = bench(3);
    snapshot(&bench, &mut worker, 4);
    drop(worker);
    // Whatever comes after is only in the journal.
    let keeper = bench.config.snapshots.take();
    let mut worker = bench.worker("a");
    cycles(&bench, &mut worker, |task| task.phase == Phase::Running);
    pay(&bench, &mut worker, 0..3);
    drop(worker);
    let (live, told) = (stored(&bench), bench.changes());
    std::fs::remove_dir_all(directory(&bench)).unwrap();
    assert_eq!(recovered(&bench), (live.clone(), 7), "without snapshots: from the beginning of the journal");
    std::fs::remove_dir_all(directory(&bench)).unwrap();
    bench.config.snapshots = keeper;
    assert_eq!(recovered(&bench), (live, 3), "from the snapshot on");
    assert_eq!(bench.changes(), told, "nothing is published again");
}

#[test]
fn live_recovered_and_restored_are_one() {
    let (bench, mut worker) = bench(2);
    snapshot(&bench, &mut worker, 4);
    pay(&bench, &mut worker, 0..3);
    snapshot(&bench, &mut worker, 7);
    drop(worker);
    let (live, told) = (stored(&bench), bench.changes());
    assert_eq!(recovered(&bench), (live.clone(), 0), "intact");
    std::fs::remove_dir_all(directory(&bench)).unwrap();
    assert_eq!(recovered(&bench), (live.clone(), 0), "restored");
    assert_eq!(bench.changes(), told);
    assert!(!bench.status.snapshot().tasks.contains_key(&0));
    let left = std::fs::read_dir(&bench.config.state_dir).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(left.collect::<Vec<_>>(), ["task-0"], "neither a checkpoint nor an unfinished restore stays");
}

#[test]
fn the_journal_is_trimmed_to_the_oldest_snapshot_kept_and_never_beyond() {
    let (bench, mut worker) = bench(2);
    snapshot(&bench, &mut worker, 4);
    let first = bench.status.snapshot().snapshots[&0];
    assert_eq!(bench.broker.trimmed(P0), 0, "one snapshot of two: the journal stands in for the other");
    pay(&bench, &mut worker, 0..1);
    snapshot(&bench, &mut worker, 5);
    assert_eq!(bench.broker.trimmed(P0), 3);
    pay(&bench, &mut worker, 1..2);
    snapshot(&bench, &mut worker, 6);
    assert_eq!(bench.broker.trimmed(P0), 4, "epoch 5 is the oldest kept, and its record the first");
    assert!(bench.status.snapshot().snapshots[&0].uploaded_bytes > first.uploaded_bytes);
    drop(worker);
    let live = stored(&bench);
    std::fs::remove_dir_all(directory(&bench)).unwrap();
    assert_eq!(recovered(&bench), (live, 0));
}

#[test]
fn a_journal_that_takes_long_to_trim_holds_up_no_epoch() {
    let (bench, worker) = bench(1);
    drop(worker);
    assert!(bench.config.snapshots.as_ref().unwrap().wait_idle(LIMIT));
    assert_eq!(bench.broker.trimmed(P0), 3);
    let log = Slow::new(bench.broker.attach("a"));
    let gate = log.trimming.clone();
    gate.shut();
    let mut worker = Worker::new("a", Arc::new(bench.config.clone()), log, bench.status.clone());
    cycles(&bench, &mut worker, |task| task.phase == Phase::Running);
    pay(&bench, &mut worker, 0..1);
    cycles(&bench, &mut worker, |_| gate.waiting() == 1);
    pay(&bench, &mut worker, 1..4);
    let task = bench.status.snapshot().tasks.remove(&0).unwrap();
    assert_eq!((task.phase, task.epoch), (Phase::Running, 8), "epochs are committed meanwhile");
    assert_eq!((bench.broker.trimmed(P0), gate.waiting()), (3, 1), "it is still being trimmed");
    gate.open();
    snapshot(&bench, &mut worker, 8);
    assert_eq!(bench.broker.trimmed(P0), 7);
}

#[test]
fn a_trimmed_journal_without_a_snapshot_is_refused_with_what_is_missing() {
    let (mut bench, mut worker) = bench(1);
    snapshot(&bench, &mut worker, 4);
    assert_eq!(bench.broker.trimmed(P0), 3);
    drop(worker);
    std::fs::remove_dir_all(directory(&bench)).unwrap();
    keep(&mut bench, snapshots(), 1);
    let reason = refused(&bench);
    assert!(reason.contains("expected epoch 1 of its journal, found epoch 4"), "{reason}");
    assert!(reason.contains("there is no snapshot of it in memory:///bench"), "{reason}");
    bench.config.snapshots = None;
    let reason = refused(&bench);
    assert!(reason.contains("no snapshot store is configured (`snapshots.url`)"), "{reason}");
}

#[test]
fn a_store_older_than_the_journal_is_replaced_by_a_snapshot() {
    let (bench, mut worker) = bench(1);
    drop(worker);
    assert!(bench.config.snapshots.as_ref().unwrap().wait_idle(LIMIT));
    let old = bench._directory.path().join("old");
    copy(&directory(&bench), &old);
    worker = bench.worker("a");
    cycles(&bench, &mut worker, |task| task.phase == Phase::Running);
    pay(&bench, &mut worker, 0..3);
    snapshot(&bench, &mut worker, 7);
    assert_eq!(bench.broker.trimmed(P0), 6);
    drop(worker);
    let live = stored(&bench);
    std::fs::remove_dir_all(directory(&bench)).unwrap();
    std::fs::rename(&old, directory(&bench)).unwrap();
    assert_eq!(recovered(&bench), (live, 0));
}

/// Turns one bit of the largest file of a kind; its hard links keep what they have.
pub fn damage(directory: &Path, is_it: impl Fn(&str) -> bool, place: usize) {
    let files = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    let files = files.filter(|path| is_it(path.file_name().unwrap().to_str().unwrap()));
    let file = files.max_by_key(|path| path.metadata().unwrap().len()).expect("a file of that kind");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[place] ^= 1;
    std::fs::remove_file(&file).unwrap();
    std::fs::write(file, bytes).unwrap();
}

#[test]
fn a_damaged_store_is_moved_aside_and_restored_never_served() {
    let (bench, mut worker) = bench(2);
    snapshot(&bench, &mut worker, 4);
    drop(worker);
    let live = stored(&bench);
    damage(&directory(&bench), |name| name.starts_with("MANIFEST"), 20);
    assert_eq!(recovered(&bench), (live, 0));
    assert!(directory(&bench).with_extension("damaged").join("CURRENT").exists());
}

#[test]
fn damage_that_shows_while_the_task_runs_is_put_right_too() {
    let (mut bench, mut worker) = bench(2);
    snapshot(&bench, &mut worker, 4);
    drop(worker);
    let live = stored(&bench);
    // Another block cache: the one so far has the blocks.
    bench.config.store = Bench::new().config.store;
    let tables = |name: &str| name.ends_with(".sst");
    damage(&directory(&bench), tables, 10);
    let mut worker = bench.worker("b");
    cycles(&bench, &mut worker, |task| task.phase == Phase::Running && task.epoch == 4);
    pay(&bench, &mut worker, 0..1);
    let aside = directory(&bench).with_extension("damaged");
    assert!(aside.exists(), "the block of the customer was read");
    snapshot(&bench, &mut worker, 5);
    drop(worker);
    let replaced = stored(&bench);
    assert_ne!(replaced, live);
    std::fs::remove_dir_all(directory(&bench)).unwrap();
    assert_eq!(recovered(&bench), (replaced, 0));
}

#[test]
fn a_snapshot_ahead_of_the_journal_is_refused() {
    let (mut bench, mut worker) = bench(2);
    snapshot(&bench, &mut worker, 4);
    drop(worker);
    std::fs::remove_dir_all(directory(&bench)).unwrap();
    let journal = bench.broker.outputs(Sink::Journal, P0, 0);
    bench.broker = LocalBroker::new(1);
    bench.broker.commit(journal[..2].to_vec());
    let reason = refused(&bench);
    assert!(reason.contains("is at epoch 4, but the journal ends at epoch 2"), "{reason}");
    assert!(reason.contains("restore the journal, or, to begin anew"), "{reason}");
}

#[test]
fn inputs_that_no_longer_reach_back_are_refused_unless_there_is_a_snapshot() {
    let (mut bench, mut worker) = bench(100);
    snapshot(&bench, &mut worker, 4);
    pay(&bench, &mut worker, 0..2);
    drop(worker);
    let live = stored(&bench);
    bench.broker.expire(P0, Family::Invoices, 20);
    std::fs::remove_dir_all(directory(&bench)).unwrap();
    let restored = recovered(&bench);
    assert_eq!(restored.0, live);
    std::fs::remove_dir_all(directory(&bench)).unwrap();
    bench.config.snapshots = None;
    let reason = refused(&bench);
    assert!(reason.contains("expected offset 0, the input begins at 20"), "{reason}");
}

#[test]
fn a_snapshot_store_that_fails_stops_nothing_and_is_counted() {
    let mut bench = Bench::new();
    let place = bench._directory.path().join("snapshots");
    let url = format!("file://{}", place.display());
    keep(&mut bench, Snapshots::open(&url, "bench").unwrap(), 1);
    std::fs::remove_dir(&place).unwrap();
    std::fs::write(&place, "not a directory").unwrap();
    bench.event("c0", at("2026-03-01T10:00:00Z"), "e0", issued("2026-02-20"));
    bench.broker.set_time(at("2026-03-01T10:00:01Z"));
    let mut worker = bench.worker("a");
    let failed = |_: &TaskStatus| bench.status.snapshot().snapshots.get(&0).is_some_and(|made| made.failures > 0);
    let task = cycles(&bench, &mut worker, failed);
    assert_eq!((task.phase, task.epoch), (Phase::Running, 1));
    assert_eq!(bench.status.snapshot().snapshots[&0].last, None);
}
