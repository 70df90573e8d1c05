//! `changes.parquet`: every change within the period.
//!
//! Each partition writes parts of its own, a row group each. In the end the parts are put together in the order of the
//! partitions, without being decoded, so that the number of threads does not change the file.

use std::collections::BTreeMap;
use std::fs::{File, create_dir_all};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use segflow_core::change::{Core, Reason};
use serde::{Serialize, Serializer};

/// The most rows of a part.
const PART_ROWS: usize = 16_384;
/// The most rows that wait to be written, over all partitions.
const WAITING_ROWS: usize = 262_144;

/// Every column: texts and whole numbers, any of which may be null.
const SCHEMA: &str = "message change {
    OPTIONAL BYTE_ARRAY side (STRING);
    OPTIONAL INT64 partition;
    OPTIONAL BYTE_ARRAY change_id (STRING);
    OPTIONAL INT64 seq;
    OPTIONAL BYTE_ARRAY customer_id (STRING);
    OPTIONAL BYTE_ARRAY dimension (STRING);
    OPTIONAL BYTE_ARRAY from (STRING);
    OPTIONAL BYTE_ARRAY to (STRING);
    OPTIONAL INT64 effective_at (TIMESTAMP(MILLIS,true));
    OPTIONAL INT64 entered_previous_at (TIMESTAMP(MILLIS,true));
    OPTIONAL BYTE_ARRAY cause (STRING);
    OPTIONAL BYTE_ARRAY event_id (STRING);
    OPTIONAL BYTE_ARRAY reasons (STRING);
    OPTIONAL BYTE_ARRAY next_segment (STRING);
    OPTIONAL INT64 next_at (TIMESTAMP(MILLIS,true));
    OPTIONAL INT64 balance_minor;
    OPTIONAL INT64 overdue_amount_minor;
    OPTIONAL INT64 overdue_days;
    OPTIONAL BYTE_ARRAY open_promise_id (STRING);
    OPTIONAL BYTE_ARRAY memberships (STRING);
    OPTIONAL BYTE_ARRAY treatment (STRING);
}";

enum Cell<'a> {
    Text(Option<&'a str>),
    Reasons(&'a [Reason]),
    Memberships(&'a [(String, String)]),
    Treatment(&'a BTreeMap<String, String>),
    Number(Option<i64>),
}

/// The cells of a change, in the order of [`SCHEMA`].
fn cells<'a>(side: &'a str, partition: u32, core: &'a Core) -> [Cell<'a>; 21] {
    use Cell::{Number, Text};
    let number = |number: u64| Number(i64::try_from(number).ok());
    let next = core.next_if_silent.as_ref();
    [
        Text(Some(side)),
        Number(Some(i64::from(partition))),
        Text(Some(&core.change_id)),
        number(core.seq),
        Text(Some(core.customer_id.as_str())),
        Text(Some(&core.dimension)),
        Text(core.from.as_deref()),
        Text(core.to.as_deref()),
        Number(Some(core.effective_at.0)),
        Number(core.entered_previous_at.map(|at| at.0)),
        Text(Some(core.cause.word())),
        Text(core.event_id.as_deref()),
        Cell::Reasons(&core.reasons),
        Text(next.map(|next| next.to.as_str())),
        Number(next.map(|next| next.at.0)),
        Number(Some(core.safety.balance_minor)),
        Number(Some(core.safety.overdue_amount_minor)),
        Number(Some(core.safety.overdue_days)),
        Text(core.safety.open_promise.as_ref().map(|promise| promise.promise_id.as_str())),
        Cell::Memberships(&core.memberships),
        Cell::Treatment(&core.treatment),
    ]
}

type Json<'a> = serde_json::Serializer<&'a mut Vec<u8>>;

#[derive(Default)]
struct Column {
    defined: Vec<i16>,
    numbers: Vec<i64>,
    texts: Texts,
}

/// Texts one after the other in one buffer, so that a change allocates nothing.
#[derive(Default)]
struct Texts {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Column {
    fn push(&mut self, cell: Cell<'_>) {
        self.defined.push(i16::from(!matches!(cell, Cell::Text(None) | Cell::Number(None))));
        match cell {
            Cell::Text(text) => text.into_iter().for_each(|text| self.texts.push(text)),
            Cell::Number(number) => self.numbers.extend(number),
            Cell::Reasons(reasons) => self.texts.push_json(|json| reasons.serialize(json)),
            Cell::Memberships(pairs) => {
                self.texts.push_json(|json| json.collect_map(pairs.iter().map(|(k, v)| (k, v))))
            }
            Cell::Treatment(treatment) => self.texts.push_json(|json| treatment.serialize(json)),
        }
    }
}

impl Texts {
    fn push(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
        self.ends.push(self.bytes.len());
    }

    fn push_json(&mut self, write: impl FnOnce(&mut Json<'_>) -> serde_json::Result<()>) {
        write(&mut Json::new(&mut self.bytes)).expect("texts and maps of texts encode");
        self.ends.push(self.bytes.len());
    }

    /// Each text, as a part of the one buffer.
    fn into_values(self) -> Vec<ByteArray> {
        let (bytes, mut start) = (Bytes::from(self.bytes), 0);
        let value = |end| ByteArray::from(bytes.slice(std::mem::replace(&mut start, end)..end));
        self.ends.into_iter().map(value).collect()
    }
}

/// The changes of one partition that are not written yet.
pub struct ChangesParquet {
    folder: PathBuf,
    partition: u32,
    part_rows: usize,
    parts: u32,
    columns: Vec<Column>,
    waiting: usize,
}

impl ChangesParquet {
    /// Writes the changes of a partition, one of `partitions`, into parts in `folder`.
    #[must_use]
    pub fn new(folder: &Path, partition: u32, partitions: u32) -> Self {
        let part_rows = (WAITING_ROWS / partitions.max(1) as usize).clamp(64, PART_ROWS);
        Self { folder: folder.to_owned(), partition, part_rows, parts: 0, columns: Vec::new(), waiting: 0 }
    }

    /// Adds a change.
    ///
    /// # Errors
    /// If a part cannot be written.
    pub fn push(&mut self, side: &str, core: &Core) -> Result<(), ParquetError> {
        let cells = cells(side, self.partition, core);
        self.columns.resize_with(cells.len(), Column::default);
        self.columns.iter_mut().zip(cells).for_each(|(column, cell)| column.push(cell));
        self.waiting += 1;
        if self.waiting >= self.part_rows { self.flush() } else { Ok(()) }
    }

    /// Writes the changes that wait.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn flush(&mut self) -> Result<(), ParquetError> {
        if self.waiting == 0 {
            return Ok(());
        }
        create_dir_all(&self.folder)?;
        let file = File::create(self.folder.join(format!("{:05}-{:08}.parquet", self.partition, self.parts)))?;
        let mut writer = writer(file)?;
        let mut group = writer.next_row_group()?;
        let mut columns = std::mem::take(&mut self.columns).into_iter();
        while let Some(mut out) = group.next_column()? {
            let Column { defined, texts, numbers } = columns.next().expect("a row has a cell per column");
            match out.untyped() {
                parquet::column::writer::ColumnWriter::Int64ColumnWriter(_) => {
                    out.typed::<Int64Type>().write_batch(&numbers, Some(&defined), None)?
                }
                _ => out.typed::<ByteArrayType>().write_batch(&texts.into_values(), Some(&defined), None)?,
            };
            out.close()?;
        }
        group.close()?;
        writer.close()?;
        (self.parts, self.waiting) = (self.parts + 1, 0);
        Ok(())
    }
}

fn writer(file: File) -> Result<SerializedFileWriter<File>, ParquetError> {
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    SerializedFileWriter::new(file, schema, Arc::new(properties))
}

/// Puts the parts of a folder together into one file, in the order of their names. A folder that is missing holds no changes.
///
/// # Errors
/// If a part cannot be read, or the file cannot be written.
pub fn join(folder: &Path, out: &Path) -> Result<(), ParquetError> {
    let mut parts = Vec::new();
    if folder.exists() {
        for entry in std::fs::read_dir(folder)? {
            parts.push(entry?.path());
        }
    }
    parts.sort();
    let mut writer = writer(File::create(out)?)?;
    for part in parts {
        let file = File::open(&part)?;
        let reader = SerializedFileReader::new(file.try_clone()?)?;
        for from in reader.metadata().row_groups() {
            let mut group = writer.next_row_group()?;
            for column in from.columns() {
                let close = ColumnCloseResult {
                    bytes_written: u64::try_from(column.compressed_size()).unwrap_or(0),
                    rows_written: u64::try_from(from.num_rows()).unwrap_or(0),
                    metadata: column.clone(),
                    bloom_filter: None,
                    column_index: None,
                    offset_index: None,
                };
                group.append_column(&file, close)?;
            }
            group.close()?;
        }
    }
    writer.close()?;
    Ok(())
}
