//! The output of the commands, and their exit codes.

#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use common::{repository, segflow};

fn case(name: &str) -> PathBuf {
    repository("tests/cases").join(name)
}

fn fold(case: &Path) -> std::process::Command {
    let mut command = segflow();
    command.arg("fold").arg("--segmentation").arg(case.join("segmentation.yaml"));
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn said(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), text(&output.stderr))
}

#[test]
fn fold_reads_standard_input_and_payloads_that_are_strings() {
    let case = case("unknown-is-not-no");
    let events = fs::read_to_string(case.join("events.ndjson")).unwrap();
    let from_file = fold(&case).arg(case.join("events.ndjson")).output().unwrap();
    let as_strings: String = events
        .lines()
        .map(|line| {
            let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["payload"] = line["payload"].to_string().into();
            format!("{line}\n")
        })
        .collect();
    let mut child = fold(&case).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(as_strings.as_bytes()).unwrap();
    let from_input = child.wait_with_output().unwrap();
    assert_eq!(text(&from_file.stdout), text(&from_input.stdout));
    assert_eq!(text(&from_file.stdout).lines().count(), 4);
}

#[test]
fn fold_merges_files_by_timestamp() {
    let case = case("catalogue-example");
    let events = fs::read_to_string(case.join("events.ndjson")).unwrap();
    let whole = fold(&case).arg(case.join("events.ndjson")).output().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (odd, even) = (dir.path().join("odd"), dir.path().join("even"));
    let every_other =
        |skip: usize| -> String { events.lines().skip(skip).step_by(2).map(|line| format!("{line}\n")).collect() };
    fs::write(&odd, every_other(1)).unwrap();
    fs::write(&even, every_other(0)).unwrap();
    let merged = fold(&case).args([odd, even]).output().unwrap();
    let without_offsets = |output: &Output| -> Vec<serde_json::Value> {
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    assert_eq!(without_offsets(&whole), without_offsets(&merged));
}

/// A history that was exported in one go, in no order: each record is as if it had been recorded when it happened.
#[test]
fn fold_takes_records_for_recorded_when_they_happened() {
    let case = case("paid-in-time-and-booked-late");
    let until = ["--until", "2026-06-10T00:00:00Z"];
    let of = |events: &str, more: &[&str]| {
        let output = fold_text(&case, events.as_bytes(), &[&until, more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let change = |line: &str| -> (String, String) {
            let change: serde_json::Value = serde_json::from_str(line).unwrap();
            (
                change["change_id"].to_string(),
                format!("{} {} {}", change["customer_id"], change["effective_at"], change["to"]),
            )
        };
        let mut changes: Vec<_> = text(&output.stdout).lines().map(change).collect();
        changes.sort();
        changes
    };
    let lines: Vec<serde_json::Value> = fs::read_to_string(case.join("events.ndjson"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let write = |lines: &[serde_json::Value]| -> String { lines.iter().map(|line| format!("{line}\n")).collect() };
    let mut in_time = lines.clone();
    for line in &mut in_time {
        let happened: jiff::Timestamp = line["payload"]["occurred_at"].as_str().unwrap().parse().unwrap();
        line["ts"] = happened.as_millisecond().into();
    }
    in_time.sort_by_key(|line| line["ts"].as_i64());
    let mut exported = lines.clone();
    exported.reverse();
    exported.iter_mut().for_each(|line| line["ts"] = 1_780_000_000_000_i64.into());

    let expected = of(&write(&in_time), &[]);
    assert_eq!(of(&write(&exported), &["--arrival", "occurred-at"]), expected);
    assert_eq!(of(&write(&lines), &["--arrival=occurred-at"]), expected);
    assert_ne!(of(&write(&lines), &["--arrival=recorded"]), expected, "as recorded, somebody was late for a while");
}

#[test]
fn a_malformed_line_is_a_dead_letter_and_no_failure() {
    let case = case("dead-letters");
    let output = fold(&case).arg(case.join("events.ndjson")).output().unwrap();
    let (code, said) = said(&output);
    assert_eq!(code, Some(0));
    assert!(
        said.contains("11 records read: 2 folded (0 late), 0 duplicates (0 conflicts), 0 forgotten, 9 dead letters"),
        "{said}"
    );
    let shown: Vec<&str> = said.lines().filter(|line| line.starts_with("dead letter: ")).collect();
    assert_eq!(shown.len(), 4, "{said}");
    assert!(shown[0].contains("dead letter: line ") && shown[0].contains("events.ndjson: malformed_line: "), "{said}");
    assert_eq!(shown[3], "dead letter: ... and 6 more; `--dead-letters FILE` writes every one");
    assert!(
        said.contains("\ndead letters by reason: key_not_customer 1, malformed_field 1, malformed_line "),
        "{said}"
    );
    assert!(said.lines().last().unwrap().starts_with("digest "), "{said}");
}

/// Folds a text from standard input with the segmentation of a case.
fn fold_text(case: &Path, events: &[u8], arguments: &[&str]) -> Output {
    let mut command = fold(case);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(events).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn nothing_usable_exits_with_1_and_says_why() {
    let case = case("a-late-payment");
    let events = b"{\"topic\": \"collections.invoices\", \"ts\": 1, \"payload\": {}}\n\nno record\n";
    for arguments in [&[][..], &["--explain", "C-1"]] {
        let (code, said) = said(&fold_text(&case, events, arguments));
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("dead letter: line 3 of (standard input): malformed_line: "), "{said}");
        assert!(said.contains("dead letters by reason: malformed_line 1, missing_field 1\n"), "{said}");
        assert_eq!(
            said.lines().last(),
            Some(
                "segflow: expected records that can be used, found none among 2; the first: line 3 of (standard input): \
                 malformed_line: expected a json object, found \"no record\""
            )
        );
    }
    let nothing = fold_text(&case, b"\r\n", &[]);
    assert_eq!(nothing.status.code(), Some(0), "{}", text(&nothing.stderr));
}

#[test]
fn utf_16_is_named() {
    let case = case("a-late-payment");
    let utf_16: Vec<u8> = "{}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (code, said) = said(&fold_text(&case, &utf_16, &[]));
    assert_eq!(code, Some(1));
    assert!(said.contains("expected UTF-8, found: UTF-16") && said.contains("iconv -f UTF-16 -t UTF-8"), "{said}");
}

#[test]
fn fold_warns_of_values_that_cannot_be_read() {
    let case = case("unreadable-counts-as-true");
    let (code, said) = said(&fold(&case).arg(case.join("events.ndjson")).output().unwrap());
    assert_eq!(code, Some(0), "{said}");
    let warnings: Vec<&str> = said.lines().filter(|line| line.starts_with("warning: attribute")).collect();
    assert_eq!(warnings.len(), 3, "{said}");
    let beginning = "warning: attribute `frail`: 1 value cannot be read; the first: expected bool, found \"J\" (customer C-3, line ";
    assert!(warnings[0].starts_with(beginning), "{said}");
    assert!(warnings[1].contains("attribute `hold_until`: 1 value"), "{said}");
    assert!(
        warnings[2].contains(
            "attribute `score`: 2 values cannot be read; the first: expected int, found another value (sensitive)"
        ),
        "{said}"
    );
    assert!(!said.contains("680 points"), "{said}");
}

#[test]
fn unusable_input_exits_with_1_and_wrong_usage_with_2() {
    let case = case("dead-letters");
    let (code, message) = said(&fold(&case).arg("/nowhere/events.ndjson").output().unwrap());
    assert_eq!(code, Some(1));
    assert!(message.contains("cannot read /nowhere/events.ndjson"), "{message}");

    let dir = tempfile::tempdir().unwrap();
    let wrong = dir.path().join("wrong.yaml");
    let rules = fs::read_to_string(case.join("segmentation.yaml")).unwrap();
    fs::write(&wrong, rules.replace("overdue.days >= 30", "overdue.dayz >= 30")).unwrap();
    let (code, message) = said(&segflow().arg("check").arg(&wrong).output().unwrap());
    assert_eq!(code, Some(1));
    assert!(message.contains("wrong.yaml:9:27: ") && message.contains("`overdue.days`"), "{message}");

    assert_eq!(said(&fold(&case).arg("--partitons=2").output().unwrap()).0, Some(2));
    assert_eq!(said(&fold(&case).args(["--until", "tomorrow"]).output().unwrap()).0, Some(2));
}

#[test]
fn check_lists_the_dimensions_and_features_that_it_read() {
    let output = segflow().arg("check").arg(case("catalogue-example").join("segmentation.yaml")).output().unwrap();
    let said = text(&output.stdout);
    for line in [
        "consumer-collections version 3 is valid",
        "  stage: late, mid, early, pre_due, current",
        "  payments.sum(\"365d\")",
        "  vulnerable: bool",
        "longest window: 365 days",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
}

#[test]
#[cfg(feature = "service")]
fn the_same_seed_gives_the_same_demo_and_another_seed_another() {
    let demo = |seed: &str| {
        let output = segflow().args(["demo", "--customers=150", "--days=60", "--seed", seed]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout).lines().last().unwrap().to_owned()
    };
    let first = demo("7");
    assert!(first.starts_with("digest ") && first.len() == 7 + 64, "{first}");
    assert_eq!(first, demo("7"));
    assert_ne!(first, demo("8"));
}

#[test]
#[cfg(feature = "service")]
fn the_demo_and_fold_decide_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let events = dir.path().join("events.ndjson");
    let portfolio = ["--customers=150", "--days=60", "--seed=7"];
    assert!(segflow().arg("generate").args(portfolio).arg("--out").arg(&events).status().unwrap().success());
    let demo = segflow().arg("demo").args(portfolio).output().unwrap();
    let rules = repository("deploy/segmentations/demo.yaml");
    let fold = segflow().args(["fold", "--partitions=4", "--segmentation"]).arg(rules).arg(&events).output().unwrap();
    assert_eq!(text(&demo.stdout).lines().last(), text(&fold.stderr).lines().last());
}
