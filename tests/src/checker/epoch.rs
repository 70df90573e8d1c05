//! The public fields of the journal, read by the published schema alone.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;

/// One epoch's schedule.
#[derive(Debug)]
pub struct Epoch {
    pub epoch: i64,
    /// The next offset of each input.
    pub offsets: BTreeMap<String, i64>,
    /// `F`, `T` and the instant of `S`, in milliseconds.
    pub facts: i64,
    pub silence: i64,
    pub cursor: i64,
    /// The last customer whose timer at `S` is judged.
    pub cursor_customer: Option<String>,
    /// Wall time, in milliseconds.
    pub wall: i64,
    pub counts: BTreeMap<String, i64>,
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    Schema::parse_str(include_str!("../../../schemas/journal.avsc")).expect("the published schema is one")
});

/// The bytes before the datum of a single-object encoding: its mark and the schema's fingerprint.
const HEADER: usize = 10;

impl Epoch {
    /// Reads a journal record's value.
    pub fn parse(value: &[u8]) -> Result<Self, String> {
        let mut datum = value.get(HEADER..).ok_or("shorter than its header")?;
        let reader = GenericDatumReader::builder(&SCHEMA).build().map_err(|error| error.to_string())?;
        let value = reader.read_value(&mut datum).map_err(|error| error.to_string())?;
        let fields = record(value)?;
        let mut offsets = BTreeMap::new();
        let Some(Value::Array(inputs)) = fields.get("inputs") else { return Err("no inputs".to_owned()) };
        for input in inputs {
            let input = record(input.clone())?;
            let Some(Value::Enum(_, family)) = input.get("family") else { return Err("no family".to_owned()) };
            offsets.insert(family.clone(), long(&input, "offset")?);
        }
        let counts = record(fields.get("counts").cloned().ok_or("no counts")?)?;
        let counts =
            counts.keys().map(|name| Ok((name.clone(), long(&counts, name)?))).collect::<Result<_, String>>()?;
        let cursor_customer = match fields.get("cursor_customer") {
            Some(Value::Union(_, text)) => {
                if let Value::String(text) = &**text {
                    Some(text.clone())
                } else {
                    None
                }
            }
            _ => None,
        };
        let long = |name| long(&fields, name);
        Ok(Self {
            epoch: long("epoch")?,
            offsets,
            facts: long("facts")?,
            silence: long("silence")?,
            cursor: long("cursor_instant")?,
            cursor_customer,
            wall: long("w")?,
            counts,
        })
    }

    /// A count; 0 if it is not there.
    pub fn count(&self, name: &str) -> i64 {
        self.counts.get(name).copied().unwrap_or(0)
    }
}

fn record(value: Value) -> Result<BTreeMap<String, Value>, String> {
    match value {
        Value::Record(fields) => Ok(fields.into_iter().collect()),
        found => Err(format!("expected a record, found {found:?}")),
    }
}

fn long(fields: &BTreeMap<String, Value>, name: &str) -> Result<i64, String> {
    match fields.get(name) {
        Some(Value::Long(value) | Value::TimestampMillis(value)) => Ok(*value),
        found => Err(format!("{name}: expected a long, found {found:?}")),
    }
}
