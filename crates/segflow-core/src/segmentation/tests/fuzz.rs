//! Arbitrary files never make the loader panic, and every problem names a place in the file.
//!
//! `PROPTEST_CASES=200000 cargo test --release -p segflow-core fuzz` runs for about a minute.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::example::EXAMPLE;
use super::file_with;
use crate::rule::tests::fuzz::{VALID, mutated, mutated_rule};
use crate::segmentation::{Position, Segmentation};

/// A problem stands on a line of the file or just behind it, on a character of that line or just behind it.
fn answers(bytes: &[u8]) -> Result<(), TestCaseError> {
    let Err(error) = Segmentation::load("t.yaml", bytes) else { return Ok(()) };
    prop_assert!(!error.problems.is_empty());
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.split(['\n', '\r']).collect();
    for problem in &error.problems {
        let Position { line, column } = problem.position;
        prop_assert!((1..=lines.len() + 1).contains(&line), "{problem}: {} lines", lines.len());
        let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or_default();
        prop_assert!((1..=longest + 2).contains(&column), "{problem}: the longest line has {longest} characters");
        prop_assert!(!problem.message.is_empty());
    }
    Ok(())
}

proptest! {
    #[test]
    fn fuzz_any_bytes_are_a_segmentation_or_problems(bytes in vec(any::<u8>(), 0..300)) {
        answers(&bytes)?;
    }

    #[test]
    fn fuzz_a_file_with_changed_bytes_is_a_segmentation_or_problems(
        changes in vec((any::<Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = EXAMPLE.as_bytes().to_vec();
        for (at, byte) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        answers(&bytes)?;
    }

    #[test]
    fn fuzz_a_mutated_file_is_a_segmentation_or_problems(text in mutated(Just(EXAMPLE.to_owned()))) {
        answers(text.as_bytes())?;
    }

    #[test]
    fn fuzz_a_file_with_a_mutated_rule_is_a_segmentation_or_problems(rule in mutated_rule()) {
        answers(file_with(&rule).as_bytes())?;
        answers(file_with(&format!("'{}'", rule.replace('\'', "''"))).as_bytes())?;
    }
}

#[test]
fn a_file_with_one_of_the_rules_from_which_others_are_made_loads() {
    for rule in VALID {
        let file = file_with(&format!("'{}'", rule.replace('\'', "''")));
        assert!(Segmentation::load("t.yaml", file).is_ok(), "{rule}");
    }
}
