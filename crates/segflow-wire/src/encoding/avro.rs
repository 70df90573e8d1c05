//! Avro single-object encoding: `C3 01`, the schema's CRC-64-AVRO fingerprint in little-endian order, the datum.
//! <https://avro.apache.org/docs/current/specification/#single-object-encoding>

use std::io::BufRead;

use serde::{Deserialize, Serialize};
use serde_avro_fast::de::DeserializerState;
use serde_avro_fast::ser::SerializerConfig;

use crate::malformed::DecodeError;
use crate::schema::TopicSchema;

/// How every value begins.
pub(super) const MARKER: [u8; 2] = [0xc3, 0x01];
const HEADER_BYTES: usize = 10;

/// Writes a value whose shape is that of the schema.
pub(super) fn encode<T: Serialize>(value: &T, schema: &TopicSchema) -> Vec<u8> {
    serde_avro_fast::to_single_object_vec(value, &mut SerializerConfig::new(schema.parsed()))
        .expect("the shape written is that of the schema")
}

/// Reads one value of this schema or of an earlier one, and nothing after it.
pub(super) fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8], schema: &TopicSchema) -> Result<T, DecodeError> {
    let (datum, schema) = datum(bytes, schema)?;
    let mut state = DeserializerState::from_slice(datum, schema.parsed());
    let value = T::deserialize(state.deserializer())
        .map_err(|error| DecodeError::Syntax(format!("expected a datum of schema {}, found: {error}", schema.name)))?;
    match state.fill_buf() {
        Ok([]) => Ok(value),
        rest => {
            let count = rest.map_or(0, <[u8]>::len);
            Err(DecodeError::Syntax(format!(
                "expected one datum of schema {}, found {count} bytes after it",
                schema.name
            )))
        }
    }
}

/// The bytes after the header, and the schema that it names.
fn datum<'a, 's>(bytes: &'a [u8], schema: &'s TopicSchema) -> Result<(&'a [u8], &'s TopicSchema), DecodeError> {
    if !bytes.starts_with(&MARKER) {
        let found = hex::encode(&bytes[..bytes.len().min(MARKER.len())]);
        return Err(DecodeError::Syntax(format!(
            "expected the marker c301 of avro single-object encoding, found {}",
            if found.is_empty() { "no bytes" } else { &found }
        )));
    }
    let (header, datum) = bytes.split_at_checked(HEADER_BYTES).ok_or_else(|| {
        DecodeError::Syntax(format!("expected a header of {HEADER_BYTES} bytes, found {} bytes in all", bytes.len()))
    })?;
    let found = &header[MARKER.len()..];
    let written_by = schema.accepted().find(|schema| schema.fingerprint() == found);
    written_by.map(|schema| (datum, schema)).ok_or_else(|| {
        let expected: Vec<String> = schema
            .accepted()
            .map(|schema| format!("{} of schema {}", hex::encode(schema.fingerprint()), schema.name))
            .collect();
        DecodeError::Syntax(format!("expected the fingerprint {}, found {}", expected.join(" or "), hex::encode(found)))
    })
}
