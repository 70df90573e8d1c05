//! Advice for those who come from SQL, spreadsheets and other languages.
//!
//! A rule that was refused is rewritten by a table of what other languages write. If it then loads, the message shows it; a
//! rule is shown in full only if it loads. Nothing here makes a rule valid that is not.

mod computed;
mod names;
mod numbers;
mod pattern;
mod pieces;
mod table;
mod words;

use computed::computed;
use names::NAMES;
use pattern::{Found, find, lettered, shown};
use pieces::{Oddity, Piece, pieces, printed};
use table::{ALLOWED, ROWS, Row, SAID};
pub(crate) use words::Words;

use super::syntax::lexer::Mistake;
use super::syntax::parser::MAX_BYTES;

/// The most steps of a rewriting.
const MAX_STEPS: usize = 50;
/// A rule of more bytes is rewritten in one step alone, since a step over a long rule takes long.
const STEPPED_BYTES: usize = 500;
/// The most words of ours that stand for one of others.
const CHOICES: usize = 3;
/// Up to this length a message shows the whole rule alone, without the part that was meant.
const SHORT_BYTES: usize = 60;
/// Beyond this length a message shows the part alone.
const LONG_BYTES: usize = 300;

/// A mistake with advice, if the rule has something of another language.
pub(crate) fn advised(rule: &str, mistake: Mistake, words: &Words<'_>, loads: &mut dyn FnMut(&str) -> bool) -> Mistake {
    if rule.len() > MAX_BYTES {
        return mistake;
    }
    let mut first = None;
    for choice in 0..CHOICES {
        let rewriting = Rewriting::of(rule, words, choice, mistake.at);
        let whole = printed(&rewriting.pieces);
        if loads(&whole) {
            return match rewriting.report {
                Some(report) => Mistake::new(report.at, report.in_full(&whole)),
                None if rewriting.corrected => completed(mistake, &whole),
                None => mistake,
            };
        }
        let several = rewriting.several;
        first.get_or_insert(rewriting);
        if !several {
            break;
        }
    }
    let Some(rewriting) = first else { return mistake };
    let said = rewriting.said();
    match (rewriting.report, said) {
        (Some(report), said) if said.as_ref().is_none_or(|said| report.at < said.at) => {
            Mistake::new(report.at, report.in_part(loads))
        }
        (_, Some(said)) => said,
        _ => mistake,
    }
}

/// A message that does not say what to write, with the rule that was meant.
fn completed(mistake: Mistake, whole: &str) -> Mistake {
    let Mistake { at, message } = mistake;
    let says = message.contains("did you mean") || message.contains("write ") || whole.len() > LONG_BYTES;
    let joint = if message.contains(": ") { ';' } else { ':' };
    Mistake::new(at, if says { message } else { format!("{message}{joint} write `{whole}`") })
}

/// What is said of a valid rule that may mean something else, or less, than it seems to.
pub(crate) fn warned(rule: &str, words: &Words<'_>) -> Vec<Mistake> {
    let (pieces, _) = pieces(rule);
    let found = ALLOWED.iter().filter_map(|(pattern, write, why)| {
        let found = find(pattern, &pieces, words).next()?;
        let at = pieces[found.range.start].at;
        let write = printed(&found.written(&pieces, write, (at, at)));
        Some(Mistake::new(at, format!("{why}: write `{write}`")))
    });
    found.collect()
}

/// The first thing of another language in a rule.
struct Report {
    at: usize,
    why: String,
    /// What to write instead: one or several.
    instead: Vec<String>,
    /// A pattern with letters, and what to write for it with the same letters.
    shape: Option<(String, String)>,
}

impl Report {
    fn in_full(&self, whole: &str) -> String {
        let Self { why, instead, .. } = self;
        let quotes = if whole.starts_with('!') { ", and put the rule in quotes" } else { "" };
        let part = instead.iter().filter(|part| !part.is_empty()).map(|part| format!("`{part}`")).collect::<Vec<_>>();
        match &part[..] {
            [_] if whole.len() <= SHORT_BYTES => format!("{why}: write `{whole}`{quotes}"),
            [] if whole.len() <= LONG_BYTES => format!("{why}: write `{whole}`{quotes}"),
            [] => format!("{why}: leave it out"),
            _ if whole.len() > LONG_BYTES => format!("{why}: write {}", part.join(" or ")),
            _ => format!("{why}: write {}; in full: `{whole}`{quotes}", part.join(" or ")),
        }
    }

    /// Without the rule in full, since more is wrong with it.
    fn in_part(&self, loads: &mut dyn FnMut(&str) -> bool) -> String {
        let Self { why, instead, shape, .. } = self;
        match shape {
            Some((pattern, template)) if !instead.iter().all(|part| loads(part)) => {
                format!("{why}: write `{template}` for `{pattern}`")
            }
            _ if instead.iter().all(String::is_empty) => format!("{why}: leave it out"),
            _ => {
                let part = instead.iter().map(|part| format!("`{part}`")).collect::<Vec<_>>();
                format!("{why}: write {}", part.join(" or "))
            }
        }
    }
}

/// A rule while it is rewritten.
struct Rewriting<'a> {
    rule: Vec<char>,
    words: &'a Words<'a>,
    /// Which of several words of ours is taken.
    choice: usize,
    /// Where the rule was refused.
    refused: usize,
    pieces: Vec<Piece>,
    report: Option<Report>,
    /// Whether there are other choices.
    several: bool,
    /// Whether the catalogue corrected something.
    corrected: bool,
}

impl<'a> Rewriting<'a> {
    fn of(rule: &str, words: &'a Words<'a>, choice: usize, refused: usize) -> Self {
        let (pieces, oddity) = pieces(rule);
        let report = oddity.map(|Oddity { at, why, instead }| Report {
            at,
            why: why.to_owned(),
            instead: vec![instead],
            shape: None,
        });
        let mut rewriting = Self {
            rule: rule.chars().collect(),
            words,
            choice,
            refused,
            pieces,
            report,
            several: false,
            corrected: false,
        };
        let most = if rule.len() > STEPPED_BYTES { 1 } else { MAX_STEPS };
        let mut steps = 0;
        while steps < most && (rewriting.by_table() || rewriting.by_catalogue()) {
            steps += 1;
        }
        rewriting
    }

    fn by_table(&mut self) -> bool {
        ROWS.iter().chain(NAMES).chain(ALLOWED).any(|row| {
            let found: Vec<Found> = find(row.0, &self.pieces, self.words).collect();
            found.iter().any(|found| self.replace(found, row))
        })
    }

    fn by_catalogue(&mut self) -> bool {
        let Some((range, written)) = computed(&self.pieces, self.words) else { return false };
        self.pieces.splice(range, written);
        self.corrected = true;
        true
    }

    fn replace(&mut self, found: &Found, (pattern, write, why): &Row) -> bool {
        // A name that an attribute has is that attribute.
        let declared = |name: &str| self.words.attributes().any(|attribute| attribute == name);
        if found.range.len() == 1 && declared(&self.pieces[found.range.start].text) {
            return false;
        }
        let place = found.foreign(&self.pieces, self.words);
        let at = place.unwrap_or((self.refused, self.refused));
        let choices: Vec<Vec<Piece>> = write.split(" | ").map(|write| found.written(&self.pieces, write, at)).collect();
        let taken = &choices[self.choice.min(choices.len() - 1)];
        let same = |old: &Piece, new: &Piece| old.class == new.class && old.text == new.text;
        let before = &self.pieces[found.range.clone()];
        if before.len() == taken.len() && before.iter().zip(taken).all(|(old, new)| same(old, new)) {
            return false;
        }
        let word: String = self.rule.get(at.0..at.1).unwrap_or_default().iter().collect();
        let why = if why.is_empty() { format!("there is no `{word}`") } else { (*why).to_owned() };
        let first = write.split(" | ").next().unwrap_or_default();
        let shape = write.contains('$').then(|| (shown(pattern), printed(&lettered(first))));
        let instead = choices.iter().map(|pieces| printed(pieces)).collect();
        let told = match (&self.report, place) {
            // A step that goes on with what an earlier one wrote says more than that.
            (Some(report), Some(_)) => at.0 < report.at || found.spells(&self.pieces, report.at),
            (Some(_), None) => false,
            (None, Some(_)) => true,
            (None, None) => (before[0].at..=before[before.len() - 1].end).contains(&self.refused),
        };
        self.several |= choices.len() > 1;
        if told {
            self.report = Some(Report { at: at.0, why, instead, shape });
        }
        self.pieces.splice(found.range.clone(), taken.clone());
        true
    }

    /// Advice where nothing of ours says the same.
    fn said(&self) -> Option<Mistake> {
        let found = SAID.iter().filter_map(|(pattern, say)| {
            let found = find(pattern, &self.pieces, self.words).next()?;
            let (at, end) = found.foreign(&self.pieces, self.words)?;
            let word: String = self.rule.get(at..end)?.iter().collect();
            let subject = printed(&found.written(&self.pieces, "$s", (at, end)));
            Some(Mistake::new(at, format!("there is no `{word}`: {}", say.replace("$s", &subject))))
        });
        found.min_by_key(|said| said.at)
    }
}
