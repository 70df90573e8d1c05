//! What `fold` says without being asked: the first records that could not be used, how many there are by reason, and the
//! attributes whose values cannot be read, and the facts that count for nothing.

use std::collections::BTreeMap;
use std::fmt;

use segflow_core::effect::without_effect;
use segflow_core::event::{CustomerId, Kind};
use segflow_core::state::State;
use segflow_engine::unreadable::Unreadable;

/// How many refused records are shown.
const SHOWN: usize = 3;

/// Records that could not be used.
#[derive(Default)]
pub struct Refused {
    first: Vec<String>,
    by_reason: BTreeMap<String, u64>,
}

impl Refused {
    /// Counts a record; `place` is where it stands, such as `line 3 of events.ndjson`.
    pub fn add(&mut self, place: &str, reason: &str, detail: &str) {
        if self.first.len() < SHOWN {
            self.first.push(format!("{place}: {reason}: {detail}"));
        }
        *self.by_reason.entry(reason.to_owned()).or_default() += 1;
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.by_reason.values().sum()
    }

    /// The first one, with its reason.
    pub fn first(&self) -> Option<&str> {
        self.first.first().map(String::as_str)
    }

    /// `malformed_field 2, unknown_topic 1`; none without any.
    pub fn by_reason(&self) -> Option<String> {
        let parts: Vec<String> = self.by_reason.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// The first records, a line each, and how many more there are.
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.iter().try_for_each(|line| writeln!(f, "dead letter: {line}"))?;
        match self.count() - self.first.len() as u64 {
            0 => Ok(()),
            more => writeln!(f, "dead letter: ... and {more} more; `--dead-letters FILE` writes every one"),
        }
    }
}

/// Attributes whose values cannot be read as the file declares them: the first value of each, and how many there are.
#[derive(Default)]
pub struct UnreadableAttributes(BTreeMap<String, (String, u64)>);

impl UnreadableAttributes {
    /// Counts values of one record.
    pub fn add(&mut self, place: &str, values: Vec<Unreadable>) {
        for value in values {
            let first = || (format!("{value} (customer {}, {place})", value.customer), 0);
            let (_, count) = self.0.entry(value.attribute.clone()).or_insert_with(first);
            *count += 1;
        }
    }
}

/// A warning per attribute.
impl fmt::Display for UnreadableAttributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(attribute, (first, count))| {
            let values = if *count == 1 { "1 value".to_owned() } else { format!("{count} values") };
            writeln!(f, "warning: attribute `{attribute}`: {values} cannot be read; the first: {first}")
        })
    }
}

/// Facts that count for nothing in the end: the first of each kind, and how many there are.
#[derive(Default)]
pub struct Idle(BTreeMap<Kind, (String, u64)>);

impl Idle {
    /// Counts those of one customer.
    pub fn add(&mut self, customer: &CustomerId, state: &State) {
        for ((kind, event_id), reason) in without_effect(state.facts.iter()) {
            let Some(kind) = kind else { continue };
            let first = || (format!("{event_id} of customer {customer} counts for {reason}"), 0);
            self.0.entry(kind).or_insert_with(first).1 += 1;
        }
    }
}

/// A warning per kind.
impl fmt::Display for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(kind, (first, count))| {
            let events = if *count == 1 { "1 event counts".to_owned() } else { format!("{count} events count") };
            writeln!(f, "warning: {}: {events} for nothing; the first: event {first}", kind.word())
        })
    }
}

#[cfg(test)]
mod tests {
    use segflow_core::event::Attribute;
    use segflow_core::value_type::ValueType;

    use super::*;

    #[test]
    fn three_records_are_shown_and_all_are_counted() {
        let mut refused = Refused::default();
        assert_eq!((refused.to_string(), refused.by_reason()), (String::new(), None));
        for line in 1..=5 {
            let reason = if line == 2 { "unknown_topic" } else { "malformed_line" };
            refused.add(&format!("line {line} of e.ndjson"), reason, "wrong");
        }
        assert_eq!(
            refused.to_string(),
            "dead letter: line 1 of e.ndjson: malformed_line: wrong\n\
             dead letter: line 2 of e.ndjson: unknown_topic: wrong\n\
             dead letter: line 3 of e.ndjson: malformed_line: wrong\n\
             dead letter: ... and 2 more; `--dead-letters FILE` writes every one\n"
        );
        assert_eq!(refused.by_reason().as_deref(), Some("malformed_line 4, unknown_topic 1"));
    }

    #[test]
    fn the_first_value_of_an_attribute_is_shown_unless_it_is_sensitive() {
        let value = |found: Option<&str>| Unreadable {
            attribute: "frail".to_owned(),
            expected: ValueType::Bool,
            found: found.map(|text| Attribute::Text(text.to_owned())),
            customer: CustomerId::new("C-1").unwrap(),
            offset: 7,
        };
        let mut seen = UnreadableAttributes::default();
        seen.add("line 7 of e.ndjson", vec![value(Some("J"))]);
        assert_eq!(
            seen.to_string(),
            "warning: attribute `frail`: 1 value cannot be read; the first: expected bool, found \"J\" (customer C-1, \
             line 7 of e.ndjson)\n"
        );
        let mut sensitive = UnreadableAttributes::default();
        sensitive.add("line 7 of e.ndjson", vec![value(None), value(None)]);
        assert_eq!(
            sensitive.to_string(),
            "warning: attribute `frail`: 2 values cannot be read; the first: expected bool, found another value \
             (sensitive) (customer C-1, line 7 of e.ndjson)\n"
        );
    }
}
