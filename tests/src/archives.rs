//! Archives of the same records in each format that is read: from NDJSON, by libraries that Segflow does not write with.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde::Serialize;
use serde_avro_fast::object_container_file_encoding::{Compression, CompressionLevel, WriterBuilder};
use serde_avro_fast::ser::SerializerConfig;
use serde_json::Value;

/// A record as an archive has it.
#[derive(Serialize)]
pub struct Row {
    topic: String,
    ts: i64,
    key: Option<String>,
    payload: Option<String>,
}

const AVRO: &str = r#"{"type": "record", "name": "Record", "fields": [
    {"name": "topic", "type": "string"}, {"name": "ts", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    {"name": "key", "type": ["null", "string"]}, {"name": "payload", "type": ["null", "string"]}]}"#;

const PARQUET: &str = "message record { REQUIRED BYTE_ARRAY topic (STRING); REQUIRED INT64 ts (TIMESTAMP(MICROS,true)); \
                       OPTIONAL BYTE_ARRAY key (STRING); OPTIONAL BYTE_ARRAY payload; }";

/// The records of NDJSON.
///
/// # Panics
/// On a line that is none.
#[must_use]
pub fn rows(ndjson: &str) -> Vec<Row> {
    let row = |line: &str| {
        let line: Value = serde_json::from_str(line).expect("a line is JSON");
        let text = |field: &str| line[field].as_str().map(str::to_owned);
        let payload = (!line["payload"].is_null()).then(|| line["payload"].to_string());
        Row { topic: text("topic").expect("a topic"), ts: line["ts"].as_i64().expect("ms"), key: text("key"), payload }
    };
    ndjson.lines().map(row).collect()
}

/// Writes each topic's lines to a file of its own.
///
/// # Panics
/// If one cannot be written.
pub fn by_topic(ndjson: &str, folder: &Path) {
    fs::create_dir_all(folder).expect("a folder");
    let mut files = std::collections::BTreeMap::<String, String>::new();
    for line in ndjson.lines() {
        let topic =
            serde_json::from_str::<Value>(line).expect("a line is JSON")["topic"].as_str().expect("text").to_owned();
        let file = files.entry(topic).or_default();
        file.push_str(line);
        file.push('\n');
    }
    for (topic, lines) in files {
        fs::write(folder.join(format!("{topic}.ndjson")), lines).expect("a file is written");
    }
}

/// Writes an Avro container file with deflated blocks.
///
/// # Panics
/// If it cannot be written.
pub fn avro(rows: &[Row], file: &Path) {
    let schema = AVRO.parse().expect("a schema");
    let mut config = SerializerConfig::new(&schema);
    let level = CompressionLevel::default();
    let mut writer = WriterBuilder::new(&mut config)
        .compression(Compression::Deflate { level })
        .build(File::create(file).expect("a file"))
        .expect("a writer");
    writer.serialize_all(rows.iter()).expect("rows are written");
    writer.into_inner().expect("the last block is written");
}

/// Writes a Parquet file of several row groups, with timestamps in microseconds.
///
/// # Panics
/// If it cannot be written.
pub fn parquet(rows: &[Row], file: &Path) {
    let schema = Arc::new(parse_message_type(PARQUET).expect("a schema"));
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer =
        SerializedFileWriter::new(File::create(file).expect("a file"), schema, properties).expect("a writer");
    for rows in rows.chunks(3_000) {
        let mut group = writer.next_row_group().expect("a row group");
        let texts = |of: &dyn Fn(&Row) -> Option<String>| -> (Vec<ByteArray>, Vec<i16>) {
            let all: Vec<Option<String>> = rows.iter().map(of).collect();
            let defined = all.iter().map(|text| i16::from(text.is_some())).collect();
            (all.into_iter().flatten().map(|text| text.into_bytes().into()).collect(), defined)
        };
        let (topics, _) = texts(&|row| Some(row.topic.clone()));
        let mut column = group.next_column().expect("a column").expect("a topic");
        column.typed::<ByteArrayType>().write_batch(&topics, None, None).expect("topics");
        column.close().expect("it closes");
        let micros: Vec<i64> = rows.iter().map(|row| row.ts * 1_000 + 999).collect();
        let mut column = group.next_column().expect("a column").expect("a timestamp");
        column.typed::<Int64Type>().write_batch(&micros, None, None).expect("timestamps");
        column.close().expect("it closes");
        for of in [|row: &Row| row.key.clone(), |row: &Row| row.payload.clone()] {
            let (values, defined) = texts(&of);
            let mut column = group.next_column().expect("a column").expect("bytes");
            column.typed::<ByteArrayType>().write_batch(&values, Some(&defined), None).expect("bytes");
            column.close().expect("it closes");
        }
        group.close().expect("it closes");
    }
    writer.close().expect("it closes");
}
