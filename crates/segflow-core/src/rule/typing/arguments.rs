//! The arguments of features in rules: each is read as the kind of argument that it must be.

use super::scope::Scope;
use crate::event::{Channel, FailureCode};
use crate::feature::row::{AttributeIndex, DimensionIndex, MAX_INVOICES};
use crate::rule::syntax::decimal::Decimal;
use crate::rule::syntax::expr::{Expr, ExprKind};
use crate::rule::syntax::lexer::Mistake;
use crate::segmentation::attributes::is_protected;
use crate::segmentation::nearest::{did_you_mean, listed};
use crate::value_type::ValueType;

/// The longest name of an experiment, in bytes.
const MAX_EXPERIMENT_BYTES: usize = 64;

impl Scope<'_> {
    pub(super) fn earlier_dimension(&self, expr: &Expr) -> Result<DimensionIndex, Mistake> {
        let earlier = &self.dimensions[..self.dimension];
        let names = || earlier.iter().map(|dimension| dimension.name.as_str());
        let name = text(expr);
        if let Some(index) = earlier.iter().position(|dimension| dimension.name == name) {
            return Ok(DimensionIndex(index));
        }
        let exists = self.dimensions.iter().skip(self.dimension).position(|dimension| dimension.name == name);
        let near = match exists {
            Some(0) => ", which is this rule's own: for those who are in a segment already, write `stay`".to_owned(),
            Some(_) => ", which is a later one: move it up".to_owned(),
            None => did_you_mean(name, names()),
        };
        let which = if earlier.is_empty() {
            "there is none before the first".to_owned()
        } else {
            format!("one of {}", listed(names()))
        };
        Err(expected(expr, &format!("an earlier dimension ({which})"), &near))
    }

    /// A declared attribute of type date, by its place.
    pub(super) fn date_attribute(&self, expr: &Expr) -> Result<AttributeIndex, Mistake> {
        let what = "a declared attribute of type date, as in `profile.NAME`";
        let ExprKind::Name(name, arguments) = &expr.kind else {
            return Err(expected(expr, what, ""));
        };
        let Some(name) = name.strip_prefix("profile.") else {
            let declared = self.attributes.iter().any(|attribute| attribute.name == *name);
            let near = match name.as_str() {
                _ if declared => format!("; did you mean `profile.{name}`?"),
                "anniversary" => "; for a yearly day write `days_until_anniversary(profile.NAME)`".to_owned(),
                _ => String::new(),
            };
            return Err(expected(expr, what, &near));
        };
        let index = self.attribute(expr.at, name, arguments.as_deref())?;
        match self.attributes[index.0].kind {
            ValueType::Date => Ok(index),
            kind => Err(expected(expr, what, &format!(", which is {}", kind.word()))),
        }
    }

    /// A declared attribute that may be read, by its place.
    pub(super) fn attribute(
        &self,
        at: usize,
        name: &str,
        arguments: Option<&[Expr]>,
    ) -> Result<AttributeIndex, Mistake> {
        let Some(index) = self.attributes.iter().position(|attribute| attribute.name == name) else {
            if name.contains('.') && arguments.is_some() {
                return Err(Mistake::new(at, no_function(&format!("profile.{name}"))));
            }
            let names = || self.attributes.iter().map(|attribute| attribute.name.as_str());
            let near = match did_you_mean(name, names()) {
                near if near.is_empty() => ": declare it with its type".to_owned(),
                near => near,
            };
            let message = format!("expected an attribute that `attributes` declares, found `profile.{name}`{near}");
            return Err(Mistake::new(at, message));
        };
        if arguments.is_some() {
            return Err(Mistake::new(at, format!("an attribute takes no arguments: write `profile.{name}`")));
        }
        if is_protected(name) && !self.protected.contains(name) {
            let message = format!(
                "`{name}` is a protected characteristic: a segmentation that reads it must list it under `protected`"
            );
            return Err(Mistake::new(at, message));
        }
        Ok(AttributeIndex(index))
    }
}

pub(super) fn channel(expr: &Expr) -> Result<Channel, Mistake> {
    let words = || Channel::ALL.iter().map(|channel| channel.word());
    Channel::from_word(text(expr)).ok_or_else(|| word_expected(expr, "a channel", words))
}

pub(super) fn failure_code(expr: &Expr) -> Result<FailureCode, Mistake> {
    let words = || FailureCode::ALL.iter().map(|code| code.word());
    FailureCode::from_word(text(expr)).ok_or_else(|| word_expected(expr, "a failure code", words))
}

/// How many invoices to look back on.
pub(super) fn invoices(expr: &Expr) -> Result<usize, Mistake> {
    let number = if let ExprKind::Number(number) = &expr.kind { Decimal::parse(number) } else { None };
    number
        .and_then(Decimal::whole)
        .and_then(|count| usize::try_from(count).ok())
        .filter(|count| (1..=MAX_INVOICES).contains(count))
        .ok_or_else(|| expected(expr, &format!("a whole number of invoices from 1 to {MAX_INVOICES}"), ""))
}

pub(super) fn experiment(expr: &Expr) -> Result<String, Mistake> {
    let name = text(expr);
    if (1..=MAX_EXPERIMENT_BYTES).contains(&name.len()) {
        return Ok(name.to_owned());
    }
    let what = format!("the name of an experiment, a text of 1 to {MAX_EXPERIMENT_BYTES} bytes such as \"arm\"");
    Err(expected(expr, &what, ""))
}

/// The text that an expression is; an empty one if it is no text.
pub(super) fn text(expr: &Expr) -> &str {
    if let ExprKind::Text(text) = &expr.kind { text } else { "" }
}

/// There are features, and nothing that is done with them but to compare and to calculate.
pub(super) fn no_function(name: &str) -> String {
    format!("there are no macros or functions such as `{name}`: write comparisons of features, and `in [..]`")
}

fn word_expected<'a, I: Iterator<Item = &'a str>>(expr: &Expr, what: &str, words: impl Fn() -> I) -> Mistake {
    expected(expr, &format!("{what} ({})", listed(words())), &did_you_mean(text(expr), words()))
}

pub(super) fn expected(expr: &Expr, what: &str, near: &str) -> Mistake {
    Mistake::new(expr.at, format!("expected {what}, found {}{near}", expr.found()))
}
