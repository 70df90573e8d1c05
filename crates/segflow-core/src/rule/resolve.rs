//! Names in rules: which feature a name and its arguments mean, and what to suggest where they mean none.

use super::arguments::{channel, debt_type, experiment, failure_code, invoices};
use super::check::Scope;
use super::lexer::Mistake;
use super::parser::Expr;
use super::{SlotIndex, quoted};
use crate::feature::catalogue::{CUSTOMER_SINCE, ENTRIES, Entry, Form, entry};
use crate::feature::{Feature, Window};
use crate::segmentation::nearest::{did_you_mean, listed};
use crate::segmentation::{AttributeKind, Slot};

impl Scope<'_> {
    /// The slot of a feature.
    pub(super) fn feature(&mut self, at: usize, name: &str, arguments: Option<&[Expr]>) -> Result<SlotIndex, Mistake> {
        if let Some(name) = name.strip_prefix("profile.") {
            let index = self.attribute(at, name, arguments)?;
            let kind = self.attributes[index].kind;
            return Ok(self.slot(format!("profile.{name}"), Feature::Profile(index), kind));
        }
        let Some(entry) = entry(name) else {
            return Err(Mistake::new(at, self.unknown_name(name)));
        };
        let (feature, arguments) = self.built(at, entry, arguments)?;
        if feature == Feature::FirstPaymentDefault {
            self.knows_when_history_begins(at)?;
        }
        let text = if arguments.is_empty() { name.to_owned() } else { format!("{name}({})", arguments.join(", ")) };
        Ok(self.slot(text, feature, entry.kind))
    }

    /// A feature, and its arguments in canonical spelling.
    fn built(&self, at: usize, entry: &Entry, arguments: Option<&[Expr]>) -> Result<(Feature, Vec<String>), Mistake> {
        Ok(match (&entry.form, arguments) {
            (Form::Plain(feature), None) => (feature.clone(), vec![]),
            (Form::Debt(build), None) => (build(None), vec![]),
            (Form::Debt(build), Some([debt])) => {
                let debt = debt_type(debt)?;
                let text = quoted(&debt);
                (build(Some(debt)), vec![text])
            }
            (Form::Windowed(build), Some([window])) => {
                let window = self.window(window)?;
                (build(window), vec![days(window)])
            }
            (Form::Channelled(build), Some([window])) => {
                let window = self.window(window)?;
                (build(window, None), vec![days(window)])
            }
            (Form::Channelled(build), Some([window, by])) => {
                let (window, by) = (self.window(window)?, channel(by)?);
                (build(window, Some(by)), vec![days(window), quoted(by.word())])
            }
            (Form::Failed(build), Some([window])) => {
                let window = self.window(window)?;
                (build(window, None), vec![days(window)])
            }
            (Form::Failed(build), Some([window, code])) => {
                let (window, code) = (self.window(window)?, failure_code(code)?);
                (build(window, Some(code)), vec![days(window), quoted(code.word())])
            }
            (Form::Answered(build), Some([window, by])) => {
                let (window, by) = (self.window(window)?, channel(by)?);
                (build(window, by), vec![days(window), quoted(by.word())])
            }
            (Form::Channel(build), Some([by])) => {
                let by = channel(by)?;
                (build(by), vec![quoted(by.word())])
            }
            (Form::Invoices(build), Some([count])) => {
                let count = invoices(count)?;
                (build(count), vec![count.to_string()])
            }
            (Form::Date(build), Some([date])) => {
                let index = self.date_attribute(date)?;
                (build(index), vec![format!("profile.{}", self.attributes[index].name)])
            }
            (Form::Dimension(build), Some([dimension])) => {
                let dimension = self.earlier_dimension(dimension)?;
                (build(dimension), vec![quoted(&self.dimensions[dimension].name)])
            }
            (Form::Experiment(build), Some([name])) => {
                let name = experiment(name)?;
                let text = quoted(&name);
                (build(name), vec![text])
            }
            _ => {
                let (name, takes, usage) = (entry.name, entry.form.takes(), entry.usage());
                return Err(Mistake::new(at, format!("`{name}` takes {takes}: write {usage}")));
            }
        })
    }

    fn slot(&mut self, text: String, feature: Feature, kind: AttributeKind) -> SlotIndex {
        let sensitive = match feature {
            Feature::Profile(index) | Feature::DaysSince(index) | Feature::DaysUntil(index) => {
                self.sensitive.contains(&self.attributes[index].name)
            }
            Feature::CustomerDays => self.sensitive.contains(CUSTOMER_SINCE),
            _ => false,
        };
        let slots = &mut *self.slots;
        slots.slots.iter().position(|known| known.feature == feature).unwrap_or_else(|| {
            slots.slots.push(Slot { text, feature, sensitive });
            slots.kinds.push(kind);
            slots.slots.len() - 1
        })
    }

    /// Whose first invoice is known can be told only of customers who came after history did.
    fn knows_when_history_begins(&self, at: usize) -> Result<(), Mistake> {
        let mut missing = Vec::new();
        if self.parameters.history_since.is_none() {
            missing.push("the parameter `history_since`: write `parameters: {history_since: 2024-01-01}`".to_owned());
        }
        let write = format!("write `attributes: {{{CUSTOMER_SINCE}: date}}`");
        match self.attributes.iter().find(|attribute| attribute.name == CUSTOMER_SINCE) {
            Some(attribute) if attribute.kind == AttributeKind::Date => {}
            Some(attribute) => missing
                .push(format!("the attribute `{CUSTOMER_SINCE}` as date, found {}: {write}", attribute.kind.word())),
            None => missing.push(format!("the attribute `{CUSTOMER_SINCE}`: {write}")),
        }
        if missing.is_empty() {
            return Ok(());
        }
        Err(Mistake::new(at, format!("`first_payment_default` needs {}", missing.join("; and "))))
    }

    fn unknown_name(&self, name: &str) -> String {
        if name == "profile" {
            return "expected an attribute, as in `profile.NAME`, found `profile` alone".to_owned();
        }
        match name.rsplit('.').next().unwrap_or(name) {
            "has" => return format!("there is no `{name}`: write `known(x)`"),
            "all" | "exists" | "exists_one" | "filter" | "map" | "size" | "contains" | "startsWith" | "endsWith"
            | "matches" => {
                return format!(
                    "there are no macros or functions such as `{name}`: write comparisons of features, and `in [..]`"
                );
            }
            _ => {}
        }
        if self.attributes.iter().any(|attribute| attribute.name == name) {
            return format!("unknown feature `{name}`; did you mean `profile.{name}`?");
        }
        let profiles: Vec<String> =
            self.attributes.iter().map(|attribute| format!("profile.{}", attribute.name)).collect();
        let names = ENTRIES.iter().map(|entry| entry.name).chain(["known", "unknown"]);
        let near = did_you_mean(name, names.chain(profiles.iter().map(String::as_str)));
        let near = if near.is_empty() { siblings(name) } else { near };
        format!("unknown feature `{name}`{near}")
    }
}

/// Of a name like none, those with the same first word.
fn siblings(name: &str) -> String {
    let first = |name: &'static str| name.split('.').next();
    let family = name.split('.').next();
    let names: Vec<&str> =
        ENTRIES.iter().map(|entry| entry.name).filter(|name| name.contains('.') && first(name) == family).collect();
    if names.is_empty() { String::new() } else { format!("; did you mean one of {}?", listed(names)) }
}

fn days(window: Window) -> String {
    format!("\"{}d\"", window.days)
}
