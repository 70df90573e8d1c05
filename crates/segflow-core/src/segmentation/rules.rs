//! The rules of a file: each is parsed, checked, and its mistake placed in the file.

use super::Slot;
use super::error::{LoadError, Position, Problems};
use super::header::Header;
use super::yaml::Text;
use crate::feature::customer::CustomerFeature;
use crate::feature::owed::OwedFeature;
use crate::feature::{FactFeature, Feature};
use crate::rule::foreign::{Words, advised, warned};
use crate::rule::syntax::Dialect;
use crate::rule::syntax::expr::Expr;
use crate::rule::syntax::lexer::Mistake;
use crate::rule::syntax::parser::parse;
use crate::rule::typing::scope::{Outline, Scope, Slots};
use crate::rule::{Node, Rule};

pub(super) struct Rules<'a> {
    header: Option<Header<'a>>,
    outlines: &'a [Outline],
    slots: Slots,
    warned_of_holidays: bool,
}

impl<'a> Rules<'a> {
    pub(super) fn new(header: Option<Header<'a>>, outlines: &'a [Outline]) -> Self {
        Self { header, outlines, slots: Slots::default(), warned_of_holidays: false }
    }

    pub(super) fn into_slots(self) -> Vec<Slot> {
        self.slots.slots
    }

    /// The rule of a segment of the dimension at this place; none if it is wrong, or if there is no header to check it
    /// against.
    pub(super) fn read(
        &mut self,
        dimension: usize,
        text: &Text,
        problems: &mut Problems,
        warnings: &mut Problems,
    ) -> Option<Rule> {
        let known = self.slots.slots.len();
        let words = Words::new(self.header.as_ref().map_or(&[], |header| &header.attributes.declared));
        match self.root(dimension, &text.value) {
            Ok(root) => {
                self.warn_of_holidays(known, text, warnings);
                for warning in warned(&text.value, &words) {
                    let (position, message) = placed(text, warning);
                    warnings.add(position, message);
                }
                Some(Rule::new(text.value.trim_end().to_owned(), root?))
            }
            Err(mistake) => {
                let loads = &mut |rule: &str| matches!(self.root(dimension, rule), Ok(Some(_)));
                // Advice costs more than the refusal, and problems beyond these are not listed.
                let listed = problems.len() < LoadError::MAX_PROBLEMS;
                let mistake = if listed { advised(&text.value, mistake, &words, loads) } else { mistake };
                let (position, message) = placed(text, mistake);
                problems.add(position, message);
                None
            }
        }
    }

    fn root(&mut self, dimension: usize, rule: &str) -> Result<Option<Node>, Mistake> {
        parse(rule, &Dialect::RULE).and_then(|expr| self.checked(dimension, &expr))
    }

    fn checked(&mut self, dimension: usize, expr: &Expr) -> Result<Option<Node>, Mistake> {
        let Some(header) = &self.header else { return Ok(None) };
        let mut scope = Scope {
            attributes: &header.attributes.declared,
            sensitive: &header.attributes.sensitive,
            protected: &header.attributes.protected,
            debt_types: header.debt_types,
            currency: header.currency,
            parameters: header.parameters,
            dimensions: self.outlines,
            dimension,
            slots: &mut self.slots,
        };
        scope.truth(expr).map(Some)
    }

    /// Warns once if business days are counted and no holidays are named: then every weekday is one.
    fn warn_of_holidays(&mut self, known: usize, text: &Text, warnings: &mut Problems) {
        let empty = self.header.as_ref().is_some_and(|header| header.parameters.holidays.is_empty());
        let first = self.slots.slots[known..].iter().find_map(|slot| Some((slot, holidays_miscounted(&slot.feature)?)));
        if let Some((slot, miscounted)) = first.filter(|_| empty && !self.warned_of_holidays) {
            self.warned_of_holidays = true;
            let name = slot.text.split('(').next().unwrap_or_default();
            let character = text.value.find(name).map_or(0, |byte| text.value[..byte].chars().count());
            let position = text.position_of(character).unwrap_or(text.position);
            let message = format!("`{name}` is read and `holidays` is empty: {miscounted}");
            warnings.add(position, message);
        }
    }
}

/// What is wrong with a feature if holidays are not known; none if it does not count business days.
const fn holidays_miscounted(feature: &Feature) -> Option<&'static str> {
    match feature {
        Feature::Facts(FactFeature::Promises(_)) => {
            Some("a promise's deadline counts public holidays as business days")
        }
        Feature::Facts(
            FactFeature::Owed(OwedFeature::OverdueBusinessDays) | FactFeature::Customer(CustomerFeature::TodayBusiness),
        ) => Some("public holidays count as business days"),
        _ => None,
    }
}

/// The place of a mistake in the file. If the place of its token cannot be told, it is the rule's, and the message names
/// the character.
fn placed(text: &Text, mistake: Mistake) -> (Position, String) {
    let Mistake { at, message } = mistake;
    match text.position_of(at) {
        Some(position) => (position, message),
        None => (text.position, format!("in the rule at character {}: {message}", at + 1)),
    }
}
