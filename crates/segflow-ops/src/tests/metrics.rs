//! The metrics of snapshots.

use std::collections::BTreeMap;

use expect_test::{Expect, expect, expect_file};
use segflow_core::clock::Clock;
use segflow_core::event::Family;
use segflow_core::journal::Counts;
use segflow_runtime::status::{
    LastSnapshot, Phase, ShadowStatus, Shadowing, Snapshot, SnapshotStatus, TaskStatus, Totals,
};

use super::{TEN, healthy, input, task, topics};
use crate::metrics::{VERSION, render};

fn check_metrics(snapshot: &Snapshot, expected: Expect) {
    expected.assert_eq(&render(snapshot, &topics()).replace(VERSION, "VERSION"));
}

#[test]
fn every_metric_of_a_running_task() {
    let mut snapshot = healthy();
    let task = snapshot.tasks.get_mut(&3).unwrap();
    task.inputs.insert(Family::Payments, input(100, Some(130), Some(TEN.plus_ms(-59_750))));
    task.inputs.insert(Family::Contacts, input(12, Some(12), Some(TEN.plus_ms(-3_600_000))));
    let counts = Counts {
        read: 107,
        folded: 90,
        duplicates: 5,
        forgotten: 2,
        ignored: 7,
        conflicts: 2,
        late: 4,
        dead_letters: 3,
        changes: 11,
    };
    let totals = |dead: &[(&'static str, u64)], rolled_forward| Totals {
        counts,
        dead_letters: dead.iter().copied().collect(),
        unreadable: [("frail".to_owned(), 2 + rolled_forward)].into(),
        rolled_forward,
        resegmented: 17 * rolled_forward,
    };
    snapshot.totals.insert(3, totals(&[("undecodable", 1), ("wrong_currency", 2)], 1));
    snapshot.totals.insert(4, totals(&[("undecodable", 3)], 0));
    let last = Some(LastSnapshot { epoch: 40, at: TEN });
    let made = SnapshotStatus { last, uploaded_bytes: 1_000, failures: 1 };
    snapshot.snapshots.insert(3, made);
    snapshot.snapshots.insert(4, SnapshotStatus { failures: 2, ..SnapshotStatus::default() });
    let differing = [("stage".to_owned(), 7), ("value".to_owned(), 0)].into();
    let shadow = ShadowStatus { phase: Some(Shadowing::Migrating), differing, changes: 13, runs: 2 };
    snapshot.shadows.insert(3, shadow);
    snapshot.shadows.insert(4, ShadowStatus { changes: 5, runs: 1, ..ShadowStatus::default() });
    let text = render(&snapshot, &topics()).replace(VERSION, "VERSION");
    expect_file!["every_metric.txt"].assert_eq(&text);
}

#[test]
fn an_unknown_value_has_no_sample() {
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
            # HELP segflow_segmentation_migration 1 while some customers of the task are decided by former segmentations still, else 0.
            # TYPE segflow_segmentation_migration gauge
            segflow_segmentation_migration{partition="3"} 1
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
