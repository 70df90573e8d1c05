//! Runs every example of `docs/segmentation.md`, in the order of the page.
//!
//! The kind of a fenced block stands behind its language, where a reader of the page does not see it:
//!
//! | block | what is done with it |
//! |---|---|
//! | ` ```yaml NAME.yaml ` | a whole file: kept for later blocks; it must load without errors or warnings, unless a later `segflow check` of it shows some |
//! | ` ```json NAME.ndjson ` | events: kept for later blocks |
//! | ` ```yaml rules ` | each line is a `when`, put by itself into [`FRAME`], which must load without errors or warnings |
//! | ` ```yaml segment `, ` ```yaml dimensions `, ` ```yaml header ` | likewise as a segment, as dimensions, or before `dimensions` |
//! | ` ```console ` | `$ segflow ...` is run beside the files kept, and must say what follows it; `...` stands for what is left out |
//! | ` ```text timeline NAME.yaml ` | events, and, indented, the changes that `segflow fold` must make of them: see `timeline` |
//! | ` ```json change ` | what the last change of the last timeline must have among its fields |
//! | ` ```text mistakes ` | each `when`, put into [`FRAME`], must be refused with the message under it alone |
//!
//! Any other block fails.

#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "../common/mod.rs"]
mod common;
mod foreign;
#[path = "../common/page.rs"]
mod page;
mod timeline;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::{repository, segflow};
use page::{Block, blocks};
use segflow_core::segmentation::Segmentation;
use serde_json::Value;

/// The frame that fragments are put into: at `# header`, at `# dimensions`, or as the one segment of the last dimension.
const FRAME: &str = r#"name: frame
version: 1
currency: GBP
timezone: Europe/London
attributes: {vulnerable: bool, credit_score: int, region: string, hardship_share: ratio, monthly_surplus: money, hold_until: date, contract_since: date}
# header
dimensions:
# dimensions
  - name: framed
    segments:
      - name: entered
        when: overdue.days >= 1
    otherwise: none
"#;
/// In every fragment but headers: without holidays, rules that read promises are warned of.
const HEADER: &str = "parameters: {holidays: [2026-12-25]}";
const SEGMENT: &str = "        when: overdue.days >= 1\n";

#[test]
fn every_example_of_the_page_is_true() {
    let page = repository("docs/segmentation.md");
    let blocks = blocks("docs/segmentation.md", &fs::read_to_string(page).unwrap());
    let scratch = tempfile::tempdir().unwrap();
    let mut reader = Reader { scratch: scratch.path(), blocks: &blocks, last: Value::Null, seen: BTreeMap::new() };
    let mut wrong = String::new();
    for block in &blocks {
        if let Err(why) = reader.check(block) {
            wrong += &format!("docs/segmentation.md:{}: {why}\n\n", block.line);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    for kind in
        ["file", "events", "rules", "segment", "dimensions", "header", "console", "timeline", "change", "mistakes"]
    {
        assert!(reader.seen.contains_key(kind), "the page has no block of {kind} any more");
    }
}

struct Reader<'a> {
    /// Holds the files of the page.
    scratch: &'a Path,
    blocks: &'a [Block],
    /// The last change of the last timeline.
    last: Value,
    /// How many blocks of each kind there were.
    seen: BTreeMap<&'static str, usize>,
}

impl Reader<'_> {
    fn check(&mut self, block: &Block) -> Result<(), String> {
        let info: Vec<&str> = block.info.iter().map(String::as_str).collect();
        let (kind, outcome) = match info[..] {
            ["yaml", name] if name.ends_with(".yaml") => ("file", self.file(name, &block.text)),
            ["json", name] if name.ends_with(".ndjson") => ("events", self.keep(name, &block.text)),
            ["yaml", "rules"] => ("rules", block.text.lines().try_for_each(rule)),
            ["yaml", "segment"] => ("segment", loads(&framed(SEGMENT, &indented(8, &without_name(&block.text))))),
            ["yaml", "dimensions"] => ("dimensions", loads(&framed("# dimensions\n", &indented(2, &block.text)))),
            ["yaml", "header"] => ("header", loads(&FRAME.replace("# header\n", &block.text))),
            ["console"] => ("console", page::console(self.scratch, &block.text)),
            ["text", "timeline", name] => ("timeline", self.timeline(name, &block.text)),
            ["json", "change"] => ("change", self.change(&block.text)),
            ["text", "mistakes"] => ("mistakes", mistakes(&block.text)),
            _ => return Err(format!("a block of `{}` is of no kind known", info.join(" "))),
        };
        *self.seen.entry(kind).or_default() += 1;
        outcome
    }

    fn keep(&self, name: &str, text: &str) -> Result<(), String> {
        fs::write(self.scratch.join(name), text).map_err(|error| error.to_string())
    }

    fn file(&self, name: &str, text: &str) -> Result<(), String> {
        self.keep(name, text)?;
        let checked = format!("$ segflow check {name}");
        let shown = self.blocks.iter().filter_map(|block| block.text.split_once(&checked));
        // The part that the page shows is compared there.
        let faulty = shown.into_iter().any(|(_, said)| !said.contains(" is valid (") || said.contains("warning: "));
        if faulty { Ok(()) } else { loads(text) }
    }

    fn timeline(&mut self, name: &str, text: &str) -> Result<(), String> {
        let told = timeline::read(text)?;
        let events = self.scratch.join("timeline.ndjson");
        fs::write(&events, &told.events).unwrap();
        let mut command = segflow();
        command.args(["fold", "--segmentation", name, "--until", &told.end, "timeline.ndjson"]);
        let output = command.current_dir(self.scratch).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() || !said.contains(" 0 dead letters") {
            return Err(format!("the events cannot be folded: {said}"));
        }
        let changes: Vec<Value> =
            output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
        let found = timeline::changes(&changes);
        if found != told.changes {
            return Err(format!("the changes are\n{}\n", found.join("\n")));
        }
        self.last = changes.last().cloned().unwrap_or_default();
        Ok(())
    }

    fn change(&self, text: &str) -> Result<(), String> {
        let shown: BTreeMap<String, Value> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match shown.iter().find(|(field, value)| self.last.get(field) != Some(value)) {
            Some((field, _)) => Err(format!("`{field}` is {}", self.last[field])),
            None if shown.is_empty() => Err("no field is shown".to_owned()),
            None => Ok(()),
        }
    }
}

fn rule(line: &str) -> Result<(), String> {
    loads(&framed(SEGMENT, &indented(8, line))).map_err(|why| format!("`{line}`: {why}"))
}

/// The message with which each rule is refused.
fn mistakes(text: &str) -> Result<(), String> {
    let rules = text.lines().filter(|line| line.starts_with("when: "));
    let found: String = rules.map(|rule| format!("{rule}\n  {}\n", refused(rule))).collect();
    match found == text && !text.is_empty() {
        true => Ok(()),
        false => Err(format!("the messages are\n{found}")),
    }
}

fn refused(rule: &str) -> String {
    match Segmentation::load("frame.yaml", framed(SEGMENT, &indented(8, rule))) {
        Ok(_) => "(valid)".to_owned(),
        Err(error) => error.problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("\n  "),
    }
}

fn framed(place: &str, fragment: &str) -> String {
    assert_eq!(FRAME.matches(place).count(), 1, "the frame has one place for a fragment");
    FRAME.replace(place, fragment).replace("# header", HEADER)
}

/// The frame names its one segment.
fn without_name(segment: &str) -> String {
    segment.lines().filter(|line| !line.starts_with("name: ")).map(|line| format!("{line}\n")).collect()
}

fn indented(spaces: usize, text: &str) -> String {
    text.lines().map(|line| format!("{}{line}\n", " ".repeat(spaces))).collect()
}

fn loads(file: &str) -> Result<(), String> {
    let loaded = Segmentation::load("frame.yaml", file).map_err(|error| error.to_string())?;
    match &loaded.warnings[..] {
        [] => Ok(()),
        warnings => Err(format!("warnings: {warnings:?}")),
    }
}
