//! Names in rules: the feature that a name and its arguments mean, or a message that suggests one.

use super::arguments::{channel, experiment, failure_code, invoices, no_function};
use super::debt_types::age;
use super::scope::Scope;
use super::windows::{calendar_spelled, spelled};
use crate::feature::Feature;
use crate::feature::catalogue::{Entry, Visitor, entries, visit};
use crate::feature::context::CUSTOMER_SINCE;
use crate::feature::history::HistoryFeature;
use crate::feature::row::{CustomerSince, Form, Row};
use crate::feature::window::Window;
use crate::rule::SlotIndex;
use crate::rule::spelling::quoted;
use crate::rule::syntax::expr::Expr;
use crate::rule::syntax::lexer::Mistake;
use crate::segmentation::Slot;
use crate::segmentation::nearest::{did_you_mean, listed};
use crate::value_type::ValueType;

impl Scope<'_> {
    /// The slot of a feature.
    pub(super) fn feature(&mut self, at: usize, name: &str, arguments: Option<&[Expr]>) -> Result<SlotIndex, Mistake> {
        if let Some(name) = name.strip_prefix("profile.") {
            let index = self.attribute(at, name, arguments)?;
            let kind = self.attributes[index.0].kind;
            return Ok(self.slot(Resolved { text: format!("profile.{name}"), feature: index.into(), kind }));
        }
        let mut call = Call { scope: self, at, name, arguments, resolved: None };
        visit(&mut call);
        let Some(resolved) = call.resolved else {
            return Err(Mistake::new(at, self.unknown_name(name)));
        };
        let resolved = resolved?;
        if resolved.feature == HistoryFeature::FirstPaymentDefault.into() {
            self.knows_when_history_begins(at)?;
        }
        Ok(self.slot(resolved))
    }

    fn slot(&mut self, Resolved { text, feature, kind }: Resolved) -> SlotIndex {
        let sensitive = self.is_sensitive(&feature);
        let of_episode = matches!(feature.references().window, Some(Window::Episode(_)));
        let slots = &mut *self.slots;
        slots.slots.iter().position(|known| known.feature == feature).unwrap_or_else(|| {
            slots.slots.push(Slot { text, feature, sensitive, of_episode });
            slots.kinds.push(kind);
            slots.slots.len() - 1
        })
    }

    /// Whether the value of a feature tells that of a sensitive attribute.
    fn is_sensitive(&self, feature: &Feature) -> bool {
        let named = feature.references().attribute.map(|index| self.attributes[index.0].name.as_str());
        let told = (feature.reads().customer_since == CustomerSince::Told).then_some(CUSTOMER_SINCE);
        [named, told].into_iter().flatten().any(|attribute| self.sensitive.contains(attribute))
    }

    /// Refuses a rule that asks for the first invoice where nobody says since when invoices are known.
    fn knows_when_history_begins(&self, at: usize) -> Result<(), Mistake> {
        let mut missing = Vec::new();
        if self.parameters.history_since.is_none() {
            missing.push("the parameter `history_since`: write `parameters: {history_since: 2024-01-01}`".to_owned());
        }
        let write = format!("write `attributes: {{{CUSTOMER_SINCE}: date}}`");
        match self.attributes.iter().find(|attribute| attribute.name == CUSTOMER_SINCE) {
            Some(attribute) if attribute.kind == ValueType::Date => {}
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
            "all" | "exists" | "exists_one" | "filter" | "map" | "size" | "contains" | "startsWith" | "endsWith"
            | "matches" => {
                return no_function(name);
            }
            _ => {}
        }
        if self.attributes.iter().any(|attribute| attribute.name == name) {
            return format!("unknown feature `{name}`; did you mean `profile.{name}`?");
        }
        let profiles: Vec<String> =
            self.attributes.iter().map(|attribute| format!("profile.{}", attribute.name)).collect();
        let entries = entries();
        let names = entries.iter().map(|entry| entry.name).chain(["known", "unknown"]);
        let near = did_you_mean(name, names.chain(profiles.iter().map(String::as_str)));
        let near = if near.is_empty() { siblings(name, &entries) } else { near };
        format!("unknown feature `{name}`{near}")
    }
}

/// The names that begin with the same word, for a name that is near to none.
fn siblings(name: &str, entries: &[Entry]) -> String {
    let first = |name: &'static str| name.split('.').next();
    let family = name.split('.').next();
    let names = entries.iter().map(|entry| entry.name);
    let names: Vec<&str> = names.filter(|name| name.contains('.') && first(name) == family).collect();
    if names.is_empty() { String::new() } else { format!("; did you mean one of {}?", listed(names)) }
}

/// A feature that a rule names.
struct Resolved {
    /// In canonical spelling.
    text: String,
    feature: Feature,
    kind: ValueType,
}

/// A name with its arguments, looked up in the catalogue.
struct Call<'s, 'a, 'e> {
    scope: &'s Scope<'a>,
    /// Where the name stands.
    at: usize,
    name: &'e str,
    arguments: Option<&'e [Expr]>,
    /// None until the row of the name was seen.
    resolved: Option<Result<Resolved, Mistake>>,
}

impl Visitor for Call<'_, '_, '_> {
    fn rows<F: Clone + Into<Feature>>(&mut self, rows: &'static [Row<F>]) {
        if let Some(row) = rows.iter().find(|row| row.name == self.name) {
            self.resolved = Some(self.resolve(row));
        }
    }
}

impl Call<'_, '_, '_> {
    fn resolve<F: Clone + Into<Feature>>(&self, row: &Row<F>) -> Result<Resolved, Mistake> {
        let (feature, arguments) = self.built(row)?;
        let text =
            if arguments.is_empty() { row.name.to_owned() } else { format!("{}({})", row.name, arguments.join(", ")) };
        Ok(Resolved { text, feature: feature.into(), kind: row.kind })
    }

    /// A feature, and its arguments in canonical spelling.
    fn built<F: Clone>(&self, row: &Row<F>) -> Result<(F, Vec<String>), Mistake> {
        Ok(match (&row.form, self.arguments) {
            (Form::Plain(feature), None) => (feature.clone(), vec![]),
            (Form::Debt(build), None) => (build(vec![]), vec![]),
            (Form::Debt(build), Some(named @ [_, ..])) => {
                let debt_types = self.scope.debt_types(row.name, named)?;
                let texts = debt_types.iter().map(|debt_type| quoted(debt_type)).collect();
                (build(debt_types), texts)
            }
            (Form::Aged(build), Some([least])) => {
                let least = age(least, 1)?;
                (build(least, None), vec![least.to_string()])
            }
            (Form::Aged(build), Some([least, most])) => {
                let least = age(least, 1)?;
                let most = age(most, least)?;
                (build(least, Some(most)), vec![least.to_string(), most.to_string()])
            }
            (Form::Invoices(build), Some([count])) => {
                let count = invoices(count)?;
                (build(count), vec![count.to_string()])
            }
            (Form::Date(build), Some([date])) => {
                let index = self.scope.date_attribute(date)?;
                (build(index), vec![format!("profile.{}", self.scope.attributes[index.0].name)])
            }
            (Form::Dimension(build), Some([dimension])) => {
                let index = self.scope.earlier_dimension(dimension)?;
                (build(index), vec![quoted(&self.scope.dimensions[index.0].name)])
            }
            (Form::Experiment(build), Some([name])) => {
                let name = experiment(name)?;
                let text = quoted(&name);
                (build(name), vec![text])
            }
            (Form::Channel(build), Some([by])) => {
                let by = channel(by)?;
                (build(by), vec![quoted(by.word())])
            }
            (
                Form::Windowed(_)
                | Form::Rolled(_)
                | Form::Begun(_)
                | Form::Channelled(_)
                | Form::Cured(_)
                | Form::Failed(_)
                | Form::Answered(_),
                Some([window, words @ ..]),
            ) => self.windowed(row, window, words)?,
            // The number of arguments is not one that the form takes.
            (
                Form::Plain(_)
                | Form::Debt(_)
                | Form::Aged(_)
                | Form::Windowed(_)
                | Form::Rolled(_)
                | Form::Begun(_)
                | Form::Channelled(_)
                | Form::Cured(_)
                | Form::Failed(_)
                | Form::Answered(_)
                | Form::Channel(_)
                | Form::Invoices(_)
                | Form::Date(_)
                | Form::Dimension(_)
                | Form::Experiment(_),
                _,
            ) => return Err(self.misused(row)),
        })
    }

    /// A feature of a window, and perhaps of a word.
    fn windowed<F>(&self, row: &Row<F>, window: &Expr, words: &[Expr]) -> Result<(F, Vec<String>), Mistake> {
        let begun = || self.scope.window_without_episode(row.name, window);
        let calendar = || self.scope.calendar_window(row.name, window);
        let window = || self.scope.window(row.name, window);
        Ok(match (&row.form, words) {
            (Form::Windowed(build), []) => {
                let window = window()?;
                (build(window), vec![spelled(window)])
            }
            (Form::Rolled(build), []) => {
                let window = calendar()?;
                (build(window), vec![calendar_spelled(window)])
            }
            (Form::Begun(build), []) => {
                let window = begun()?;
                (build(window), vec![spelled(window)])
            }
            (Form::Cured(build), []) => {
                let window = begun()?;
                (build(window, None), vec![spelled(window)])
            }
            (Form::Cured(build), [by]) => {
                let (window, by) = (begun()?, channel(by)?);
                (build(window, Some(by)), vec![spelled(window), quoted(by.word())])
            }
            (Form::Channelled(build), []) => {
                let window = window()?;
                (build(window, None), vec![spelled(window)])
            }
            (Form::Channelled(build), [by]) => {
                let (window, by) = (window()?, channel(by)?);
                (build(window, Some(by)), vec![spelled(window), quoted(by.word())])
            }
            (Form::Failed(build), []) => {
                let window = window()?;
                (build(window, None), vec![spelled(window)])
            }
            (Form::Failed(build), [code]) => {
                let (window, code) = (window()?, failure_code(code)?);
                (build(window, Some(code)), vec![spelled(window), quoted(code.word())])
            }
            (Form::Answered(build), [by]) => {
                let (window, by) = (window()?, channel(by)?);
                (build(window, by), vec![spelled(window), quoted(by.word())])
            }
            _ => return Err(self.misused(row)),
        })
    }

    fn misused<F>(&self, row: &Row<F>) -> Mistake {
        let entry = Entry::of(row);
        Mistake::new(self.at, format!("`{}` takes {}: write {}", entry.name, entry.takes, entry.usage()))
    }
}
