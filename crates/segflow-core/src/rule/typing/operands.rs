//! The sides of comparisons: features, constants and arithmetic, checked for their types.

use super::literal;
use super::scope::{Outline, Scope};
use crate::feature::Feature;
use crate::feature::membership::MembershipFeature;
use crate::feature::row::DimensionIndex;
use crate::rule::spelling::spelled;
use crate::rule::syntax::expr::{Expr, ExprKind};
use crate::rule::syntax::lexer::Mistake;
use crate::rule::{Arithmetic, Literal, Operand, Operation};
use crate::segmentation::nearest::{did_you_mean, listed, shortened};
use crate::value_type::ValueType;

/// One side of a comparison or of an operation.
pub(super) enum Side<'e> {
    /// It reads a feature.
    Typed(Typed),
    Constant(&'e Expr),
}

pub(super) struct Typed {
    pub(super) operand: Operand,
    pub(super) kind: ValueType,
}

impl Scope<'_> {
    pub(super) fn side<'e>(&mut self, expr: &'e Expr) -> Result<Side<'e>, Mistake> {
        let message = match &expr.kind {
            ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Text(_) => return Ok(Side::Constant(expr)),
            ExprKind::Name(name, _) if name == "known" || name == "unknown" => {
                format!("`{name}(..)` is true or false by itself: write it alone, or with `!` before it")
            }
            ExprKind::Name(name, arguments) => {
                let slot = self.feature(expr.at, name, arguments.as_deref())?;
                return Ok(Side::Typed(Typed { operand: Operand::Feature(slot), kind: self.kind(slot) }));
            }
            ExprKind::Arithmetic { operation, left, right, .. } => {
                return self.arithmetic(expr.at, *operation, left, right).map(Side::Typed);
            }
            ExprKind::Path(..) => {
                format!("expected a feature or a value, found {}", expr.found())
            }
            ExprKind::List(_) => "a list stands only after `in`, as in `x in [1, 2]`".to_owned(),
            ExprKind::Not(_) => "`!` binds tighter than comparisons and arithmetic: write `!(a == b)`".to_owned(),
            _ => "expected a feature or a value, found a truth value: write it by itself, or `!(..)`".to_owned(),
        };
        Err(Mistake::new(expr.at, message))
    }

    pub(super) fn arithmetic(
        &mut self,
        at: usize,
        operation: Operation,
        left: &Expr,
        right: &Expr,
    ) -> Result<Typed, Mistake> {
        let symbol = operation.symbol();
        let (left, right) = match (self.side(left)?, self.side(right)?) {
            (Side::Constant(_), Side::Constant(_)) => {
                let message = format!("expected a feature on one side of `{symbol}`, found two constants: work it out");
                return Err(Mistake::new(at, message));
            }
            (Side::Typed(one), Side::Typed(other)) => {
                self.is_number(left, operation, &one)?;
                self.is_number(right, operation, &other)?;
                (one, other)
            }
            (Side::Typed(typed), Side::Constant(constant)) => {
                self.is_number(left, operation, &typed)?;
                let constant = self.beside(operation, &typed, constant)?;
                divides(operation, right, &constant)?;
                (typed, constant)
            }
            (Side::Constant(constant), Side::Typed(typed)) => {
                self.is_number(right, operation, &typed)?;
                (self.beside(operation, &typed, constant)?, typed)
            }
        };
        let Some(kind) = joined_type(left.kind, operation, right.kind) else {
            return Err(Mistake::new(at, self.unlike(operation, &left, &right)));
        };
        let joined = Arithmetic { kind, operation, left: left.operand, right: right.operand };
        Ok(Typed { operand: Operand::Arithmetic(Box::new(joined)), kind })
    }

    fn is_number(&self, expr: &Expr, operation: Operation, typed: &Typed) -> Result<(), Mistake> {
        let text = self.text(typed);
        let instead = match typed.kind {
            ValueType::Int | ValueType::Money | ValueType::Ratio => return Ok(()),
            ValueType::Date => format!("write `days_since({text})` or `days_until({text})`"),
            ValueType::Bool | ValueType::Text => "compare it by itself".to_owned(),
        };
        let (symbol, word) = (operation.symbol(), typed.kind.word());
        let message =
            format!("expected int, money or ratio beside `{symbol}`, found `{text}`, which is {word}: {instead}");
        Err(Mistake::new(expr.at, message))
    }

    /// Reads a constant of an operation. Beside `+` or `-` it has the other side's type; beside `*` or `/` it is a plain
    /// number.
    fn beside(&self, operation: Operation, typed: &Typed, constant: &Expr) -> Result<Typed, Mistake> {
        if matches!(operation, Operation::Add | Operation::Subtract) {
            return Ok(Typed { operand: Operand::Literal(self.literal(typed, constant)?), kind: typed.kind });
        }
        let plain = [ValueType::Int, ValueType::Ratio].into_iter().find_map(|kind| {
            let literal = literal::of_kind(kind, &constant.kind, self.currency)?;
            Some(Typed { operand: Operand::Literal(literal), kind })
        });
        plain.ok_or_else(|| {
            let (symbol, found, many) = (operation.symbol(), constant.found(), many_digits(constant));
            let message =
                format!("expected a number of at most 18 decimals such as 1.5 beside `{symbol}`, found {found}{many}");
            Mistake::new(constant.at, message)
        })
    }

    fn unlike(&self, operation: Operation, left: &Typed, right: &Typed) -> String {
        let symbol = operation.symbol();
        let (one, other) = (self.described(left), self.described(right));
        match operation {
            Operation::Add | Operation::Subtract => {
                format!("expected money on both sides of `{symbol}`, or on neither: {one} and {other}")
            }
            Operation::Multiply => {
                format!("expected money on one side of `*` at most: {one} and {other}; for their ratio write `/`")
            }
            Operation::Divide => {
                format!("expected money before `/`, since it stands after it: {one} and {other}; turn them round")
            }
        }
    }

    pub(super) fn described(&self, typed: &Typed) -> String {
        format!("`{}` is {}", self.text(typed), typed.kind.word())
    }

    /// As a message names it.
    pub(super) fn text(&self, typed: &Typed) -> String {
        shortened(&spelled(&typed.operand, &self.slots.slots, self.currency))
    }

    /// Reads a constant as a value of the type of the other side.
    pub(super) fn literal(&self, typed: &Typed, constant: &Expr) -> Result<Literal, Mistake> {
        match literal::of_kind(typed.kind, &constant.kind, self.currency) {
            Some(Literal::Text(text)) => self.segment_name(typed, constant.at, &text).map(|()| Literal::Text(text)),
            Some(literal) => Ok(literal),
            None => {
                let expected = literal::expected(typed.kind, self.currency);
                let (found, many) = (constant.found(), many_digits(constant));
                let message = format!("expected {expected}, since {}, found {found}{many}", self.described(typed));
                Err(Mistake::new(constant.at, message))
            }
        }
    }

    fn segment_name(&self, typed: &Typed, at: usize, name: &str) -> Result<(), Mistake> {
        let Operand::Feature(slot) = typed.operand else { return Ok(()) };
        let Feature::Membership(MembershipFeature::Segment(DimensionIndex(dimension))) = self.slots.slots[slot].feature
        else {
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
}

fn divides(operation: Operation, constant: &Expr, divisor: &Typed) -> Result<(), Mistake> {
    match (operation, &divisor.operand) {
        (Operation::Divide, Operand::Literal(Literal::Int(0) | Literal::Ratio(0, _))) => {
            let message = format!("expected a number other than 0 after `/`, found {}", constant.found());
            Err(Mistake::new(constant.at, message))
        }
        _ => Ok(()),
    }
}

fn many_digits(constant: &Expr) -> &'static str {
    let many =
        matches!(&constant.kind, ExprKind::Number(number) if number.matches(|c: char| c.is_ascii_digit()).count() > 18);
    if many { "; a number has 64 bits" } else { "" }
}

/// The type of two joined numbers; none where their types do not go together.
const fn joined_type(left: ValueType, operation: Operation, right: ValueType) -> Option<ValueType> {
    use ValueType::{Int, Money, Ratio};
    match (left, operation, right) {
        (Int | Ratio, Operation::Divide, Int | Ratio) | (Money, Operation::Divide, Money) => Some(Ratio),
        (Money, Operation::Multiply | Operation::Divide, Int | Ratio) => Some(Money),
        (Int | Ratio, Operation::Multiply, Money) => Some(Money),
        (Money, Operation::Add | Operation::Subtract, Money) => Some(Money),
        (Int, _, Int) => Some(Int),
        (Int | Ratio, Operation::Add | Operation::Subtract | Operation::Multiply, Int | Ratio) => Some(Ratio),
        _ => None,
    }
}
