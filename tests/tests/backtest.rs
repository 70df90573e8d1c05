//! `segflow backtest` over archives: the digest of `fold`, figures counted again, and what bad input and a Ctrl-C do.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use segflow_core::digest::{Digest, PRESENT};
use segflow_tests::archives;
use segflow_tests::binary::segflow;
use segflow_tests::service::run;
use segflow_wire::{Encoding, change};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// How long anything may take before a test gives up.
const LIMIT: Duration = Duration::from_secs(300);

fn tests() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn demo() -> PathBuf {
    tests().join("../deploy/segmentations/demo.yaml")
}

/// A candidate that differs from the demo's segmentation in two limits.
fn candidate(folder: &Path) -> PathBuf {
    let text = fs::read_to_string(demo()).unwrap();
    let changed =
        text.replace("when: overdue.days >= 60", "when: overdue.days >= 45").replace(">= 250.00", ">= 200.00");
    assert_ne!(text, changed);
    let file = folder.join("candidate.yaml");
    fs::write(&file, changed).unwrap();
    file
}

fn portfolio(folder: &Path, customers: u32, days: u32) -> PathBuf {
    let file = folder.join("events.ndjson");
    let (customers, days) = (format!("--customers={customers}"), format!("--days={days}"));
    run(segflow().args(["generate", &customers, &days, "--out"]).arg(&file));
    file
}

fn backtest(segmentation: &Path, events: &Path, out: &Path, more: &[&str]) -> Command {
    let mut command = segflow();
    command.args(["backtest", "--segmentation"]).arg(segmentation);
    command.arg("--events").arg(events).arg("--out").arg(out).args(more);
    command
}

fn report(out: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(out.join("report.json")).unwrap()).unwrap()
}

/// The changes of `fold`, and its digest.
fn fold(segmentation: &Path, events: &Path, more: &[&str]) -> (String, String) {
    let output = segflow().args(["fold", "--segmentation"]).arg(segmentation).args(more).arg(events).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let digest = said.lines().find_map(|line| line.strip_prefix("digest ")).unwrap().to_owned();
    (String::from_utf8(output.stdout).unwrap(), digest)
}

#[test]
fn the_digest_is_that_of_fold_for_every_archive_and_number_of_workers() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let events = portfolio(folder, 400, 120);
    let (_, expected) = fold(&demo(), &events, &["--partitions=5"]);
    let ndjson = fs::read_to_string(&events).unwrap();
    archives::by_topic(&ndjson, &folder.join("topics"));
    let rows = archives::rows(&ndjson);
    archives::avro(&rows, &folder.join("events.avro"));
    archives::parquet(&rows, &folder.join("events.parquet"));
    let mut reports = Vec::new();
    for (place, (from, more)) in [
        ("events.ndjson", &["--threads=1"][..]),
        ("events.ndjson", &["--threads=2"]),
        ("topics", &["--threads=2"]),
        ("events.avro", &["--threads=1"]),
        ("events.parquet", &["--threads=2"]),
        ("events.ndjson", &["--threads=2", "--states-in-memory=100"]),
    ]
    .into_iter()
    .enumerate()
    {
        let out = folder.join(format!("report-{place}"));
        let arguments = [more, &["--partitions=5"]].concat();
        run(&mut backtest(&demo(), &folder.join(from), &out, &arguments));
        let found = report(&out);
        assert_eq!(found["sides"][0]["digest"], expected.as_str(), "{from} {more:?}");
        let files = ["report.json", "report.html", "summary.txt", "changes.parquet"]
            .map(|file| fs::read(out.join(file)).unwrap());
        reports.push((from, more, files));
    }
    let (_, _, first) = &reports[0];
    for (from, more, files) in &reports {
        assert!(files == first, "{from} {more:?}: another report of the same events");
    }
}

#[test]
fn a_sample_decides_its_customers_as_the_whole_does_and_says_how_many_there_are() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let events = portfolio(folder, 600, 150);
    let (changes, _) = fold(&demo(), &events, &["--partitions=3"]);
    let in_sample = |id: &str| Sha256::digest(id)[0] < 64;
    let (mut digest, mut customers) = (Digest::default(), BTreeSet::new());
    for line in changes.lines() {
        let core = change::decode(line.as_bytes(), Encoding::Json).unwrap().core;
        if in_sample(core.customer_id.as_str()) {
            digest.merge(Digest::of(PRESENT, [&core]));
            customers.insert(core.customer_id);
        }
    }
    let out = folder.join("sample");
    run(&mut backtest(&demo(), &events, &out, &["--partitions=3", "--sample=25%"]));
    let found = report(&out);
    assert_eq!(found["sides"][0]["digest"], digest.to_string());
    assert_eq!(found["sample"], "25%");
    let (read, outside) = (found["events"]["read"].as_u64().unwrap(), found["events"]["outside"].as_u64().unwrap());
    assert_eq!(read + outside, fs::read_to_string(&events).unwrap().lines().count() as u64);
    for dimension in found["sides"][0]["dimensions"].as_array().unwrap() {
        let estimate = |end: &str| -> f64 {
            dimension["segments"]
                .as_array()
                .unwrap()
                .iter()
                .map(|segment| segment["estimate"][end].as_f64().unwrap())
                .sum()
        };
        assert!(estimate("low") < 600.0 && 600.0 < estimate("high"), "{dimension}");
    }
    let summary = fs::read_to_string(out.join("summary.txt")).unwrap();
    assert!(summary.contains("sample     25% of the customers") && summary.contains("of all about"), "{summary}");
    assert!((115..190).contains(&customers.len()), "{}", customers.len());
}

#[test]
fn avro_and_parquet_give_the_digest_of_ndjson() {
    let scratch = tempfile::tempdir().unwrap();
    let events = portfolio(scratch.path(), 40, 60);
    let rows = archives::rows(&fs::read_to_string(&events).unwrap());
    let expected = fold(&demo(), &events, &[]);
    for (name, write) in
        [("events.avro", archives::avro as fn(&[archives::Row], &Path)), ("events.parquet", archives::parquet)]
    {
        let file = scratch.path().join(name);
        write(&rows, &file);
        assert_eq!(fold(&demo(), &file, &[]), expected, "{name}");
    }
}

#[test]
fn every_figure_equals_a_recount_from_changes_and_events() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let (events, candidate) = (portfolio(folder, 250, 180), candidate(folder));
    let (from, to) = ("2026-02-10", "2026-06-05T10:20:30Z");
    let out = folder.join("report");
    run(&mut backtest(&candidate, &events, &out, &["--from", from, "--to", to, "--partitions=3"]));
    let agreed = recount(folder, &out, &candidate, &tests().join("backtest/owing.yaml"), &events, to, "--partitions=3");
    assert!(agreed > 1_200, "only {agreed} figures were compared");
    let found = report(&out);
    let (changes, _) = fold(&candidate, &events, &["--until", to, "--partitions=3"]);
    assert!(changes.lines().count() as u64 > found["sides"][0]["changes"].as_u64().unwrap(), "there was history");
}

/// Runs the recount; how many figures it compared.
fn recount(
    folder: &Path,
    out: &Path,
    segmentation: &Path,
    owing: &Path,
    events: &Path,
    to: &str,
    partitions: &str,
) -> u64 {
    let (changes, probe) = (folder.join("changes.ndjson"), folder.join("owing.ndjson"));
    fs::write(&changes, fold(segmentation, events, &["--until", to, partitions]).0).unwrap();
    fs::write(&probe, fold(owing, events, &["--until", to, partitions]).0).unwrap();
    let mut command = Command::new("python3");
    command.args(["-I", "-B"]).arg(tests().join("backtest/recount.py"));
    command.arg(out.join("report.json")).arg(segmentation).args([events, &changes, &probe]);
    run(&mut command).split_once(' ').unwrap().0.parse().unwrap()
}

/// Two segmentations that differ in one threshold, over receivables that somebody else published.
#[test]
fn published_receivables_by_two_thresholds() {
    let shared = std::env::var_os("SEGFLOW_SHARED").map_or_else(|| tests().join("../../shared"), PathBuf::from);
    let csv = shared.join("data/accounts-receivable.csv");
    if !csv.exists() {
        let skipped = format!("SKIPPED, not tested: {} is missing; set SEGFLOW_SHARED\n", csv.display());
        return std::io::stderr().write_all(skipped.as_bytes()).unwrap();
    }
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let events = folder.join("events.ndjson");
    let mut adapter = Command::new("python3");
    adapter.args(["-I", "-B"]).arg(tests().join("receivables/events.py")).arg(&csv).args(["--key", "customer"]);
    fs::write(&events, run(&mut adapter)).unwrap();
    let baseline = tests().join("receivables/by-customer.yaml");
    let (candidate, owing) = (folder.join("candidate.yaml"), folder.join("owing.yaml"));
    let changed = |file: &Path, from: &str, to: &str, into: &Path| {
        let text = fs::read_to_string(file).unwrap();
        assert!(text.contains(from));
        fs::write(into, text.replace(from, to)).unwrap();
    };
    changed(&baseline, "overdue.days >= 30", "overdue.days >= 15", &candidate);
    changed(
        &tests().join("backtest/owing.yaml"),
        "GBP\ntimezone: Europe/London",
        "USD\ntimezone: America/New_York",
        &owing,
    );
    let (out, to) = (folder.join("report"), "2014-02-01T05:00:00Z");
    let compared = ["--from=2012-01-01", "--to", to, "--baseline", baseline.to_str().unwrap()];
    run(&mut backtest(&candidate, &events, &out, &compared));
    let agreed = recount(folder, &out, &candidate, &owing, &events, to, "--partitions=1");
    assert!(agreed > 100, "only {agreed} figures were compared");
    let found = report(&out);
    // The publisher's figures: 2,466 invoices of 100 customers, each paid in full; 561 disputed.
    assert_eq!(found["events"]["read"], 2 * 2_466 + 561);
    assert_eq!(found["differences"]["customers"], 100);
    let entered = |side: usize, segment: &str| -> u64 {
        let cells = found["sides"][side]["dimensions"][0]["matrix"].as_array().unwrap();
        cells.iter().filter(|cell| cell["to"] == segment).map(|cell| cell["moves"].as_u64().unwrap()).sum()
    };
    assert!(entered(0, "mid") > entered(1, "mid"), "a lower threshold lets more in");
    // The threshold divides `early` from `mid` and nothing else: together they hold the same customers as long.
    let days = |side: usize, of: &[&str]| -> f64 {
        let segments = found["sides"][side]["dimensions"][0]["segments"].as_array().unwrap();
        let named = segments.iter().filter(|segment| of.contains(&segment["name"].as_str().unwrap()));
        named.map(|segment| segment["customer_days"].as_f64().unwrap()).sum()
    };
    for of in [&["early", "mid"][..], &["late"], &["pre_due"], &["current"]] {
        assert!((days(0, of) - days(1, of)).abs() < 1e-6, "{of:?}: {} and {}", days(0, of), days(1, of));
    }
    assert!(days(0, &["mid"]) > days(1, &["mid"]));
}

/// `UPDATE_CASES=1 cargo test --release --test backtest` writes what was found; read the diff.
#[test]
fn the_summary_of_two_segmentations_is_the_golden_one() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let (events, candidate, out) = (portfolio(folder, 120, 100), candidate(folder), folder.join("report"));
    let (baseline, capacity) = (demo(), "--capacity=channel=call:1");
    let more = ["--from=2026-02-01", "--to=2026-04-05", "--baseline", baseline.to_str().unwrap(), capacity];
    run(&mut backtest(&candidate, &events, &out, &more));
    let found = fs::read_to_string(out.join("summary.txt")).unwrap();
    let golden = tests().join("backtest/summary.txt");
    if std::env::var_os("UPDATE_CASES").is_some() {
        fs::write(&golden, &found).unwrap();
    }
    assert_eq!(found, fs::read_to_string(&golden).unwrap());
    let found = report(&out);
    let differences = &found["differences"];
    let examples = differences["examples"].as_array().unwrap();
    assert!(!examples.is_empty() && examples.len() <= 20);
    for example in examples {
        let said = |side: &str| example[side].as_str().unwrap().to_owned();
        for side in ["baseline", "candidate"] {
            let why = said(&format!("{side}_why"));
            assert!(why.contains(&format!("{}: {}", said("dimension"), said(side))) && why.contains("since "), "{why}");
        }
        assert_ne!(example["baseline"], example["candidate"]);
    }
    let page = run(Command::new("python3")
        .args(["-I", "-B"])
        .arg(tests().join("backtest/page.py"))
        .arg(out.join("report.html")));
    assert!(page.starts_with("opened") || page.starts_with("SKIPPED"), "{page}");
}

#[test]
fn a_broken_line_is_named_by_file_and_line_and_counted() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let events = portfolio(folder, 20, 30);
    let text = fs::read_to_string(&events).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    let half = &lines[4][..lines[4].len() / 2];
    let wrong_currency = lines[0].replace("\"GBP\"", "\"EUR\"");
    lines[4] = half;
    lines.push(&wrong_currency);
    fs::write(&events, lines.join("\n")).unwrap();
    let out = folder.join("report");
    run(&mut backtest(&demo(), &events, &out, &[]));
    let found = &report(&out)["events"];
    assert_eq!(found["bad"], 1 + u64::from(wrong_currency.contains("EUR")));
    let named = found["bad_named"][0].clone();
    assert_eq!(named["place"], format!("{} line 5", events.display()));
    assert_eq!(named["reason"], "malformed_line");
    assert_eq!(found["read"], lines.len());
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("events.ndjson line 5"));
}

#[test]
fn a_file_of_another_format_than_its_name_ends_the_backtest() {
    let scratch = tempfile::tempdir().unwrap();
    for name in ["events.avro", "events.parquet"] {
        let file = scratch.path().join(name);
        fs::write(&file, "no such thing").unwrap();
        let out = scratch.path().join("report");
        let output = backtest(&demo(), &file, &out, &[]).output().unwrap();
        assert!(!output.status.success());
        assert!(String::from_utf8_lossy(&output.stderr).contains(name));
        assert!(!out.exists());
    }
}

/// The events come from a pipe without an end, so that it is certainly interrupted amid them.
#[test]
fn an_interrupted_backtest_reports_its_progress_and_leaves_no_files() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let text = fs::read_to_string(portfolio(folder, 20, 30)).unwrap();
    let (pipe, outs) = (folder.join("endless.ndjson"), folder.join("outs"));
    fs::create_dir(&outs).unwrap();
    run(Command::new("mkfifo").arg(&pipe));
    let mut command = backtest(&demo(), &pipe, &outs.join("report"), &[]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut into = fs::File::options().write(true).open(&pipe).unwrap();
    let (started, mut written, mut told) = (Instant::now(), 0, false);
    // The pipe and a buffer hold no more than this, so that everything written before it has been read.
    while into.write_all(text.as_bytes()).is_ok() {
        written += text.len();
        if written > 8 << 20 && !told {
            run(Command::new("kill").args(["-INT", &child.id().to_string()]));
            told = true;
        }
        assert!(started.elapsed() < LIMIT, "it goes on reading after {LIMIT:?}");
    }
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{said}");
    let words: Vec<&str> = said.split_whitespace().collect();
    let after = words.iter().position(|word| *word == "after").expect("it says after how many records");
    assert!(words[after + 1].parse::<u64>().unwrap() > 0, "{said}");
    assert!(said.contains("read up to 2026-01") && said.contains("nothing was written to"), "{said}");
    assert_eq!(fs::read_dir(&outs).unwrap().count(), 0, "something was left behind");
}

#[test]
fn a_report_is_never_written_over() {
    let scratch = tempfile::tempdir().unwrap();
    let (events, out) = (portfolio(scratch.path(), 2, 5), scratch.path().join("report"));
    fs::create_dir(&out).unwrap();
    let output = backtest(&demo(), &events, &out, &[]).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("does not exist yet"));
}
