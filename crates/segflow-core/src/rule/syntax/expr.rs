//! Rules as trees.

use crate::rule::{Operation, Operator};
use crate::segmentation::nearest::shortened;

/// A tree of a rule.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Expr {
    /// The character at which it begins; for an operation, the character of its operator. Counts from 0.
    pub(crate) at: usize,
    pub(crate) kind: ExprKind,
}

/// What a tree is at its root.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum ExprKind {
    Bool(bool),
    /// A number as written, with its sign.
    Number(String),
    Text(String),
    /// A dotted name, with its arguments if parentheses follow.
    Name(String, Option<Vec<Expr>>),
    List(Vec<Expr>),
    Not(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Compare(Operator, Box<Expr>, Box<Expr>),
    In(Box<Expr>, Box<Expr>),
    Arithmetic {
        operation: Operation,
        left: Box<Expr>,
        right: Box<Expr>,
        /// How many operations are within each other, counting this one.
        height: usize,
    },
}

impl Expr {
    /// How many operations are within each other.
    pub(super) fn height(&self) -> usize {
        if let ExprKind::Arithmetic { height, .. } = self.kind { height } else { 0 }
    }

    /// As a message names it.
    pub(crate) fn found(&self) -> String {
        match &self.kind {
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
}
