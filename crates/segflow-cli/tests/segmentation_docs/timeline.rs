//! Histories as the page tells them: events, and, indented, the changes that come of them, each at its local time.
//!
//! An event is its kind, its id and its fields, as in `ISSUED I-1 120.00 due 2026-03-20`; the last line is `END`, up to
//! which time passes. All are of one customer, in London and in pounds.

use std::fmt::Write as _;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde_json::{Value, json};

const CUSTOMER: &str = "C-1";

/// The parts of a history.
pub struct Told {
    /// For `segflow fold`.
    pub events: String,
    /// As the page has them.
    pub changes: Vec<String>,
    /// RFC 3339.
    pub end: String,
}

/// Reads a history.
pub fn read(text: &str) -> Result<Told, String> {
    let mut told = Told { events: String::new(), changes: Vec::new(), end: String::new() };
    for line in text.lines() {
        let (at, what) = line.split_at_checked(16).ok_or_else(|| format!("`{line}` has no time"))?;
        let Some(what) = what.strip_prefix("  ") else { return Err(format!("`{line}`: two spaces after the time")) };
        if what.starts_with("    ") {
            told.changes.push(line.to_owned());
            continue;
        }
        let instant = instant(at)?;
        if what == "END" {
            told.end = instant.to_string();
            continue;
        }
        let event = event(what, instant).ok_or_else(|| format!("`{what}` is no event that a timeline knows"))?;
        writeln!(told.events, "{event}").expect("memory takes it");
    }
    if told.end.is_empty() { Err("a timeline needs an END".to_owned()) } else { Ok(told) }
}

/// Changes as a history has them.
pub fn changes(changes: &[Value]) -> Vec<String> {
    changes.iter().map(change).collect()
}

fn change(change: &Value) -> String {
    let text = |field: &str| change[field].as_str().unwrap_or_default();
    let at: Timestamp = text("effective_at").parse().expect("a change says when");
    let from = if change["from"].is_null() { String::new() } else { format!("{} -> ", text("from")) };
    let at = at.to_zoned(london());
    let to = text("to");
    // An instant that is not on the minute shows its seconds.
    let time = if at.second() == 0 && at.subsec_nanosecond() == 0 { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d %H:%M:%S%.f" };
    format!("{}      {}: {from}{to}", at.strftime(time), text("dimension"))
}

fn event(what: &str, at: Timestamp) -> Option<Value> {
    let words: Vec<&str> = what.split(' ').collect();
    let (topic, fields) = match words[..] {
        ["ISSUED", id, amount, "due", due] => {
            ("invoices", json!({"invoice_id": id, "amount_minor": minor(amount)?, "currency": "GBP", "due_date": due}))
        }
        ["RECEIVED", id, amount] => {
            ("payments", json!({"payment_id": id, "amount_minor": minor(amount)?, "currency": "GBP"}))
        }
        ["UPDATED", attribute, value] => {
            let value: Value = value.parse().ok()?;
            ("profiles", json!({"attributes": {attribute: value}}))
        }
        _ => return None,
    };
    let mut payload = json!({"kind": words[0], "event_id": format!("{at} {what}"), "customer_id": CUSTOMER, "occurred_at": at.to_string()});
    payload.as_object_mut()?.extend(fields.as_object()?.clone());
    let topic = format!("collections.{topic}");
    Some(json!({"topic": topic, "key": CUSTOMER, "ts": at.as_millisecond(), "payload": payload}))
}

fn minor(amount: &str) -> Option<i64> {
    let (pounds, pence) = amount.split_once('.')?;
    (pence.len() == 2).then(|| format!("{pounds}{pence}").parse().ok()).flatten()
}

fn instant(local: &str) -> Result<Timestamp, String> {
    let local: DateTime = local.parse().map_err(|error| format!("`{local}`: {error}"))?;
    let zoned: Zoned = local.to_zoned(london()).map_err(|error| error.to_string())?;
    Ok(zoned.timestamp())
}

fn london() -> TimeZone {
    TimeZone::get("Europe/London").expect("the bundled database has it")
}
