//! Reading the keys of a map: what may stand there, and what a value must look like.

use std::collections::BTreeSet;

use super::error::{Position, Problems};
use super::nearest::{did_you_mean, listed};
use super::yaml::{Map, Text, Yaml};
use crate::time::Span;

/// What the name of a segmentation, dimension or segment must look like.
pub const A_NAME: &str = "a name of 1 to 64 letters, digits, `_` and `-` that does not begin with a digit or `-`";

/// The name that a text is, if it looks like [`A_NAME`].
#[must_use]
pub fn name(text: &str) -> Option<String> {
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let rest = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    (first && rest && text.len() <= 64).then(|| text.to_owned())
}

/// A whole number without sign, leading zeros allowed.
#[must_use]
pub fn whole<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// `7d` or `48h`, at least one.
pub(super) fn span(text: &str) -> Option<Span> {
    let (build, number): (fn(i32) -> Span, &str) = match text.strip_suffix('d') {
        Some(days) => (Span::Days, days),
        None => (Span::Hours, text.strip_suffix('h')?),
    };
    whole(number).filter(|count| *count >= 1).map(build)
}

impl Problems {
    /// The map that must stand here.
    pub fn map<'y>(&mut self, yaml: &'y Yaml, expected: &str) -> Option<&'y Map> {
        match yaml {
            Yaml::Map(map) => Some(map),
            other => self.expected(other, expected),
        }
    }

    /// The list that must stand here.
    pub fn list<'y>(&mut self, yaml: &'y Yaml, expected: &str) -> Option<&'y [Yaml]> {
        match yaml {
            Yaml::List(_, items) => Some(items),
            other => self.expected(other, expected),
        }
    }

    /// The text that must stand here.
    pub fn text<'y>(&mut self, yaml: &'y Yaml, expected: &str) -> Option<&'y Text> {
        match yaml {
            Yaml::Text(text) if !text.value.is_empty() => Some(text),
            other => self.expected(other, expected),
        }
    }

    /// The value of the text that must stand here.
    pub fn value<T>(&mut self, yaml: &Yaml, expected: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(yaml, expected)?;
        match read(&text.value) {
            Some(value) => Some(value),
            None => self.expected(yaml, expected),
        }
    }

    /// Adds that another value was expected here.
    pub fn expected<T>(&mut self, found: &Yaml, expected: &str) -> Option<T> {
        self.add(found.position(), format!("expected {expected}, found {}", found.found()));
        None
    }

    /// Refuses keys that `owner` does not have.
    pub fn only_keys(&mut self, map: &Map, owner: &str, keys: &[&str]) {
        for (key, _) in &map.entries {
            if !keys.contains(&key.value.as_str()) {
                let (all, near) = (listed(keys.iter().copied()), did_you_mean(&key.value, keys.iter().copied()));
                self.add(key.position, format!("expected a key of {owner} ({all}), found {}{near}", key.found()));
            }
        }
    }

    /// What stands under a key that `owner` must have.
    pub fn required<'y>(&mut self, map: &'y Map, owner: &str, key: &str) -> Option<&'y Yaml> {
        let value = map.get(key);
        if value.is_none() {
            self.add(map.position, format!("expected the key `{key}` in {owner}, found none"));
        }
        value
    }

    /// The value under a key that need not be there, or the default.
    pub(super) fn or<T>(
        &mut self,
        map: Option<&Map>,
        key: &str,
        default: T,
        expected: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> T {
        map.and_then(|map| map.get(key)).and_then(|yaml| self.value(yaml, expected, read)).unwrap_or(default)
    }

    /// Adds a name that must stand only once in `owner`.
    pub(super) fn unique<'n>(&mut self, known: &mut BTreeSet<&'n str>, name: &'n str, at: Position, owner: &str) {
        if !known.insert(name) {
            self.add(at, format!("expected every name once in {owner}, found `{name}` again"));
        }
    }
}
