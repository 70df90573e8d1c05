//! Debt types and their ages in rules.

use super::arguments::{expected, text};
use super::scope::Scope;
use super::windows::{is_word, span_written};
use crate::feature::row::MAX_AGE_DAYS;
use crate::rule::syntax::decimal::Decimal;
use crate::rule::syntax::expr::{Expr, ExprKind};
use crate::rule::syntax::lexer::Mistake;
use crate::segmentation::debt_types::MAX_BYTES;
use crate::segmentation::nearest::{did_you_mean, listed};

impl Scope<'_> {
    /// Debt types, each once.
    pub(super) fn debt_types(&self, feature: &str, named: &[Expr]) -> Result<Vec<String>, Mistake> {
        let mut debt_types: Vec<String> = Vec::with_capacity(named.len());
        for expr in named {
            let debt_type = self.debt_type(feature, expr)?;
            if debt_types.contains(&debt_type) {
                return Err(Mistake::new(
                    expr.at,
                    format!("expected every debt type once, found {} again", expr.found()),
                ));
            }
            debt_types.push(debt_type);
        }
        Ok(debt_types)
    }

    /// A debt type that the file declares; any text if it declares none, but for one that reads as a window.
    fn debt_type(&self, feature: &str, expr: &Expr) -> Result<String, Mistake> {
        let word = text(expr);
        let age = age_advised(feature, expr);
        if let Some(declared) = self.debt_types {
            if declared.iter().any(|declared| declared == word) {
                return Ok(word.to_owned());
            }
            let names = || declared.iter().map(String::as_str);
            let which = if declared.is_empty() { "it is empty".to_owned() } else { listed(names()) };
            let near = if age.is_empty() { did_you_mean(word, names()) } else { age };
            return Err(expected(expr, &format!("a debt type that `debt_types` declares ({which})"), &near));
        }
        if (1..=MAX_BYTES).contains(&word.len()) && age.is_empty() {
            return Ok(word.to_owned());
        }
        Err(expected(expr, &format!("a debt type, a text of 1 to {MAX_BYTES} bytes such as \"LOAN\""), &age))
    }
}

/// What to write instead of an argument that is days, not a debt type; empty if it is neither a number nor a window.
fn age_advised(feature: &str, expr: &Expr) -> String {
    let days: Option<i32> = match &expr.kind {
        ExprKind::Number(number) => number.as_str().parse().ok(),
        ExprKind::Text(text) if is_word(&text.to_lowercase()) => return format!("; `{feature}` takes no window"),
        ExprKind::Text(text) => span_written(&text.to_lowercase())
            .map(|(count, unit)| if unit == 'd' { count } else { count.saturating_add(23) / 24 }),
        _ => None,
    };
    match days.map(|days| days.clamp(1, MAX_AGE_DAYS)) {
        Some(days) if feature == "overdue.amount" => {
            format!("; what has been overdue for at least {days} days is `overdue.amount_aged({days})`")
        }
        Some(days) => format!("; compare the days: write `{feature} >= {days}`"),
        None => String::new(),
    }
}

/// Days past due, from `least` on.
pub(super) fn age(expr: &Expr, least: i32) -> Result<i32, Mistake> {
    let number = if let ExprKind::Number(number) = &expr.kind { Decimal::parse(number) } else { None };
    let days = number.and_then(Decimal::whole).and_then(|days| i32::try_from(days).ok());
    days.filter(|days| (least..=MAX_AGE_DAYS).contains(days)).ok_or_else(|| {
        let near = match span_written(text(expr)) {
            Some((days, 'd')) => format!("; days past due are a number: write {days}"),
            _ => String::new(),
        };
        expected(expr, &format!("a whole number of days past due from {least} to {MAX_AGE_DAYS}"), &near)
    })
}
