//! Names in rules: which feature a name and its arguments mean, and what to suggest where they mean none.

use super::SlotIndex;
use super::check::{Scope, found};
use super::lexer::Mistake;
use super::parser::{Expr, ExprKind};
use crate::event::Channel;
use crate::feature::catalogue::{ENTRIES, Entry, Form, entry, is_later};
use crate::feature::{Feature, Window};
use crate::segmentation::nearest::{did_you_mean, listed};
use crate::segmentation::{AttributeKind, Slot, is_protected};

impl Scope<'_> {
    /// The slot of a feature.
    pub(super) fn feature(&mut self, at: usize, name: &str, arguments: Option<&[Expr]>) -> Result<SlotIndex, Mistake> {
        if let Some(attribute) = name.strip_prefix("profile.") {
            return self.profile(at, attribute, arguments);
        }
        let Some(entry) = entry(name) else {
            return Err(Mistake::new(at, self.unknown_name(name)));
        };
        let usage = || format!("write `{}`", entry.usage());
        let (feature, text) = match (&entry.form, arguments) {
            (Form::Plain(_), Some([_, ..])) if name == "overdue.amount" || name == "overdue.days" => {
                let message = format!(
                    "`{name}(..)` of one debt type is known to the catalogue, not to this version: {}",
                    usage()
                );
                return Err(Mistake::new(at, message));
            }
            (Form::Plain(feature), None) => (feature.clone(), name.to_owned()),
            (Form::Plain(_), Some(_)) => {
                return Err(Mistake::new(at, format!("`{name}` takes no arguments: {}", usage())));
            }
            (Form::Windowed(build), Some([window])) => {
                let window = self.window(window)?;
                (build(window), format!("{name}(\"{}d\")", window.days))
            }
            (Form::Contacts(direction), Some([window])) => {
                let window = self.window(window)?;
                (Feature::Contacts(*direction, window, None), format!("{name}(\"{}d\")", window.days))
            }
            (Form::Contacts(direction), Some([window, channel])) => {
                let (window, channel) = (self.window(window)?, read_channel(channel)?);
                let text = format!("{name}(\"{}d\", \"{}\")", window.days, channel.word());
                (Feature::Contacts(*direction, window, Some(channel)), text)
            }
            (Form::Dimension(build), Some([dimension])) => {
                let dimension = self.earlier_dimension(dimension)?;
                (build(dimension), format!("{name}(\"{}\")", self.dimensions[dimension].name))
            }
            _ => return Err(Mistake::new(at, wanted(entry))),
        };
        Ok(self.slot(Slot { text, feature, sensitive: false }, entry.kind))
    }

    fn profile(&mut self, at: usize, name: &str, arguments: Option<&[Expr]>) -> Result<SlotIndex, Mistake> {
        let Some(index) = self.attributes.iter().position(|attribute| attribute.name == name) else {
            let names = || self.attributes.iter().map(|attribute| attribute.name.as_str());
            let near = did_you_mean(name, names());
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
        let slot = Slot {
            text: format!("profile.{name}"),
            feature: Feature::Profile(index),
            sensitive: self.sensitive.contains(name),
        };
        Ok(self.slot(slot, self.attributes[index].kind))
    }

    fn slot(&mut self, slot: Slot, kind: AttributeKind) -> SlotIndex {
        let slots = &mut *self.slots;
        slots.slots.iter().position(|known| known.feature == slot.feature).unwrap_or_else(|| {
            slots.slots.push(slot);
            slots.kinds.push(kind);
            slots.slots.len() - 1
        })
    }

    fn window(&self, expr: &Expr) -> Result<Window, Mistake> {
        let text = if let ExprKind::Text(text) = &expr.kind { text.as_str() } else { "" };
        let days = text.strip_suffix('d').filter(|days| days.bytes().all(|b| b.is_ascii_digit()));
        days.and_then(|days| days.parse().ok())
            .filter(|days| (1..=self.horizon_days).contains(days))
            .map(|days| Window { days })
            .ok_or_else(|| {
                let horizon = self.horizon_days;
                let message =
                    format!("expected a window from \"1d\" to the horizon, \"{horizon}d\", found {}", found(expr));
                Mistake::new(expr.at, message)
            })
    }

    fn earlier_dimension(&self, expr: &Expr) -> Result<usize, Mistake> {
        let earlier = &self.dimensions[..self.dimension];
        let names = || earlier.iter().map(|dimension| dimension.name.as_str());
        let name = if let ExprKind::Text(name) = &expr.kind { name.as_str() } else { "" };
        if let Some(index) = earlier.iter().position(|dimension| dimension.name == name) {
            return Ok(index);
        }
        let exists = self.dimensions.iter().skip(self.dimension).position(|dimension| dimension.name == name);
        let near = match exists {
            Some(0) => ", which is this rule's own".to_owned(),
            Some(_) => ", which is a later one: move it up".to_owned(),
            None => did_you_mean(name, names()),
        };
        let expected = if earlier.is_empty() {
            "there is none before the first".to_owned()
        } else {
            format!("one of {}", listed(names()))
        };
        let message = format!("expected an earlier dimension ({expected}), found {}{near}", found(expr));
        Err(Mistake::new(expr.at, message))
    }

    fn unknown_name(&self, name: &str) -> String {
        if is_later(name) {
            return format!("unknown feature `{name}`: known to the catalogue, not to this version");
        }
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
        format!("unknown feature `{name}`{near}")
    }
}

fn wanted(entry: &Entry) -> String {
    let takes = match entry.form {
        Form::Plain(_) => "no arguments",
        Form::Windowed(_) => "a window",
        Form::Contacts(_) => "a window, and perhaps a channel",
        Form::Dimension(_) => "an earlier dimension",
    };
    format!("`{}` takes {takes}: write `{}`", entry.name, entry.usage())
}

fn read_channel(expr: &Expr) -> Result<Channel, Mistake> {
    let text = if let ExprKind::Text(text) = &expr.kind { text.as_str() } else { "" };
    Channel::from_word(text).ok_or_else(|| {
        let words = || Channel::ALL.iter().map(|channel| channel.word());
        let message =
            format!("expected a channel ({}), found {}{}", listed(words()), found(expr), did_you_mean(text, words()));
        Mistake::new(expr.at, message)
    })
}
