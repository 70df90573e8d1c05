//! Constants as values of a type.

use super::Literal;
use super::decimal::Decimal;
use super::parser::ExprKind;
use crate::money::Currency;
use crate::segmentation::AttributeKind;

/// The value of a constant, or none if it is not of this type.
pub(super) fn of_kind(kind: AttributeKind, constant: &ExprKind, currency: &Currency) -> Option<Literal> {
    match (kind, constant) {
        (AttributeKind::Bool, ExprKind::Bool(value)) => Some(Literal::Bool(*value)),
        (AttributeKind::Text, ExprKind::Text(text)) => Some(Literal::Text(text.clone())),
        (AttributeKind::Date, ExprKind::Text(text)) => text.parse().ok().map(Literal::Date),
        (AttributeKind::Int, ExprKind::Number(number)) => Decimal::parse(number)?.whole().map(Literal::Int),
        (AttributeKind::Money, ExprKind::Number(number)) => {
            Decimal::parse(number)?.minor(currency.decimals).map(Literal::Money)
        }
        (AttributeKind::Ratio, ExprKind::Number(number)) => {
            let (numerator, denominator) = Decimal::parse(number)?.fraction();
            Some(Literal::Ratio(numerator, denominator))
        }
        _ => None,
    }
}

/// What a constant of this type looks like.
pub(super) fn expected(kind: AttributeKind, currency: &Currency) -> String {
    match kind {
        AttributeKind::Bool => "`true` or `false`".to_owned(),
        AttributeKind::Int => "a whole number such as 30".to_owned(),
        AttributeKind::Text => "a text such as \"none\"".to_owned(),
        AttributeKind::Ratio => "a number of at most 18 decimals such as 0.75".to_owned(),
        AttributeKind::Date => "a date such as \"2026-05-03\", from 1900 to 2199".to_owned(),
        AttributeKind::Money => {
            let example = currency.format(5000 * 10_i64.pow(currency.decimals));
            format!("an amount in {} of at most {} decimals such as {example}", currency.code, currency.decimals)
        }
    }
}
