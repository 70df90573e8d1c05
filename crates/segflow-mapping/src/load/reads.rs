//! What of a record a mapping reads, so that decoders pass over the rest.

use crate::mapping::{Entry, Mapping};
use crate::node::{Path, Root};
use crate::tree::shape::{PathStep, Shape};
use crate::unwrap::Wrapping;

/// The shapes of a mapping.
pub(super) struct Shapes {
    /// The record's value as it stands.
    pub whole: Shape,
    /// The unwrapped value.
    pub value: Shape,
    /// The key; none if nothing is read from it as JSON.
    pub key: Option<Shape>,
}

pub(super) fn shapes(entries: &[Entry], each: &[Path], wrapping: Wrapping) -> Shapes {
    let (mut value, mut envelope, mut key) = (Shape::default(), Shape::default(), None::<Shape>);
    let mut add = |path: &Path, tail: &[PathStep]| {
        let (root, steps) = from_root(path, each);
        let steps = [&steps, tail].concat();
        match root {
            Root::Envelope => envelope.add(&steps),
            Root::Key => key.get_or_insert_default().add(&steps),
            Root::Value | Root::Item(_) => value.add(&steps),
        }
    };
    each.iter().for_each(|list| add(list, &[PathStep::Every]));
    Mapping::each_node(entries, &mut |node| node.each_path(&mut |path| add(path, &[])));
    Shapes { whole: wrapping.shape(&value, &envelope), value, key }
}

/// A path from a root that is no item.
fn from_root(path: &Path, each: &[Path]) -> (Root, Vec<PathStep>) {
    let Root::Item(item) = path.root else { return (path.root, path.steps.clone()) };
    let (root, mut steps) = from_root(&each[item], each);
    steps.push(PathStep::Every);
    steps.extend(path.steps.iter().cloned());
    (root, steps)
}
