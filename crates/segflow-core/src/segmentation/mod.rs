//! The segmentation: dimensions of segments with their rules. It is checked when it is loaded, and cannot fail afterwards.

pub(crate) mod attributes;
pub(crate) mod debt_types;
mod dimensions;
pub mod error;
pub mod fields;
mod header;
pub mod load;
pub mod nearest;
pub(crate) mod parameters;
mod rules;
mod summary;
#[cfg(test)]
pub(crate) mod tests;
pub mod yaml;

pub use crate::feature::context::{AttributeDeclaration, Parameters};
pub use error::{LoadError, Position, Problem};
pub use load::Loaded;
pub use summary::Summary;

use std::collections::BTreeMap;

use crate::event::{Attribute, Body};
use crate::feature::context::FeatureContext;
use crate::feature::{FactFeature, Feature};
use crate::money::Currency;
use crate::rule::Rule;
use crate::time::{Span, Timestamp, Zone};

/// A segmentation that may be used.
#[derive(Clone, Debug)]
pub struct Segmentation {
    /// The file's `name`.
    pub name: String,
    /// The file's `version`; 1 or more.
    pub version: u32,
    /// SHA-256 of the file's bytes, in hexadecimal.
    pub hash: String,
    /// The file's bytes.
    pub text: Vec<u8>,
    /// The one currency of its money.
    pub currency: Currency,
    /// Where its days begin.
    pub zone: Zone,
    /// The declared attributes, by name; a feature refers to one by its place here.
    pub attributes: Vec<AttributeDeclaration>,
    /// What tunes the features.
    pub parameters: Parameters,
    /// How old a change may be and still be acted upon, in milliseconds.
    pub actionable_within_ms: i64,
    /// In file order.
    pub dimensions: Vec<Dimension>,
    /// Every feature that some rule reads; a rule refers to one by its place here.
    pub features: Vec<Slot>,
    /// How many rules are numbered.
    pub rules: usize,
    /// Whether some feature reads how the ledger stood earlier.
    pub reads_history: bool,
}

/// A feature that some rule reads.
#[derive(Clone, Debug)]
pub struct Slot {
    /// As written, in canonical spelling: `payments.sum("365d")`.
    pub text: String,
    /// What it computes.
    pub feature: Feature,
    /// Whether its value tells that of an attribute named in `sensitive`: then it appears in reasons without its values.
    pub sensitive: bool,
    /// Whether its window is an episode.
    pub of_episode: bool,
}

/// Mutually exclusive segments in order of precedence.
#[derive(Clone, Debug)]
pub struct Dimension {
    /// Unique in the file.
    pub name: String,
    /// Those with a rule, then `otherwise`, which has none.
    pub segments: Vec<Segment>,
    /// Itself and every earlier dimension that its rules read, directly or through others.
    pub rests_on: Dimensions,
}

/// A set of dimensions, one bit for each place; the loader allows 64.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dimensions(u64);

impl Dimensions {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// Each of them.
    pub const ALL: Self = Self(u64::MAX);

    /// The one at a place.
    #[must_use]
    pub const fn at(place: usize) -> Self {
        Self(1 << place)
    }

    /// Whether the one at a place is among them.
    #[must_use]
    pub const fn contain(self, place: usize) -> bool {
        self.meet(Self::at(place))
    }

    /// Whether some dimension is in both.
    #[must_use]
    pub const fn meet(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl Slot {
    /// Whether it reads how the ledger stood earlier.
    pub(crate) const fn reads_history(&self) -> bool {
        self.of_episode || matches!(self.feature, Feature::Facts(FactFeature::History(_)))
    }
}

impl std::ops::BitOr for Dimensions {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl std::ops::BitOrAssign for Dimensions {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

/// A segment of a dimension.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Unique in the dimension.
    pub name: String,
    /// The rule to enter; `otherwise` has none.
    pub when: Option<Rule>,
    /// A weaker rule for those already in: `when || stay`, joined at load.
    pub remain: Option<Rule>,
    /// How long `when` must have held before entry.
    pub hold: Option<Span>,
    /// How long a customer stays at least.
    pub keep: Option<Span>,
    /// The rule that overrides `keep`.
    pub bypass: Option<Rule>,
    /// What the subscriber does; Segflow does not read it.
    pub treatment: BTreeMap<String, String>,
}

impl Dimension {
    /// The place of `otherwise`.
    #[must_use]
    pub fn otherwise(&self) -> usize {
        self.segments.len() - 1
    }
}

impl Segmentation {
    /// The instant before which nothing new is taken in, and closed things are pruned, once everything before
    /// `decided` is decided.
    #[must_use]
    pub fn horizon(&self, decided: Timestamp) -> Timestamp {
        if decided < Timestamp::EARLIEST {
            return Timestamp::BEGINNING;
        }
        self.zone.midnight(self.zone.date_of(decided).plus_days(-self.parameters.horizon_days))
    }

    /// The values of an event that cannot be read as the types that its attributes are declared with, in the order of the
    /// declarations.
    pub fn unreadable<'a>(&'a self, body: &'a Body) -> impl Iterator<Item = (&'a AttributeDeclaration, &'a Attribute)> {
        let sent = if let Body::Updated { attributes } = body { Some(attributes) } else { None };
        let values = sent.into_iter().flat_map(|sent| {
            self.attributes.iter().filter_map(move |declared| Some((declared, sent.get(&declared.name)?)))
        });
        values.filter(|(declared, value)| !declared.can_read(value, &self.currency))
    }

    /// Adds a span in the segmentation's zone.
    #[must_use]
    pub fn plus(&self, at: Timestamp, span: Span) -> Timestamp {
        self.zone.plus(at, span)
    }
}

/// What of a segmentation its features read.
impl<'a> From<&'a Segmentation> for FeatureContext<'a> {
    fn from(segmentation: &'a Segmentation) -> Self {
        let Segmentation { currency, zone, parameters, attributes, reads_history, .. } = segmentation;
        Self { currency, zone, parameters, attributes, reads_history: *reads_history }
    }
}
