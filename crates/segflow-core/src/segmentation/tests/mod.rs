//! Segmentation files, good and bad: what is read from them, and the message and position of every kind of mistake.

mod arithmetic;
mod example;
mod features;
mod foreign;
mod fuzz;
pub(crate) mod hostile;
mod keys;
mod syntax;
mod types;
mod windows;
mod yaml;

use expect_test::Expect;

use super::{Loaded, Segmentation};
use crate::rule::spelling::spelled;
use crate::rule::{Node, Operand};

/// Loads a file and shows its problems, or its warnings, or that it is fine.
fn check(text: &str, expect: Expect) {
    expect.assert_eq(&match Segmentation::load("t.yaml", text) {
        Err(error) => error.to_string(),
        Ok(Loaded { warnings, .. }) if warnings.is_empty() => "fine".to_owned(),
        Ok(Loaded { warnings, .. }) => {
            warnings.iter().map(|warning| format!("warning: {warning}")).collect::<Vec<_>>().join("\n")
        }
    });
}

/// A file with all that is needed, in which `before` stands before `dimensions` and `rule` under `when`, on line 24.
fn file_with(rule: &str) -> String {
    format!(
        "\
name: demo
version: 1
currency: GBP
timezone: Europe/London
attributes:
  vip: bool
  score: int
  region: string
  share: ratio
  limit: money
  since: date
  age: int
  gender: string
protected: [gender]
sensitive: [score]
parameters: {{holidays: [2026-12-25]}}
dimensions:
  - name: guard
    segments: [{{name: vulnerable, when: profile.vip}}]
    otherwise: none
  - name: stage
    segments:
      - name: late
        when: {rule}
    otherwise: current
  - name: value
    segments: [{{name: high, when: balance > 0}}]
    otherwise: low
"
    )
}

/// Loads a file with this rule and shows how it was read, or what is wrong.
fn rule(rule: &str, expect: Expect) {
    expect.assert_eq(&match Segmentation::load("t.yaml", file_with(rule)) {
        Err(error) => error.to_string(),
        Ok(Loaded { segmentation, .. }) => {
            let when = segmentation.dimensions[1].segments[0].when.as_ref().expect("a rule");
            shown(&when.root, &segmentation)
        }
    });
}

/// A node in brackets, slots by their text and literals with their types.
fn shown(node: &Node, segmentation: &Segmentation) -> String {
    let slot = |index: &usize| segmentation.features[*index].text.clone();
    let side = |operand: &Operand| match operand {
        Operand::Literal(literal) => format!("{literal:?}"),
        operand => spelled(operand, &segmentation.features, &segmentation.currency),
    };
    let all = |word: &str, nodes: &[Node]| {
        let nodes: Vec<String> = nodes.iter().map(|node| shown(node, segmentation)).collect();
        format!("{word}[{}]", nodes.join(", "))
    };
    match node {
        Node::And(nodes) => all("And", nodes),
        Node::Or(nodes) => all("Or", nodes),
        Node::Not(inner) => format!("Not({})", shown(inner, segmentation)),
        Node::Holds(index) => format!("Holds({})", slot(index)),
        Node::Known(index) => format!("Known({})", slot(index)),
        Node::Unknown(index) => format!("Unknown({})", slot(index)),
        Node::Compare(left, operator, right) => format!("{} {} {}", side(left), operator.symbol(), side(right)),
        Node::In(left, literals) => format!("{} in {literals:?}", side(left)),
    }
}
