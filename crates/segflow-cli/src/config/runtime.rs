//! The whole file as the runtime's configuration: for the workers that decide, and for an audit that decides again.

use std::sync::Arc;

use segflow_core::event::Family;
use segflow_runtime::config::{Config as Runtime, Input, Outputs, StoreConfig};
use segflow_runtime::rulebook::Rulebook;
use segflow_runtime::snapshots::Keeper;
use segflow_runtime::task::cache::CacheMemory;
use segflow_runtime::time::Monotonic;
use segflow_runtime::worker::store_pool::StorePool;
use segflow_store::StoreMemory;
use segflow_wire::Intake;

use super::Config;

/// The memory, the pool and the snapshots that the stores of all workers of a process share.
#[derive(Clone)]
pub struct Stores {
    pub memory: StoreMemory,
    pub cache: CacheMemory,
    pub pool: StorePool,
    /// The thread that makes the snapshots, if there is a place for them.
    pub keeper: Option<Arc<Keeper>>,
}

impl Config {
    /// What opening the stores of tasks needs.
    pub fn stores(&self, stores: &Stores) -> StoreConfig {
        StoreConfig { state_dir: self.state_dir.clone(), memory: stores.memory.clone(), cache: stores.cache.clone() }
    }

    /// The configuration of a worker, without a candidate. Topics have so many partitions.
    pub fn runtime(&self, rulebook: &Arc<Rulebook>, partitions: u32, stores: &Stores) -> Runtime {
        let intake = Intake {
            topics: Family::ALL.map(|family| self.inputs.intake(family)),
            partitions,
            currency: rulebook.offered().currency.clone(),
            other_currency: self.currency.other,
            max_skew_ms: self.clock.max_skew_ms(),
        };
        let input = |family| Input { topic: self.inputs.topic(family), role: self.inputs.role(family) };
        Runtime {
            segmentation: Arc::clone(rulebook),
            intake: Arc::new(intake),
            inputs: Family::ALL.map(|family| (family, input(family))).into_iter().collect(),
            outputs: Outputs { changes: self.outputs.encoding, segments: self.outputs.encoding },
            clock: self.clock.settings(),
            max_host_skew_ms: self.clock.max_host_skew_ms(),
            commit: self.commit.bounds(),
            cache: stores.cache.clone(),
            state_dir: self.state_dir.clone(),
            shadow: None,
            snapshots: stores.keeper.clone(),
            store: stores.memory.clone(),
            time: Monotonic::Real,
            store_pool: stores.pool.clone(),
            release: segflow_runtime::config::Release::default(),
        }
    }
}
