//! The memory that all stores of a process share, and the options of their databases.

use crate::grown;
use rocksdb::{BlockBasedOptions, Cache, DBCompressionType, DBRecoveryMode, Options, WriteBufferManager};

/// How much memory and disk a process may use for all its stores together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StoreSettings {
    /// The cache of blocks read, in bytes.
    pub block_cache_bytes: usize,
    /// The writes that are not yet in a table file, in bytes. They count against the block cache.
    pub write_buffer_bytes: usize,
    /// Files that one store may hold open.
    pub open_files_max: i32,
    /// Free space below which a store reports that the disk is full, in bytes.
    pub reserve_bytes: u64,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            block_cache_bytes: 256 << 20,
            write_buffer_bytes: 128 << 20,
            open_files_max: 512,
            reserve_bytes: 256 << 20,
        }
    }
}

/// The memory that all stores of a process share. Cheap to clone.
#[derive(Clone)]
pub struct StoreMemory {
    pub(crate) settings: StoreSettings,
    cache: Cache,
    write_buffers: WriteBufferManager,
}

impl StoreMemory {
    /// Memory within these bounds.
    #[must_use]
    pub fn new(settings: StoreSettings) -> Self {
        let cache = Cache::new_lru_cache(settings.block_cache_bytes);
        let write_buffers =
            WriteBufferManager::new_write_buffer_manager_with_cache(settings.write_buffer_bytes, false, cache.clone());
        Self { settings, cache, write_buffers }
    }

    /// The same memory, for stores that are to report a full disk at another free space.
    #[must_use]
    pub fn with_reserve(&self, reserve_bytes: u64) -> Self {
        Self { settings: StoreSettings { reserve_bytes, ..self.settings }, ..self.clone() }
    }

    /// Free space below which a store reports that the disk is full, in bytes.
    #[must_use]
    pub const fn reserve_bytes(&self) -> u64 {
        self.settings.reserve_bytes
    }

    /// Options of a database.
    pub(crate) fn database(&self) -> Options {
        let mut options = Options::default();
        options.create_if_missing(true);
        options.create_missing_column_families(true);
        options.set_max_open_files(self.settings.open_files_max);
        options.set_write_buffer_manager(&self.write_buffers);
        options.set_max_total_wal_size(64 << 20);
        options.set_keep_log_file_num(4);
        options.set_max_log_file_size(4 << 20);
        options.set_bytes_per_sync(1 << 20);
        options.set_manifest_preallocation_size(64 << 10);
        // A torn end of the live log is cut off where it is torn. A closed log or a table that is gone is an error.
        options.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
        options.set_track_and_verify_wals_in_manifest(true);
        options.set_paranoid_checks(true);
        options
    }

    /// Options of the column family of customers: read at random, by whole key.
    pub(crate) fn customers(&self) -> Options {
        let mut blocks = self.blocks();
        blocks.set_bloom_filter(10.0, false);
        blocks.set_whole_key_filtering(true);
        let mut options = self.family(&blocks);
        options.set_merge_operator_associative(grown::OPERATOR, grown::merge);
        options
    }

    /// Options of the column families that are read in order.
    pub(crate) fn ordered(&self) -> Options {
        self.family(&self.blocks())
    }

    fn blocks(&self) -> BlockBasedOptions {
        let mut blocks = BlockBasedOptions::default();
        blocks.set_block_cache(&self.cache);
        blocks.set_cache_index_and_filter_blocks(true);
        blocks.set_pin_l0_filter_and_index_blocks_in_cache(true);
        blocks.set_format_version(5);
        blocks
    }

    fn family(&self, blocks: &BlockBasedOptions) -> Options {
        let mut options = Options::default();
        options.set_block_based_table_factory(blocks);
        options.set_compression_type(DBCompressionType::Lz4);
        options.set_level_compaction_dynamic_level_bytes(true);
        options.set_write_buffer_size((self.settings.write_buffer_bytes / 4).min(32 << 20));
        options
    }
}
