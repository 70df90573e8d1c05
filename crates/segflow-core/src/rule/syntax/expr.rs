//! Rules as trees.

use crate::rule::{Operation, Operator};
use crate::segmentation::nearest::shortened;

/// A tree of a rule.
#[derive(Clone, PartialEq, Debug)]
pub struct Expr {
    /// The character at which it begins; for an operation, the character of its operator. Counts from 0.
    pub at: usize,
    /// What it is.
    pub kind: ExprKind,
}

/// What a tree is at its root.
#[derive(Clone, PartialEq, Debug)]
pub enum ExprKind {
    /// `true`
    Bool(bool),
    /// A number as written, with its sign.
    Number(String),
    /// A text, without its quotes and escapes.
    Text(String),
    /// A dotted name, with its arguments if parentheses follow.
    Name(String, Option<Vec<Expr>>),
    /// A dotted name with steps in brackets: `lines[0].amount`, `amount["@Ccy"]`. No rule has one.
    Path(String, Vec<Step>),
    /// `[1, 2]`
    List(Vec<Expr>),
    /// `!a`
    Not(Box<Expr>),
    /// `a && b && ..`, flattened.
    And(Vec<Expr>),
    /// `a || b || ..`, flattened.
    Or(Vec<Expr>),
    /// `a < b`
    Compare(Operator, Box<Expr>, Box<Expr>),
    /// `a in b`
    In(Box<Expr>, Box<Expr>),
    /// `a + b`
    Arithmetic {
        /// The operation.
        operation: Operation,
        /// The side before the operator.
        left: Box<Expr>,
        /// The side after it.
        right: Box<Expr>,
        /// How many operations are within each other, counting this one.
        height: usize,
    },
}

/// A step of a path after its dotted name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// `.name` after a bracket, or `["name"]`.
    Name(String),
    /// `[0]`, from 0.
    Item(usize),
}

impl Expr {
    /// How many operations are within each other.
    pub(super) fn height(&self) -> usize {
        if let ExprKind::Arithmetic { height, .. } = self.kind { height } else { 0 }
    }

    /// As a message names it.
    #[must_use]
    pub fn found(&self) -> String {
        match &self.kind {
            ExprKind::Bool(value) => format!("`{value}`"),
            ExprKind::Number(number) => format!("`{}`", shortened(number)),
            ExprKind::Text(text) => format!("`\"{}\"`", shortened(text)),
            ExprKind::Name(name, None) => format!("`{name}`"),
            ExprKind::Name(name, Some(_)) => format!("`{name}(..)`"),
            ExprKind::Path(name, _) => format!("`{name}[..]`"),
            ExprKind::List(_) => "a list".to_owned(),
            ExprKind::Not(_) | ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Compare(..) | ExprKind::In(..) => {
                "a truth value".to_owned()
            }
            ExprKind::Arithmetic { operation, .. } => format!("arithmetic (`{}`)", operation.symbol()),
        }
    }
}
