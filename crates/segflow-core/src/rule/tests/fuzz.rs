//! Arbitrary rules never make the parser panic, and a refusal names a character of the rule.
//!
//! `PROPTEST_CASES=200000 cargo test --release -p segflow-core fuzz` runs for about a minute.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::rule::foreign::{Words, advised, warned};
use crate::rule::syntax::Dialect;
use crate::rule::syntax::lexer::Mistake;
use crate::rule::syntax::parser::{MAX_BYTES, parse};

/// Rules from which others are made: together they use the whole syntax.
pub(crate) const VALID: [&str; 8] = [
    "overdue.days >= 30 && !profile.vip",
    "balance > 0 || known(next_due.days) && unknown(silent.days)",
    "payments.sum(\"365d\") / 2 + credit * 1.5 - 10.50 <= overdue.amount(\"LOAN\")",
    "profile.region in ['north', \"so\\\"uth\", \"\\t\"]",
    "overdue.days in [1, 2, 3] && (balance - credit) > 5000.00",
    "segment(\"guard\") != \"none\" || segment.days(\"guard\") < 7",
    "days_since(profile.since) > days_until(profile.since) + 30",
    "payments.failed(\"90d\", \"DECLINED\") >= 2 && bucket(\"arm\") < 50",
];

/// Tokens, pieces of tokens, and what other languages write.
const PIECES: [&str; 48] = [
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "!",
    "&&",
    "||",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "in",
    "+",
    "-",
    "*",
    "/",
    "=",
    "?",
    "#",
    "\"",
    "'",
    "\\",
    "0",
    "9.",
    "1e5",
    "30d",
    "not",
    "null",
    "true",
    "\u{201c}",
    "\u{e9}",
    "\u{1f600}",
    "AND",
    "NOT",
    "BETWEEN",
    "IS NULL",
    "IN (1, 2)",
    "50%",
    "1,000",
    "\u{a3}5",
    "max(balance, 5)",
    "today",
    "dpd",
    "overdue.days",
];

/// A change of a text at some place.
#[derive(Clone, Debug)]
enum Mutation {
    Insert(Index, String),
    Remove(Index),
    Cut(Index),
    Repeat(Index, Index),
}

impl Mutation {
    fn apply(&self, characters: &mut Vec<char>) {
        let length = characters.len();
        match self {
            Self::Insert(at, text) => {
                let at = at.index(length + 1);
                characters.splice(at..at, text.chars());
            }
            Self::Remove(at) if length > 0 => drop(characters.remove(at.index(length))),
            Self::Cut(at) => characters.truncate(at.index(length + 1)),
            Self::Repeat(from, to) => {
                let (from, to) = (from.index(length + 1), to.index(length + 1));
                let part = characters[from.min(to)..from.max(to)].to_vec();
                characters.extend(part);
            }
            Self::Remove(_) => {}
        }
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let place = any::<Index>;
    let text = prop_oneof![
        4 => select(PIECES.to_vec()).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => select(VALID.to_vec()).prop_map(str::to_owned),
    ];
    prop_oneof![
        6 => (place(), text).prop_map(|(at, text)| Mutation::Insert(at, text)),
        4 => place().prop_map(Mutation::Remove),
        1 => place().prop_map(Mutation::Cut),
        2 => (place(), place()).prop_map(|(from, to)| Mutation::Repeat(from, to)),
    ]
}

/// A text changed in some places.
pub(crate) fn mutated(text: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (text, vec(mutation(), 1..8)).prop_map(|(text, mutations)| {
        let mut characters: Vec<char> = text.chars().collect();
        mutations.iter().for_each(|mutation| mutation.apply(&mut characters));
        characters.into_iter().collect()
    })
}

/// A rule that is valid but for some changes.
pub(crate) fn mutated_rule() -> impl Strategy<Value = String> {
    mutated(select(VALID.to_vec()).prop_map(str::to_owned))
}

fn answers(rule: &str) -> Result<(), TestCaseError> {
    if let Err(Mistake { at, message }) = parse(rule, &Dialect::RULE) {
        let characters = rule.chars().count();
        prop_assert!(at <= characters, "character {at} of {characters}: {message}");
        prop_assert!(!message.is_empty());
        let words = Words::new(&[]);
        let advised = advised(rule, Mistake { at, message }, &words, &mut |rule| parse(rule, &Dialect::RULE).is_ok());
        prop_assert!(advised.at <= characters, "character {} of {characters}: {}", advised.at, advised.message);
    }
    for Mistake { at, .. } in warned(rule, &Words::new(&[])) {
        prop_assert!(at < rule.chars().count());
    }
    Ok(())
}

proptest! {
    #[test]
    fn fuzz_any_bytes_are_a_rule_or_a_mistake(bytes in vec(any::<u8>(), 0..200)) {
        answers(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn fuzz_any_pieces_are_a_rule_or_a_mistake(pieces in vec(select(PIECES.to_vec()), 0..60)) {
        answers(&pieces.join(" "))?;
        answers(&pieces.concat())?;
    }

    #[test]
    fn fuzz_a_mutated_rule_is_a_rule_or_a_mistake(rule in mutated_rule()) {
        answers(&rule)?;
    }

    #[test]
    fn fuzz_a_rule_at_the_limit_of_its_length_or_nesting_is_a_rule_or_a_mistake(
        piece in select(PIECES.to_vec()),
        bytes in MAX_BYTES - 8..MAX_BYTES + 8,
    ) {
        answers(&piece.repeat(bytes / piece.len()))?;
    }
}

#[test]
fn the_rules_from_which_others_are_made_are_valid() {
    for rule in VALID {
        assert!(parse(rule, &Dialect::RULE).is_ok(), "{rule}");
    }
}
