//! The catalogue: every feature that a rule may name but `profile.NAME`, whose names a segmentation declares.

use super::Feature;
use super::contacts::ContactsFeature;
use super::customer::CustomerFeature;
use super::disputes::DisputesFeature;
use super::experiment::ExperimentFeature;
use super::history::HistoryFeature;
use super::membership::MembershipFeature;
use super::owed::OwedFeature;
use super::payments::PaymentsFeature;
use super::promises::PromisesFeature;
use super::row::Row;
use crate::value_type::ValueType;

/// A feature as the catalogue lists it.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Dotted.
    pub name: &'static str,
    /// What its value is, in a sentence.
    pub meaning: &'static str,
    /// The type of its value.
    pub kind: ValueType,
    /// What stands between its parentheses.
    pub takes: &'static str,
    /// An example of each number of arguments; there is at least one.
    pub examples: &'static [&'static str],
}

impl Entry {
    /// The entry of a row.
    #[must_use]
    pub const fn of<F>(row: &Row<F>) -> Self {
        let Row { name, meaning, kind, form } = row;
        Self { name, meaning, kind: *kind, takes: form.takes(), examples: form.examples() }
    }

    /// How a rule writes it, with an example of each number of arguments.
    #[must_use]
    pub fn usage(&self) -> String {
        let written = |example: &&str| format!("`{}{example}`", self.name);
        self.examples.iter().map(written).collect::<Vec<_>>().join(" or ")
    }
}

/// Something that is done with the rows of each enum of features.
pub trait Visitor {
    /// Sees the rows of one enum.
    fn rows<F: Clone + Into<Feature>>(&mut self, rows: &'static [Row<F>]);
}

/// Shows every row to a visitor, in the catalogue's order.
pub fn visit(visitor: &mut impl Visitor) {
    visitor.rows(OwedFeature::ROWS);
    visitor.rows(HistoryFeature::ROWS);
    visitor.rows(PaymentsFeature::ROWS);
    visitor.rows(PromisesFeature::ROWS);
    visitor.rows(ContactsFeature::ROWS);
    visitor.rows(DisputesFeature::ROWS);
    visitor.rows(CustomerFeature::ROWS);
    visitor.rows(MembershipFeature::ROWS);
    visitor.rows(ExperimentFeature::ROWS);
}

/// Every entry, in the catalogue's order.
#[must_use]
pub fn entries() -> Vec<Entry> {
    let mut entries = Entries(Vec::new());
    visit(&mut entries);
    entries.0
}

struct Entries(Vec<Entry>);

impl Visitor for Entries {
    fn rows<F: Clone + Into<Feature>>(&mut self, rows: &'static [Row<F>]) {
        self.0.extend(rows.iter().map(Entry::of));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_says_in_one_sentence_what_its_value_is() {
        for entry in entries() {
            let meaning = entry.meaning;
            assert!(meaning.ends_with('.') && meaning.len() > 10, "{}: {meaning}", entry.name);
        }
    }

    #[test]
    fn every_name_stands_once() {
        let mut names: Vec<&str> = entries().iter().map(|entry| entry.name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
