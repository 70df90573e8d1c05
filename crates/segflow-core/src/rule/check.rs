//! Rules checked against the catalogue and the segmentation's own declarations: trees become typed nodes over slots.

use std::collections::BTreeSet;

use super::lexer::Mistake;
use super::parser::{Expr, ExprKind};
use super::{Literal, Node, Operand, Operator, SlotIndex};
use crate::money::Currency;
use crate::segmentation::nearest::{did_you_mean, listed, shortened};
use crate::segmentation::{AttributeDeclaration, AttributeKind, Slot};

/// What a rule may refer to, and the slots that rules have used so far.
pub(crate) struct Scope<'a> {
    pub(crate) attributes: &'a [AttributeDeclaration],
    /// Attributes whose values appear in no reason.
    pub(crate) sensitive: &'a BTreeSet<String>,
    /// Protected characteristics that the segmentation owns up to.
    pub(crate) protected: &'a BTreeSet<String>,
    pub(crate) currency: &'a Currency,
    pub(crate) horizon_days: i32,
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

/// One side of a comparison.
enum Side<'e> {
    Feature(SlotIndex),
    Constant(&'e Expr),
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
                if self.kind(slot) == AttributeKind::Bool {
                    Ok(Node::Holds(slot))
                } else {
                    Err(Mistake::new(expr.at, self.not_a_truth(slot)))
                }
            }
            ExprKind::Arithmetic(symbol, ..) => Err(arithmetic(expr.at, symbol)),
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

    fn not_a_truth(&self, slot: SlotIndex) -> String {
        let (text, kind) = (self.text(slot), self.kind(slot));
        let example = match kind {
            AttributeKind::Text => format!("{text} == \"...\""),
            AttributeKind::Date => format!("{text} <= \"2026-05-03\""),
            AttributeKind::Ratio => format!("{text} >= 0.5"),
            _ => format!("{text} >= 1"),
        };
        format!("expected true or false, found `{text}`, which is {}: compare it, as in `{example}`", kind.word())
    }

    fn comparison(&mut self, at: usize, operator: Operator, left: &Expr, right: &Expr) -> Result<Node, Mistake> {
        match (self.side(left)?, self.side(right)?) {
            (Side::Constant(_), Side::Constant(_)) => {
                let message =
                    "expected a feature on one side of the comparison, found two constants: it is always the same";
                Err(Mistake::new(at, message))
            }
            (Side::Feature(slot), Side::Constant(constant)) => self.bound(at, slot, operator, operator, constant),
            (Side::Constant(constant), Side::Feature(slot)) => {
                self.bound(at, slot, operator, operator.mirrored(), constant)
            }
            (Side::Feature(one), Side::Feature(other)) => {
                if self.kind(one) != self.kind(other) {
                    let described = |slot| format!("`{}` is {}", self.text(slot), self.kind(slot).word());
                    let message =
                        format!("expected two features of one type: {} and {}", described(one), described(other));
                    return Err(Mistake::new(at, message));
                }
                self.comparable(at, one, operator)?;
                Ok(Node::Compare(Operand::Feature(one), operator, Operand::Feature(other)))
            }
        }
    }

    fn side<'e>(&mut self, expr: &'e Expr) -> Result<Side<'e>, Mistake> {
        let message = match &expr.kind {
            ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Text(_) => return Ok(Side::Constant(expr)),
            ExprKind::Name(name, _) if name == "known" || name == "unknown" => {
                format!("`{name}(..)` is true or false by itself: leave out the comparison, or put `!` before it")
            }
            ExprKind::Name(name, arguments) => {
                return self.feature(expr.at, name, arguments.as_deref()).map(Side::Feature);
            }
            ExprKind::Arithmetic(symbol, ..) => return Err(arithmetic(expr.at, symbol)),
            ExprKind::List(_) => "a list stands only after `in`, as in `x in [1, 2]`".to_owned(),
            ExprKind::Not(_) => "`!` binds tighter than a comparison: write `!(a == b)`".to_owned(),
            _ => "expected a feature or a value, found a truth value: write it by itself, or `!(..)`".to_owned(),
        };
        Err(Mistake::new(expr.at, message))
    }

    /// A feature against a constant. `written` is the operator in the file, `operator` that with the feature on its left.
    fn bound(
        &mut self,
        at: usize,
        slot: SlotIndex,
        written: Operator,
        operator: Operator,
        constant: &Expr,
    ) -> Result<Node, Mistake> {
        let literal = self.literal(slot, constant)?;
        self.comparable(at, slot, written)?;
        Ok(Node::Compare(Operand::Feature(slot), operator, Operand::Literal(literal)))
    }

    fn comparable(&self, at: usize, slot: SlotIndex, operator: Operator) -> Result<(), Mistake> {
        let equality = matches!(operator, Operator::Equal | Operator::NotEqual);
        let (text, symbol) = (self.text(slot), operator.symbol());
        let message = match self.kind(slot) {
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
        let Side::Feature(slot) = self.side(left)? else {
            let message = format!("expected a feature before `in`, found the constant {}", found(left));
            return Err(Mistake::new(left.at, message));
        };
        let ExprKind::List(items) = &list.kind else {
            let message = format!("expected a list after `in`, as in `[1, 2]`, found {}", found(list));
            return Err(Mistake::new(list.at, message));
        };
        if self.kind(slot) == AttributeKind::Ratio {
            let message = format!("`{}` is ratio, and is compared by `<`, `<=`, `>`, `>=` alone", self.text(slot));
            return Err(Mistake::new(left.at, message));
        }
        if items.is_empty() {
            return Err(Mistake::new(list.at, "expected at least one value in the list, found none"));
        }
        let literals = items.iter().map(|item| self.literal(slot, item)).collect::<Result<_, _>>()?;
        Ok(Node::In(slot, literals))
    }

    /// A constant as a value of the feature's type.
    fn literal(&self, slot: SlotIndex, constant: &Expr) -> Result<Literal, Mistake> {
        let kind = self.kind(slot);
        match super::literal::of_kind(kind, &constant.kind, self.currency) {
            Some(Literal::Text(text)) => self.segment_name(slot, constant.at, &text).map(|()| Literal::Text(text)),
            Some(literal) => Ok(literal),
            None => {
                let expected = super::literal::expected(kind, self.currency);
                let (text, word) = (self.text(slot), kind.word());
                let many = if digits(constant) > 18 { "; a number has 64 bits" } else { "" };
                let message = format!("expected {expected}, since `{text}` is {word}, found {}{many}", found(constant));
                Err(Mistake::new(constant.at, message))
            }
        }
    }

    fn segment_name(&self, slot: SlotIndex, at: usize, name: &str) -> Result<(), Mistake> {
        let crate::feature::Feature::Segment(dimension) = self.slots.slots[slot].feature else {
            return Ok(());
        };
        let Outline { name: dimension, segments } = &self.dimensions[dimension];
        if segments.iter().any(|segment| segment == name) {
            return Ok(());
        }
        let names = || segments.iter().map(String::as_str);
        let (all, near) = (listed(names()), did_you_mean(name, names()));
        let message =
            format!("expected a segment of dimension `{dimension}` ({all}), found `\"{}\"`{near}", shortened(name));
        Err(Mistake::new(at, message))
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

    fn text(&self, slot: SlotIndex) -> &str {
        &self.slots.slots[slot].text
    }
}

fn arithmetic(at: usize, symbol: &str) -> Mistake {
    Mistake::new(at, format!("arithmetic (`{symbol}`) is not in this version: compare one feature with one value"))
}

fn digits(constant: &Expr) -> usize {
    if let ExprKind::Number(number) = &constant.kind { number.matches(|c: char| c.is_ascii_digit()).count() } else { 0 }
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
        ExprKind::Arithmetic(symbol, ..) => format!("arithmetic (`{symbol}`)"),
    }
}
