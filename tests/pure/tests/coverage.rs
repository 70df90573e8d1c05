//! `docs/coverage.md` names every feature and every kind of event, its tests are where it says, and the random cases of
//! the properties reach them all.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use segflow_core::event::{Body, Family, Kind};
use segflow_core::feature::catalogue::entries;
use segflow_core::segmentation::Segmentation;
use segflow_pure_tests::arbitrary::{Case, case};
use serde_json::Value;

/// A twentieth of them reaches every feature and kind.
const CASES: usize = 2_000;

#[test]
fn every_feature_and_every_kind_of_event_has_a_row() {
    let page = page();
    let begins = |name: &str| {
        let written = format!("| `{name}");
        let ends = |row: &str| row.strip_prefix(&written).is_some_and(|rest| rest.starts_with(['`', '(']));
        page.lines().any(ends)
    };
    let entries = entries();
    let names = entries.iter().map(|entry| entry.name).chain(["profile.NAME"]);
    let missing: Vec<&str> = names.filter(|name| !begins(name)).collect();
    assert!(missing.is_empty(), "docs/coverage.md has no row of the features {missing:?}");
    let missing: Vec<String> = kinds().into_iter().filter(|kind| !begins(kind)).collect();
    assert!(missing.is_empty(), "docs/coverage.md has no row of the kinds {missing:?}");
    assert!(page.contains("| a null value on profiles |"), "docs/coverage.md has no row of erasures");
}

#[test]
fn every_test_is_where_the_page_says() {
    let mut tests = 0;
    for (name, path) in links(&page()) {
        let file = root().join(&path);
        if path.starts_with("tests/cases/") {
            assert!(file.join("changes.ndjson").exists(), "{path} is no golden case");
            tests += 1;
        } else if path.ends_with(".rs") {
            let source = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"));
            // A link to a file says so.
            let is_test = !name.ends_with(".rs");
            assert!(!is_test || source.contains(&format!("fn {name}(")), "{path} has no test {name}");
            tests += usize::from(is_test);
        }
    }
    assert!(tests > 100, "only {tests} tests are named");
}

#[test]
fn the_properties_reach_every_feature() {
    let mut reached = BTreeSet::new();
    for case in cases() {
        reached.extend(case.segmentation.features.iter().map(|slot| slot.text.split('(').next().unwrap().to_owned()));
    }
    let missing: Vec<&str> = entries().iter().map(|entry| entry.name).filter(|name| !reached.contains(*name)).collect();
    assert!(missing.is_empty(), "no random rule reads {missing:?}");
    assert!(reached.iter().any(|name| name.starts_with("profile.")), "no random rule reads an attribute");
}

#[test]
fn the_properties_reach_every_window() {
    let (mut reached, mut words) = (BTreeSet::new(), BTreeSet::new());
    for text in cases().flat_map(|case| case.segmentation.features).map(|slot| slot.text) {
        let Some((name, window)) =
            text.split_once("(\"").and_then(|(name, rest)| Some((name, rest.split_once('"')?.0)))
        else {
            continue;
        };
        words.insert(window.to_owned());
        reached.extend(kind_of_window(window).map(|kind| (name.to_owned(), kind)));
    }
    assert!(["month", "quarter", "year"].iter().all(|word| words.contains(*word)), "random rules read {words:?} alone");
    let takes = |name: &str, rest: &str, window: &str| {
        let file = FILE.replace("RULE", &format!("known({name}(\"{window}\"{rest}))"));
        Segmentation::load("t.yaml", file).is_ok()
    };
    let mut expected = 0;
    for entry in entries() {
        let Some(rest) = entry.examples.iter().find_map(|example| example.strip_prefix("(\"90d\"")) else { continue };
        let rest = rest.trim_end_matches(')');
        for window in ["90d", "24h", "month", "episode"] {
            let is_reached = reached.contains(&(entry.name.to_owned(), kind_of_window(window).unwrap()));
            assert_eq!(is_reached, takes(entry.name, rest, window), "{} of {window}", entry.name);
            expected += usize::from(is_reached);
        }
    }
    assert!(expected > 70, "only {expected} features with windows");
}

const FILE: &str = "{name: f, version: 1, currency: EUR, timezone: UTC, dimensions: [{name: d, segments: [{name: s, \
                    when: 'RULE'}], otherwise: o}]}";

/// Days, hours, the calendar's, or the episode; none of another text.
fn kind_of_window(window: &str) -> Option<&'static str> {
    match window.trim_start_matches(|c: char| c.is_ascii_digit()) {
        "d" => Some("days"),
        "h" => Some("hours"),
        "month" | "quarter" | "year" => Some("calendar"),
        "episode" => Some("episode"),
        _ => None,
    }
}

#[test]
fn the_properties_reach_every_kind_of_event() {
    let mut reached = BTreeSet::new();
    for case in cases() {
        reached.extend(case.events.iter().map(|event| kind(&event.body)));
    }
    let expected: BTreeSet<String> = kinds().into_iter().chain(["(erased)".to_owned()]).collect();
    let reached: BTreeSet<String> = reached.into_iter().map(str::to_owned).collect();
    assert_eq!(reached, expected);
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page() -> String {
    fs::read_to_string(root().join("docs/coverage.md")).unwrap()
}

/// Every link: its text, and its path from the root of the repository.
fn links(page: &str) -> Vec<(String, String)> {
    let code = page.split("[`").skip(1).filter_map(|rest| rest.split_once("`](")).filter_map(|(text, rest)| {
        let (target, _) = rest.split_once(')')?;
        let path = target.strip_prefix("../").map_or_else(|| format!("docs/{target}"), str::to_owned);
        Some((text.to_owned(), path))
    });
    let plain = page.split("[case](../").skip(1).filter_map(|rest| rest.split_once(')'));
    code.chain(plain.map(|(path, _)| ("case".to_owned(), path.to_owned()))).collect()
}

/// Every kind of every schema.
fn kinds() -> Vec<String> {
    let of = |family: Family| {
        let schema = fs::read_to_string(root().join(format!("schemas/{}.avsc", family.name()))).unwrap();
        let schema: Value = serde_json::from_str(&schema).unwrap();
        let fields = schema["fields"].as_array().unwrap().clone();
        let kind = fields.into_iter().find(|field| field["name"] == "kind").unwrap();
        let symbols = kind["type"]["symbols"].as_array().unwrap().clone();
        symbols.into_iter().map(|symbol| symbol.as_str().unwrap().to_owned())
    };
    Family::ALL.into_iter().flat_map(of).collect()
}

/// Its word on the wire.
fn kind(body: &Body) -> &'static str {
    body.kind().map_or("(erased)", Kind::word)
}

/// The same ones in every run.
fn cases() -> impl Iterator<Item = Case> {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let strategy = case();
    (0..CASES).map(move |_| strategy.new_tree(&mut runner).unwrap().current())
}
