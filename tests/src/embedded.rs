//! The configuration of a real worker over the embedded log, under the record-time clock.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use segflow_core::clock::{ClockSettings, Idle, Role};
use segflow_core::event::Family;
use segflow_core::segmentation::Segmentation;
use segflow_runtime::config::{Commit, Config, Input, Outputs, Release};
use segflow_runtime::rulebook::Rulebook;
use segflow_runtime::task::cache::CacheMemory;
use segflow_runtime::time::Monotonic;
use segflow_runtime::worker::store_pool::StorePool;
use segflow_store::{StoreMemory, StoreSettings};
use segflow_wire::{Encoding, Intake, Partitioner};

/// Decides by the segmentation in a file; every input is a gate, and the stores are in `state`.
///
/// # Panics
///
/// If the file is not a valid segmentation.
#[must_use]
pub fn config(segmentation: &Path, partitions: u32, state: &Path) -> Config {
    let rules = std::fs::read(segmentation).expect("a file");
    let segmentation = Segmentation::load("segmentation.yaml", rules).expect("a valid segmentation").segmentation;
    let currency = segmentation.currency.clone();
    let input = |family: Family| (family, Input { topic: family.default_topic(), role: Role::Gate });
    Config {
        segmentation: Rulebook::new(Arc::new(segmentation)),
        intake: Arc::new(Intake::uniform(Encoding::Json, Partitioner::Murmur2, partitions, currency)),
        inputs: Family::ALL.map(input).into(),
        outputs: Outputs { changes: Encoding::Json, segments: Encoding::Json },
        clock: ClockSettings { grace_ms: 0, idle: Idle::RecordTime },
        max_host_skew_ms: None,
        commit: Commit { interval: Duration::from_millis(1), ..Commit::default() },
        cache: CacheMemory::new(40 << 10),
        state_dir: state.to_owned(),
        shadow: None,
        snapshots: None,
        store: StoreMemory::new(StoreSettings { reserve_bytes: 0, ..StoreSettings::default() }),
        time: Monotonic::Real,
        store_pool: StorePool::default(),
        release: Release::default(),
    }
}
