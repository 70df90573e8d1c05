//! What is exposed, word for word, from snapshots written by hand; and one round trip per path over a socket.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use expect_test::{Expect, expect};
use segflow_core::clock::{Clock, Cursor};
use segflow_core::event::Family;
use segflow_core::journal::Counts;
use segflow_core::time::Timestamp;
use segflow_runtime::status::{
    InputStatus, Phase, ShadowStatus, Shadowing, Snapshot, SnapshotStatus, Status, TaskStatus, Totals, WorkerStatus,
};

use crate::health::{liveness, readiness};
use crate::metrics::{VERSION, render};
use crate::{Server, serve};

/// 2026-03-01T10:00:00Z
const TEN: Timestamp = Timestamp(1_772_359_200_000);

fn topics() -> BTreeMap<Family, String> {
    BTreeMap::from([
        (Family::Payments, "collections.payments".to_owned()),
        (Family::Contacts, "calls \"v2\"".to_owned()),
    ])
}

fn worker(tasks: &[u32]) -> WorkerStatus {
    WorkerStatus {
        tasks: tasks.iter().copied().collect::<BTreeSet<u32>>(),
        cycles: 9,
        commits: 7,
        aborts: 1,
        retries: 2,
        unclear: 1,
        last_error: None,
        failing: false,
        ended: None,
    }
}

fn task(phase: Phase) -> TaskStatus {
    let silence = TEN.plus_ms(-5_000);
    TaskStatus {
        worker: "w-0".to_owned(),
        phase,
        epoch: 41,
        clock: Clock { facts: TEN, silence, cursor: Cursor { instant: silence, customer: None } },
        w: Some(TEN.plus_ms(250)),
        inputs: BTreeMap::new(),
        rebuilt: false,
        segmentation_version: Some(4),
        passing: true,
        refused: Some("version"),
    }
}

fn input(position: u64, latest: Option<u64>, greatest: Option<Timestamp>) -> InputStatus {
    InputStatus { position, latest, greatest }
}

fn healthy() -> Snapshot {
    Snapshot {
        workers: BTreeMap::from([("w-0".to_owned(), worker(&[3]))]),
        tasks: BTreeMap::from([(3, task(Phase::Running))]),
        totals: BTreeMap::new(),
        file_invalid: false,
        snapshots: BTreeMap::new(),
        shadows: BTreeMap::new(),
        shadow_file_invalid: false,
    }
}

#[test]
fn every_metric_of_a_running_task() {
    let mut snapshot = healthy();
    let task = snapshot.tasks.get_mut(&3).unwrap();
    task.inputs.insert(Family::Payments, input(100, Some(130), Some(TEN.plus_ms(-59_750))));
    task.inputs.insert(Family::Contacts, input(12, Some(12), Some(TEN.plus_ms(-3_600_000))));
    let counts = Counts {
        read: 100,
        folded: 90,
        duplicates: 5,
        forgotten: 2,
        conflicts: 2,
        late: 4,
        dead_letters: 3,
        changes: 11,
    };
    let totals = |dead: &[(&'static str, u64)], rolled_forward| Totals {
        counts,
        dead_letters: dead.iter().copied().collect(),
        rolled_forward,
        resegmented: 17 * rolled_forward,
    };
    snapshot.totals.insert(3, totals(&[("undecodable", 1), ("wrong_currency", 2)], 1));
    snapshot.totals.insert(4, totals(&[("undecodable", 3)], 0));
    let made = SnapshotStatus { epoch: 40, at_ms: TEN.0, uploaded_bytes: 1_000, failures: 1 };
    snapshot.snapshots.insert(3, made);
    snapshot.snapshots.insert(4, SnapshotStatus { failures: 2, ..SnapshotStatus::default() });
    let differing = [("stage".to_owned(), 7), ("value".to_owned(), 0)].into();
    let shadow = ShadowStatus { phase: Some(Shadowing::Passing), differing, changes: 13, runs: 2 };
    snapshot.shadows.insert(3, shadow);
    snapshot.shadows.insert(4, ShadowStatus { changes: 5, runs: 1, ..ShadowStatus::default() });
    check_metrics(
        &snapshot,
        expect![[r##"
            # HELP segflow_lag_records Records of the input not read yet: latest offset, open transactions included, less position.
            # TYPE segflow_lag_records gauge
            segflow_lag_records{topic="collections.payments",partition="3"} 30
            segflow_lag_records{topic="calls \"v2\"",partition="3"} 0
            # HELP segflow_lag_seconds 0 at the end of the input, else wall time less the greatest record timestamp read from it.
            # TYPE segflow_lag_seconds gauge
            segflow_lag_seconds{topic="collections.payments",partition="3"} 60
            segflow_lag_seconds{topic="calls \"v2\"",partition="3"} 0
            # HELP segflow_clock_lag_seconds Wall time less T, up to which silence may be judged.
            # TYPE segflow_clock_lag_seconds gauge
            segflow_clock_lag_seconds{partition="3"} 5.25
            # HELP segflow_clock_facts_seconds F, up to which facts are decided, as unix time.
            # TYPE segflow_clock_facts_seconds gauge
            segflow_clock_facts_seconds{partition="3"} 1772359200
            # HELP segflow_clock_silence_seconds T, up to which silence may be judged, as unix time.
            # TYPE segflow_clock_silence_seconds gauge
            segflow_clock_silence_seconds{partition="3"} 1772359195
            # HELP segflow_epoch The last epoch of the task that is in its store.
            # TYPE segflow_epoch gauge
            segflow_epoch{partition="3"} 41
            # HELP segflow_task_state 1 for the state the task is in, 0 for the others.
            # TYPE segflow_task_state gauge
            segflow_task_state{partition="3",state="recovering"} 0
            segflow_task_state{partition="3",state="running"} 1
            segflow_task_state{partition="3",state="standby"} 0
            segflow_task_state{partition="3",state="stopped"} 0
            # HELP segflow_segmentation_version The version of the segmentation by which the task decides.
            # TYPE segflow_segmentation_version gauge
            segflow_segmentation_version{partition="3"} 4
            # HELP segflow_segmentation_pass 1 while some customers of the task are decided by former segmentations still, else 0.
            # TYPE segflow_segmentation_pass gauge
            segflow_segmentation_pass{partition="3"} 1
            # HELP segflow_segmentation_refused 1 where the task does not activate the segmentation of the file, by reason: name, currency or version.
            # TYPE segflow_segmentation_refused gauge
            segflow_segmentation_refused{partition="3",reason="version"} 1
            # HELP segflow_segmentation_file_invalid 1 while the segmentation's file cannot be read or used and the former one stays offered, else 0.
            # TYPE segflow_segmentation_file_invalid gauge
            segflow_segmentation_file_invalid 0
            # HELP segflow_shadow_state 1 for the state the shadow of the task is in, 0 for the others.
            # TYPE segflow_shadow_state gauge
            segflow_shadow_state{partition="3",state="invalid"} 0
            segflow_shadow_state{partition="3",state="refused"} 0
            segflow_shadow_state{partition="3",state="waiting"} 0
            segflow_shadow_state{partition="3",state="passing"} 1
            segflow_shadow_state{partition="3",state="running"} 0
            segflow_shadow_state{partition="3",state="failed"} 0
            # HELP segflow_shadow_differing_customers Customers whom the candidate puts in another segment than the live rules, by dimension that both have.
            # TYPE segflow_shadow_differing_customers gauge
            segflow_shadow_differing_customers{partition="3",dimension="stage"} 7
            segflow_shadow_differing_customers{partition="3",dimension="value"} 0
            # HELP segflow_shadow_changes_total Changes that the candidate would have made.
            # TYPE segflow_shadow_changes_total counter
            segflow_shadow_changes_total{partition="3"} 13
            segflow_shadow_changes_total{partition="4"} 5
            # HELP segflow_shadow_runs_total How often the shadow of the task began, or began anew.
            # TYPE segflow_shadow_runs_total counter
            segflow_shadow_runs_total{partition="3"} 2
            segflow_shadow_runs_total{partition="4"} 1
            # HELP segflow_shadow_file_invalid 1 while the candidate's file cannot be read or used and the former one, if any, stays, else 0.
            # TYPE segflow_shadow_file_invalid gauge
            segflow_shadow_file_invalid 0
            # HELP segflow_events_total Records read and committed.
            # TYPE segflow_events_total counter
            segflow_events_total{partition="3"} 100
            segflow_events_total{partition="4"} 100
            # HELP segflow_folded_total Facts that were new, also those that changed nothing.
            # TYPE segflow_folded_total counter
            segflow_folded_total{partition="3"} 90
            segflow_folded_total{partition="4"} 90
            # HELP segflow_duplicates_total Copies of a fact already known.
            # TYPE segflow_duplicates_total counter
            segflow_duplicates_total{partition="3"} 5
            segflow_duplicates_total{partition="4"} 5
            # HELP segflow_forgotten_facts_total Facts that came too late to matter: from before the horizon, or from before an erasure.
            # TYPE segflow_forgotten_facts_total counter
            segflow_forgotten_facts_total{partition="3"} 2
            segflow_forgotten_facts_total{partition="4"} 2
            # HELP segflow_conflicts_total Copies whose content differed; also counted as folded or duplicates.
            # TYPE segflow_conflicts_total counter
            segflow_conflicts_total{partition="3"} 2
            segflow_conflicts_total{partition="4"} 2
            # HELP segflow_late_facts_total Facts that count only from later than they happened; also counted as folded.
            # TYPE segflow_late_facts_total counter
            segflow_late_facts_total{partition="3"} 4
            segflow_late_facts_total{partition="4"} 4
            # HELP segflow_changes_total Segment changes decided.
            # TYPE segflow_changes_total counter
            segflow_changes_total{partition="3"} 11
            segflow_changes_total{partition="4"} 11
            # HELP segflow_dead_letters_total Records that could not be used, by reason.
            # TYPE segflow_dead_letters_total counter
            segflow_dead_letters_total{reason="undecodable"} 4
            segflow_dead_letters_total{reason="wrong_currency"} 2
            # HELP segflow_resegmented_total Customers that went over to a new segmentation after its activation.
            # TYPE segflow_resegmented_total counter
            segflow_resegmented_total{partition="3"} 17
            segflow_resegmented_total{partition="4"} 0
            # HELP segflow_epochs_rolled_forward_total Epochs that were committed but not in the store, redone from the journal.
            # TYPE segflow_epochs_rolled_forward_total counter
            segflow_epochs_rolled_forward_total{partition="3"} 1
            segflow_epochs_rolled_forward_total{partition="4"} 0
            # HELP segflow_cycles_total Cycles of the worker, also those with nothing to do.
            # TYPE segflow_cycles_total counter
            segflow_cycles_total{worker="w-0"} 9
            # HELP segflow_commits_total Transactions committed.
            # TYPE segflow_commits_total counter
            segflow_commits_total{worker="w-0"} 7
            # HELP segflow_aborts_total Transactions aborted.
            # TYPE segflow_aborts_total counter
            segflow_aborts_total{worker="w-0"} 1
            # HELP segflow_retries_total Cycles that failed and are tried again.
            # TYPE segflow_retries_total counter
            segflow_retries_total{worker="w-0"} 2
            # HELP segflow_unclear_commits_total Commits without an answer; the journal decides whether they happened.
            # TYPE segflow_unclear_commits_total counter
            segflow_unclear_commits_total{worker="w-0"} 1
            # HELP segflow_snapshot_epoch The epoch of the task's last snapshot by this process.
            # TYPE segflow_snapshot_epoch gauge
            segflow_snapshot_epoch{partition="3"} 40
            # HELP segflow_snapshot_seconds When it was made, as unix time.
            # TYPE segflow_snapshot_seconds gauge
            segflow_snapshot_seconds{partition="3"} 1772359200
            # HELP segflow_snapshot_uploaded_bytes_total Bytes uploaded for snapshots of the task.
            # TYPE segflow_snapshot_uploaded_bytes_total counter
            segflow_snapshot_uploaded_bytes_total{partition="3"} 1000
            segflow_snapshot_uploaded_bytes_total{partition="4"} 0
            # HELP segflow_snapshot_failures_total Snapshots that could not be made or uploaded.
            # TYPE segflow_snapshot_failures_total counter
            segflow_snapshot_failures_total{partition="3"} 1
            segflow_snapshot_failures_total{partition="4"} 2
            # HELP segflow_build_info 1; the version is in the label.
            # TYPE segflow_build_info gauge
            segflow_build_info{version="VERSION"} 1
        "##]],
    );
}

#[test]
fn what_is_not_known_has_no_sample() {
    let mut snapshot = healthy();
    let task = snapshot.tasks.get_mut(&3).unwrap();
    task.clock = Clock::default();
    task.w = None;
    task.phase = Phase::Recovering { target: None };
    // The leaders have not answered; nothing was read before the first answer.
    task.inputs.insert(Family::Payments, input(100, None, Some(TEN)));
    task.inputs.insert(Family::Contacts, input(0, Some(5), None));
    snapshot.workers.clear();
    check_metrics(
        &snapshot,
        expect![[r##"
            # HELP segflow_lag_records Records of the input not read yet: latest offset, open transactions included, less position.
            # TYPE segflow_lag_records gauge
            segflow_lag_records{topic="calls \"v2\"",partition="3"} 5
            # HELP segflow_epoch The last epoch of the task that is in its store.
            # TYPE segflow_epoch gauge
            segflow_epoch{partition="3"} 41
            # HELP segflow_task_state 1 for the state the task is in, 0 for the others.
            # TYPE segflow_task_state gauge
            segflow_task_state{partition="3",state="recovering"} 1
            segflow_task_state{partition="3",state="running"} 0
            segflow_task_state{partition="3",state="standby"} 0
            segflow_task_state{partition="3",state="stopped"} 0
            # HELP segflow_segmentation_version The version of the segmentation by which the task decides.
            # TYPE segflow_segmentation_version gauge
            segflow_segmentation_version{partition="3"} 4
            # HELP segflow_segmentation_pass 1 while some customers of the task are decided by former segmentations still, else 0.
            # TYPE segflow_segmentation_pass gauge
            segflow_segmentation_pass{partition="3"} 1
            # HELP segflow_segmentation_refused 1 where the task does not activate the segmentation of the file, by reason: name, currency or version.
            # TYPE segflow_segmentation_refused gauge
            segflow_segmentation_refused{partition="3",reason="version"} 1
            # HELP segflow_segmentation_file_invalid 1 while the segmentation's file cannot be read or used and the former one stays offered, else 0.
            # TYPE segflow_segmentation_file_invalid gauge
            segflow_segmentation_file_invalid 0
            # HELP segflow_build_info 1; the version is in the label.
            # TYPE segflow_build_info gauge
            segflow_build_info{version="VERSION"} 1
        "##]],
    );
}

#[test]
fn lag_in_seconds_is_never_negative() {
    let mut snapshot = Snapshot { workers: BTreeMap::new(), ..healthy() };
    let task = snapshot.tasks.get_mut(&3).unwrap();
    // A producer whose clock is a minute ahead; and a position past the answer, which was asked for before the read.
    task.inputs.insert(Family::Payments, input(1, Some(2), Some(TEN.plus_ms(60_000))));
    task.inputs.insert(Family::Contacts, input(9, Some(8), Some(TEN)));
    let text = render(&snapshot, &topics());
    let lags: String =
        text.lines().filter(|line| line.starts_with("segflow_lag_")).map(|line| line.to_owned() + "\n").collect();
    expect![[r#"
        segflow_lag_records{topic="collections.payments",partition="3"} 1
        segflow_lag_records{topic="calls \"v2\"",partition="3"} 0
        segflow_lag_seconds{topic="collections.payments",partition="3"} 0
        segflow_lag_seconds{topic="calls \"v2\"",partition="3"} 0
    "#]]
    .assert_eq(&lags);
}

fn check_metrics(snapshot: &Snapshot, expected: Expect) {
    expected.assert_eq(&render(snapshot, &topics()).replace(VERSION, "VERSION"));
}

#[test]
fn a_healthy_process_is_live_and_ready() {
    assert_eq!(liveness(&healthy()), Vec::<String>::new());
    assert_eq!(readiness(&healthy()), Vec::<String>::new());
}

#[test]
fn live_but_not_ready_before_a_worker_has_joined() {
    let snapshot = Snapshot::default();
    assert_eq!(liveness(&snapshot), Vec::<String>::new());
    assert_eq!(readiness(&snapshot), ["no worker has joined"]);
}

#[test]
fn ready_with_a_spare_worker_and_not_with_spare_workers_alone() {
    let mut snapshot = healthy();
    snapshot.workers.insert("w-1".to_owned(), worker(&[]));
    assert_eq!(readiness(&snapshot), Vec::<String>::new());
    snapshot.workers.remove("w-0");
    snapshot.tasks.clear();
    let reason = "no worker owns a task: the group is being joined, or has fewer tasks than workers";
    assert_eq!(readiness(&snapshot), [reason]);
}

#[test]
fn every_reason_is_a_line() {
    let mut snapshot = healthy();
    let failing = WorkerStatus {
        failing: true,
        last_error: Some("no leader answered\nfor collections.payments".to_owned()),
        ..worker(&[4, 5])
    };
    snapshot.workers.insert("w-1".to_owned(), failing);
    let stopped = WorkerStatus { failing: true, ended: Some("disk full".to_owned()), ..worker(&[6]) };
    snapshot.workers.insert("w-2".to_owned(), stopped);
    snapshot.workers.insert("w-3".to_owned(), WorkerStatus { cycles: 0, ..worker(&[]) });
    snapshot.tasks.insert(4, task(Phase::Recovering { target: Some(57) }));
    snapshot.tasks.insert(8, task(Phase::Standby { journal: None, stopped: Some("no room left".to_owned()) }));
    snapshot.tasks.insert(6, task(Phase::Recovering { target: None }));
    snapshot.tasks.insert(7, task(Phase::Stopped { reason: "epoch 9 has another digest".to_owned() }));
    expect!["worker w-2 has stopped: disk full"].assert_eq(&liveness(&snapshot).join("\n"));
    expect![[r#"
        worker w-2 has stopped: disk full
        worker w-1 is failing and tries again: no leader answered for collections.payments
        worker w-3 has not finished its first cycle
        task 5 is assigned to worker w-1 and has not begun
        task 4 is recovering: at epoch 41 of 57
        task 6 is recovering: at epoch 41, the end of its journal is not settled yet
        task 7 is stopped: epoch 9 has another digest"#]]
    .assert_eq(&readiness(&snapshot).join("\n"));
}

#[test]
fn each_path_over_a_socket() {
    let server = start();
    let address = server.address();
    expect![[r#"
        HTTP/1.1 200 OK
        content-type: text/plain; charset=utf-8

        /metrics  lag, clocks, counts; for Prometheus
        /livez    200 while no worker has stopped for good
        /readyz   200 while every worker is healthy and all its tasks run
    "#]]
    .assert_eq(&request(address, "/"));
    expect![[r#"
        HTTP/1.1 200 OK
        content-type: text/plain; version=0.0.4

        # HELP segflow_segmentation_file_invalid 1 while the segmentation's file cannot be read or used and the former one stays offered, else 0.
        # TYPE segflow_segmentation_file_invalid gauge
        segflow_segmentation_file_invalid 0
        # HELP segflow_build_info 1; the version is in the label.
        # TYPE segflow_build_info gauge
        segflow_build_info{version="VERSION"} 1
    "#]]
    .assert_eq(&request(address, "/metrics").replace(VERSION, "VERSION"));
    expect![[r#"
        HTTP/1.1 200 OK
        content-type: text/plain; charset=utf-8

        ok
    "#]]
    .assert_eq(&request(address, "/livez"));
    expect![[r#"
        HTTP/1.1 503 Service Unavailable
        content-type: text/plain; charset=utf-8

        no worker has joined
    "#]]
    .assert_eq(&request(address, "/readyz"));
    expect![[r#"
        HTTP/1.1 404 Not Found
        content-type: text/plain; charset=utf-8

        no such path; there are
        /metrics  lag, clocks, counts; for Prometheus
        /livez    200 while no worker has stopped for good
        /readyz   200 while every worker is healthy and all its tasks run
    "#]]
    .assert_eq(&request(address, "/customers/C-1"));
}

#[test]
fn stopping_frees_the_port_though_a_client_holds_its_connection() {
    let server = start();
    let address = server.address();
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(b"GET /livez HTTP/1.1\r\n").unwrap();
    drop(server);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn an_address_in_use_is_named() {
    let server = start();
    let error = serve(server.address(), Arc::default(), topics()).unwrap_err();
    assert!(error.to_string().contains(&server.address().to_string()), "{error}");
}

fn start() -> Server {
    serve(SocketAddr::from(([127, 0, 0, 1], 0)), Arc::<Status>::default(), topics()).unwrap()
}

/// The status line, the content type and the body of an answer.
fn request(address: SocketAddr, path: &str) -> String {
    let mut client = TcpStream::connect(address).unwrap();
    write!(client, "GET {path} HTTP/1.1\r\nhost: segflow\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let kept = head.lines().filter(|line| line.starts_with("HTTP/") || line.starts_with("content-type"));
    kept.collect::<Vec<_>>().join("\n") + "\n\n" + body
}

#[test]
fn a_standby_tells_its_state_and_what_it_lacks() {
    let copy = TaskStatus { epoch: 40, ..task(Phase::Standby { journal: Some(57), stopped: None }) };
    let snapshot = Snapshot { tasks: BTreeMap::from([(3, copy)]), ..Snapshot::default() };
    let page = render(&snapshot, &topics());
    for line in [
        r#"segflow_epoch{partition="3"} 40"#,
        r#"segflow_standby_lag_epochs{partition="3"} 17"#,
        r#"segflow_task_state{partition="3",state="standby"} 1"#,
    ] {
        assert!(page.lines().any(|found| found == line), "{line}: {page}");
    }
}
