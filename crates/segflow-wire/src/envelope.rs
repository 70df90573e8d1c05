//! The envelope that `kcat -J` prints around a record, one JSON object a line. `segflow fold` reads such lines, and
//! `segflow generate` writes them.

use std::borrow::Cow;

use segflow_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::encoding::{Headers, Malformed, decode_json};
use crate::malformed::shown;

/// A record in its envelope.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// The topic.
    pub topic: String,
    /// The partition, where the line names one.
    pub partition: Option<u32>,
    /// The offset, where the line names one.
    pub offset: Option<u64>,
    /// The record's timestamp.
    pub timestamp: Timestamp,
    /// The key's bytes.
    pub key: Option<Vec<u8>>,
    /// The value's bytes: the text of a payload that is a string, or the JSON of one that is an object, as it stands.
    pub value: Option<Vec<u8>>,
    /// The headers, in order.
    pub headers: Headers,
}

/// A record in its envelope, borrowed from its line where the line holds its bytes as they are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Borrowed<'a> {
    /// The topic.
    pub topic: Cow<'a, str>,
    /// The partition, where the line names one.
    pub partition: Option<u32>,
    /// The offset, where the line names one.
    pub offset: Option<u64>,
    /// The record's timestamp.
    pub timestamp: Timestamp,
    /// The key's text.
    pub key: Option<Cow<'a, str>>,
    /// The value's text, as [`Line::value`] has it.
    pub value: Option<Cow<'a, str>>,
    /// The headers, in order.
    pub headers: Headers,
}

/// Reads a line. Fields that are not named here are passed over. A payload must be there; null is one.
///
/// # Errors
/// If it is no such line. The error says what was expected and what was found.
pub fn parse(line: &[u8]) -> Result<Line, Malformed> {
    let Borrowed { topic, partition, offset, timestamp, key, value, headers } = read(line)?;
    let bytes = |text: Cow<'_, str>| text.into_owned().into_bytes();
    let (topic, key, value) = (topic.into_owned(), key.map(bytes), value.map(bytes));
    Ok(Line { topic, partition, offset, timestamp, key, value, headers })
}

/// As [`parse`], without copying text that has no escapes.
///
/// # Errors
/// As [`parse`].
pub fn read(line: &[u8]) -> Result<Borrowed<'_>, Malformed> {
    let fields: Read<'_> = decode_json(line)?;
    let payload = fields.payload.get();
    let value = match payload.as_bytes().first() {
        Some(b'{') => Some(Cow::Borrowed(payload)),
        Some(b'n') => None,
        Some(b'"') => Some(Cow::Owned(text(payload)?)),
        _ => {
            let found = shown(payload.as_bytes());
            return Err(Malformed(format!("payload: expected an object, a string or null, found {found}")));
        }
    };
    Ok(Borrowed {
        topic: fields.topic,
        partition: fields.partition,
        offset: fields.offset,
        timestamp: Timestamp(fields.ts),
        key: fields.key.map(|Key(key)| key),
        value,
        headers: pair_up(fields.headers)?,
    })
}

/// Writes a line, without its end. A value that is a JSON object on one line is written as an object, any other as a
/// string.
///
/// # Errors
/// If bytes are not UTF-8. The error says which.
pub fn write(line: &Line) -> Result<String, Malformed> {
    let fields = Write {
        topic: &line.topic,
        partition: line.partition,
        offset: line.offset,
        ts: line.timestamp.0,
        key: line.key.as_deref().map(|key| utf8(key, "key")).transpose()?,
        payload: line.value.as_deref().map(payload).transpose()?,
        headers: flatten(&line.headers)?,
    };
    Ok(serde_json::to_string(&fields).expect("an envelope has text for keys"))
}

#[derive(Deserialize)]
struct Read<'a> {
    #[serde(borrow)]
    topic: Cow<'a, str>,
    partition: Option<u32>,
    offset: Option<u64>,
    ts: i64,
    #[serde(borrow)]
    key: Option<Key<'a>>,
    payload: &'a RawValue,
    #[serde(default)]
    headers: Vec<Option<String>>,
}

/// A key. Serde borrows no `Cow` inside an option without this type.
#[derive(Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Serialize)]
struct Write<'a> {
    topic: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    partition: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    ts: i64,
    key: Option<&'a str>,
    payload: Option<Payload<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    headers: Vec<Option<&'a str>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Payload<'a> {
    Object(&'a RawValue),
    Text(&'a str),
}

fn payload(value: &[u8]) -> Result<Payload<'_>, Malformed> {
    let text = utf8(value, "payload")?;
    let object = text.starts_with('{') && !text.contains(['\n', '\r']);
    let raw = object.then(|| serde_json::from_str::<&RawValue>(text).ok()).flatten();
    // Bytes after the object, if only a space, would be lost.
    Ok(raw.filter(|raw| raw.get().len() == text.len()).map_or(Payload::Text(text), Payload::Object))
}

fn text(payload: &str) -> Result<String, Malformed> {
    serde_json::from_str(payload).map_err(|error| Malformed(format!("payload: expected a string, found: {error}")))
}

fn utf8<'a>(bytes: &'a [u8], of: &str) -> Result<&'a str, Malformed> {
    std::str::from_utf8(bytes).map_err(|error| Malformed(format!("{of}: expected utf-8 text, found: {error}")))
}

/// kcat prints headers as a flat list: name, value, name, value.
fn pair_up(flat: Vec<Option<String>>) -> Result<Headers, Malformed> {
    if !flat.len().is_multiple_of(2) {
        return Err(Malformed(format!("headers: expected names and values in turn, found {} of them", flat.len())));
    }
    let mut headers = Headers::with_capacity(flat.len() / 2);
    let mut flat = flat.into_iter();
    while let (Some(name), Some(value)) = (flat.next(), flat.next()) {
        let name = name.ok_or_else(|| Malformed("headers: expected a name, found null".to_owned()))?;
        headers.push((name, value.map(String::into_bytes)));
    }
    Ok(headers)
}

fn flatten(headers: &Headers) -> Result<Vec<Option<&str>>, Malformed> {
    let mut flat = Vec::with_capacity(2 * headers.len());
    for (name, value) in headers {
        flat.push(Some(name.as_str()));
        flat.push(value.as_deref().map(|value| utf8(value, "headers")).transpose()?);
    }
    Ok(flat)
}

#[cfg(test)]
mod tests;
