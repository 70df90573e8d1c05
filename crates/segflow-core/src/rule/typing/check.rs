//! Trees become nodes: what is combined must be true or false, and what is compared must be of one type.

use super::operands::{Side, Typed};
use super::scope::Scope;
use crate::rule::syntax::expr::{Expr, ExprKind};
use crate::rule::syntax::lexer::Mistake;
use crate::rule::{Node, Operand, Operator, SlotIndex};
use crate::value_type::ValueType;

impl Scope<'_> {
    /// The checked form of a tree that must be true or false.
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
                if kind == ValueType::Bool {
                    return Ok(Node::Holds(slot));
                }
                Err(self.not_a_truth(expr.at, &Typed { operand: Operand::Feature(slot), kind }))
            }
            ExprKind::Arithmetic { operation, left, right, .. } => {
                let typed = self.arithmetic(expr.at, *operation, left, right)?;
                Err(self.not_a_truth(expr.at, &typed))
            }
            ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::Path(..) | ExprKind::List(_) => {
                let message =
                    format!("expected a comparison or a feature that is true or false, found {}", expr.found());
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
            ValueType::Text => format!("{text} == \"...\""),
            ValueType::Date => format!("{text} <= \"2026-05-03\""),
            ValueType::Ratio => format!("{text} >= 0.5"),
            _ => format!("{text} >= 1"),
        };
        let message = format!("expected true or false, found `{text}`, which is {word}: compare it, as in `{example}`");
        Mistake::new(at, message)
    }

    fn comparison(&mut self, at: usize, operator: Operator, left: &Expr, right: &Expr) -> Result<Node, Mistake> {
        let left = self.side(left)?;
        let right = self.side(right)?;
        match (left, right) {
            (Side::Constant(_), Side::Constant(_)) => {
                let message =
                    "expected a feature on one side of the comparison, found two constants: it is always the same";
                Err(Mistake::new(at, message))
            }
            (Side::Typed(typed), Side::Constant(constant)) => {
                let bound = self.bound(at, &typed, operator, constant)?;
                Ok(Node::Compare(typed.operand, operator, bound))
            }
            (Side::Constant(constant), Side::Typed(typed)) => {
                let bound = self.bound(at, &typed, operator, constant)?;
                Ok(Node::Compare(typed.operand, operator.mirrored(), bound))
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

    /// A constant to which a feature is compared; `operator` is the one in the file.
    fn bound(&self, at: usize, typed: &Typed, operator: Operator, constant: &Expr) -> Result<Operand, Mistake> {
        let literal = self.literal(typed, constant)?;
        self.comparable(at, typed, operator)?;
        Ok(Operand::Literal(literal))
    }

    fn comparable(&self, at: usize, typed: &Typed, operator: Operator) -> Result<(), Mistake> {
        let equality = matches!(operator, Operator::Equal | Operator::NotEqual);
        let (text, symbol) = (self.text(typed), operator.symbol());
        let message = match typed.kind {
            ValueType::Ratio if equality => format!(
                "expected one of `<`, `<=`, `>`, `>=` for `{text}`, which is ratio, found `{symbol}`: write a range, as in \
                 `{text} >= 0.45 && {text} <= 0.55`"
            ),
            kind @ (ValueType::Bool | ValueType::Text) if !equality => {
                format!("expected `==`, `!=` or `in` for `{text}`, which is {}, found `{symbol}`", kind.word())
            }
            _ => return Ok(()),
        };
        Err(Mistake::new(at, message))
    }

    fn membership(&mut self, left: &Expr, list: &Expr) -> Result<Node, Mistake> {
        let Side::Typed(typed) = self.side(left)? else {
            let message = format!("expected a feature before `in`, found the constant {}", left.found());
            return Err(Mistake::new(left.at, message));
        };
        let ExprKind::List(items) = &list.kind else {
            let message = format!("expected a list after `in`, as in `[1, 2]`, found {}", list.found());
            return Err(Mistake::new(list.at, message));
        };
        if typed.kind == ValueType::Ratio {
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
            Some([other]) => Err(Mistake::new(other.at, format!("{}, found {}", usage(), other.found()))),
            Some(more) => Err(Mistake::new(at, format!("{}, found {} arguments", usage(), more.len()))),
            None => Err(Mistake::new(at, format!("{}, found `{name}` alone", usage()))),
        }
    }
}

/// Whole numbers and ratios compare with each other; all else compares with its own type.
fn alike(one: ValueType, other: ValueType) -> bool {
    let number = |kind| matches!(kind, ValueType::Int | ValueType::Ratio);
    one == other || (number(one) && number(other))
}
