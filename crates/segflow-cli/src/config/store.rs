//! `[store]`: the memory of states.

use anyhow::Result;
use segflow_runtime::task::cache::CacheMemory;
use segflow_store::StoreSettings;
use serde::Deserialize;

use super::bounds;

/// The memory of all states of the process. The store crate's defaults are those of the file.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    pub block_cache_mib: usize,
    pub write_buffer_mib: usize,
    pub cache_mib: usize,
}

impl Default for Store {
    fn default() -> Self {
        let StoreSettings { block_cache_bytes, write_buffer_bytes, .. } = StoreSettings::default();
        Self { block_cache_mib: block_cache_bytes >> 20, write_buffer_mib: write_buffer_bytes >> 20, cache_mib: 512 }
    }
}

impl Store {
    pub fn check(&self) -> Result<()> {
        bounds::count("store.block_cache_mib", self.block_cache_mib, 8..=1_048_576)?;
        bounds::count("store.write_buffer_mib", self.write_buffer_mib, 8..=1_048_576)?;
        bounds::count("store.cache_mib", self.cache_mib, 1..=1_048_576)
    }

    /// The memory of decoded states.
    pub fn cache(&self) -> CacheMemory {
        CacheMemory::new(self.cache_mib << 20)
    }

    /// The same for the store crate.
    pub fn settings(&self) -> StoreSettings {
        StoreSettings {
            block_cache_bytes: self.block_cache_mib << 20,
            write_buffer_bytes: self.write_buffer_mib << 20,
            ..StoreSettings::default()
        }
    }
}
