//! The key `debt_types`: the producer's words for kinds of debt, so that a rule cannot misspell one.

use std::collections::BTreeSet;

use super::error::Problems;
use super::yaml::{Map, Yaml};

/// The longest debt type, in bytes.
pub(crate) const MAX_BYTES: usize = 256;
/// The most debt types that a file may declare.
const MAX_TYPES: usize = 1_000;

/// The debt types that a file declares, in file order; none if it says nothing of them.
pub(super) fn read(file: &Map, problems: &mut Problems) -> Option<Vec<String>> {
    let yaml = file.get("debt_types")?;
    let items = problems.list(yaml, "a list of debt types")?;
    if items.len() > MAX_TYPES {
        problems.add(yaml.position(), format!("expected at most {MAX_TYPES} debt types, found {}", items.len()));
    }
    let mut known = BTreeSet::new();
    items.iter().take(MAX_TYPES).for_each(|item| note(item, &mut known, problems));
    Some(items.iter().filter_map(word).map(str::to_owned).collect())
}

fn note<'y>(item: &'y Yaml, known: &mut BTreeSet<&'y str>, problems: &mut Problems) {
    let expected = format!("a debt type of 1 to {MAX_BYTES} bytes");
    if problems.value(item, &expected, |text| (text.len() <= MAX_BYTES).then_some(())).is_some()
        && let Some(word) = word(item)
    {
        problems.unique(known, word, item.position(), "`debt_types`");
    }
}

fn word(item: &Yaml) -> Option<&str> {
    if let Yaml::Text(text) = item { Some(&text.value) } else { None }
}
