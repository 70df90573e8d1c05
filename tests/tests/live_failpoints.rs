//! I3 and I4 on a real broker: the real process ended, or failing, at every point between the steps of the cycle and of
//! recovery, and started again. What is written in the end is what `fold` decides.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use segflow_runtime::failpoint::Point;
use segflow_tests::binary::segflow;
use segflow_tests::broker::Broker;
use segflow_tests::service::{Changes, Service, run};

const PARTITIONS: u32 = 4;
/// Small cycles, so that every point is passed often, also while others are between theirs.
const SETTINGS: &str = "clock.idle = \"record-time\"\ninputs.contacts.clock = \"gate\"\ncommit.max_records = 20\n\
                        kafka.session_timeout = \"6s\"\n";
const EVENTS: u64 = 30_000;
const REACHED: &str = "failpoint reached";
/// How long a process may take to reach its point.
const LIMIT: Duration = Duration::from_secs(120);

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

/// What makes the process pass a point that a calm run does not: a cycle that fails; or an epoch that was committed and
/// not written, which the process before it leaves behind.
fn before(point: Point) -> (Option<&'static str>, &'static str) {
    match point {
        Point::Abort => (None, "flushed=2*off->1*return(retry);"),
        Point::Recycle => (None, "committed=2*off->1*return(unclear);"),
        Point::Roll | Point::Rolled | Point::RolledForward => (Some("committed=2*off->return(abort)"), ""),
        _ => (None, ""),
    }
}

#[test]
fn a_process_that_ends_at_any_point_changes_nothing() {
    let mut service = Service::new(Broker::shared(), "points", PARTITIONS, &segmentation(), SETTINGS);
    let expected = portfolio(&service);
    service.start(1);
    for (number, point) in Point::ALL.iter().enumerate() {
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
    println!("{} points", Point::ALL.len());
}

/// Starts instance 0 with these points armed, and waits until it has ended at one.
fn ends_at(service: &mut Service<'_>, points: &str) {
    let reached = service.log(0).matches(REACHED).count();
    service.start_armed(0, points);
    let started = Instant::now();
    while service.ended(0).is_none() {
        assert!(started.elapsed() < LIMIT, "{points} was not reached within {LIMIT:?}\n{}", service.log(0));
        std::thread::sleep(Duration::from_millis(20));
    }
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
