//! What of a record a mapping reads, so that decoders pass over the rest.

use crate::mapping::{Entry, each_path};
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
    each_path(entries, each, &mut |path, lists, is_list| {
        let (root, mut steps) = path.rooted(lists);
        steps.extend(is_list.then_some(PathStep::Every));
        match root {
            Root::Envelope => envelope.add(&steps),
            Root::Key => key.get_or_insert_default().add(&steps),
            Root::Value | Root::Item(_) => value.add(&steps),
        }
    });
    Shapes { whole: wrapping.shape(&value, &envelope), value, key }
}
