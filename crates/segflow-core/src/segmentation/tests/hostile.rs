//! Whatever the bytes, loading ends with an answer.

use super::example::EXAMPLE;
use super::file_with;
use crate::segmentation::Segmentation;

/// Marsaglia's xorshift (2003): reproducible without a dependency.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).expect("below a usize")
    }
}

/// A refusal names places within the file.
fn survives(bytes: &[u8]) {
    let Err(error) = Segmentation::load("t.yaml", bytes) else {
        return;
    };
    assert!(!error.problems.is_empty());
    let lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 2;
    for problem in &error.problems {
        assert!((1..=lines).contains(&problem.position.line), "{problem} of {lines} lines");
        assert!((1..=bytes.len() + 2).contains(&problem.position.column), "{problem}");
    }
}

#[test]
fn truncations_are_refused_or_read() {
    for text in [EXAMPLE.to_owned(), file_with("(balance > 0.5 || !profile.vip) && overdue.days in [1, 2]")] {
        (0..text.len()).for_each(|end| survives(&text.as_bytes()[..end]));
        (0..text.len()).for_each(|start| survives(&text.as_bytes()[start..]));
    }
}

#[test]
fn random_bytes_and_mutations_are_refused_or_read() {
    let mut dice = Dice(0x5e9_f10a);
    for _ in 0..3_000 {
        let bytes: Vec<u8> = (0..dice.below(200)).map(|_| u8::try_from(dice.below(256)).expect("a byte")).collect();
        survives(&bytes);
    }
    let pieces = b"{}[]():,.!&*|>'\"%@`#-?~ \n\r\t\\=<>0aZ_\xc3\xa9";
    for _ in 0..3_000 {
        let mut bytes = EXAMPLE.as_bytes().to_vec();
        for _ in 0..=dice.below(4) {
            let at = dice.below(bytes.len());
            let piece = pieces[dice.below(pieces.len())];
            match dice.below(3) {
                0 => bytes[at] = piece,
                1 => bytes.insert(at, piece),
                _ => drop(bytes.remove(at)),
            }
        }
        survives(&bytes);
    }
}

#[test]
fn random_rules_are_refused_or_read() {
    let words = [
        "balance",
        "overdue.days",
        "profile.vip",
        "profile.region",
        "payments.sum(\"30d\")",
        "segment(\"guard\")",
        "known",
        "(",
        ")",
        "[",
        "]",
        ",",
        "!",
        "&&",
        "||",
        "==",
        "<",
        ">=",
        "in",
        "+",
        "-",
        "*",
        "/",
        "customer.days",
        "pay_ratio(\"30d\")",
        "overdue.amount(\"LOAN\")",
        "bucket(\"arm\")",
        "days_since(profile.since)",
        "1",
        "0.5",
        "\"none\"",
        "true",
        ".",
        "é",
        "\\",
    ];
    let mut dice = Dice(0xd1ce);
    for _ in 0..5_000 {
        let rule: Vec<&str> = (0..dice.below(12)).map(|_| words[dice.below(words.len())]).collect();
        survives(file_with(&format!("'{}'", rule.join(" "))).as_bytes());
    }
}
