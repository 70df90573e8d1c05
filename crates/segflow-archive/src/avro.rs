//! Avro container files: a record per record, blocks plain or deflated.
//!
//! A row that cannot be read ends the file, unlike a line: where the next one begins is then not known.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, Seek};
use std::path::Path;

use segflow_core::time::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use serde_avro_fast::de::read::ReaderRead;
use serde_avro_fast::object_container_file_encoding::Reader;

use super::{ArchiveError, Held, Records};

const EXPECTED: &str = "an avro container file of records with `topic`, `ts`, `key` and `payload`, plain or deflated";

pub(super) struct Avro {
    file: String,
    reader: Reader<ReaderRead<BufReader<File>>>,
    /// A second handle, which shares its place in the file with the reader.
    place: File,
    number: u64,
    bytes: u64,
}

#[derive(Deserialize)]
struct Row {
    topic: String,
    offset: Option<u64>,
    ts: i64,
    key: Option<Bytes>,
    payload: Option<Bytes>,
}

impl Avro {
    pub(super) fn open(path: &Path) -> Result<Self, ArchiveError> {
        let file = path.display().to_string();
        let failed = |error| ArchiveError::Io { file: file.clone(), error };
        let opened = File::open(path).map_err(failed)?;
        let place = opened.try_clone().map_err(failed)?;
        let reader = Reader::from_reader(BufReader::with_capacity(1 << 20, opened));
        let reader = reader.map_err(|error| ArchiveError::Format {
            file: file.clone(),
            expected: EXPECTED,
            found: error.to_string(),
        })?;
        Ok(Self { file, reader, place, number: 0, bytes: 0 })
    }
}

impl Records for Avro {
    fn next(&mut self, held: &mut Held) -> Result<bool, ArchiveError> {
        let row = self.reader.deserialize_next::<Row>();
        let row = row.map_err(|error| ArchiveError::Format {
            file: self.file.clone(),
            expected: EXPECTED,
            found: format!("row {}: {error}", self.number + 1),
        })?;
        let Some(row) = row else { return Ok(false) };
        self.number += 1;
        self.bytes = self.place.stream_position().unwrap_or(self.bytes);
        held.set_topic(&row.topic);
        held.set_bytes(row.key.as_ref().map(|key| &*key.0), row.payload.as_ref().map(|value| &*value.0));
        (held.number, held.offset, held.timestamp) = (self.number, row.offset, Timestamp(row.ts));
        held.malformed = None;
        held.headers.clear();
        held.text.clear();
        Ok(true)
    }

    fn bytes_read(&self) -> u64 {
        self.bytes
    }
}

/// Bytes or text.
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes or text")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Bytes, E> {
                Ok(Bytes(text.as_bytes().to_vec()))
            }
        }
        deserializer.deserialize_any(Either)
    }
}
