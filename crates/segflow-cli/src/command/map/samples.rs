//! Records of a file: JSON values one after the other, each in the envelope of `kcat -J` or by itself.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use segflow_core::time::Timestamp;
use segflow_wire::Headers;
use segflow_wire::envelope::{self, Line};
use serde_json::Value;
use serde_json::value::RawValue;

/// The records of a file. A value that stands by itself has no key, and arrives now.
pub fn read(file: &Path) -> Result<Vec<Line>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock stands before 1970")?;
    let now = Timestamp(i64::try_from(now.as_millis()).context("the clock stands beyond the calendar")?);
    let mut lines = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        let raw =
            value.with_context(|| format!("{}: expected json, record {}", file.display(), lines.len() + 1))?.get();
        lines.push(record(raw, lines.len() as u64, now)?);
    }
    if lines.is_empty() {
        bail!("{}: expected records, found none", file.display());
    }
    Ok(lines)
}

fn record(raw: &str, number: u64, now: Timestamp) -> Result<Line> {
    let value: Value = serde_json::from_str(raw)?;
    if value.get("topic").is_some() && value.get("payload").is_some() {
        return envelope::parse(raw.as_bytes()).with_context(|| format!("record {}", number + 1));
    }
    Ok(Line {
        topic: "(by itself)".to_owned(),
        partition: None,
        offset: Some(number),
        timestamp: now,
        key: None,
        value: Some(raw.as_bytes().to_vec()),
        headers: Headers::new(),
    })
}
