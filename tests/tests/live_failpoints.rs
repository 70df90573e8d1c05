//! I3 and I4 on a real broker: the real process ended, or failing, at every point between the steps of the cycle, of
//! recovery, of snapshots and of restores, and started again. What is written in the end is what `fold` decides, and
//! every snapshot is sound.

use std::path::{Path, PathBuf};

use segflow_runtime::testing::failpoint::Point;
use segflow_tests::binary::segflow;
use segflow_tests::broker::Broker;
use segflow_tests::service::{Changes, Service, run};

const PARTITIONS: u32 = 4;
/// Small cycles, so that every point is passed often, also while others are between theirs.
const SETTINGS: &str = "clock.idle = \"record-time\"\ninputs.contacts.clock = \"gate\"\ncommit.max_records = 20\n\
                        kafka.session_timeout = \"6s\"\n";
const EVENTS: u64 = 30_000;
const REACHED: &str = "failpoint reached";

fn segmentation() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/segmentations/demo.yaml")
}

/// Writes a portfolio onto Kafka; what `fold` decides of it.
fn portfolio(service: &Service<'_>) -> Changes {
    let file = service.dir().join("events.ndjson");
    let what = ["generate".to_owned(), "--customers=1500".to_owned(), format!("--events={EVENTS}")];
    run(segflow().args(&what).arg("--out").arg(&file));
    run(segflow().args(&what).arg("--config").arg(service.config(0)));
    let partitions = format!("--partitions={PARTITIONS}");
    Changes::read(&run(segflow().arg("fold").arg("--segmentation").arg(segmentation()).arg(partitions).arg(file)))
}

fn check(service: &mut Service<'_>, expected: &Changes) {
    let journal = service.wait_until_finished(EVENTS);
    service.stop();
    let counts = |count: fn(&segflow_core::journal::Counts) -> u64| {
        journal.values().flatten().map(|epoch| count(&epoch.counts)).sum::<u64>()
    };
    assert_eq!(counts(|counts| counts.folded + counts.duplicates + counts.dead_letters), EVENTS, "I7");
    assert_eq!(counts(|counts| counts.changes), expected.0.len() as u64);
    service.changes().assert_same(expected);
}

/// Makes the process pass a point that a calm run does not: a cycle fails, or the process before it leaves an epoch that
/// was committed and not written.
fn before(point: Point) -> (Option<&'static str>, &'static str) {
    match point {
        Point::Abort => (None, "flushed=2*off->1*return(retry);"),
        Point::Recycle => (None, "committed=2*off->1*return(unclear);"),
        Point::RollForward | Point::Rolled | Point::RolledForward => (Some("committed=2*off->return(abort)"), ""),
        _ => (None, ""),
    }
}

#[test]
fn a_process_that_ends_at_any_point_changes_nothing() {
    let mut service = Service::new(Broker::shared(), "points", PARTITIONS, &segmentation(), SETTINGS);
    let expected = portfolio(&service);
    service.start(1);
    for (number, point) in Point::ALL.iter().filter(|point| !of_snapshots(**point)).enumerate() {
        let (before, with) = before(*point);
        if let Some(before) = before {
            ends_at(&mut service, before);
        }
        // The points of recovery and of failures are passed once or twice; the others at another time in each run.
        let passes = if *point as usize >= Point::Abort as usize { 0 } else { number * 7 % 5 };
        ends_at(&mut service, &format!("{with}{}={passes}*off->return(abort)", point.name()));
    }
    service.start(0);
    check(&mut service, &expected);
}

/// Points that are passed only where there is a place for snapshots.
fn of_snapshots(point: Point) -> bool {
    point as usize >= Point::CheckpointTaken as usize
}

/// Points that are passed only by a task without a store.
fn of_restores(point: Point) -> bool {
    point as usize >= Point::Fetched as usize
}

/// Few records a second, so that there is something new for every snapshot.
const SLOWLY: &str = "cycle=sleep(100);";
/// Snapshots kept of each task.
const KEEP: usize = 2;

#[test]
fn a_process_that_ends_within_a_snapshot_or_a_restore_loses_neither() {
    let place = tempfile::tempdir().expect("a place for snapshots");
    let settings = format!(
        "{SETTINGS}snapshots.url = \"file://{}\"\nsnapshots.interval = \"200ms\"\nsnapshots.keep = {KEEP}\n",
        place.path().display()
    );
    let mut service = Service::new(Broker::shared(), "snapshot-points", PARTITIONS, &segmentation(), &settings);
    let expected = portfolio(&service);
    let (taking, restoring): (Vec<Point>, Vec<Point>) =
        Point::ALL.iter().filter(|point| of_snapshots(**point)).partition(|point| !of_restores(**point));
    for (number, point) in taking.iter().enumerate() {
        ends_at(&mut service, &format!("{SLOWLY}{}={}*off->return(abort)", point.name(), number * 7 % 5));
        check_snapshots(&service, place.path());
    }
    fail_at(&mut service, &taking);
    service.stop();
    check_snapshots(&service, place.path());

    service.start(0);
    let journal = service.wait_until_finished_at(EVENTS);
    assert!(journal.values().any(|epochs| epochs[0].epoch > 1), "a journal was trimmed");
    service.wait_until("every task has a snapshot", |_| (0..PARTITIONS).all(|task| manifests(place.path(), task) > 0));
    service.stop();
    service.changes().assert_same(&expected);
    check_snapshots(&service, place.path());

    let live = digests(&service);
    for point in &restoring {
        lose_the_disk(&service);
        ends_at(&mut service, &format!("{}=1*off->return(abort)", point.name()));
    }
    lose_the_disk(&service);
    let before = service.log(0).len();
    fail_at(&mut service, &restoring);
    let restored = |service: &Service<'_>| service.log(0)[before..].matches("restored from a snapshot").count();
    service.wait_until("every task is restored", |service| restored(service) == PARTITIONS as usize);
    service.stop();
    assert_eq!(digests(&service), live);
    service.changes().assert_same(&expected);
    check_snapshots(&service, place.path());
}

/// Starts instance 0 with each of these points failing once, and waits until all have: none ends it.
fn fail_at(service: &mut Service<'_>, points: &[Point]) {
    let before = service.log(0).len();
    let fails: String = points.iter().map(|point| format!("{}=1*off->1*return(retry);", point.name())).collect();
    service.start_armed(0, &format!("{SLOWLY}{fails}"));
    service.wait_until("every point has failed", |service| {
        let log = &service.log(0)[before..];
        let failed = |point: &Point| {
            let said = format!("point=\"{}\"", point.name());
            log.lines().any(|line| line.contains(REACHED) && line.contains(&said))
        };
        points.iter().all(failed)
    });
}

fn lose_the_disk(service: &Service<'_>) {
    std::fs::remove_dir_all(service.state_dir(0)).expect("a state directory");
}

/// Every snapshot is sound. No task has more snapshots than it keeps, the one that came last, and the one before if no
/// process could clean up after it.
fn check_snapshots(service: &Service<'_>, place: &Path) {
    run(segflow().args(["snapshots", "verify", "--config"]).arg(service.config(0)));
    for task in 0..PARTITIONS {
        let count = manifests(place, task);
        assert!(count <= KEEP + 2, "{count} snapshots of task {task}");
    }
}

fn manifests(place: &Path, task: u32) -> usize {
    let manifests = place.join(format!("snapshot-points/task-{task}/manifests"));
    std::fs::read_dir(manifests).map_or(0, Iterator::count)
}

fn digests(service: &Service<'_>) -> Vec<String> {
    let digest = |task| {
        let store = service.state_dir(0).join(format!("task-{task}"));
        run(segflow().args(["snapshots", "digest"]).arg(store))
    };
    (0..PARTITIONS).map(digest).collect()
}

/// Starts instance 0 with these points armed, and waits until it has ended at one.
fn ends_at(service: &mut Service<'_>, points: &str) {
    let reached = service.log(0).matches(REACHED).count();
    service.start_armed(0, points);
    service.wait_until_ended(0);
    let log = service.log(0);
    assert!(log.matches(REACHED).count() > reached, "it ended, but not at {points}\n{log}");
}

#[test]
fn steps_that_fail_are_tried_again_and_change_nothing() {
    let failing = "read=11*off->1*return(retry);prepared=7*off->1*return(retry);begun=23*off->2*return(retry);\
                   produced=900*off->1*return(retry);flush=31*off->1*return(retry)->9*off->1*return(retry);\
                   flushed=40*off->1*return(retry);offsets-sent=53*off->1*return(retry)->4*off->1*return(unclear);\
                   committed=17*off->1*return(unclear)->20*off->2*return(unclear)->9*off->1*return(fenced);\
                   abort=1*off->1*return(retry);recycle=1*return(retry);opened=1*return(retry);\
                   offsets-settled=1*return(retry);journal-settled=2*return(retry);roll=1*return(retry);\
                   rolled=1*return(retry);rolled-forward=1*return(retry);recovered=1*return(retry);\
                   cycle=60*off->1*return(retry)->1*sleep(7500)";
    let mut service = Service::new(Broker::shared(), "failing", PARTITIONS, &segmentation(), SETTINGS);
    let expected = portfolio(&service);
    service.start_armed(0, failing);
    service.start(1);
    check(&mut service, &expected);
    let log = service.log(0);
    for point in Point::ALL.iter().filter(|point| failing.contains(&format!("{}=", point.name()))) {
        let said = format!("point=\"{}\"", point.name());
        let reached = log.lines().any(|line| line.contains(REACHED) && line.contains(&said));
        assert!(reached, "{} was not reached\n{log}", point.name());
    }
}

#[test]
fn a_point_that_is_not_known_is_refused_and_nothing_runs() {
    let service = Service::new(Broker::shared(), "unknown", 1, &segmentation(), SETTINGS);
    let mut command = segflow();
    command.args(["run", "--config"]).arg(service.config(0)).env("SEGFLOW_FAILPOINTS", "commited=panic");
    let output = command.output().expect("segflow starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("found \"commited\""), "{said}");
}

#[test]
fn every_point_is_documented() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reliability.md");
    let page = std::fs::read_to_string(page).expect("the page on reliability");
    for point in Point::ALL {
        let row = format!("| `{}` |", point.name());
        assert!(page.contains(&row), "docs/reliability.md has no row for {}", point.name());
    }
}
