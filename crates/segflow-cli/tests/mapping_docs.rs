//! Runs every example of `docs/mapping.md`, in the order of the page.
//!
//! The kind of a fenced block stands behind its language, where a reader of the page does not see it: ` ```yaml NAME.yaml ` and
//! ` ```json NAME ` are files, kept for later blocks; a ` ```console ` is run beside them, and must say what follows each
//! call; `...` stands for what is left out. Any other block fails.

#![allow(clippy::unwrap_used, reason = "a test")]

mod common;
#[path = "common/page.rs"]
mod page;

use std::fs;

use common::{repository, segflow};
use segflow_mapping::Mapping;

#[test]
fn every_example_of_the_page_is_true() {
    let text = fs::read_to_string(repository("docs/mapping.md")).unwrap();
    let blocks = page::blocks("docs/mapping.md", &text);
    let scratch = tempfile::tempdir().unwrap();
    let (mut wrong, mut consoles) = (String::new(), 0);
    for block in &blocks {
        let info: Vec<&str> = block.info.iter().map(String::as_str).collect();
        let outcome = match info[..] {
            ["yaml" | "json", name] => {
                fs::write(scratch.path().join(name), &block.text).map_err(|error| error.to_string())
            }
            ["console"] => {
                consoles += 1;
                page::console(scratch.path(), &block.text)
            }
            _ => Err(format!("a block of `{}` is of no kind known", info.join(" "))),
        };
        if let Err(why) = outcome {
            wrong += &format!("docs/mapping.md:{}: {why}\n\n", block.line);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(consoles >= 5, "{consoles} calls");
}

/// Every function that the page's tables name is one, and every one is named.
#[test]
fn the_page_names_every_function() {
    let text = fs::read_to_string(repository("docs/mapping.md")).unwrap();
    for name in segflow_mapping::function_names() {
        assert!(text.contains(&format!("`{name}(")), "{name}");
    }
}

/// What becomes of every sample of every shipped mapping, as a person reads it. `UPDATE_CASES=1` writes what was found.
#[test]
fn what_becomes_of_the_samples_is_as_it_was() {
    let mut folders: Vec<_> =
        fs::read_dir(repository("tests/mappings")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert_eq!(folders.len(), fs::read_dir(repository("deploy/mappings")).unwrap().count());
    for folder in folders {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let mapping = repository(&format!("deploy/mappings/{name}.yaml"));
        let mut command = segflow();
        command.args(["map", "try", "records.ndjson", "--mapping"]).arg(mapping).current_dir(&folder);
        let output = command.output().unwrap();
        let found = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        let golden = folder.join("outcomes.txt");
        if std::env::var_os("UPDATE_CASES").is_some() {
            fs::write(&golden, &found).unwrap();
        }
        assert_eq!(fs::read_to_string(&golden).unwrap(), found, "{name}");
    }
}

/// `fold` of foreign records makes the changes that `fold` of their golden events makes.
#[test]
fn fold_maps_as_the_goldens_say() {
    for (name, currency, topic) in [
        ("debezium-loans", "GBP", "lending.public.loans"),
        ("stripe", "GBP", "stripe.events"),
        ("gocardless", "GBP", "gocardless.webhooks"),
        ("camt054", "EUR", "bank.camt054"),
        ("erp-invoices", "EUR", "erp.open-items"),
    ] {
        let folder = repository("tests/mappings").join(name);
        let scratch = tempfile::tempdir().unwrap();
        let segmentation = scratch.path().join("s.yaml");
        let rules = format!(
            "name: s\nversion: 1\ncurrency: {currency}\ntimezone: Europe/London\ndimensions:\n  - name: stage\n    \
             segments: [{{name: early, when: overdue.days >= 1}}, {{name: failed, when: 'payments.failed(\"30d\") >= 1'}}]\n    otherwise: none\n"
        );
        fs::write(&segmentation, rules).unwrap();
        let mapping = repository(&format!("deploy/mappings/{name}.yaml"));
        Mapping::load(name, fs::read(&mapping).unwrap()).unwrap_or_else(|error| panic!("{error}"));
        let fold = |events: &str| {
            let mut command = segflow();
            command.arg("fold").arg("--segmentation").arg(&segmentation).arg("--mapping");
            command.arg(format!("{topic}={}", mapping.display())).arg(folder.join(events));
            let output = command.output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            let digest = said.lines().find(|line| line.starts_with("digest ")).unwrap_or_default().to_owned();
            (digest, said)
        };
        let ((mapped, said), (golden, _)) = (fold("records.ndjson"), fold("events.ndjson"));
        assert_eq!(mapped, golden, "{name}: {said}");
        assert!(said.contains(" foreign records were mapped to "), "{said}");
    }
}

/// The second line of the first order is in another currency: neither is folded. The second order is sound.
#[test]
fn a_foreign_record_is_folded_whole_or_not_at_all() {
    let scratch = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = scratch.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let segmentation = "name: s\nversion: 1\ncurrency: GBP\ntimezone: Europe/London\ndimensions:\n  - name: stage\n    \
                        segments: [{name: early, when: overdue.days >= 1}]\n    otherwise: none\n";
    let mapping = "mapping: m\neach: lines\nevents:\n  - to: invoices.ISSUED\n    event_id: item.id\n    customer_id: customer\n    \
                   occurred_at: record.timestamp\n    invoice_id: item.id\n    currency: item.currency\n    \
                   amount_minor: money(item.amount)\n    due_date: item.due\notherwise: dead-letter\n";
    let line = |id: &str, currency: &str| {
        format!(r#"{{"id": "{id}", "currency": "{currency}", "amount": "5.00", "due": "2026-05-05"}}"#)
    };
    let order = |customer: &str, lines: &[String]| {
        let lines = lines.join(", ");
        format!(
            r#"{{"topic": "orders", "ts": 1777800000000, "payload": {{"customer": "{customer}", "lines": [{lines}]}}}}{}"#,
            "\n"
        )
    };
    let records =
        order("C-1", &[line("1", "GBP"), line("2", "EUR")]) + &order("C-2", &[line("3", "GBP"), line("4", "GBP")]);
    let mapped = format!("orders={}", file("m.yaml", mapping).display());
    let fold = |more: &[&str]| {
        let mut command = segflow();
        command.arg("fold").arg("--segmentation").arg(file("s.yaml", segmentation)).args(["--mapping", &mapped]);
        let output = command.args(more).arg(file("records.ndjson", &records)).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = fold(&[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("wrong_currency: currency: expected GBP, found \"EUR\""), "{said}");
    assert!(said.contains("3 records read: 2 folded (0 late), 0 duplicates"), "{said}");
    assert!(said.contains("2 foreign records were mapped to 2 events; 1 are dead letters"), "{said}");
    // Whoever ignores other currencies ignores that line alone.
    let (_, said) = fold(&["--other-currency", "ignore"]);
    assert!(
        said.contains("4 records read: 3 folded") && said.contains("1 records of another currency were ignored"),
        "{said}"
    );
    let (code, said) = fold(&["--arrival", "occurred-at"]);
    assert!(code == Some(1) && said.contains("--arrival occurred-at: expected it without --mapping"), "{said}");
    let (code, said) = fold(&["--mapping", &mapped]);
    assert!(
        code == Some(1) && said.contains("--mapping orders: expected one mapping for a topic, found two"),
        "{said}"
    );
}
