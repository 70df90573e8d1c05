//! Arithmetic of rules, exactly: every number is a fraction, money counted in minor units.
//!
//! Which types may meet is the loader's to say; here a sum of money is a fraction like any other number.

use super::Value;

/// A number as numerator and positive denominator; none of what is no number.
pub fn fraction(value: &Value) -> Option<(i128, i128)> {
    match value {
        Value::Int(number) | Value::Money(number) => Some((i128::from(*number), 1)),
        Value::Ratio(numerator, denominator) => Some((*numerator, *denominator)),
        Value::Bool(_) | Value::Text(_) | Value::Date(_) => None,
    }
}

/// `left + right`
pub fn plus(left: &Value, right: &Value) -> Option<Value> {
    let ((num, den), (other_num, other_den)) = (fraction(left)?, fraction(right)?);
    lowest(num * other_den + other_num * den, den * other_den)
}

/// `left - right`
pub fn minus(left: &Value, right: &Value) -> Option<Value> {
    let (num, den) = fraction(right)?;
    plus(left, &Value::Ratio(-num, den))
}

/// `left * right`
pub fn times(left: &Value, right: &Value) -> Option<Value> {
    let ((num, den), (other_num, other_den)) = (fraction(left)?, fraction(right)?);
    lowest(num * other_num, den * other_den)
}

/// `left / right`; absent on zero.
pub fn over(left: &Value, right: &Value) -> Option<Value> {
    let (num, den) = fraction(right)?;
    if num == 0 {
        return None;
    }
    times(left, &Value::Ratio(den * num.signum(), num.abs()))
}

/// In lowest terms, so that the numbers stay small.
fn lowest(numerator: i128, denominator: i128) -> Option<Value> {
    let divisor = greatest_common_divisor(numerator.abs(), denominator);
    Some(Value::Ratio(numerator / divisor, denominator / divisor))
}

fn greatest_common_divisor(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
