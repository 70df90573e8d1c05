//! Which of the names that a mapping reads a record has: a name that no record has is misspelt, or was meant as a text.

use std::collections::BTreeSet;

use segflow_wire::Rejection;

use crate::mapping::{Mapping, each_path};
use crate::node::Root;
use crate::record::ForeignRecord;
use crate::tree::Tree;
use crate::tree::shape::PathStep;

impl Mapping {
    /// The names among [`Mapping::reads`] for which a record has something, be it null.
    ///
    /// # Errors
    /// Why the record cannot be read.
    pub fn found(&self, record: &ForeignRecord<'_>) -> Result<BTreeSet<String>, Rejection> {
        let Some(bytes) = record.value else { return Ok(BTreeSet::new()) };
        let unwrapped = self.unwrapped(record, bytes)?;
        let key = self.key(record)?;
        let mut found = BTreeSet::new();
        each_path(&self.entries, &self.each, &mut |path, lists, _| {
            let (root, steps) = path.rooted(lists);
            let tree = match root {
                Root::Envelope => &unwrapped.envelope,
                Root::Key => &key,
                Root::Value | Root::Item(_) => &unwrapped.value,
            };
            if has(tree, &steps) {
                found.insert(path.text.clone());
            }
        });
        Ok(found)
    }
}

fn has(tree: &Tree<'_>, steps: &[PathStep]) -> bool {
    let Some((step, rest)) = steps.split_first() else { return true };
    match (step, tree) {
        (PathStep::Name(name), _) => tree.get(name).is_some_and(|tree| has(tree, rest)),
        (PathStep::Item(item), Tree::List(items)) => items.get(*item).is_some_and(|tree| has(tree, rest)),
        (PathStep::Every, Tree::List(items)) => items.iter().any(|tree| has(tree, rest)),
        _ => false,
    }
}
