//! The table of rules as one would write them in SQL or a spreadsheet: each is refused with a message that leads to the rule
//! beside it, and that one loads.

use std::fs;

use super::common::repository;
use super::{refused, rule};

const SECTION: &str = "### Coming from SQL or a spreadsheet\n";

#[test]
fn each_rule_of_another_language_is_answered_with_ours() {
    let page = fs::read_to_string(repository("docs/segmentation.md")).unwrap();
    let (_, section) = page.split_once(SECTION).expect("the section");
    let rows = section.lines().take_while(|line| !line.starts_with('#')).filter_map(row);
    let mut seen = 0;
    for (theirs, ours) in rows {
        let said = refused(&format!("when: {}", quoted(&theirs)));
        assert!(said.contains(&format!("`{ours}`")), "`{theirs}`: {said}");
        assert_eq!(rule(&format!("when: {}", quoted(&ours))), Ok(()), "`{ours}`");
        seen += 1;
    }
    assert!(seen >= 20, "the table has {seen} rows");
}

/// The two rules of a row of the table.
fn row(line: &str) -> Option<(String, String)> {
    let cells = line.strip_prefix("| `")?.strip_suffix("` |")?;
    let (theirs, ours) = cells.split_once("` | `")?;
    // A bar within a cell is written with a backslash.
    Some((theirs.replace("\\|", "|"), ours.replace("\\|", "|")))
}

/// As YAML reads it back.
fn quoted(rule: &str) -> String {
    format!("'{}'", rule.replace('\'', "''"))
}
