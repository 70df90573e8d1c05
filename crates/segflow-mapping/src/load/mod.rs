//! A mapping file becomes a `Mapping`, or a list of what is wrong with it.

mod call;
mod compile;
mod entries;
mod reads;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use segflow_core::rule::syntax::lexer::Mistake;
use segflow_core::segmentation::LoadError;
use segflow_core::segmentation::error::Problems;
use segflow_core::segmentation::fields::{A_NAME, name};
use segflow_core::segmentation::load::{read_text, zone};
use segflow_core::segmentation::nearest::did_you_mean;
use segflow_core::segmentation::yaml::{self, Map, Text, Yaml};
use sha2::{Digest as _, Sha256};

use crate::mapping::{Mapping, Otherwise};
use crate::node::{Path, WordTable};
use crate::unwrap::Wrapping;
use compile::Scope;

const KEYS: [&str; 10] =
    ["mapping", "decode", "timezone", "unwrap", "tombstones", "each", "words", "defaults", "events", "otherwise"];

/// The most lists within each other that `each` walks.
const MAX_EACH: usize = 4;

const OWNER: &str = "a mapping";

impl Mapping {
    /// Reads a mapping file; `file` is its name in messages.
    ///
    /// # Errors
    /// Every problem, with its position. A file that is not YAML has that one problem. Each expression reports its first
    /// mistake.
    pub fn load(file: &str, bytes: impl AsRef<[u8]>) -> Result<Self, LoadError> {
        let bytes = bytes.as_ref();
        let mut problems = Problems::default();
        let mapping = read_text(bytes, &mut problems).and_then(|text| read(text, &mut problems));
        match mapping.filter(|_| problems.is_empty()) {
            Some(mapping) => Ok(Self { hash: hex::encode(Sha256::digest(bytes)), text: bytes.to_vec(), ..mapping }),
            None => Err(LoadError { problems: problems.sorted(file) }),
        }
    }
}

fn read(text: &str, problems: &mut Problems) -> Option<Mapping> {
    let document = yaml::read(text, "mapping", problems)?;
    let file = problems.map(&document, "a mapping: a map that begins with `mapping`")?;
    problems.only_keys(file, OWNER, &KEYS);
    let name = problems.required(file, OWNER, "mapping").and_then(|yaml| problems.value(yaml, A_NAME, name));
    if let Some(decode) = file.get("decode") {
        problems.value(decode, "`json`, the one form that values are read from", |text| (text == "json").then_some(()));
    }
    let zone = file.get("timezone").and_then(|yaml| zone(yaml, problems));
    let wrapping = wrapping(file, problems);
    let skips_tombstones = tombstones(file, wrapping, problems);
    let otherwise = otherwise(file, problems);
    let words = words(file, problems);
    let (names, each) = each(file, wrapping, problems);
    let scope = Scope {
        wrapped: wrapping != Wrapping::None,
        items: &names,
        words: &words,
        zoned: file.get("timezone").is_some(),
        has_currency: false,
    };
    let entries = entries::read(file, &scope, problems);
    if !problems.is_empty() {
        return None;
    }
    let shapes = reads::shapes(&entries, &each, wrapping);
    Some(Mapping {
        name: name?,
        hash: String::new(),
        text: Vec::new(),
        zone,
        wrapping,
        skips_tombstones,
        each,
        words,
        entries,
        otherwise: otherwise?,
        shape: shapes.whole,
        data_shape: shapes.value,
        key_shape: shapes.key,
    })
}

fn wrapping(file: &Map, problems: &mut Problems) -> Wrapping {
    let Some(yaml) = file.get("unwrap") else { return Wrapping::None };
    let read = |text: &str| Wrapping::ALL.into_iter().find(|(word, _)| *word == text).map(|(_, wrapping)| wrapping);
    problems.value(yaml, "`debezium` or `cloudevents`", read).unwrap_or_default()
}

/// A delete of Debezium is followed by a record without a value, so that they are skipped there.
fn tombstones(file: &Map, wrapping: Wrapping, problems: &mut Problems) -> bool {
    let Some(yaml) = file.get("tombstones") else { return wrapping == Wrapping::Debezium };
    let read = |text: &str| match text {
        "skip" => Some(true),
        "dead-letter" => Some(false),
        _ => None,
    };
    problems.value(yaml, "`skip` or `dead-letter`", read).unwrap_or_default()
}

/// It must be said: a record that fits nothing is either known to be of no interest, or a fault.
fn otherwise(file: &Map, problems: &mut Problems) -> Option<Otherwise> {
    let yaml = problems.required(file, OWNER, "otherwise")?;
    problems.value(yaml, "`skip` or `dead-letter`", |text| match text {
        "skip" => Some(Otherwise::Skip),
        "dead-letter" => Some(Otherwise::DeadLetter),
        _ => None,
    })
}

fn words(file: &Map, problems: &mut Problems) -> Vec<WordTable> {
    let Some(tables) = file.get("words").and_then(|yaml| problems.map(yaml, "a map of tables of words")) else {
        return Vec::new();
    };
    let mut words = Vec::new();
    for (key, yaml) in &tables.entries {
        if name(&key.value).is_none_or(|name| name.contains('-')) {
            problems.add(key.position, format!("expected a name of letters, digits and `_`, found {}", key.found()));
        }
        let Some(table) = problems.map(yaml, "a map of foreign words to words") else { continue };
        let mut known = BTreeMap::new();
        for (word, value) in &table.entries {
            if let Some(value) = problems.text(value, "a word") {
                known.insert(word.value.clone(), value.value.clone());
            }
        }
        let otherwise = known.remove("otherwise");
        words.push(WordTable { name: key.value.clone(), words: known, otherwise });
    }
    words
}

/// The lists whose items are mapped one by one: the names of their items, and their paths.
fn each(file: &Map, wrapping: Wrapping, problems: &mut Problems) -> (Vec<String>, Vec<Path>) {
    let (mut names, mut paths): (Vec<String>, Vec<Path>) = (Vec::new(), Vec::new());
    let Some(yaml) = file.get("each") else { return (names, paths) };
    let lists: Vec<(&str, &Yaml)> = match yaml {
        Yaml::Map(map) => map.entries.iter().map(|(key, list)| (key.value.as_str(), list)).collect(),
        list => vec![("item", list)],
    };
    if lists.len() > MAX_EACH {
        problems.add(yaml.position(), format!("expected at most {MAX_EACH} lists, found {}", lists.len()));
    }
    for (item, list) in lists {
        if ["record", "value", "envelope", "words", entries::PART_NAME].contains(&item)
            || name(item).is_none_or(|name| name.contains('-'))
        {
            let expected =
                "expected a name of letters, digits and `_`, other than record, value, envelope, words and part";
            problems.add(list.position(), format!("{expected}, found `{item}`"));
        }
        let scope =
            Scope { wrapped: wrapping != Wrapping::None, items: &names, words: &[], zoned: false, has_currency: false };
        let text = problems.text(list, "the name of a list");
        let Some(path) = text.and_then(|text| placed(text, scope.path(&text.value), problems)) else { continue };
        paths.push(path);
        names.push(item.to_owned());
    }
    (names, paths)
}

/// A result whose mistake has its place in the file.
fn placed<T>(text: &Text, result: Result<T, Mistake>, problems: &mut Problems) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(Mistake { at, message }) => {
            let message = message + hint(&text.value, at);
            match text.position_of(at) {
                Some(position) => problems.add(position, message),
                None => problems.add(text.position, format!("in the expression at character {}: {message}", at + 1)),
            }
            None
        }
    }
}

/// Advice on an expression that ends within a call: in YAML's `{..}` a comma ends a value.
fn hint(text: &str, at: usize) -> &'static str {
    let opened = text.matches('(').count() > text.matches(')').count();
    if opened && at >= text.trim_end().chars().count() {
        "; within `{..}` a comma ends it: quote it, or give every key a line"
    } else {
        ""
    }
}

/// The message about a name that is none of some.
fn unknown<'a>(expected: &str, found: &Text, names: impl IntoIterator<Item = &'a str>) -> String {
    format!("expected {expected}, found {}{}", found.found(), did_you_mean(&found.value, names))
}
