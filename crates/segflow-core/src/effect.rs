//! Facts that count for nothing, and why, so that nobody has to guess.

use std::collections::BTreeMap;
use std::fmt;

use crate::event::Kind;
use crate::fact::{Fact, FactKey};

/// Why a fact counts for nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum NoEffect {
    /// An earlier event, of this id, tells of the same thing.
    ToldBefore {
        /// The id of the earlier event.
        event_id: String,
    },
    /// It corrects what an event of this kind would tell of, and no such event is known.
    CorrectsNothing {
        /// The kind of the event that is missing.
        missing: Kind,
    },
}

/// `nothing so far: no ISSUED of it is known`
impl fmt::Display for NoEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ToldBefore { event_id } => write!(f, "nothing: the earlier event {event_id} counts"),
            Self::CorrectsNothing { missing } => write!(f, "nothing so far: no {} of it is known", missing.word()),
        }
    }
}

/// The facts that count for nothing among facts given in order. What an attribute's unreadable value does is not told here.
#[must_use]
pub fn without_effect<'a>(facts: impl Iterator<Item = &'a Fact> + Clone) -> BTreeMap<FactKey<'a>, NoEffect> {
    let mut told: BTreeMap<(Kind, &str), &Fact> = BTreeMap::new();
    for fact in facts.clone() {
        if let (Some(kind), Some(subject)) = (fact.body.kind(), fact.body.subject()) {
            told.entry((kind, subject)).or_insert(fact);
        }
    }
    let reason = |fact: &Fact| {
        let (kind, subject) = (fact.body.kind()?, fact.body.subject()?);
        if kind.is_told_once() {
            let first = told[&(kind, subject)];
            return (first.event_id != fact.event_id)
                .then(|| NoEffect::ToldBefore { event_id: first.event_id.clone() });
        }
        let missing = kind.corrects().filter(|corrected| !told.contains_key(&(*corrected, subject)))?;
        Some(NoEffect::CorrectsNothing { missing })
    };
    facts.filter_map(|fact| Some((fact.key(), reason(fact)?))).collect()
}
