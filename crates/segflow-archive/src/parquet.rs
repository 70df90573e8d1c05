//! Parquet: a row per record, a thousand rows of each column at a time. Pages are plain or compressed by Snappy.

use std::fs::File;
use std::path::Path;

use parquet::basic::{LogicalType, TimeUnit};
use parquet::column::reader::ColumnReader;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use segflow_core::time::Timestamp;

use super::{ArchiveError, Held, Records};

/// How many rows are decoded at a time.
const ROWS: usize = 1_024;
const EXPECTED: &str = "a parquet file of the columns `topic`, `key` and `payload` (text or bytes) and `ts` (a timestamp, \
                        or a whole number of milliseconds), plain or compressed by snappy";

pub(super) struct Parquet {
    file: String,
    reader: SerializedFileReader<File>,
    columns: Columns<Option<usize>>,
    /// How many of the timestamp's units are a millisecond.
    units_per_ms: i64,
    size: u64,
    rows: u64,
    group: usize,
    open: Option<Columns<Option<ColumnReader>>>,
    chunk: Chunk,
    number: u64,
}

/// One value per column that is read.
struct Columns<T> {
    topic: T,
    offset: T,
    ts: T,
    key: T,
    payload: T,
}

/// Rows that are decoded. Those before `next` have been given out.
#[derive(Default)]
struct Chunk {
    topics: Vec<Option<ByteArray>>,
    offsets: Vec<Option<i64>>,
    timestamps: Vec<Option<i64>>,
    keys: Vec<Option<ByteArray>>,
    payloads: Vec<Option<ByteArray>>,
    next: usize,
}

impl Parquet {
    pub(super) fn open(path: &Path) -> Result<Self, ArchiveError> {
        let file = path.display().to_string();
        let failed = |error| ArchiveError::Io { file: file.clone(), error };
        let opened = File::open(path).map_err(failed)?;
        let size = opened.metadata().map_err(failed)?.len();
        let format = |found: String| ArchiveError::Format { file: file.clone(), expected: EXPECTED, found };
        let reader = SerializedFileReader::new(opened).map_err(|error| format(error.to_string()))?;
        let schema = reader.metadata().file_metadata().schema_descr();
        let place = |name: &str| schema.columns().iter().position(|column| column.path().string() == name);
        let columns = Columns {
            topic: place("topic"),
            offset: place("offset"),
            ts: place("ts"),
            key: place("key"),
            payload: place("payload"),
        };
        for (name, found) in
            [("topic", columns.topic), ("ts", columns.ts), ("key", columns.key), ("payload", columns.payload)]
        {
            found.ok_or_else(|| format(format!("no column `{name}`")))?;
        }
        let units_per_ms = match columns.ts.and_then(|ts| schema.column(ts).logical_type_ref().cloned()) {
            Some(LogicalType::Timestamp(time)) if time.unit == TimeUnit::MICROS => 1_000,
            Some(LogicalType::Timestamp(time)) if time.unit == TimeUnit::NANOS => 1_000_000,
            _ => 1,
        };
        let rows = u64::try_from(reader.metadata().file_metadata().num_rows()).unwrap_or(0);
        let (open, chunk) = (None, Chunk::default());
        Ok(Self { file, reader, columns, units_per_ms, size, rows, group: 0, open, chunk, number: 0 })
    }

    /// Decodes the next rows; false at the end.
    fn fill(&mut self) -> Result<bool, String> {
        loop {
            if self.open.is_none() {
                if self.group == self.reader.num_row_groups() {
                    return Ok(false);
                }
                let group = self.reader.get_row_group(self.group).map_err(said)?;
                self.group += 1;
                let column = |place: Option<usize>| place.map(|place| group.get_column_reader(place)).transpose();
                let Columns { topic, offset, ts, key, payload } = &self.columns;
                self.open = Some(Columns {
                    topic: column(*topic).map_err(said)?,
                    offset: column(*offset).map_err(said)?,
                    ts: column(*ts).map_err(said)?,
                    key: column(*key).map_err(said)?,
                    payload: column(*payload).map_err(said)?,
                });
            }
            let open = self.open.as_mut().expect("opened above");
            self.chunk = Chunk {
                topics: texts(open.topic.as_mut(), "topic")?,
                offsets: numbers(open.offset.as_mut(), "offset")?,
                timestamps: numbers(open.ts.as_mut(), "ts")?,
                keys: texts(open.key.as_mut(), "key")?,
                payloads: texts(open.payload.as_mut(), "payload")?,
                next: 0,
            };
            if !self.chunk.timestamps.is_empty() {
                return Ok(true);
            }
            self.open = None;
        }
    }
}

impl Records for Parquet {
    fn next(&mut self, held: &mut Held) -> Result<bool, ArchiveError> {
        if self.chunk.next == self.chunk.timestamps.len() {
            let filled = self.fill().map_err(|found| ArchiveError::Format {
                file: self.file.clone(),
                expected: EXPECTED,
                found: format!("after row {}: {found}", self.number),
            })?;
            if !filled {
                return Ok(false);
            }
        }
        let row = self.chunk.next;
        self.chunk.next += 1;
        self.number += 1;
        let Chunk { topics, offsets, timestamps, keys, payloads, .. } = &self.chunk;
        let bytes = |column: &[Option<ByteArray>]| column.get(row).cloned().flatten();
        held.number = self.number;
        held.headers.clear();
        held.text.clear();
        let (topic, key, payload) = (bytes(topics), bytes(keys), bytes(payloads));
        held.set_bytes(key.as_ref().map(ByteArray::data), payload.as_ref().map(ByteArray::data));
        held.offset = offsets.get(row).copied().flatten().and_then(|offset| u64::try_from(offset).ok());
        let topic = topic.as_ref().and_then(|topic| std::str::from_utf8(topic.data()).ok());
        held.malformed = match (topic, timestamps[row]) {
            (Some(topic), Some(ts)) => {
                held.set_topic(topic);
                held.timestamp = Timestamp(ts.div_euclid(self.units_per_ms));
                None
            }
            (None, _) => Some("topic: expected a text, found none".to_owned()),
            (_, None) => Some("ts: expected a timestamp, found null".to_owned()),
        };
        Ok(true)
    }

    fn bytes_read(&self) -> u64 {
        // Rows stand for bytes: columns are read here and there.
        u64::try_from(u128::from(self.size) * u128::from(self.number) / u128::from(self.rows.max(1)))
            .unwrap_or(self.size)
    }
}

#[allow(clippy::needless_pass_by_value, reason = "it maps an error")]
fn said(error: ParquetError) -> String {
    error.to_string()
}

/// The next rows of a column of bytes; none for null.
fn texts(column: Option<&mut ColumnReader>, name: &str) -> Result<Vec<Option<ByteArray>>, String> {
    match column {
        None => Ok(Vec::new()),
        Some(ColumnReader::ByteArrayColumnReader(reader)) => {
            let (mut defined, mut values) = (Vec::new(), Vec::new());
            let read = reader.read_records(ROWS, Some(&mut defined), None, &mut values).map_err(said)?;
            Ok(with_nulls(read.0, &defined, values))
        }
        Some(_) => Err(format!("column `{name}` is neither text nor bytes")),
    }
}

/// The next rows of a column of whole numbers; none for null.
fn numbers(column: Option<&mut ColumnReader>, name: &str) -> Result<Vec<Option<i64>>, String> {
    let mut defined = Vec::new();
    match column {
        None => Ok(Vec::new()),
        Some(ColumnReader::Int64ColumnReader(reader)) => {
            let mut values = Vec::new();
            let read = reader.read_records(ROWS, Some(&mut defined), None, &mut values).map_err(said)?;
            Ok(with_nulls(read.0, &defined, values))
        }
        Some(ColumnReader::Int32ColumnReader(reader)) => {
            let mut values = Vec::new();
            let read = reader.read_records(ROWS, Some(&mut defined), None, &mut values).map_err(said)?;
            Ok(with_nulls(read.0, &defined, values.into_iter().map(i64::from).collect()))
        }
        Some(_) => Err(format!("column `{name}` holds no whole numbers")),
    }
}

/// A column that may hold no null has no definition levels. Of a row within a list the first value counts.
fn with_nulls<T>(rows: usize, defined: &[i16], values: Vec<T>) -> Vec<Option<T>> {
    if values.len() == rows {
        return values.into_iter().map(Some).collect();
    }
    let most = defined.iter().copied().max().unwrap_or(0).max(1);
    let mut values = values.into_iter();
    defined.iter().map(|level| if *level == most { values.next() } else { None }).collect()
}
