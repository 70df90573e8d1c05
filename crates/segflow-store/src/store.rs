//! A task's database.

use std::path::{Path, PathBuf};

use rocksdb::checkpoint::Checkpoint;
use rocksdb::{ColumnFamily, ColumnFamilyDescriptor, DB, IteratorMode, ReadOptions, WriteBatch};

use crate::error::StoreError;
use crate::shared::StoreMemory;
use crate::timers::{self, Timer, TimerKind, TimerPosition};

/// The names of the column families. On disk: append only.
const CUSTOMERS: &str = "customers";
const TIMERS: &str = "timers";
const META: &str = "meta";

/// Every column family with something in it, in the order in which they are read.
const FAMILIES: [&str; 3] = [CUSTOMERS, META, TIMERS];

/// A column family's name, a key and a value.
pub type Entry = (&'static str, Box<[u8]>, Box<[u8]>);

/// The values that a store keeps about itself. On disk: append only, each has its key in `Meta::key`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meta {
    /// The number of the last epoch written.
    Epoch,
    /// The journal record of that epoch.
    Journal,
    /// The hash of the segmentation by which it was decided. Nothing reads it, since the journal record has it too. It is
    /// written all the same: the digest of a store covers every row, and stores of all releases so far have this one.
    Segmentation,
    /// The version of the states' bytes to which those rows were rewritten that a later opening could not read.
    StateVersion,
    /// How far a store has come that no journal speaks of.
    Progress,
    /// A batch that is to be written once the transaction that it belongs to is known to be committed.
    Prepared,
    /// The first epoch whose decisions are not those that were emitted; no row if there is none.
    Diverged,
    /// Up to when an engine version was last being activated; no row if none ever was.
    EngineChanged,
}

impl Meta {
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Epoch => "epoch",
            Self::Journal => "journal",
            Self::Segmentation => "segmentation",
            Self::StateVersion => "state-version",
            Self::Progress => "progress",
            Self::Prepared => "prepared",
            Self::Diverged => "diverged",
            Self::EngineChanged => "engine-changed",
        }
    }
}

/// A row's key, which is a customer's id or a hash of it, and the customer's state.
pub type Row = (Vec<u8>, Vec<u8>);

/// A row as RocksDB reads it.
type Read = (Box<[u8]>, Box<[u8]>);

/// One task's database, open.
pub struct Store {
    pub(crate) database: DB,
    path: PathBuf,
    reserve_bytes: u64,
    existed: bool,
}

impl Store {
    /// Opens the database in a directory, which is created if it does not exist.
    ///
    /// # Errors
    /// `Locked` while another has it open, `Damaged` if it cannot be read, `DiskFull` or `Failed` otherwise.
    pub fn open(path: &Path, shared: &StoreMemory) -> Result<Self, StoreError> {
        std::fs::create_dir_all(path).map_err(|error| StoreError::io(path, error))?;
        let existed = path.join("CURRENT").exists();
        let database = DB::open_cf_descriptors(&shared.database(), path, families(shared))
            .map_err(|error| StoreError::of(path, error))?;
        Ok(Self { database, path: path.to_owned(), reserve_bytes: shared.settings.reserve_bytes, existed })
    }

    /// Opens a database as it stands now, for reading alone. Another process may have it open and go on writing: nothing
    /// of that is seen. Nothing is written to its directory, and [`Store::write`] fails.
    ///
    /// # Errors
    /// `Damaged` if it cannot be read, or if files went away while it was opened: try again. `Failed` if there is no
    /// database, and otherwise.
    pub fn open_read_only(path: &Path, shared: &StoreMemory) -> Result<Self, StoreError> {
        // The directory of a database that is not there would be created.
        if !path.join("CURRENT").exists() {
            let reason = "expected a database, found none".to_owned();
            return Err(StoreError::Failed { path: path.to_owned(), reason });
        }
        let mut options = shared.database();
        // Every file is opened now: one that its owner deletes afterwards can still be read.
        options.set_max_open_files(-1);
        let database = DB::open_cf_descriptors_read_only(&options, path, families(shared), false)
            .map_err(|error| StoreError::of(path, error))?;
        Ok(Self { database, path: path.to_owned(), reserve_bytes: shared.settings.reserve_bytes, existed: true })
    }

    /// Whether the database was there when it was opened.
    #[must_use]
    pub const fn existed(&self) -> bool {
        self.existed
    }

    /// Its directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A customer's state.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn customer(&self, id: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(self.customers(), id)
    }

    /// Every customer's id and state, in the order of the ids.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn customers_all(&self) -> impl Iterator<Item = Result<Row, StoreError>> {
        self.database.iterator_cf(self.customers(), IteratorMode::Start).map(|row| self.row(row))
    }

    /// At most `max` customers from `from` on and before `to`, in the order of their ids. Without `to` they may go on to
    /// the last one.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn customers_between(&self, from: &[u8], to: Option<&[u8]>, max: usize) -> Result<Vec<Row>, StoreError> {
        let mut options = ReadOptions::default();
        options.set_iterate_lower_bound(from);
        if let Some(to) = to {
            options.set_iterate_upper_bound(to);
        }
        let rows = self.database.iterator_cf_opt(self.customers(), options, IteratorMode::Start).take(max);
        rows.map(|row| self.row(row)).collect()
    }

    fn row(&self, read: Result<Read, rocksdb::Error>) -> Result<Row, StoreError> {
        let (id, state) = read.map_err(|error| StoreError::of(&self.path, error))?;
        Ok((id.into_vec(), state.into_vec()))
    }

    /// A value of meta.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn meta(&self, meta: Meta) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(self.meta_family(), meta.key().as_bytes())
    }

    /// At most `max` timers of a kind between two positions, in (instant, id) order.
    ///
    /// The database starts at `from` and skips what was deleted before it, so that a million timers judged long ago
    /// cost nothing.
    ///
    /// # Errors
    /// If one cannot be read, or is not a timer.
    pub fn timers_between(
        &self,
        kind: TimerKind,
        from: &TimerPosition,
        to: &TimerPosition,
        max: usize,
    ) -> Result<Vec<Timer>, StoreError> {
        let (lower, upper) = (timers::bound(kind, from), timers::bound(kind, to));
        if lower >= upper {
            return Ok(Vec::new());
        }
        let mut options = ReadOptions::default();
        options.set_iterate_lower_bound(lower);
        options.set_iterate_upper_bound(upper);
        self.database
            .iterator_cf_opt(self.timers(), options, IteratorMode::Start)
            .take(max)
            .map(|row| {
                let (key, _) = row.map_err(|error| StoreError::of(&self.path, error))?;
                timers::timer(&key).ok_or_else(|| self.damaged("a timer's key is shorter than its prefix"))
            })
            .collect()
    }

    /// Writes the bytes of [`crate::Batch::encode`] as a whole to the log of the database. The call does not wait for the
    /// disk: a crash of the machine may lose the batch, a crash of the process does not.
    ///
    /// # Errors
    /// If they are not the bytes of a batch, or cannot be written.
    pub fn write(&self, batch: &[u8]) -> Result<(), StoreError> {
        if batch.len() < BATCH_HEADER_BYTES {
            return Err(self.damaged("the bytes to be written are not those of a batch"));
        }
        self.database.write(WriteBatch::from_data(batch)).map_err(|error| StoreError::of(&self.path, error))
    }

    /// Checks that the store can still take writes. Callers ask before they commit anything.
    ///
    /// # Errors
    /// `DiskFull` if less than the reserve is free, `Failed` once the database has stopped writing in the background.
    pub fn check_room(&self) -> Result<(), StoreError> {
        let disk = rustix::fs::statvfs(&self.path).map_err(|error| StoreError::io(&self.path, error))?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free < self.reserve_bytes {
            let reason = format!("expected at least {} bytes free, found {free}", self.reserve_bytes);
            return Err(StoreError::DiskFull { path: self.path.clone(), reason });
        }
        let errors = self
            .database
            .property_int_value(rocksdb::properties::BACKGROUND_ERRORS)
            .map_err(|error| StoreError::of(&self.path, error))?;
        match errors {
            None | Some(0) => Ok(()),
            Some(errors) => {
                let reason = format!("{errors} flushes or compactions failed; see its LOG");
                Err(StoreError::Failed { path: self.path.clone(), reason })
            }
        }
    }

    /// Makes a copy of the database as it stands now in a directory that does not exist yet: hard links to its table
    /// files, after what was in memory has been flushed to one. It must be on the same disk to cost next to nothing.
    ///
    /// # Errors
    /// If it cannot be made; nothing is left then.
    pub fn checkpoint(&self, directory: &Path) -> Result<(), StoreError> {
        let made = Checkpoint::new(&self.database).and_then(|checkpoint| checkpoint.create_checkpoint(directory));
        made.map_err(|error| StoreError::of(&self.path, error))
    }

    /// Writes what is in memory to tables, and brings every table to the last level. For measurements.
    ///
    /// # Errors
    /// If the tables cannot be written.
    pub fn compact(&self) -> Result<(), StoreError> {
        for family in FAMILIES {
            let family = self.family(family);
            self.database.flush_cf(family).map_err(|error| StoreError::of(&self.path, error))?;
            self.database.compact_range_cf(family, None::<&[u8]>, None::<&[u8]>);
        }
        Ok(())
    }

    /// Every row of every column family, with the family's name, in the order of the keys. It reads every block of data,
    /// and so finds damage in any of them.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn rows(&self) -> impl Iterator<Item = Result<Entry, StoreError>> {
        FAMILIES.into_iter().flat_map(move |family| {
            self.database.iterator_cf(self.family(family), IteratorMode::Start).map(move |row| {
                row.map(|(key, value)| (family, key, value)).map_err(|error| StoreError::of(&self.path, error))
            })
        })
    }

    pub(crate) fn customers(&self) -> &ColumnFamily {
        self.family(CUSTOMERS)
    }

    pub(crate) fn timers(&self) -> &ColumnFamily {
        self.family(TIMERS)
    }

    pub(crate) fn meta_family(&self) -> &ColumnFamily {
        self.family(META)
    }

    fn family(&self, name: &str) -> &ColumnFamily {
        self.database.cf_handle(name).expect("opened with this column family")
    }

    fn get(&self, family: &ColumnFamily, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.database.get_cf(family, key).map_err(|error| StoreError::of(&self.path, error))
    }

    fn damaged(&self, reason: &str) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), reason: reason.to_owned() }
    }
}

fn families(shared: &StoreMemory) -> [ColumnFamilyDescriptor; 4] {
    [
        ColumnFamilyDescriptor::new(rocksdb::DEFAULT_COLUMN_FAMILY_NAME, shared.ordered()),
        ColumnFamilyDescriptor::new(CUSTOMERS, shared.customers()),
        ColumnFamilyDescriptor::new(TIMERS, shared.ordered()),
        ColumnFamilyDescriptor::new(META, shared.ordered()),
    ]
}

/// The sequence number and the count of a batch.
const BATCH_HEADER_BYTES: usize = 12;
