//! One customer for a person to read: `segflow fold --explain` and `--assume`.
//!
//! `tests/portraits` holds the events and what must be shown of them.

#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use common::{repository, segflow};
use serde_json::{Value, json};

/// Each customer in another.
const PARTITIONS: u32 = 3;

#[test]
fn fold_explains_customers_in_the_order_asked_for() {
    let output = fold(&["C-1", "C-2"]);
    assert!(said(&output).contains("25 records read: 25 folded"), "{}", said(&output));
    compare("portraits.txt", &shown(&output));
    let turned = shown(&fold(&["C-2", "C-1"]));
    assert!(turned.starts_with("customer C-2\n") && turned.contains("\n\ncustomer C-1\n"), "{turned}");
}

const ASSUMED: [&str; 5] = [
    "promise 60.00 due 2026-05-03",
    "contact inbound call right_party on 2026-05-01",
    "payment 25.00 for I-1 on 2026-03-24 10:00",
    "dispute opened on 2026-04-03",
    "dispute resolved assumed-4 rejected on 2026-04-09",
];

#[test]
fn fold_shows_what_assumptions_change_and_writes_nothing() {
    let output = assume(&["C-1"], &ASSUMED);
    let (known, assumed) = shown(&output).split_once("\nassumed: ").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    compare("assumed.txt", &format!("assumed: {assumed}"));
    let alone = fold(&["C-1"]);
    assert_eq!(known, shown(&alone));
    assert_eq!(said(&output), said(&alone), "counts and digest are of what was folded");
}

/// In time and late, on the clock of a partition of its own, past a fact that is pending, and beyond.
#[test]
fn an_assumption_changes_what_a_real_record_would() {
    for (assumption, amount_minor, occurred_at, arrives) in [
        ("payment 65.00 on 2026-03-31 12:00", 6_500, "2026-03-31T10:00:00Z", "2026-03-31T10:00:00Z"),
        ("payment 65.00 on 2026-03-24 10:00", 6_500, "2026-03-24T09:00:00Z", "2026-03-30T08:00:00.001Z"),
        ("payment 65.00", 6_500, "2026-03-30T08:00:00.001Z", "2026-03-30T08:00:00.001Z"),
        ("payment 90.00 on 2026-06-01", 9_000, "2026-06-01T10:00:00Z", "2026-06-01T10:00:00Z"),
        ("payment 65.00 on 2020-01-01", 6_500, "2020-01-01T11:00:00Z", "2026-03-30T08:00:00.001Z"),
    ] {
        let scratch = tempfile::tempdir().unwrap();
        let real = scratch.path().join("real.ndjson");
        let payload = json!({
            "kind": "RECEIVED", "event_id": "assumed-1", "customer_id": "C-1", "occurred_at": occurred_at,
            "payment_id": "assumed-1", "amount_minor": amount_minor, "currency": "EUR",
        });
        let at: jiff::Timestamp = arrives.parse().unwrap();
        let record = |ts: i64, payload: Value| json!({"topic": "collections.payments", "key": "C-1", "ts": ts, "payload": payload});
        // A record that cannot be used takes the clock to where it stands at the end, so that all before it is decided.
        let end: jiff::Timestamp = "2026-03-30T08:00:00.001Z".parse().unwrap();
        let lines = [record(end.as_millisecond(), json!({})), record(at.as_millisecond(), payload)];
        fs::write(&real, lines.map(|line| format!("{line}\n")).concat()).unwrap();
        let changes = shown(&command().arg(folder().join("events.ndjson")).arg(&real).output().unwrap());
        let known = shown(&command().arg(folder().join("events.ndjson")).output().unwrap());
        let expected: Vec<String> = changes
            .lines()
            .filter(|line| !known.contains(*line))
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|change| change["customer_id"] == "C-1")
            .map(|change| {
                let word = |field: &str| change[field].as_str().unwrap().to_owned();
                let by = if change["cause"] == "TIME" { "time alone".to_owned() } else { word("event_id") };
                format!("{}: {} -> {}, by {by}", word("dimension"), word("from"), word("to"))
            })
            .collect();
        let assumed = shown(&assume(&["C-1"], &[assumption]));
        let (_, assumed) = assumed.split_once("\nassumed: ").unwrap();
        let lines = assumed.lines().filter_map(|line| line.strip_prefix("    20"));
        let found: Vec<&str> = lines.filter_map(|line| line.split_once("  ").map(|(_, moved)| moved)).collect();
        assert_eq!(found, expected, "{assumption}");
        assert_eq!(expected.is_empty(), assumption.ends_with("2020-01-01"), "{assumption}: the horizon hides it");
    }
}

#[test]
fn a_refused_assumption_is_told_with_its_reason() {
    let refused = |customers: &[&str], assumed: &[&str]| {
        let output = assume(customers, assumed);
        assert!(!output.status.success());
        said(&output)
    };
    for (assumed, message) in [
        ("payment 1.005", "--assume 'payment 1.005': expected an amount in EUR above zero, of at most 2 decimals"),
        (
            "nothing until 2026-03-30",
            "expected an end after 2026-03-30 10:00:00.001 CEST, before which everything is decided",
        ),
        ("dispute resolved  on 2026-04-01", "expected `on` and a date, or the end, found `2026-04-01`"),
        ("payment 92233720368547758.07 on 1899-01-01", "expected a date such as 2026-05-03, from 1900 to 2199"),
    ] {
        let said = refused(&["C-1"], &[assumed]);
        assert!(said.contains(message), "{said}");
    }
    let said = refused(&["C-1", "C-2"], &["payment 5"]);
    assert!(said.contains("--assume: expected one customer to --explain, found 2; call it for each"), "{said}");
    let said = refused(&[], &["payment 5"]);
    assert!(said.contains("--explain"), "{said}");
}

#[test]
fn a_customer_who_is_not_known_is_said() {
    let folded = fold(&["C-3"]);
    assert_eq!(folded.status.code(), Some(1));
    assert!(said(&folded).contains("no event of customer C-3 was folded"), "{}", said(&folded));

    let long = "x".repeat(129);
    for id in ["", &long] {
        assert_eq!(fold(&[id]).status.code(), Some(2), "an id of {} bytes", id.len());
    }
}

fn folder() -> PathBuf {
    repository("tests/portraits")
}

fn fold(customers: &[&str]) -> Output {
    assume(customers, &[])
}

fn assume(customers: &[&str], assumed: &[&str]) -> Output {
    let mut command = command();
    command.args(customers.iter().map(|customer| format!("--explain={customer}")));
    command.args(assumed.iter().map(|assumed| format!("--assume={assumed}")));
    command.arg(folder().join("events.ndjson")).output().unwrap()
}

fn command() -> Command {
    let mut command = segflow();
    command.arg("fold").arg("--segmentation").arg(folder().join("segmentation.yaml"));
    command.arg(format!("--partitions={PARTITIONS}"));
    command
}

fn shown(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn compare(golden: &str, found: &str) {
    let golden = folder().join(golden);
    if std::env::var_os("UPDATE_CASES").is_some() {
        fs::write(&golden, found).unwrap();
    }
    let expected = fs::read_to_string(&golden).unwrap();
    for (line, (expected, found)) in expected.lines().zip(found.lines()).enumerate() {
        assert_eq!(found, expected, "{}:{}", golden.display(), line + 1);
    }
    assert_eq!(found.lines().count(), expected.lines().count(), "{}", golden.display());
}
