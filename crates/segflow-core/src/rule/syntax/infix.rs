//! Infix operators: how tightly each binds, and the tree that it makes of its sides.

use super::expr::{Expr, ExprKind};
use super::lexer::Kind;
use crate::rule::{Operation, Operator};

/// How tightly an infix operator binds, in CEL's order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Power {
    Or,
    And,
    Relation,
    Sum,
    Product,
    Prefix,
}

impl Power {
    /// The next tighter power.
    pub(super) fn tighter(self) -> Self {
        match self {
            Self::Or => Self::And,
            Self::And => Self::Relation,
            Self::Relation => Self::Sum,
            Self::Sum => Self::Product,
            Self::Product | Self::Prefix => Self::Prefix,
        }
    }

    /// The infix operator that a token is, and how tightly it binds; none if the token is no operator.
    pub(super) fn of(kind: &Kind) -> Option<(Self, Infix)> {
        Some(match kind {
            Kind::Word(word) if word == "in" => (Self::Relation, Infix::In),
            Kind::Symbol(symbol) => match *symbol {
                "||" => (Self::Or, Infix::Or),
                "&&" => (Self::And, Infix::And),
                "+" => (Self::Sum, Infix::Arithmetic(Operation::Add)),
                "-" => (Self::Sum, Infix::Arithmetic(Operation::Subtract)),
                "*" => (Self::Product, Infix::Arithmetic(Operation::Multiply)),
                "/" => (Self::Product, Infix::Arithmetic(Operation::Divide)),
                symbol => (Self::Relation, Infix::Compare(comparison(symbol)?)),
            },
            _ => return None,
        })
    }
}

/// An infix operator.
#[derive(Clone, Copy)]
pub(super) enum Infix {
    Or,
    And,
    Compare(Operator),
    In,
    Arithmetic(Operation),
}

impl Infix {
    /// Joins two trees; the operator stands at the character `at`.
    pub(super) fn join(self, at: usize, left: Expr, right: Expr) -> Expr {
        let kind = match self {
            Self::Or => match left.kind {
                ExprKind::Or(mut all) => {
                    all.push(right);
                    ExprKind::Or(all)
                }
                _ => ExprKind::Or(vec![left, right]),
            },
            Self::And => match left.kind {
                ExprKind::And(mut all) => {
                    all.push(right);
                    ExprKind::And(all)
                }
                _ => ExprKind::And(vec![left, right]),
            },
            Self::Compare(operator) => ExprKind::Compare(operator, Box::new(left), Box::new(right)),
            Self::In => ExprKind::In(Box::new(left), Box::new(right)),
            Self::Arithmetic(operation) => {
                let height = 1 + left.height().max(right.height());
                ExprKind::Arithmetic { operation, left: Box::new(left), right: Box::new(right), height }
            }
        };
        Expr { at, kind }
    }
}

/// The comparison that a symbol is.
pub(crate) fn comparison(symbol: &str) -> Option<Operator> {
    use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let all = [Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual];
    all.into_iter().find(|operator| operator.symbol() == symbol)
}
