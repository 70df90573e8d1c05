//! Liveness and readiness of snapshots.

use std::time::Duration;

use expect_test::expect;
use segflow_core::event::Family;
use segflow_core::time::Timestamp;
use segflow_runtime::status::{InputStatus, Phase, Snapshot, WorkerStatus};

use super::{TEN, healthy, input, task, worker};
use crate::health::{CYCLE_MAX, liveness, readiness};

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
fn a_worker_whose_cycle_does_not_end_is_not_live() {
    let aged = |age| {
        let mut snapshot = healthy();
        snapshot.workers.get_mut("w-0").unwrap().cycle_age = Some(age);
        (liveness(&snapshot), readiness(&snapshot))
    };
    assert_eq!(aged(CYCLE_MAX - Duration::from_millis(1)), (Vec::new(), Vec::new()));
    let reason = vec!["worker w-0 hangs: its cycle has been under way for 600 s".to_owned()];
    assert_eq!(aged(CYCLE_MAX), (reason.clone(), reason));
}

/// Nothing fails while the brokers are away and nobody sends anything.
#[test]
fn an_idle_task_whose_leaders_are_silent_is_not_ready() {
    let silent = |ms: i64, answered: Option<Timestamp>| {
        let mut snapshot = healthy();
        let task = snapshot.tasks.get_mut(&3).unwrap();
        task.w = Some(TEN.plus_ms(ms));
        task.inputs.insert(Family::Payments, InputStatus { answered, ..input(7, None, None) });
        task.inputs.insert(Family::Contacts, InputStatus { answered: task.w, ..input(7, Some(7), None) });
        readiness(&snapshot).join("\n")
    };
    assert_eq!(silent(9_999, Some(TEN)), "");
    expect!["task 3: the brokers have not answered for 10 s where its inputs end (payments): they are away, or a right to describe is missing; nothing is lost, and time stands still until they do"]
        .assert_eq(&silent(10_000, Some(TEN)));
    assert!(silent(0, None).starts_with("task 3: the brokers have not answered yet where its inputs end (payments)"));
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
