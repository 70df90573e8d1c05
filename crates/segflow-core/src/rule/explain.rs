//! The comparisons that decided a rule, as reasons.
//!
//! All operands decide a true `&&`, and the first true one decides a true `||`. What is not true is decided the other way
//! round: the first operand that is not true decides an `&&`, and all decide an `||`.

use super::eval::Evaluation;
use super::spelling::spelled;
use super::{Literal, Node, Operand};
use crate::change::Reason;
use crate::segmentation::{Segmentation, Slot};
use crate::state::Membership;
use crate::timed::Truth;

/// A rule evaluated over the memberships that it saw.
pub struct Scene<'e, 'a, 'v> {
    /// The evaluation at the instant.
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

/// A comparison in words, with its value now and before.
///
/// If either side reads something sensitive, neither values nor bound appear: with the operator, the one would tell the
/// other.
pub fn reason<'a>(
    leaf: &'a Node,
    segmentation: &'a Segmentation,
    now: &Scene<'_, 'a, '_>,
    before: Option<&Scene<'_, 'a, '_>>,
) -> Reason {
    let (operator, bound) = operator_and_bound(leaf, segmentation, now);
    let open = !reads_sensitive(leaf, segmentation);
    Reason {
        feature: subject(leaf, segmentation),
        operator: operator.to_owned(),
        bound: bound.filter(|_| open),
        value: value(leaf, segmentation, now).filter(|_| open),
        value_before: before.and_then(|before| value(leaf, segmentation, before)).filter(|_| open),
    }
}

/// The left side of a comparison, in canonical spelling.
fn subject(leaf: &Node, segmentation: &Segmentation) -> String {
    match leaf {
        Node::Holds(slot) | Node::Known(slot) | Node::Unknown(slot) => segmentation.features[*slot].text.clone(),
        Node::Compare(left, ..) | Node::In(left, _) => spelled(left, &segmentation.features, &segmentation.currency),
        Node::And(_) | Node::Or(_) | Node::Not(_) => unreachable!("only comparisons decide"),
    }
}

fn value<'a>(leaf: &'a Node, segmentation: &Segmentation, scene: &Scene<'_, 'a, '_>) -> Option<String> {
    let Scene { evaluation, memberships } = scene;
    match leaf {
        Node::Holds(slot) | Node::Known(slot) | Node::Unknown(slot) => {
            evaluation.feature(*slot, memberships).value.text(evaluation.moment.today, &segmentation.currency)
        }
        Node::Compare(left, ..) | Node::In(left, _) => evaluation.text(left, memberships),
        Node::And(_) | Node::Or(_) | Node::Not(_) => unreachable!("only comparisons decide"),
    }
}

fn operator_and_bound<'a>(
    leaf: &'a Node,
    segmentation: &Segmentation,
    now: &Scene<'_, 'a, '_>,
) -> (&'static str, Option<String>) {
    match leaf {
        Node::Holds(_) => ("is", Some("true".to_owned())),
        Node::Known(_) => ("is", Some("known".to_owned())),
        Node::Unknown(_) => ("is", Some("unknown".to_owned())),
        Node::In(_, list) => {
            let text = |literal: &Literal| literal.reading().text(now.evaluation.moment.today, &segmentation.currency);
            let texts: Vec<_> = list.iter().filter_map(text).collect();
            ("in", Some(format!("[{}]", texts.join(", "))))
        }
        Node::Compare(_, operator, right) => (operator.symbol(), now.evaluation.text(right, now.memberships)),
        Node::And(_) | Node::Or(_) | Node::Not(_) => unreachable!("only comparisons decide"),
    }
}

fn reads_sensitive(leaf: &Node, segmentation: &Segmentation) -> bool {
    fn within(operand: &Operand, features: &[Slot]) -> bool {
        match operand {
            Operand::Feature(slot) => features[*slot].sensitive,
            Operand::Literal(_) => false,
            Operand::Arithmetic(parts) => within(&parts.left, features) || within(&parts.right, features),
        }
    }
    let features = &segmentation.features;
    match leaf {
        Node::Holds(slot) | Node::Known(slot) | Node::Unknown(slot) => features[*slot].sensitive,
        Node::Compare(left, _, right) => within(left, features) || within(right, features),
        Node::In(left, _) => within(left, features),
        Node::And(_) | Node::Or(_) | Node::Not(_) => unreachable!("only comparisons decide"),
    }
}
