//! Records that were written to files: NDJSON as `kcat -J` prints it, Avro container files, and Parquet.
//!
//! The fields are the same in each: `topic`, `partition`, `offset`, `ts` (milliseconds), `key`, `payload`. A file of
//! any kind becomes [`Held`] records, one after the other. `segflow fold` and backtests read archives only here.

mod address;
mod arrival;
mod avro;
mod merged;
mod ndjson;
mod parquet;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use segflow_core::time::Timestamp;
use segflow_wire::{Headers, RawRecord};

pub use address::{Address, Addresses};
pub use arrival::Arrival;
pub use merged::Merged;

/// A record of an archive, and its place there. Its buffers are used again for the next one.
#[derive(Clone, Debug)]
pub struct Held {
    /// The number of its source, in the order in which they were opened.
    pub source: usize,
    /// The number of its line, or of its row in a file without lines, from 1 on.
    pub number: u64,
    /// The line as it stands; empty for a row.
    pub text: Vec<u8>,
    /// The reason why the line is no record, if so; the fields below then mean nothing.
    pub malformed: Option<String>,
    /// The topic.
    pub topic: Arc<str>,
    /// The offset, where the archive names one.
    pub offset: Option<u64>,
    /// The record's timestamp.
    pub timestamp: Timestamp,
    /// The headers, in order.
    pub headers: Headers,
    bytes: Vec<u8>,
    key: Option<usize>,
    value: bool,
}

impl Default for Held {
    fn default() -> Self {
        Self {
            source: 0,
            number: 0,
            text: Vec::new(),
            malformed: None,
            topic: Arc::default(),
            offset: None,
            timestamp: Timestamp::BEGINNING,
            headers: Headers::new(),
            bytes: Vec::new(),
            key: None,
            value: false,
        }
    }
}

impl Held {
    /// The record as the intake sees it, at an address.
    #[must_use]
    pub fn raw(&self, address: Address) -> RawRecord<'_> {
        let Address { family, partition, offset } = address;
        RawRecord {
            family,
            topic: &self.topic,
            partition,
            offset,
            timestamp: self.timestamp,
            key: self.key(),
            value: self.value(),
            headers: &self.headers,
        }
    }

    /// The key's bytes.
    #[must_use]
    pub fn key(&self) -> Option<&[u8]> {
        self.key.map(|length| &self.bytes[..length])
    }

    /// The value's bytes.
    #[must_use]
    pub fn value(&self) -> Option<&[u8]> {
        self.value.then(|| &self.bytes[self.key.unwrap_or(0)..])
    }

    fn set_topic(&mut self, topic: &str) {
        if &*self.topic != topic {
            self.topic = topic.into();
        }
    }

    fn set_bytes(&mut self, key: Option<&[u8]>, value: Option<&[u8]>) {
        self.bytes.clear();
        self.bytes.extend_from_slice(key.unwrap_or_default());
        self.bytes.extend_from_slice(value.unwrap_or_default());
        (self.key, self.value) = (key.map(<[u8]>::len), value.is_some());
    }
}

/// The reasons why an archive cannot be read further.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The disk refused.
    #[error("cannot read {file}: {error}")]
    Io {
        /// The file.
        file: String,
        /// The error of the system.
        error: std::io::Error,
    },
    /// The file is not what its name says, or ends amid it.
    #[error("{file}: expected {expected}, found: {found}")]
    Format {
        /// The file.
        file: String,
        /// The content that its name or its fields promise.
        expected: &'static str,
        /// The content that was found instead.
        found: String,
    },
    /// There is nothing to read.
    #[error("{0}: expected files of events (.ndjson, .json, .jsonl, .avro, .parquet), found none")]
    Empty(String),
}

/// The archives of a folder, also in folders within it, in the order of their paths; or the one file or pipe that is named.
///
/// # Errors
/// If the folder cannot be read, or holds no archive.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, ArchiveError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let (mut found, mut folders) = (Vec::new(), vec![path.to_owned()]);
    while let Some(folder) = folders.pop() {
        let failed = |error| ArchiveError::Io { file: folder.display().to_string(), error };
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.is_dir() {
                folders.push(path);
            } else if Kind::of(&path).is_some() {
                found.push(path);
            }
        }
    }
    found.sort();
    if found.is_empty() { Err(ArchiveError::Empty(path.display().to_string())) } else { Ok(found) }
}

/// The word for one record's place in a file, for a message: `line` or `row`.
#[must_use]
pub fn unit(path: &Path) -> &'static str {
    match Kind::of(path) {
        Some(Kind::Avro | Kind::Parquet) => "row",
        Some(Kind::Ndjson) | None => "line",
    }
}

/// The kind of a file, by its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Ndjson,
    Avro,
    Parquet,
}

impl Kind {
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "ndjson" | "json" | "jsonl" => Some(Self::Ndjson),
            "avro" => Some(Self::Avro),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

/// One file, or standard input.
trait Records {
    /// Reads the next record into `held`, of which everything but `source` is set; false at the end.
    fn next(&mut self, held: &mut Held) -> Result<bool, ArchiveError>;

    /// How many bytes of the file are read.
    fn bytes_read(&self) -> u64;
}
