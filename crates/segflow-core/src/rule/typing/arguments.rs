//! The arguments of features in rules: each is read as the kind of argument that it must be.

use super::scope::Scope;
use crate::event::{Channel, FailureCode};
use crate::feature::row::{AttributeIndex, DimensionIndex, MAX_INVOICES};
use crate::feature::window::Window;
use crate::rule::syntax::decimal::Decimal;
use crate::rule::syntax::expr::{Expr, ExprKind};
use crate::rule::syntax::lexer::Mistake;
use crate::segmentation::attributes::is_protected;
use crate::segmentation::nearest::{did_you_mean, listed};
use crate::value_type::ValueType;

/// The longest name of an experiment, in bytes.
const MAX_EXPERIMENT_BYTES: usize = 64;
/// The longest debt type, in bytes.
const MAX_DEBT_TYPE_BYTES: usize = 256;

impl Scope<'_> {
    pub(super) fn window(&self, expr: &Expr) -> Result<Window, Mistake> {
        let horizon = self.parameters.horizon_days;
        let days = text(expr).strip_suffix('d').filter(|days| days.bytes().all(|b| b.is_ascii_digit()));
        days.and_then(|days| days.parse().ok())
            .filter(|days| (1..=horizon).contains(days))
            .map(|days| Window { days })
            .ok_or_else(|| expected(expr, &format!("a window from \"1d\" to the horizon, \"{horizon}d\""), ""))
    }

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
            let near = if declared { format!("; did you mean `profile.{name}`?") } else { String::new() };
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
    bounded(expr, "the name of an experiment", "arm", MAX_EXPERIMENT_BYTES)
}

pub(super) fn debt_type(expr: &Expr) -> Result<String, Mistake> {
    bounded(expr, "a debt type", "LOAN", MAX_DEBT_TYPE_BYTES)
}

fn bounded(expr: &Expr, what: &str, example: &str, bytes: usize) -> Result<String, Mistake> {
    let text = text(expr);
    if (1..=bytes).contains(&text.len()) {
        return Ok(text.to_owned());
    }
    Err(expected(expr, &format!("{what}, a text of 1 to {bytes} bytes such as \"{example}\""), ""))
}

/// The text that an expression is; an empty one if it is no text.
fn text(expr: &Expr) -> &str {
    if let ExprKind::Text(text) = &expr.kind { text } else { "" }
}

/// There are features, and nothing that is done with them but to compare and to calculate.
pub(super) fn no_function(name: &str) -> String {
    format!("there are no macros or functions such as `{name}`: write comparisons of features, and `in [..]`")
}

fn word_expected<'a, I: Iterator<Item = &'a str>>(expr: &Expr, what: &str, words: impl Fn() -> I) -> Mistake {
    expected(expr, &format!("{what} ({})", listed(words())), &did_you_mean(text(expr), words()))
}

fn expected(expr: &Expr, what: &str, near: &str) -> Mistake {
    Mistake::new(expr.at, format!("expected {what}, found {}{near}", expr.found()))
}
