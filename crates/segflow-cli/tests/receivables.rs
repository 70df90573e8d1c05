//! Receivables that somebody else published, with the publisher's own answers: `tests/receivables/README.md`.
//!
//! The data set lies beside the clone, in `../shared`, or where `SEGFLOW_SHARED` says. Without it these tests say on
//! standard error that they were skipped.

#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use common::{repository, segflow};
use serde_json::{Value, json};

/// A local midnight after the last settlement.
const END: &str = "2014-02-01T05:00:00Z";
/// Local midnights amid the data, when invoices of every stage are open.
const AMID: [&str; 2] = ["2012-07-15T04:00:00Z", "2013-06-15T04:00:00Z"];

#[test]
fn by_invoice_the_changes_alone_give_the_publishers_answers() {
    let Some(data) = Receivables::find() else { return };
    let folded = data.fold("by-invoice.yaml", &data.events(&["--key=invoice"]), END, &[]);
    let mut figures = data.python("figures.py");
    let found = with_input(figures.arg("--publisher").arg(&data.csv), &folded.output);
    let expected = json!({
        "invoices": 2_466, "late": 877, "days_late": 8_489, "days_to_settle": 65_213,
        "paid_on_the_due_date": 84, "of_them_ever_late": 0, "disputed": 561,
    });
    assert_eq!(serde_json::from_str::<Value>(&found).unwrap(), expected);
}

#[test]
fn by_customer_every_change_of_stage_is_at_its_instant() {
    by_customer_as_recomputed(&[]);
}

#[test]
fn disputes_while_invoices_are_open_change_stages_at_their_instants() {
    by_customer_as_recomputed(&["--disputes=while-open"]);
}

#[test]
fn payments_that_name_no_invoice_change_stages_at_their_instants() {
    by_customer_as_recomputed(&["--unnamed"]);
}

#[test]
fn recorded_days_late_stages_change_when_facts_are_known() {
    by_customer_as_recomputed(&["--disputes=while-open", "--recorded=late"]);
}

fn by_customer_as_recomputed(arguments: &[&str]) {
    let Some(data) = Receivables::find() else { return };
    let events = data.events(&[&["--key=customer"], arguments].concat());
    let recomputed = with_input(data.python("expected.py").arg(END), &events);
    let expected = moves(&recomputed, "at");
    let found = moves(&data.fold("by-customer.yaml", &events, END, &[]).output, "effective_at");
    assert!(expected.len() > 2_000, "{} moves of 100 customers over two years", expected.len());
    for (expected, found) in expected.iter().zip(&found) {
        assert_eq!(found, expected, "customer, instant, from, to");
    }
    assert_eq!(found.len(), expected.len());
}

#[test]
fn messy_money_every_change_has_its_instant_its_account_and_its_values() {
    messy_money_as_recomputed(&[], 1_100, 27_629);
}

#[test]
fn messy_money_recorded_days_late_counts_when_it_is_known() {
    messy_money_as_recomputed(&["--recorded=late"], 1_100, 26_013);
}

/// With a horizon that hardly reaches beyond the longest window: what is pruned is missed by no feature.
#[test]
fn messy_money_is_pruned_unseen() {
    messy_money_as_recomputed(&["--recorded=late"], 91, 26_744);
}

fn messy_money_as_recomputed(arguments: &[&str], horizon_days: u16, changes: u64) {
    let Some(data) = Receivables::find() else { return };
    let scratch = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = scratch.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let segmentation = fs::read_to_string(data.scripts.join("messy-money.yaml")).unwrap();
    assert!(segmentation.contains("horizon: 1100d"), "{segmentation}");
    let horizon = format!("horizon: {horizon_days}d");
    let segmentation = write("segmentation.yaml", &segmentation.replace("horizon: 1100d", &horizon));

    let events = data.events(&[&["--key=customer", "--messy", "--disputes=while-open"], arguments].concat());
    let mut oracle = data.python("expected.py");
    let recomputed = with_input(oracle.args([END, "--money", "--horizon"]).arg(horizon_days.to_string()), &events);
    let folded = data.fold(segmentation.to_str().unwrap(), &events, END, &[]);
    let files = [write("recomputed.ndjson", &recomputed), write("changes.ndjson", &folded.output)];
    let figures: Value = serde_json::from_str(&with_input(data.python("compare.py").args(files), "")).unwrap();
    let counts = ["recomputed", "changes", "differences"].map(|count| figures[count].as_u64().unwrap());
    assert_eq!(counts, [changes, changes, 0], "{figures}");
}

/// Customer, instant, segment left, segment entered; in that order.
fn moves(lines: &str, instant: &str) -> Vec<[String; 4]> {
    let text = |value: &Value| value.as_str().unwrap_or("(none)").to_owned();
    let read = |line: &str| {
        let change: Value = serde_json::from_str(line).unwrap();
        ["customer_id", instant, "from", "to"].map(|field| text(&change[field]))
    };
    let mut moves: Vec<_> = lines.lines().map(read).collect();
    moves.sort();
    moves
}

/// Facts that are known before any takes effect arrive in no order: no byte of a change may depend on one.
#[test]
fn known_in_advance_in_any_order_and_twice_decides_the_same_changes() {
    let Some(data) = Receivables::find() else { return };
    for money in MONEY {
        let arguments = [&["--key=customer", "--disputes=while-open"], money].concat();
        let events = |order: &[&str]| data.events(&[arguments.as_slice(), order].concat());
        let fold = |order: &[&str]| data.fold("messy-money.yaml", &events(order), END, &[]);
        let in_order = fold(&[]);
        assert!(!in_order.output.is_empty());
        for order in ORDERS {
            let found = fold(&[&["--known=in-advance"], order].concat());
            assert_eq!(found.digest(), in_order.digest(), "{money:?}, {order:?}");
            let copies = if order.contains(&"--twice") { found.folded() } else { 0 };
            assert_eq!(found.duplicates(), copies, "{money:?}, {order:?}");
        }
    }
}

/// Arriving late, a fact counts from its arrival: changes differ, what is true in the end does not.
#[test]
fn arriving_in_any_order_and_twice_ends_in_the_same_facts_and_memberships() {
    let Some(data) = Receivables::find() else { return };
    for money in MONEY {
        for end in [AMID[0], AMID[1], END] {
            ends_the_same_in_any_order(&data, money, end);
        }
    }
}

fn ends_the_same_in_any_order(data: &Receivables, money: &[&str], end: &str) {
    let before = format!("--before={}", end.replace('Z', "+00:00"));
    let arriving = [&["--key=customer", "--disputes=while-open", &before], money].concat();
    let at_the_end = |order: &[&str]| {
        let events = data.events(&[arriving.as_slice(), order].concat());
        let customers = customers(&events);
        let explained = data.fold("messy-money.yaml", &events, end, &customers);
        let copies = if order.contains(&"--twice") { explained.folded() } else { 0 };
        assert_eq!(explained.duplicates(), copies, "{money:?} before {end}, {order:?}");
        let memberships = memberships(&data.fold("messy-money.yaml", &events, end, &[]).output);
        assert_eq!(memberships.len(), customers.len(), "{money:?} before {end}, {order:?}");
        (without_entries(&explained.output), memberships)
    };
    let (portraits, memberships) = at_the_end(&[]);
    assert_eq!(portraits.matches("  stage: ").count(), memberships.len());
    for order in ORDERS {
        let found = at_the_end(order);
        assert_eq!(found.0, portraits, "{money:?} before {end}, {order:?}");
        assert_eq!(found.1, memberships, "{money:?} before {end}, {order:?}");
    }
}

/// As it was exported, and as it moves in practice.
const MONEY: [&[&str]; 2] = [&[], &["--messy"]];

const ORDERS: [&[&str]; 4] = [&["--twice"], &["--shuffle=1"], &["--shuffle=2", "--twice"], &["--shuffle=3", "--twice"]];

fn customers(events: &str) -> Vec<String> {
    let key = |line: &str| serde_json::from_str::<Value>(line).unwrap()["key"].as_str().unwrap().to_owned();
    let mut customers: Vec<String> = events.lines().map(key).collect();
    customers.sort();
    customers.dedup();
    customers
}

/// Per customer the memberships of the last change.
fn memberships(changes: &str) -> BTreeMap<String, Value> {
    let of = |line: &str| {
        let mut change: Value = serde_json::from_str(line).unwrap();
        (change["customer_id"].as_str().unwrap().to_owned(), change["memberships"].take())
    };
    changes.lines().map(of).collect()
}

/// Portraits but for when, and by which change, a segment was entered.
fn without_entries(portraits: &str) -> String {
    portraits.lines().filter(|line| !line.starts_with("    since ")).map(|line| format!("{line}\n")).collect()
}

/// The data set, and the scripts that read it.
struct Receivables {
    csv: PathBuf,
    scripts: PathBuf,
}

struct Folded {
    output: String,
    summary: String,
}

impl Receivables {
    fn find() -> Option<Self> {
        let beside = || repository("../shared");
        let shared = std::env::var_os("SEGFLOW_SHARED").map_or_else(beside, PathBuf::from);
        let csv = shared.join("data/accounts-receivable.csv");
        if !csv.exists() {
            // Past the harness, which keeps to itself what a test that passes prints.
            let skipped = format!("SKIPPED, not tested: {} is missing; set SEGFLOW_SHARED\n", csv.display());
            std::io::stderr().write_all(skipped.as_bytes()).unwrap();
            return None;
        }
        Some(Self { csv, scripts: repository("tests/receivables") })
    }

    fn python(&self, script: &str) -> Command {
        let mut command = Command::new("python3");
        // Nothing of the machine's own Python, and no compiled copies in the clone.
        command.args(["-I", "-B"]).arg(self.scripts.join(script));
        command
    }

    fn events(&self, arguments: &[&str]) -> String {
        with_input(self.python("events.py").arg(&self.csv).args(arguments), "")
    }

    fn fold(&self, segmentation: &str, events: &str, until: &str, explain: &[String]) -> Folded {
        let scratch = tempfile::tempdir().unwrap();
        let (file, dead_letters) = (scratch.path().join("events.ndjson"), scratch.path().join("dead-letters.ndjson"));
        fs::write(&file, events).unwrap();
        let mut command = segflow();
        command.args(["fold", "--until", until, "--segmentation"]).arg(self.scripts.join(segmentation));
        command.arg("--dead-letters").arg(&dead_letters);
        command.args(explain.iter().map(|customer| format!("--explain={customer}")));
        let output = command.arg(&file).output().unwrap();
        let summary = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{summary}");
        assert_eq!(fs::read_to_string(&dead_letters).unwrap(), "", "every event can be used");
        Folded { output: String::from_utf8(output.stdout).unwrap(), summary }
    }
}

impl Folded {
    fn digest(&self) -> &str {
        self.summary.lines().find(|line| line.starts_with("digest ")).unwrap()
    }

    /// How many events were new.
    fn folded(&self) -> u64 {
        self.count("folded")
    }

    /// How many were copies, which all have to be of equal content.
    fn duplicates(&self) -> u64 {
        assert_eq!(self.count("conflicts"), 0, "{}", self.summary);
        self.count("duplicates")
    }

    /// The number before a word of the summary: `5493 folded (0 late), 0 duplicates (0 conflicts), ...`
    fn count(&self, word: &str) -> u64 {
        let words: Vec<&str> = self.summary.split([' ', '(', ')', ',', ':', ';', '\n']).collect();
        let at = words.iter().position(|found| *found == word).unwrap();
        words[at - 1].parse().unwrap()
    }
}

/// The output of a command that reads `input`, and succeeds.
fn with_input(command: &mut Command, input: &str) -> String {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_owned());
    // From a thread, since a command may write before it has read everything. One that gave up says why below.
    let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
