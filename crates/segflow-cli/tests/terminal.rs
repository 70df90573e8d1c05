//! What other people wrote never reaches a terminal raw, and a reader who has enough ends a command without an error.

#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::fs;
use std::io::Read;
use std::process::{Command, Output, Stdio};

use common::{repository, segflow};
use serde_json::json;

/// Sets a terminal's title, begins red by one character of the upper controls, turns the reading direction, and begins a line
/// that says something else.
const EVIL: &str = "C\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}\nmemberships\r";

/// The id as it may be shown.
const SHOWN: &str = r"C\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}\u{a}memberships\u{d}";

fn fold() -> Command {
    let mut command = segflow();
    let segmentation = repository("tests/cases/unknown-is-not-no/segmentation.yaml");
    command.arg("fold").arg("--segmentation").arg(segmentation);
    command
}

fn event(customer: &str, invoice: &str, amount: serde_json::Value) -> String {
    let payload = json!({
        "event_id": format!("E-{invoice}"), "customer_id": customer, "occurred_at": "2026-03-01T10:00:00Z", "kind": "ISSUED",
        "invoice_id": invoice, "amount_minor": amount, "currency": "EUR", "due_date": "2026-03-10", "debt_type": EVIL,
    });
    let (topic, ts) = ("collections.invoices", 1_772_359_200_000_i64);
    json!({"topic": topic, "partition": 0, "offset": 0, "ts": ts, "key": customer, "payload": payload}).to_string()
        + "\n"
}

fn said(output: &Output) -> [String; 2] {
    let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8(bytes.clone()).unwrap());
    for text in &said {
        let raw: Vec<char> = text.chars().filter(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}').collect();
        assert_eq!(raw, [], "{text:?}");
    }
    said
}

#[test]
fn a_portrait_shows_ids_without_their_control_characters() {
    let directory = tempfile::tempdir().unwrap();
    let events = directory.path().join("events.ndjson");
    fs::write(&events, event(EVIL, EVIL, json!(1_000)) + &event("C-2", "I-2", json!(EVIL))).unwrap();
    let [portrait, summary] = said(&fold().arg("--explain").arg(EVIL).arg(&events).output().unwrap());
    assert!(portrait.starts_with(&format!("customer {SHOWN}\n")), "{portrait}");
    assert!(portrait.contains(&format!("{SHOWN}: 10.00 EUR")), "{portrait}");
    assert!(!portrait.contains("\nmemberships\\"), "no line of somebody else's: {portrait}");
    assert!(summary.contains("dead letter: ") && summary.contains(r"\u{1b}]0;owned"), "{summary}");
}

#[test]
fn an_error_names_what_it_is_about_without_control_characters() {
    let directory = tempfile::tempdir().unwrap();
    let events = directory.path().join("events.ndjson");
    fs::write(&events, event("C-1", "I-1", json!(1_000))).unwrap();
    let [_, summary] = said(&fold().arg("--explain").arg(EVIL).arg(&events).output().unwrap());
    assert!(summary.ends_with(&format!("segflow: no event of customer {SHOWN} was folded\n")), "{summary}");
    let rules = directory.path().join("rules.yaml");
    fs::write(&rules, "name: \"a\u{9b}31mb\"\nversion: 1\n").unwrap();
    said(&segflow().arg("check").arg(&rules).output().unwrap());
    said(&segflow().arg("check").arg(directory.path().join("\u{1b}c")).output().unwrap());
}

#[test]
fn a_reader_who_has_enough_is_no_error() {
    let segmentation = repository("tests/cases/unknown-is-not-no/segmentation.yaml");
    let mut child =
        segflow().arg("check").arg(segmentation).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!((child.wait().unwrap().code(), errors.as_str()), (Some(0), ""));
}
