//! Customers who differ: candidate and baseline put them in different segments of a dimension that both have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use segflow_core::event::CustomerId;
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Timestamp;
use segflow_wire::{Partitioner, partition_of};

use super::memberships::Stay;
use super::sums::{NOBODY, add_up};
use crate::period::Period;

/// The most customers kept of each pair of segments, to choose the examples from.
const KEPT_PER_PAIR: usize = 20;

/// A dimension that both segmentations have, by its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SharedDimension {
    /// Its place in the candidate.
    pub candidate: usize,
    /// Its place in the baseline.
    pub baseline: usize,
}

/// Stands in place of a day for all days before the period.
pub const BEFORE_PERIOD: i32 = i32::MIN;

/// Dimensions that both have.
#[must_use]
pub fn shared(segmentations: &[Arc<Segmentation>]) -> Vec<SharedDimension> {
    let [candidate, baseline] = segmentations else { return Vec::new() };
    let both = candidate.dimensions.iter().enumerate().filter_map(|(place, dimension)| {
        let same = baseline.dimensions.iter().position(|other| other.name == dimension.name)?;
        Some(SharedDimension { candidate: place, baseline: same })
    });
    both.collect()
}

/// The counts. Dimensions are numbered as in [`shared`].
#[derive(Clone, Default, Debug)]
pub struct Differences {
    /// The number by which those who differ grow, by dimension and day, with [`BEFORE_PERIOD`] for all days before it.
    pub grown: BTreeMap<(u16, i32), i64>,
    /// Customers who ever differed within the period, in any dimension.
    pub ever: u64,
    /// Customers who differ at the end, in any dimension.
    pub at_end: u64,
    /// Customers known at the end; those who were erased are not.
    pub customers: u64,
    /// How many differ at the end, by dimension, the baseline's segment and the candidate's.
    pub pairs: BTreeMap<(u16, u16, u16), u64>,
    /// Some of each pair, by a hash of their ids.
    pub some: BTreeMap<(u16, u16, u16), BTreeSet<(u32, CustomerId)>>,
}

/// The dimensions in which one customer differs now, and whether they ever did.
#[derive(Clone, Default, Debug)]
pub struct Differs {
    now: Vec<bool>,
    ever: bool,
}

/// The places of two stays in one dimension, if they are in segments of other names.
fn pair(segmentations: &[Arc<Segmentation>], shared: SharedDimension, sides: [&[Stay]; 2]) -> Option<(u16, u16)> {
    let of = |side: usize, place: usize| sides[side].get(place).map_or(NOBODY, |stay| stay.segment);
    let (candidate, baseline) = (of(0, shared.candidate), of(1, shared.baseline));
    let name = |side: usize, place: usize, segment: u16| {
        segmentations[side].dimensions[place].segments.get(usize::from(segment)).map(|segment| segment.name.as_str())
    };
    let same = name(0, shared.candidate, candidate) == name(1, shared.baseline, baseline);
    (!same).then_some((baseline, candidate))
}

impl Differences {
    /// Looks at a customer after everything that changed at an instant.
    pub fn look(
        &mut self,
        (segmentations, dimensions): (&[Arc<Segmentation>], &[SharedDimension]),
        period: &Period,
        sides: [&[Stay]; 2],
        differs: &mut Differs,
        at: Timestamp,
    ) {
        differs.now.resize(dimensions.len(), false);
        let day = if period.holds(at) { segmentations[0].zone.date_of(at).0 } else { BEFORE_PERIOD };
        for (place, shared) in dimensions.iter().enumerate() {
            let now = pair(segmentations, *shared, sides).is_some();
            if now != differs.now[place] {
                differs.now[place] = now;
                let place = u16::try_from(place).expect("a segmentation has few dimensions");
                *self.grown.entry((place, day)).or_default() += if now { 1 } else { -1 };
            }
        }
        differs.ever |= period.holds(at) && differs.now.contains(&true);
    }

    /// Looks at a customer at the end.
    pub fn end(
        &mut self,
        (segmentations, dimensions): (&[Arc<Segmentation>], &[SharedDimension]),
        customer: &CustomerId,
        sides: [&[Stay]; 2],
        differs: &Differs,
    ) {
        let mut any = false;
        for (place, shared) in dimensions.iter().enumerate() {
            let Some((baseline, candidate)) = pair(segmentations, *shared, sides) else { continue };
            any = true;
            let key = (u16::try_from(place).expect("a segmentation has few dimensions"), baseline, candidate);
            *self.pairs.entry(key).or_default() += 1;
            let hash = partition_of(customer.as_str().as_bytes(), u32::MAX, Partitioner::Crc32);
            self.keep(key, (hash, customer.clone()));
        }
        let stands = |stays: &&[Stay]| stays.iter().any(|stay| stay.segment != NOBODY);
        self.customers += u64::from(sides.iter().any(stands));
        self.at_end += u64::from(any);
        self.ever += u64::from(any || differs.ever);
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: Self) {
        add_up(&mut self.grown, other.grown);
        add_up(&mut self.pairs, other.pairs);
        self.ever += other.ever;
        self.at_end += other.at_end;
        self.customers += other.customers;
        for (key, some) in other.some {
            some.into_iter().for_each(|customer| self.keep(key, customer));
        }
    }

    fn keep(&mut self, key: (u16, u16, u16), customer: (u32, CustomerId)) {
        let some = self.some.entry(key).or_default();
        some.insert(customer);
        if some.len() > KEPT_PER_PAIR {
            some.pop_last();
        }
    }
}
