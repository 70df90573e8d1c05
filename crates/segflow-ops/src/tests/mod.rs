//! Metrics and health, word for word, of snapshots written by hand; and one round trip per path over a socket.

mod health;
mod metrics;
mod server;

use std::collections::{BTreeMap, BTreeSet};

use segflow_core::clock::{Clock, Cursor};
use segflow_core::event::Family;
use segflow_core::time::Timestamp;
use segflow_runtime::status::{InputStatus, Phase, Snapshot, TaskStatus, WorkerStatus};

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
        cycle_age: None,
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
        segmentation_version: Some(4),
        migrating: true,
        refused: Some("version"),
    }
}

fn input(position: u64, latest: Option<u64>, greatest: Option<Timestamp>) -> InputStatus {
    InputStatus { position, latest, answered: Some(TEN), greatest }
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
