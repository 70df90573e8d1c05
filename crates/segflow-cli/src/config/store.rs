//! `[store]`: the memory of the databases.

use anyhow::Result;
use segflow_store::StoreSettings;
use serde::Deserialize;

use super::bounds;

/// The memory of all databases of the process. The store crate's defaults are those of the file.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    pub block_cache_mib: usize,
    pub write_buffer_mib: usize,
    pub cache_customers: usize,
}

impl Default for Store {
    fn default() -> Self {
        let StoreSettings { block_cache_bytes, write_buffer_bytes, .. } = StoreSettings::default();
        Self {
            block_cache_mib: block_cache_bytes >> 20,
            write_buffer_mib: write_buffer_bytes >> 20,
            cache_customers: 20_000,
        }
    }
}

impl Store {
    pub fn check(&self) -> Result<()> {
        bounds::count("store.block_cache_mib", self.block_cache_mib, 8..=1_048_576)?;
        bounds::count("store.write_buffer_mib", self.write_buffer_mib, 8..=1_048_576)
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
