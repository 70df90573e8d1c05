//! Constants as values of a type.

use crate::money::Currency;
use crate::rule::Literal;
use crate::rule::syntax::decimal::Decimal;
use crate::rule::syntax::expr::ExprKind;
use crate::value_type::ValueType;

/// The value of a constant, or none if it is not of this type.
pub(super) fn of_kind(kind: ValueType, constant: &ExprKind, currency: &Currency) -> Option<Literal> {
    match (kind, constant) {
        (ValueType::Bool, ExprKind::Bool(value)) => Some(Literal::Bool(*value)),
        (ValueType::Text, ExprKind::Text(text)) => Some(Literal::Text(text.clone())),
        (ValueType::Date, ExprKind::Text(text)) => text.parse().ok().map(Literal::Date),
        (ValueType::Int, ExprKind::Number(number)) => Decimal::parse(number)?.whole().map(Literal::Int),
        (ValueType::Money, ExprKind::Number(number)) => {
            Decimal::parse(number)?.minor(currency.decimals).map(Literal::Money)
        }
        (ValueType::Ratio, ExprKind::Number(number)) => {
            let (numerator, denominator) = Decimal::parse(number)?.fraction();
            Some(Literal::Ratio(numerator, denominator))
        }
        _ => None,
    }
}

/// What a constant of this type looks like.
pub(super) fn expected(kind: ValueType, currency: &Currency) -> String {
    match kind {
        ValueType::Bool => "`true` or `false`".to_owned(),
        ValueType::Int => "a whole number such as 30".to_owned(),
        ValueType::Text => "a text such as \"none\"".to_owned(),
        ValueType::Ratio => "a number of at most 18 decimals such as 0.75".to_owned(),
        ValueType::Date => "a date such as \"2026-05-03\", from 1900 to 2199".to_owned(),
        ValueType::Money => {
            let example = currency.format(5000 * 10_i64.pow(currency.decimals));
            format!("an amount in {} of at most {} decimals such as {example}", currency.code, currency.decimals)
        }
    }
}
