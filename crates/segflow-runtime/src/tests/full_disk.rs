//! A full disk is a state of a task that ends by itself once there is room.

use std::time::Duration;

use super::support::{Bench, P0, at, issued, received};
use crate::error::TaskError;
use crate::status::Phase;
use crate::time::{Monotonic, Steered};

#[test]
fn a_task_whose_disk_is_full_goes_on_by_itself_after_a_while() {
    let (mut bench, steered) = (Bench::new(), Steered::new());
    bench.config.time = Monotonic::Steered(steered.clone());
    bench.event("c1", at("2026-03-01T10:00:00Z"), "e1", issued("2026-02-01"));
    bench.broker.set_time(at("2026-03-01T10:00:01Z"));
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    worker.stop_task(P0, &TaskError::DiskFull("the store in /state/task-0: no room left".to_owned()));
    bench.event("c1", at("2026-03-01T10:00:02Z"), "e2", received(10_000, "pay"));
    bench.broker.set_time(at("2026-03-01T10:00:03Z"));
    worker.cycle().unwrap();
    let phase = bench.status.snapshot().tasks[&0].phase.clone();
    let reason =
        "the store in /state/task-0: no room left; it is opened anew every 10 s, and goes on once there is room";
    assert_eq!(phase, Phase::Stopped { reason: reason.to_owned() });
    assert_eq!(bench.journal().len(), 1);
    steered.advance(Duration::from_secs(10));
    for _ in 0..50 {
        worker.cycle().unwrap();
    }
    assert_eq!(bench.status.snapshot().tasks[&0].phase, Phase::Running);
    assert!(
        bench.changes().iter().any(|change| change.starts_with("c1 stage early -> current")),
        "{:?}",
        bench.changes()
    );
}
