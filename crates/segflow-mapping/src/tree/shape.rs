//! The shape of what a mapping reads: which names of which objects. Decoders pass over everything else.

use std::collections::BTreeMap;

/// A step of a path into a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum PathStep {
    /// The entry of an object.
    Name(String),
    /// An item of a list, from 0.
    Item(usize),
    /// Every item of a list.
    Every,
}

/// The shape of a value: what of it is read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Shape {
    /// Whether the value itself is read.
    pub read: bool,
    /// The entries that are read, if it is an object.
    pub names: BTreeMap<String, Shape>,
    /// What of each item is read, if it is a list. Items at a fixed place have the shape of all.
    pub items: Option<Box<Shape>>,
}

impl Shape {
    /// Adds a path that is read.
    pub fn add(&mut self, steps: &[PathStep]) {
        match steps.split_first() {
            None => self.read = true,
            Some((PathStep::Name(name), rest)) => self.names.entry(name.clone()).or_default().add(rest),
            Some((PathStep::Item(_) | PathStep::Every, rest)) => self.items.get_or_insert_default().add(rest),
        }
    }

    /// Adds all that another shape reads.
    pub fn merge(&mut self, other: &Self) {
        self.read |= other.read;
        for (name, shape) in &other.names {
            self.names.entry(name.clone()).or_default().merge(shape);
        }
        if let Some(items) = &other.items {
            self.items.get_or_insert_default().merge(items);
        }
    }

    /// Whether nothing within the value is read.
    pub fn is_leaf(&self) -> bool {
        self.names.is_empty() && self.items.is_none()
    }
}
