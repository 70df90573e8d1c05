//! The compacted record of `collections.segments`: a customer's memberships with all their decision state, by name.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::NonZeroU32;

use segflow_core::event::CustomerId;
use segflow_core::segmentation::{Dimension, Segmentation};
use segflow_core::state::{self, Decision};
use segflow_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::encoding::{Encoding, Malformed};
use crate::schema;
use crate::shape::{Pairs, Stamp, Text, lent};

/// What was decided of a customer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Memberships {
    /// Whose.
    pub customer_id: CustomerId,
    /// The segmentation's name.
    pub segmentation: String,
    /// The segmentation's version.
    pub segmentation_version: u32,
    /// The segmentation's hash.
    pub segmentation_hash: String,
    /// Everything before it is decided; none: nothing is.
    pub as_of: Option<Timestamp>,
    /// The next breakpoint if no fact arrives; none: there is none.
    pub next: Option<Timestamp>,
    /// One per dimension, in file order.
    pub dimensions: Vec<Membership>,
    /// How many changes there have been in each dimension in which the customer stands no more.
    pub closed: BTreeMap<String, u64>,
}

/// Where the customer stands in one dimension.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Membership {
    /// The dimension.
    pub dimension: String,
    /// The present segment; none: none was decided.
    pub segment: Option<String>,
    /// When it was entered.
    pub entered_at: Option<Timestamp>,
    /// How many changes there have been.
    pub seq: u64,
    /// The segments with `for` whose `when` holds, and since when, in file order.
    pub since: Vec<(String, Timestamp)>,
}

/// The value of the record that says what was decided, by the names of the segmentation that decided it. Its key is the
/// customer's id.
#[must_use]
pub fn encode(customer: &CustomerId, decision: &Decision, segmentation: &Segmentation, encoding: Encoding) -> Vec<u8> {
    encoding.encode(&Fields::decided(customer, decision, segmentation, encoding), &schema::SEGMENTS)
}

impl Memberships {
    /// What was decided, by the names of the segmentation that decided it.
    #[must_use]
    pub fn of(customer: &CustomerId, decision: &Decision, segmentation: &Segmentation) -> Self {
        let fields = Fields::decided(customer, decision, segmentation, Encoding::default());
        fields.memberships().expect("the id is a customer's")
    }

    /// The decision state again, for repair. A dimension that the record lacks has none yet; a dimension or segment
    /// that the segmentation lacks is an error that names it.
    pub fn decision(&self, segmentation: &Segmentation) -> Result<Decision, Malformed> {
        let mut dimensions: Vec<_> = segmentation.dimensions.iter().map(undecided).collect();
        for found in &self.dimensions {
            let index = segmentation
                .dimensions
                .iter()
                .position(|dimension| dimension.name == found.dimension)
                .ok_or_else(|| Malformed(format!("dimension {:?}: not in this segmentation", found.dimension)))?;
            dimensions[index] = numbered(&segmentation.dimensions[index], found)?;
        }
        let dimensions = if self.dimensions.is_empty() { Vec::new() } else { dimensions };
        Ok(Decision {
            as_of: self.as_of,
            next: self.next.unwrap_or(Timestamp::NEVER),
            segmentation: NonZeroU32::new(self.segmentation_version).filter(|_| !dimensions.is_empty()),
            dimensions,
            closed: self.closed.clone(),
        })
    }

    /// The record's value again, as [`encode`] writes it.
    #[must_use]
    pub fn encode(&self, encoding: Encoding) -> Vec<u8> {
        encoding.encode(&Fields::of(self, encoding), &schema::SEGMENTS)
    }

    /// Reads a record back; the error says what was expected and what was found.
    pub fn decode(bytes: &[u8], encoding: Encoding) -> Result<Self, Malformed> {
        encoding.decode::<Fields<'_>>(bytes, &schema::SEGMENTS)?.memberships()
    }

    /// Reads a record back, in whichever encoding it was written: a topic may hold values of both.
    ///
    /// # Errors
    /// What was expected and what was found.
    pub fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        Self::decode(bytes, Encoding::of(bytes))
    }
}

fn undecided(dimension: &Dimension) -> state::Membership {
    state::Membership { since: vec![None; dimension.segments.len()], ..state::Membership::default() }
}

fn numbered(dimension: &Dimension, found: &Membership) -> Result<state::Membership, Malformed> {
    let number = |name: &String| {
        dimension
            .segments
            .iter()
            .position(|segment| segment.name == *name)
            .ok_or_else(|| Malformed(format!("segment {name:?}: not in dimension {:?}", dimension.name)))
    };
    let mut membership = undecided(dimension);
    for (segment, at) in &found.since {
        membership.since[number(segment)?] = Some(*at);
    }
    if let Some(segment) = &found.segment {
        membership.current = Some(u16::try_from(number(segment)?).expect("a dimension has fewer than 65,536 segments"));
    }
    membership.entered_at = found.entered_at;
    membership.seq = found.seq;
    Ok(membership)
}

#[derive(Serialize, Deserialize)]
struct Fields<'a> {
    customer_id: Text<'a>,
    segmentation: Text<'a>,
    segmentation_version: u32,
    segmentation_hash: Text<'a>,
    as_of: Option<Stamp>,
    next: Option<Stamp>,
    dimensions: Vec<DimensionFields<'a>>,
    #[serde(default)]
    closed: Cow<'a, BTreeMap<String, u64>>,
}

#[derive(Serialize, Deserialize)]
struct DimensionFields<'a> {
    dimension: Text<'a>,
    segment: Option<Text<'a>>,
    entered_at: Option<Stamp>,
    seq: u64,
    since: Pairs<Text<'a>, Stamp>,
}

impl<'a> Fields<'a> {
    fn of(memberships: &'a Memberships, encoding: Encoding) -> Self {
        let stamp = |at: Timestamp| Stamp::new(at, encoding);
        let dimension = |membership: &'a Membership| DimensionFields {
            dimension: lent(&membership.dimension),
            segment: membership.segment.as_deref().map(lent),
            entered_at: membership.entered_at.map(stamp),
            seq: membership.seq,
            since: Pairs(membership.since.iter().map(|(segment, at)| (lent(segment), stamp(*at))).collect()),
        };
        Self {
            customer_id: lent(memberships.customer_id.as_str()),
            segmentation: lent(&memberships.segmentation),
            segmentation_version: memberships.segmentation_version,
            segmentation_hash: lent(&memberships.segmentation_hash),
            as_of: memberships.as_of.map(stamp),
            next: memberships.next.map(stamp),
            dimensions: memberships.dimensions.iter().map(dimension).collect(),
            closed: Cow::Borrowed(&memberships.closed),
        }
    }

    fn decided(
        customer: &'a CustomerId,
        decision: &'a Decision,
        segmentation: &'a Segmentation,
        encoding: Encoding,
    ) -> Self {
        let stamp = |at: Timestamp| Stamp::new(at, encoding);
        let dimensions = segmentation.dimensions.iter().zip(&decision.dimensions);
        Self {
            customer_id: lent(customer.as_str()),
            segmentation: lent(&segmentation.name),
            segmentation_version: segmentation.version,
            segmentation_hash: lent(&segmentation.hash),
            as_of: decision.as_of.map(stamp),
            next: (decision.next != Timestamp::NEVER).then_some(decision.next).map(stamp),
            dimensions: dimensions.map(|(dimension, membership)| named(dimension, membership, encoding)).collect(),
            closed: Cow::Borrowed(&decision.closed),
        }
    }

    fn memberships(self) -> Result<Memberships, Malformed> {
        let dimension = |fields: DimensionFields<'_>| Membership {
            dimension: fields.dimension.into_owned(),
            segment: fields.segment.map(Cow::into_owned),
            entered_at: fields.entered_at.map(Stamp::at),
            seq: fields.seq,
            since: fields.since.0.into_iter().map(|(segment, at)| (segment.into_owned(), at.at())).collect(),
        };
        Ok(Memberships {
            customer_id: CustomerId::new(self.customer_id)
                .ok_or_else(|| Malformed("customer_id: expected a text of 1 to 128 bytes".to_owned()))?,
            segmentation: self.segmentation.into_owned(),
            segmentation_version: self.segmentation_version,
            segmentation_hash: self.segmentation_hash.into_owned(),
            as_of: self.as_of.map(Stamp::at),
            next: self.next.map(Stamp::at),
            dimensions: self.dimensions.into_iter().map(dimension).collect(),
            closed: self.closed.into_owned(),
        })
    }
}

fn named<'a>(dimension: &'a Dimension, membership: &state::Membership, encoding: Encoding) -> DimensionFields<'a> {
    let name = |index: usize| lent(&dimension.segments[index].name);
    let stamp = |at: Timestamp| Stamp::new(at, encoding);
    let since = membership.since.iter().enumerate();
    DimensionFields {
        dimension: lent(&dimension.name),
        segment: membership.current.map(|current| name(usize::from(current))),
        entered_at: membership.entered_at.map(stamp),
        seq: membership.seq,
        since: Pairs(since.filter_map(|(index, since)| Some((name(index), stamp((*since)?)))).collect()),
    }
}

#[cfg(test)]
mod tests;
