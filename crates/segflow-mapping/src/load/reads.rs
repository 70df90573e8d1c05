//! What of a record a mapping reads, so that decoders pass over the rest.

use crate::mapping::{Entry, Mapping};
use crate::node::{Node, Path, Root};
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
    Mapping::each_node(entries, &mut |node| each_path(node, &mut |path| add(path, &[])));
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

fn each_path(node: &Node, see: &mut impl FnMut(&Path)) {
    match node {
        Node::Path(path) => see(path),
        Node::Record(_) | Node::Literal(_) => {}
        Node::And(nodes) | Node::Or(nodes) | Node::FirstKnown(nodes) | Node::Joined(nodes) => {
            nodes.iter().for_each(|node| each_path(node, see));
        }
        Node::Compare(_, left, right) | Node::Arithmetic(_, left, right) => {
            [left, right].into_iter().for_each(|node| each_path(node, see));
        }
        Node::Not(inner)
        | Node::In(inner, _)
        | Node::Known(inner)
        | Node::Unknown(inner)
        | Node::Word(_, inner)
        | Node::Call(_, inner, _) => each_path(inner, see),
    }
}
