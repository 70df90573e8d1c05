//! Snapshots where somebody else goes on meanwhile: a standby, the other tasks of a worker, the migration to a new segmentation,
//! each on another machine.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use segflow_snapshot::{Archive, Snapshots};
use segflow_store::Store;
use tempfile::TempDir;

use super::activation::{begun, check_sequences, load, second};
use super::ownership::append;
use super::snapshots::{LIMIT, bench, cycles, directory, keep, pay, snapshot, snapshots, stored};
use super::stalling_store::Held;
use super::support::{Bench, P0, SEGMENTATION, at, issued, received};
use crate::config::Config;
use crate::log::local::{LocalBroker, LocalLog};
use crate::log::{Group, Sink, TaskId};
use crate::recovery::standbys::Standbys;
use crate::rulebook::Rulebook;
use crate::snapshots::Keeper;
use crate::status::{Phase, Status};
use crate::testing::store_digest::digest;
use crate::time::Monotonic;
use crate::worker::Worker;
use crate::worker::store_pool::StorePool;

const P1: TaskId = TaskId(1);

/// Another machine: an empty disk, the same log, the same snapshots.
struct Machine {
    config: Config,
    status: Arc<Status>,
    _directory: TempDir,
}

impl Machine {
    fn new(bench: &Bench, keeper: Arc<Keeper>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (state_dir, store_pool) =
            (directory.path().to_owned(), StorePool::new(Duration::from_secs(600), Monotonic::Real));
        let config = Config { state_dir, store_pool, snapshots: Some(keeper), ..bench.config.clone() };
        Self { config, status: Arc::default(), _directory: directory }
    }

    /// The same, with a file of its own, which the others do not see.
    fn with_file(mut self, text: &str) -> Self {
        self.config.segmentation = Rulebook::new(load(text));
        self
    }

    fn worker(&self, bench: &Bench) -> Worker<LocalLog> {
        Worker::new("elsewhere", Arc::new(self.config.clone()), bench.broker.attach("elsewhere"), self.status.clone())
    }

    /// Cycles until its task runs and has nothing left to do; how many epochs it rolled forward.
    fn settle(&self, worker: &mut Worker<LocalLog>) -> u64 {
        let begun = Instant::now();
        loop {
            let busy = worker.cycle().unwrap().busy;
            let status = self.status.snapshot();
            if !busy && status.tasks[&0].phase == Phase::Running {
                return status.totals.get(&0).map_or(0, |totals| totals.rolled_forward);
            }
            assert!(begun.elapsed() < LIMIT, "it did not come to rest: {:?}", status.tasks[&0]);
            std::thread::yield_now();
        }
    }

    /// The digest of its store, which may be open.
    fn digest(&self) -> String {
        let config = &self.config;
        assert!(config.snapshots.as_ref().unwrap().wait_idle(LIMIT));
        digest(&Store::open_read_only(&config.task_dir(P0), &config.store).unwrap()).unwrap()
    }
}

/// The worker's next epoch, and a snapshot of it.
fn next_with_snapshot(bench: &mut Bench, keeper: &Arc<Keeper>) -> u64 {
    let epoch = bench.journal().len() as u64 + 1;
    bench.config.snapshots = Some(keeper.clone());
    let mut worker = bench.worker("a");
    cycles(bench, &mut worker, |task| task.epoch == epoch);
    snapshot_taken(bench, keeper, epoch);
    drop(worker);
    bench.config.snapshots = None;
    epoch
}

fn snapshot_taken(bench: &Bench, keeper: &Keeper, epoch: u64) {
    assert!(keeper.wait_idle(LIMIT));
    assert_eq!(bench.status.snapshot().snapshots[&0].last.map(|last| last.epoch), Some(epoch));
}

#[test]
fn a_standby_with_an_empty_disk_begins_with_a_snapshot_and_follows_to_the_same_bytes() {
    let (mut bench, mut owner) = bench(1);
    snapshot(&bench, &mut owner, 4);
    assert_eq!(bench.broker.trimmed(P0), 3, "the journal alone would not do");
    drop(owner);
    let keeper = bench.config.snapshots.take().unwrap();
    let mut owner = bench.worker("a");
    cycles(&bench, &mut owner, |task| task.phase == Phase::Running);
    pay(&bench, &mut owner, 0..3);

    let machine = Machine::new(&bench, keeper);
    let mut past = bench.broker.attach("standby");
    Group::leave(&mut past).unwrap();
    let mut standbys = Standbys::new(Arc::new(machine.config.clone()), past, machine.status.clone(), [P0]);
    let follow = |standbys: &mut Standbys<_>, epoch| {
        let (begun, reached) = (Instant::now(), Phase::Standby { journal: Some(epoch), stopped: None });
        loop {
            standbys.cycle().unwrap();
            let status = machine.status.snapshot();
            if status.tasks.get(&0).is_some_and(|task| task.epoch == epoch && task.phase == reached) {
                break;
            }
            assert!(begun.elapsed() < LIMIT, "it did not come to epoch {epoch}: {status:?}");
            std::thread::yield_now();
        }
    };
    follow(&mut standbys, 7);
    pay(&bench, &mut owner, 3..5);
    follow(&mut standbys, 9);
    let told = bench.changes();
    drop((owner, standbys));
    assert_eq!(machine.digest(), stored(&bench));

    let mut worker = machine.worker(&bench);
    assert_eq!(machine.settle(&mut worker), 0, "it was warm");
    pay_elsewhere(&bench, &machine, &mut worker, "c9");
    let more = bench.changes().split_off(told.len());
    assert!(more.iter().any(|change| change.starts_with("c9 stage early -> current")), "and goes on: {more:?}");
}

fn pay_elsewhere(bench: &Bench, machine: &Machine, worker: &mut Worker<LocalLog>, customer: &str) {
    let paid_at = bench.broker.time().plus_ms(500);
    bench.event(customer, paid_at, &format!("{customer} elsewhere"), received(10_000, &format!("p-{customer}")));
    bench.broker.set_time(paid_at.plus_ms(500));
    machine.settle(worker);
}

#[test]
fn a_restore_that_takes_long_holds_up_no_other_task_of_its_worker() {
    let mut bench = Bench::new();
    bench.broker = LocalBroker::new(2);
    let store = Held::default();
    let gate = store.gate.clone();
    keep(&mut bench, Snapshots::over(Archive::over(Arc::new(store), "bench".into(), "held:///")).unwrap(), 1);
    for number in 0..20 {
        bench.event(&format!("c{number}"), at("2026-03-01T10:00:00Z"), &format!("e{number}"), issued("2026-02-20"));
    }
    bench.broker.set_time(at("2026-03-01T10:00:01Z"));
    let mut worker = bench.worker("a");
    snapshot(&bench, &mut worker, 1);
    drop(worker);
    let live = stored(&bench);
    std::fs::remove_dir_all(directory(&bench)).unwrap();

    gate.shut();
    let mut worker = bench.worker("b");
    let other_runs = || bench.status.snapshot().tasks.get(&1).is_some_and(|task| task.phase == Phase::Running);
    cycles(&bench, &mut worker, |_| gate.waiting() > 0 && other_runs());
    for epoch in 1..=5 {
        append(&bench, P1);
        worker.cycle().unwrap();
        let status = bench.status.snapshot();
        assert_eq!(status.tasks[&0].phase, Phase::Recovering { target: Some(1) });
        assert_eq!((&status.tasks[&1].phase, status.tasks[&1].epoch), (&Phase::Running, epoch), "one epoch a cycle");
    }
    assert!(gate.waiting() > 0, "it is still being fetched");
    gate.open();
    cycles(&bench, &mut worker, |task| task.phase == Phase::Running);
    assert_eq!(bench.status.snapshot().totals.get(&0).map_or(0, |totals| totals.rolled_forward), 0, "restored");
    drop(worker);
    assert_eq!(stored(&bench), live);
}

/// Twenty customers, a new segmentation, and a snapshot when two fifths of them have gone over to it; the journal trimmed
/// to that epoch, so that nothing tells of the activation but what the snapshot and its own record say.
fn in_the_middle() -> (Bench, Arc<Keeper>) {
    let mut bench = begun();
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    let before = bench.journal().len();
    keep(&mut bench, snapshots(), 1);
    let keeper = bench.config.snapshots.take().unwrap();
    bench.config.segmentation.offer(load(&second()));
    worker.cycle().unwrap();
    drop(worker);
    let epoch = next_with_snapshot(&mut bench, &keeper);
    assert_eq!(bench.journal().len(), before + 2);
    assert_eq!(bench.journal().pop().unwrap().resegmented_to.map(|to| to.to_string()).as_deref(), Some("c07"));
    assert_eq!(bench.broker.trimmed(P0) as u64, epoch - 1);
    (bench, keeper)
}

/// What nobody interrupted: its store and everything that was told.
fn uninterrupted() -> (String, Vec<serde_json::Value>) {
    let (bench, _) = in_the_middle();
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    drop(worker);
    (stored(&bench), bench.values(Sink::Changes))
}

#[test]
fn a_pass_goes_on_from_a_snapshot_where_nobody_has_the_file() {
    let (live, told) = uninterrupted();
    let (bench, keeper) = in_the_middle();
    let machine = Machine::new(&bench, keeper).with_file(SEGMENTATION);
    let mut worker = machine.worker(&bench);
    assert_eq!(machine.settle(&mut worker), 0, "the snapshot is the journal's last epoch");
    let status = machine.status.snapshot();
    assert_eq!((status.tasks[&0].segmentation_version, status.tasks[&0].refused), (Some(2), Some("version")));
    assert_eq!(status.totals[&0].resegmented, 12, "the other three fifths");
    assert_eq!(bench.values(Sink::Changes), told);
    drop(worker);
    assert_eq!(machine.digest(), live);
    check_sequences(&bench);
}

#[test]
fn a_pass_is_rolled_forward_from_a_snapshot_where_nobody_has_the_file() {
    let (live, told) = uninterrupted();
    let (bench, keeper) = in_the_middle();
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    drop(worker);
    assert_eq!(stored(&bench), live);
    let machine = Machine::new(&bench, keeper).with_file(SEGMENTATION);
    let mut worker = machine.worker(&bench);
    assert_eq!(machine.settle(&mut worker), 4);
    assert_eq!(bench.values(Sink::Changes), told, "nothing is told again");
    assert_eq!(machine.digest(), live);
    pay_elsewhere(&bench, &machine, &mut worker, "c19");
    let last = bench.values(Sink::Changes).pop().unwrap();
    assert_eq!((last["customer_id"].as_str(), last["segmentation_version"].as_u64()), (Some("c19"), Some(2)));
    check_sequences(&bench);
}

/// The journal begins before the activation, where the oldest snapshot stands; the newest one is damaged.
#[test]
fn a_journal_trimmed_before_an_activation_is_rolled_forward_across_it() {
    let mut bench = begun();
    bench.config.commit.max_records = 6;
    let place = bench._directory.path().join("snapshots");
    keep(&mut bench, Snapshots::open(&format!("file://{}", place.display()), "bench").unwrap(), 2);
    let keeper = bench.config.snapshots.take().unwrap();
    let mut worker = bench.worker("a");
    cycles(&bench, &mut worker, |task| task.epoch == 3);
    drop(worker);
    assert_eq!(next_with_snapshot(&mut bench, &keeper), 4);
    bench.config.segmentation.offer(load(&second()));
    let mut worker = bench.worker("a");
    cycles(&bench, &mut worker, |task| task.epoch == 5);
    drop(worker);
    assert_eq!(next_with_snapshot(&mut bench, &keeper), 6);
    assert_eq!(bench.broker.trimmed(P0), 3, "to the record of the snapshot before the activation");
    let hashes: Vec<String> = bench.journal().into_iter().map(|record| record.segmentation_hash).collect();
    assert_eq!((&hashes[3], &hashes[4]), (&load(SEGMENTATION).hash, &load(&second()).hash));
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    drop(worker);
    let (live, told) = (stored(&bench), bench.values(Sink::Changes));
    let epochs = bench.journal().len() as u64;

    damage_newest(&place.join("bench/task-0/manifests"));
    let machine = Machine::new(&bench, keeper).with_file(SEGMENTATION);
    let mut worker = machine.worker(&bench);
    assert_eq!(machine.settle(&mut worker), epochs - 4, "from the older snapshot on");
    assert_eq!(machine.status.snapshot().tasks[&0].segmentation_version, Some(2));
    assert_eq!(bench.values(Sink::Changes), told);
    drop(worker);
    assert_eq!(machine.digest(), live);
}

fn damage_newest(manifests: &Path) {
    let names = std::fs::read_dir(manifests).unwrap().map(|file| file.unwrap().path());
    std::fs::write(names.max().unwrap(), "{}").unwrap();
}
