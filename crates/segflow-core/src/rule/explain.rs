//! Which comparisons decided: of a true `&&` all, of a true `||` the first true, for what is not true the dual.

use super::eval::Evaluation;
use super::{Node, Operand};
use crate::change::Reason;
use crate::feature::reading::Reading;
use crate::segmentation::Segmentation;
use crate::state::Membership;
use crate::timed::Truth;

/// A rule evaluated over the memberships that it saw.
pub struct Scene<'e, 'a, 'v> {
    /// At the instant.
    pub evaluation: &'e Evaluation<'a, 'v>,
    /// Where every dimension stood.
    pub memberships: &'e [Membership],
}

impl<'a> Scene<'_, 'a, '_> {
    fn truth(&self, node: &'a Node) -> Truth {
        self.evaluation.eval(node, self.memberships).value
    }
}

/// The comparisons by which `node` has its present truth value.
pub fn deciding<'a>(node: &'a Node, scene: &Scene<'_, 'a, '_>) -> Vec<&'a Node> {
    let mut found = Vec::new();
    collect(node, scene.truth(node) == Truth::True, scene, &mut found);
    found
}

fn collect<'a>(node: &'a Node, holds: bool, scene: &Scene<'_, 'a, '_>, found: &mut Vec<&'a Node>) {
    match (node, holds) {
        (Node::And(nodes), true) | (Node::Or(nodes), false) => {
            nodes.iter().for_each(|node| collect(node, holds, scene, found));
        }
        (Node::And(nodes), false) => {
            let of = |truth| nodes.iter().find(|node| scene.truth(node) == truth);
            let first = of(Truth::False).or_else(|| of(Truth::Unknown));
            first.into_iter().for_each(|node| collect(node, false, scene, found));
        }
        (Node::Or(nodes), true) => {
            let first = nodes.iter().find(|node| scene.truth(node) == Truth::True);
            first.into_iter().for_each(|node| collect(node, true, scene, found));
        }
        (Node::Not(inner), _) => collect(inner, scene.truth(inner) == Truth::True, scene, found),
        (leaf, _) => found.push(leaf),
    }
}

/// A comparison in words, with its value now and before. Sensitive features appear without values and bounds.
pub fn reason<'a>(
    leaf: &'a Node,
    segmentation: &'a Segmentation,
    now: &Scene<'_, 'a, '_>,
    before: Option<&Scene<'_, 'a, '_>>,
) -> Reason {
    let (left, operator, bound) = parts(leaf, segmentation, now);
    let slot = match left {
        Operand::Feature(slot) => slot,
        Operand::Literal(_) => unreachable!("the loader puts the feature of a comparison on its left"),
    };
    let value = |scene: &Scene<'_, 'a, '_>| {
        let reading = scene.evaluation.feature(slot, scene.memberships).value;
        reading.text(scene.evaluation.moment.today, &segmentation.currency)
    };
    let sensitive = segmentation.features[slot].sensitive;
    Reason {
        feature: segmentation.features[slot].text.clone(),
        operator: operator.to_owned(),
        bound: bound.filter(|_| !sensitive),
        value: value(now).filter(|_| !sensitive),
        value_before: before.and_then(value).filter(|_| !sensitive),
    }
}

type Parts = (Operand, &'static str, Option<String>);

fn parts<'a>(leaf: &'a Node, segmentation: &'a Segmentation, now: &Scene<'_, 'a, '_>) -> Parts {
    let today = now.evaluation.moment.today;
    let text = |reading: Reading<'_>| reading.text(today, &segmentation.currency);
    match leaf {
        Node::Holds(slot) => (Operand::Feature(*slot), "is", Some("true".to_owned())),
        Node::Known(slot) => (Operand::Feature(*slot), "is", Some("known".to_owned())),
        Node::Unknown(slot) => (Operand::Feature(*slot), "is", Some("unknown".to_owned())),
        Node::In(slot, list) => {
            let texts: Vec<_> = list.iter().filter_map(|literal| text(Reading::of(literal))).collect();
            (Operand::Feature(*slot), "in", Some(format!("[{}]", texts.join(", "))))
        }
        Node::Compare(left, operator, right) => {
            let bound = match right {
                Operand::Feature(slot) if segmentation.features[*slot].sensitive => None,
                operand => text(now.evaluation.operand(operand, now.memberships).value),
            };
            (left.clone(), operator.symbol(), bound)
        }
        Node::And(_) | Node::Or(_) | Node::Not(_) => unreachable!("only comparisons decide"),
    }
}
