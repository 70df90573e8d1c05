//! What a rule may name, and what a name or text of a rule can stand for.

use super::numbers::days;
use super::pieces::{Class, Piece, group};
use crate::feature::catalogue::{Entry, entries};
use crate::feature::context::AttributeDeclaration;
use crate::value_type::ValueType;

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
/// Words of other languages that are no operands.
const NO_OPERANDS: [&str; 14] =
    ["and", "or", "not", "in", "is", "between", "like", "ilike", "xor", "then", "else", "null", "interval", "where"];

/// The names that a rule may use.
pub(crate) struct Words<'a> {
    entries: Vec<Entry>,
    attributes: &'a [AttributeDeclaration],
}

impl<'a> Words<'a> {
    pub(crate) fn new(attributes: &'a [AttributeDeclaration]) -> Self {
        Self { entries: entries(), attributes }
    }

    pub(super) fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.entries.iter().map(|entry| entry.name).chain(["known", "unknown"])
    }

    pub(super) fn attributes(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.attributes.iter().map(|attribute| attribute.name.as_str())
    }

    pub(super) fn knows(&self, name: &str) -> bool {
        ["true", "false", "in"].contains(&name) || self.names().any(|known| known == name) || self.kind(name).is_some()
    }

    fn kind(&self, name: &str) -> Option<ValueType> {
        match name.strip_prefix("profile.") {
            Some(name) => {
                self.attributes.iter().find(|attribute| attribute.name == name).map(|attribute| attribute.kind)
            }
            None => self.entry(name).map(|entry| entry.kind),
        }
    }

    /// The end of the feature that begins at a piece, if its type is wanted.
    fn typed(&self, pieces: &[Piece], at: usize, wanted: impl Fn(ValueType) -> bool) -> Option<usize> {
        let name = pieces.get(at).filter(|piece| piece.class == Class::Name)?;
        let kind = self.kind(&name.text)?;
        wanted(kind).then(|| primary(pieces, at)).flatten()
    }

    /// The end of what a hole of this letter takes from a piece on; none if it takes nothing there.
    pub(super) fn hole(&self, letter: &str, pieces: &[Piece], at: usize) -> Option<usize> {
        use ValueType::{Bool, Date, Int, Money, Ratio, Text};
        let piece = pieces.get(at);
        let class = |class| piece.filter(|piece| piece.class == class);
        let text = || class(Class::Text).map(Piece::content);
        let only = |fits: bool| fits.then_some(at + 1);
        match letter {
            "x" | "y" | "z" => operand(pieces, at),
            "c" | "e" | "f" => condition(pieces, at),
            "l" => list(pieces, at),
            "b" => self.typed(pieces, at, |kind| kind == Bool),
            "d" => self.typed(pieces, at, |kind| kind == Date),
            "s" => self.typed(pieces, at, |kind| kind == Text),
            "a" => self.typed(pieces, at, |kind| matches!(kind, Int | Money | Ratio)),
            "n" => number(pieces, at),
            "N" => only(class(Class::Number)?.text.contains(|c: char| c != '0' && c != '.')),
            "t" => only(text().is_some()),
            "o" => only(piece?.compares()),
            "v" => only(text().is_some_and(|text| self.knows(text))),
            "g" | "p" => only(piece?.is(">") || piece?.is(">=")),
            "k" | "h" => only(piece?.is("<") || piece?.is("<=")),
            "u" => only(text().is_some_and(|text| days(text).is_some() && text.ends_with(|c: char| c.is_alphabetic()))),
            "i" => only(text().is_some_and(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))),
            "j" | "q" => only(named(letter, piece?).is_some()),
            "w" => {
                let word = class(Class::Name)?.text.as_str();
                let call = pieces.get(at + 1).is_some_and(|next| next.is("("));
                only(!call && !word.contains('.') && !self.knows(word) && !foreign(word))
            }
            _ => None,
        }
    }
}

/// What stands in a hole, in a rule's words; none if it stands there as it is.
pub(super) fn converted(letter: &str, piece: &Piece) -> Option<(Class, String)> {
    let text = piece.content();
    Some(match letter {
        "u" => (Class::Number, days(text)?.to_string()),
        "i" => (Class::Number, text.to_owned()),
        "j" | "q" => (Class::Number, named(letter, piece)?.to_string()),
        "v" => (Class::Name, text.to_owned()),
        "r" | "w" => (Class::Text, format!("\"{text}\"")),
        _ => return None,
    })
}

/// The number of a weekday (`j`) or of a month (`q`), written in full or in three letters.
fn named(letter: &str, piece: &Piece) -> Option<usize> {
    let names: &[&str] = if letter == "j" { &WEEKDAYS } else { &MONTHS };
    let word = piece.content().to_lowercase();
    names.iter().position(|name| *name == word || name[..3] == *word).map(|index| index + 1)
}

fn foreign(word: &str) -> bool {
    NO_OPERANDS.contains(&word.to_lowercase().as_str())
}

fn number(pieces: &[Piece], at: usize) -> Option<usize> {
    let digits = if pieces.get(at)?.is("-") { at + 1 } else { at };
    (pieces.get(digits)?.class == Class::Number).then_some(digits + 1)
}

/// The end of a value, a feature with its arguments, or parentheses.
pub(super) fn primary(pieces: &[Piece], at: usize) -> Option<usize> {
    let piece = pieces.get(at)?;
    match piece.class {
        Class::Name if foreign(&piece.text) => None,
        Class::Name if pieces.get(at + 1).is_some_and(|next| next.is("(")) => group(pieces, at + 1),
        Class::Name | Class::Number | Class::Text => Some(at + 1),
        Class::Symbol if piece.is("(") => group(pieces, at),
        Class::Symbol if piece.is("-") => number(pieces, at),
        Class::Symbol | Class::Hole => None,
    }
}

/// The end of one side of a comparison.
fn operand(pieces: &[Piece], at: usize) -> Option<usize> {
    let mut end = primary(pieces, at)?;
    while pieces.get(end).is_some_and(|piece| ["+", "-", "*", "/"].iter().any(|symbol| piece.is(symbol))) {
        match primary(pieces, end + 1) {
            Some(next) => end = next,
            None => break,
        }
    }
    Some(end)
}

/// The end of what `&&`, `||`, a comma or a closing bracket ends.
fn condition(pieces: &[Piece], at: usize) -> Option<usize> {
    let mut end = at;
    if pieces.get(at).is_some_and(|piece| piece.class == Class::Name && foreign(&piece.text)) {
        return None;
    }
    while let Some(piece) = pieces.get(end) {
        let joins = ["&&", "||", "&", "|", ",", ")", "]", "?", ":", ";"].iter().any(|symbol| piece.is(symbol))
            || piece.class == Class::Name
                && ["and", "or", "xor", "then", "else"].contains(&piece.text.to_lowercase().as_str());
        if joins {
            break;
        }
        end = if piece.is("(") || piece.is("[") { group(pieces, end)? } else { end + 1 };
    }
    (end > at).then_some(end)
}

/// The end of all that stands before the closing bracket.
fn list(pieces: &[Piece], at: usize) -> Option<usize> {
    let mut end = at;
    while !pieces.get(end)?.is(")") && !pieces[end].is("]") {
        end = if pieces[end].is("(") || pieces[end].is("[") { group(pieces, end)? } else { end + 1 };
    }
    Some(end)
}
