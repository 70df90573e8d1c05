//! Attributes: their declarations, which are sensitive, and which are protected characteristics.

use std::collections::BTreeSet;

use super::error::{Position, Problems};
use super::nearest::{did_you_mean, listed};
use super::yaml::{Map, Text, Yaml};
use crate::feature::context::AttributeDeclaration;
use crate::value_type::ValueType;

/// Characteristics that a segmentation may read only if it lists them under `protected`.
const PROTECTED: [&str; 12] = [
    "age",
    "date_of_birth",
    "sex",
    "gender",
    "marital_status",
    "race",
    "ethnicity",
    "religion",
    "nationality",
    "disability",
    "pregnancy",
    "sexual_orientation",
];

/// The key that says what a value counts as that cannot be read.
const UNREADABLE: &str = "unreadable";

/// The most attributes that a file may declare.
const MAX_ATTRIBUTES: usize = 1_000;

/// Whether this is the name of a protected characteristic in some spelling, such as `dateOfBirth`.
pub(crate) fn is_protected(name: &str) -> bool {
    let plain = |name: &str| name.replace('_', "").to_lowercase();
    PROTECTED.iter().any(|protected| plain(protected) == plain(name))
}

/// What a file says of attributes.
#[derive(Default)]
pub(super) struct Attributes {
    pub(super) declared: Vec<AttributeDeclaration>,
    pub(super) sensitive: BTreeSet<String>,
    pub(super) protected: BTreeSet<String>,
}

impl Attributes {
    pub(super) fn read(file: &Map, problems: &mut Problems) -> Self {
        let mut attributes = Self::default();
        if let Some(map) = file.get("attributes").and_then(|yaml| problems.map(yaml, "a map of attributes to types")) {
            bounded(map.entries.len(), map.position, problems);
            attributes.declared = map
                .entries
                .iter()
                .take(MAX_ATTRIBUTES)
                .filter_map(|(key, kind)| declaration(key, kind, problems))
                .collect();
        }
        attributes.sensitive = attributes.named(file, "sensitive", problems);
        attributes.protected = attributes.named(file, "protected", problems);
        for declared in &mut attributes.declared {
            declared.sensitive = attributes.sensitive.contains(&declared.name);
        }
        attributes
    }

    /// The declared attributes that a list names.
    fn named(&self, file: &Map, key: &str, problems: &mut Problems) -> BTreeSet<String> {
        let items = file.get(key).and_then(|yaml| problems.list(yaml, "a list of attributes")).unwrap_or_default();
        let mut named = BTreeSet::new();
        if let Some(yaml) = file.get(key) {
            bounded(items.len(), yaml.position(), problems);
        }
        for item in items.iter().take(MAX_ATTRIBUTES) {
            let Some(text) = problems.text(item, "an attribute") else {
                continue;
            };
            let names = || self.declared.iter().map(|attribute| attribute.name.as_str());
            if names().any(|name| name == text.value) {
                named.insert(text.value.clone());
            } else {
                let near = did_you_mean(&text.value, names());
                let message = format!("expected an attribute that `attributes` declares, found {}{near}", text.found());
                problems.add(text.position, message);
            }
        }
        named
    }
}

fn bounded(count: usize, at: Position, problems: &mut Problems) {
    if count > MAX_ATTRIBUTES {
        problems.add(at, format!("expected at most {MAX_ATTRIBUTES} attributes, found {count}"));
    }
}

fn declaration(key: &Text, kind: &Yaml, problems: &mut Problems) -> Option<AttributeDeclaration> {
    let first = key.value.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    let rest = key.value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !first || !rest || key.value.len() > 64 {
        let expected = "an attribute's name of 1 to 64 letters, digits and `_` that does not begin with a digit";
        problems.add(key.position, format!("expected {expected}, found {}", key.found()));
    }
    let (kind, unreadable_is_true) = match kind {
        Yaml::Map(map) => detailed(map, problems)?,
        plain => (value_type(plain, problems)?, false),
    };
    Some(AttributeDeclaration { name: key.value.clone(), kind, unreadable_is_true, sensitive: false })
}

fn value_type(yaml: &Yaml, problems: &mut Problems) -> Option<ValueType> {
    let text = problems.text(yaml, "a type")?;
    let kind = ValueType::from_word(&text.value);
    if kind.is_none() {
        let words = || ValueType::ALL.iter().map(|kind| kind.word());
        let near = did_you_mean(&text.value, words());
        problems.add(text.position, format!("expected a type ({}), found {}{near}", listed(words()), text.found()));
    }
    kind
}

/// A declaration that says more than the type: `{type: bool, unreadable: true}`.
fn detailed(map: &Map, problems: &mut Problems) -> Option<(ValueType, bool)> {
    let owner = "an attribute";
    problems.only_keys(map, owner, &["type", UNREADABLE]);
    let kind = problems.required(map, owner, "type").and_then(|yaml| value_type(yaml, problems))?;
    let Some((key, value)) = map.entry(UNREADABLE) else { return Some((kind, false)) };
    if kind != ValueType::Bool {
        let word = kind.word();
        let message = format!(
            "expected `unreadable` only of a bool, found it of {word}: leave it out; a value that cannot be read as \
             {word} is unknown, which `unknown(profile.NAME)` asks for"
        );
        problems.add(key.position, message);
    } else {
        let expected = "`true`, to count what cannot be read as true (leave `unreadable` out, and it is unknown)";
        problems.value(value, expected, |text| (text == "true").then_some(()))?;
    }
    Some((kind, true))
}
