//! Rules as people write them who come from SQL, spreadsheets and other languages, and the message that each gets.
//!
//! The golden is `foreign.txt`: a rule a line, under it the character at which the message points, and the message. To try
//! more rules, add lines and run with `UPDATE_EXPECT=1`.

use expect_test::expect_file;

use super::file_with;
use crate::segmentation::{LoadError, Loaded, Segmentation};

const GOLDEN: &str = include_str!("foreign.txt");

fn load(rule: &str) -> Result<Loaded, LoadError> {
    // YAML reads a rule without quotes only where nothing in it is YAML's own.
    let quoted = if rule.contains('\'') { rule.to_owned() } else { format!("'{rule}'") };
    Segmentation::load("t.yaml", file_with(&quoted))
}

/// What is said of a rule: the character at which it points, from 1, and the message.
fn said(rule: &str) -> Vec<(usize, String)> {
    let problems = match load(rule) {
        Ok(Loaded { warnings, .. }) => warnings,
        Err(error) => error.problems,
    };
    let quote = usize::from(!rule.contains('\''));
    let shown = |problem: crate::segmentation::error::Problem| {
        assert_eq!(problem.position.line, 24, "{rule}: {problem}");
        (problem.position.column - 14 - quote, problem.message)
    };
    problems.into_iter().map(shown).collect()
}

fn rules() -> impl Iterator<Item = &'static str> {
    GOLDEN.lines().filter(|line| !line.starts_with("  ") && !line.starts_with("# ") && !line.is_empty())
}

#[test]
fn each_rule_of_another_language_gets_its_message() {
    let lines = GOLDEN.lines().filter(|line| !line.starts_with("  "));
    let shown = lines.map(|line| {
        if line.is_empty() || line.starts_with("# ") {
            return format!("{line}\n");
        }
        let kind = if load(line).is_ok() { "warning: " } else { "" };
        let said = said(line).into_iter().map(|(at, message)| format!("  {at}: {kind}{message}\n"));
        format!("{line}\n{}", said.collect::<String>())
    });
    expect_file!["foreign.txt"].assert_eq(&shown.collect::<String>());
}

#[test]
fn every_message_is_short_and_every_rule_in_it_is_valid() {
    let mut valid = 0;
    for rule in rules() {
        let said = said(rule);
        assert_eq!(said.len(), 1, "{rule}: {said:?}");
        let (at, message) = &said[0];
        assert!((1..=rule.chars().count() + 1).contains(at), "{rule}: {at}");
        assert!(message.matches(". ").count() < 2 && message.len() < 400, "{rule}: {message}");
        for suggested in suggested(message) {
            if let Err(error) = load(suggested) {
                panic!("{rule}\n{message}\n{suggested}\n{error}");
            }
            valid += 1;
        }
    }
    assert!(valid > 100, "the messages suggest {valid} rules");
}

#[test]
fn a_long_rule_is_told_of_what_is_wrong_and_not_written_out() {
    let long = "overdue.days > 30 || ".repeat(100);
    let said = said(&format!("{long}balance = 5"));
    assert_eq!(said, [(long.len() + 9, "there is no `=`: write `==`".to_owned())]);
}

/// The rules that a message suggests: those in backticks that are more than a word, but for forms with letters.
fn suggested(message: &str) -> impl Iterator<Item = &str> {
    let parts: Vec<&str> = message.split('`').collect();
    let rules = (1..parts.len()).step_by(2).filter(move |index| {
        let (before, after) = (parts[index - 1], parts.get(index + 1).copied().unwrap_or_default());
        let offered = ["write ", " or ", "in full: ", "as in "].iter().any(|word| before.ends_with(word));
        let letters = parts[*index].split(|c: char| !c.is_alphanumeric()).any(|word| ["a", "x"].contains(&word));
        offered && parts[*index].contains(' ') && after != " for " && !letters
    });
    let parts: Vec<&str> = message.split('`').collect();
    rules.map(move |index| parts[index]).collect::<Vec<_>>().into_iter()
}
