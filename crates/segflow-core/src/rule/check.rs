//! Rules checked against the catalogue and the segmentation's own declarations: trees become typed nodes over slots.

use std::collections::BTreeSet;

use super::lexer::Mistake;
use super::operands::{Side, Typed};
use super::parser::{Expr, ExprKind};
use super::{Node, Operand, Operator, SlotIndex};
use crate::money::Currency;
use crate::segmentation::nearest::shortened;
use crate::segmentation::{AttributeDeclaration, AttributeKind, Parameters, Slot};

/// What a rule may refer to, and the slots that rules have used so far.
pub(crate) struct Scope<'a> {
    pub(crate) attributes: &'a [AttributeDeclaration],
    /// Attributes whose values appear in no reason.
    pub(crate) sensitive: &'a BTreeSet<String>,
    /// Protected characteristics that the segmentation owns up to.
    pub(crate) protected: &'a BTreeSet<String>,
    pub(crate) currency: &'a Currency,
    pub(crate) parameters: &'a Parameters,
    /// Every dimension of the file.
    pub(crate) dimensions: &'a [Outline],
    /// The place of the dimension that the rule belongs to.
    pub(crate) dimension: usize,
    pub(crate) slots: &'a mut Slots,
}

/// The names of a dimension.
pub(crate) struct Outline {
    pub(crate) name: String,
    /// `otherwise` included.
    pub(crate) segments: Vec<String>,
}

/// The features that rules read, with their types.
#[derive(Default)]
pub(crate) struct Slots {
    pub(crate) slots: Vec<Slot>,
    pub(super) kinds: Vec<AttributeKind>,
}

impl Scope<'_> {
    /// What a tree computes.
    pub(crate) fn truth(&mut self, expr: &Expr) -> Result<Node, Mistake> {
        match &expr.kind {
            ExprKind::And(all) => Ok(Node::And(self.flattened(all, |node| match node {
                Node::And(inner) => Ok(inner),
                other => Err(other),
            })?)),
            ExprKind::Or(all) => Ok(Node::Or(self.flattened(all, |node| match node {
                Node::Or(inner) => Ok(inner),
                other => Err(other),
            })?)),
            ExprKind::Not(inner) => Ok(Node::Not(Box::new(self.truth(inner)?))),
            ExprKind::Compare(operator, left, right) => self.comparison(expr.at, *operator, left, right),
            ExprKind::In(left, list) => self.membership(left, list),
            ExprKind::Name(name, arguments) if name == "known" || name == "unknown" => {
                let slot = self.only_feature(expr.at, name, arguments.as_deref())?;
                Ok(if name == "known" { Node::Known(slot) } else { Node::Unknown(slot) })
            }
            ExprKind::Name(name, arguments) => {
                let slot = self.feature(expr.at, name, arguments.as_deref())?;
                let kind = self.kind(slot);
                if kind == AttributeKind::Bool {
                    return Ok(Node::Holds(slot));
                }
                Err(self.not_a_truth(expr.at, &Typed { operand: Operand::Feature(slot), kind }))
            }
            ExprKind::Arithmetic { operation, left, right, .. } => {
                let typed = self.arithmetic(expr.at, *operation, left, right)?;
                Err(self.not_a_truth(expr.at, &typed))
            }
            ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::List(_) => {
                let message =
                    format!("expected a comparison or a feature that is true or false, found {}", found(expr));
                Err(Mistake::new(expr.at, message))
            }
        }
    }

    fn flattened(&mut self, all: &[Expr], inner: fn(Node) -> Result<Vec<Node>, Node>) -> Result<Vec<Node>, Mistake> {
        let mut nodes = Vec::with_capacity(all.len());
        for expr in all {
            match inner(self.truth(expr)?) {
                Ok(inner) => nodes.extend(inner),
                Err(node) => nodes.push(node),
            }
        }
        Ok(nodes)
    }

    fn not_a_truth(&self, at: usize, typed: &Typed) -> Mistake {
        let (text, word) = (self.text(typed), typed.kind.word());
        let example = match typed.kind {
            AttributeKind::Text => format!("{text} == \"...\""),
            AttributeKind::Date => format!("{text} <= \"2026-05-03\""),
            AttributeKind::Ratio => format!("{text} >= 0.5"),
            _ => format!("{text} >= 1"),
        };
        let message = format!("expected true or false, found `{text}`, which is {word}: compare it, as in `{example}`");
        Mistake::new(at, message)
    }

    fn comparison(&mut self, at: usize, operator: Operator, left: &Expr, right: &Expr) -> Result<Node, Mistake> {
        let left = self.side(left)?;
        let right = self.side(right).map_err(|mistake| unquoted(&left, right, mistake))?;
        match (left, right) {
            (Side::Constant(_), Side::Constant(_)) => {
                let message =
                    "expected a feature on one side of the comparison, found two constants: it is always the same";
                Err(Mistake::new(at, message))
            }
            (Side::Typed(typed), Side::Constant(constant)) => self.bound(at, typed, operator, operator, constant),
            (Side::Constant(constant), Side::Typed(typed)) => {
                self.bound(at, typed, operator, operator.mirrored(), constant)
            }
            (Side::Typed(one), Side::Typed(other)) => {
                if !alike(one.kind, other.kind) {
                    let (one, other) = (self.described(&one), self.described(&other));
                    return Err(Mistake::new(
                        at,
                        format!("expected both sides of one type: {one} and {other}; compare each with its own"),
                    ));
                }
                self.comparable(at, &one, operator)?;
                self.comparable(at, &other, operator)?;
                Ok(Node::Compare(one.operand, operator, other.operand))
            }
        }
    }

    /// A feature against a constant. `written` is the operator in the file, `operator` that with the feature on its left.
    fn bound(
        &mut self,
        at: usize,
        typed: Typed,
        written: Operator,
        operator: Operator,
        constant: &Expr,
    ) -> Result<Node, Mistake> {
        let literal = self.literal(&typed, constant)?;
        self.comparable(at, &typed, written)?;
        Ok(Node::Compare(typed.operand, operator, Operand::Literal(literal)))
    }

    fn comparable(&self, at: usize, typed: &Typed, operator: Operator) -> Result<(), Mistake> {
        let equality = matches!(operator, Operator::Equal | Operator::NotEqual);
        let (text, symbol) = (self.text(typed), operator.symbol());
        let message = match typed.kind {
            AttributeKind::Ratio if equality => format!(
                "expected one of `<`, `<=`, `>`, `>=` for `{text}`, which is ratio, found `{symbol}`: write a range, as in \
                 `{text} >= 0.45 && {text} <= 0.55`"
            ),
            kind @ (AttributeKind::Bool | AttributeKind::Text) if !equality => {
                format!("expected `==`, `!=` or `in` for `{text}`, which is {}, found `{symbol}`", kind.word())
            }
            _ => return Ok(()),
        };
        Err(Mistake::new(at, message))
    }

    fn membership(&mut self, left: &Expr, list: &Expr) -> Result<Node, Mistake> {
        let Side::Typed(typed) = self.side(left)? else {
            let message = format!("expected a feature before `in`, found the constant {}", found(left));
            return Err(Mistake::new(left.at, message));
        };
        let ExprKind::List(items) = &list.kind else {
            let message = format!("expected a list after `in`, as in `[1, 2]`, found {}", found(list));
            return Err(Mistake::new(list.at, message));
        };
        if typed.kind == AttributeKind::Ratio {
            let message = format!("`{}` is ratio, and is compared by `<`, `<=`, `>`, `>=` alone", self.text(&typed));
            return Err(Mistake::new(left.at, message));
        }
        if items.is_empty() {
            return Err(Mistake::new(list.at, "expected at least one value in the list, found none"));
        }
        let literals = items.iter().map(|item| self.literal(&typed, item)).collect::<Result<_, _>>()?;
        Ok(Node::In(typed.operand, literals))
    }

    fn only_feature(&mut self, at: usize, name: &str, arguments: Option<&[Expr]>) -> Result<SlotIndex, Mistake> {
        let usage = || format!("expected one feature within `{name}(..)`, as in `{name}(next_due.days)`");
        match arguments {
            Some([Expr { at, kind: ExprKind::Name(inner, arguments) }]) => {
                self.feature(*at, inner, arguments.as_deref())
            }
            Some([other]) => Err(Mistake::new(other.at, format!("{}, found {}", usage(), found(other)))),
            Some(more) => Err(Mistake::new(at, format!("{}, found {} arguments", usage(), more.len()))),
            None => Err(Mistake::new(at, format!("{}, found `{name}` alone", usage()))),
        }
    }

    pub(super) fn kind(&self, slot: SlotIndex) -> AttributeKind {
        self.slots.kinds[slot]
    }
}

/// A word beside a text was probably meant as one.
fn unquoted(left: &Side<'_>, right: &Expr, mistake: Mistake) -> Mistake {
    match (left, &right.kind) {
        (Side::Typed(Typed { kind: AttributeKind::Text, .. }), ExprKind::Name(word, None)) if !word.contains('.') => {
            let message = format!("{}; a text stands in quotes: write `\"{word}\"`", mistake.message);
            Mistake::new(right.at, message)
        }
        _ => mistake,
    }
}

/// Whole numbers and ratios compare with each other; all else compares with its own type.
fn alike(one: AttributeKind, other: AttributeKind) -> bool {
    let number = |kind| matches!(kind, AttributeKind::Int | AttributeKind::Ratio);
    one == other || (number(one) && number(other))
}

/// An expression as a message names it.
pub(super) fn found(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Bool(value) => format!("`{value}`"),
        ExprKind::Number(number) => format!("`{}`", shortened(number)),
        ExprKind::Text(text) => format!("`\"{}\"`", shortened(text)),
        ExprKind::Name(name, None) => format!("`{name}`"),
        ExprKind::Name(name, Some(_)) => format!("`{name}(..)`"),
        ExprKind::List(_) => "a list".to_owned(),
        ExprKind::Not(_) | ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Compare(..) | ExprKind::In(..) => {
            "a truth value".to_owned()
        }
        ExprKind::Arithmetic { operation, .. } => format!("arithmetic (`{}`)", operation.symbol()),
    }
}
