//! `report.json`: every figure of the page. `docs/backtest.md` says what each means. The names of the fields are its format.

use serde::Serialize;

use super::stats::{Durations, Separation, Share};
use crate::sample::Estimate;

/// The whole report.
#[derive(Clone, PartialEq, Serialize, Debug)]
pub struct Report {
    /// The number of this layout. It changes where a figure comes to mean something else.
    pub format: u32,
    /// The release that decided.
    pub engine_version: String,
    /// The period that is reported.
    pub period: PeriodFigures,
    /// The share of customers who were looked at, such as `1%`; none: everybody. Counts are of the sample.
    pub sample: Option<String>,
    /// What became of the records.
    pub events: EventFigures,
    /// The candidate, then the baseline if there is one.
    pub sides: Vec<SideFigures>,
    /// Between the two.
    pub differences: Option<DifferenceFigures>,
}

/// The period that is reported.
#[derive(Clone, PartialEq, Eq, Serialize, Debug)]
pub struct PeriodFigures {
    /// Changes from this instant on; none: from the first.
    pub from: Option<String>,
    /// Changes before this instant; none: up to the last record.
    pub to: Option<String>,
    /// The time zone of the days.
    pub time_zone: String,
    /// Every day, as `YYYY-MM-DD`; series have a value per day, as of its end.
    pub days: Vec<String>,
    /// `month` or `week`: how far two comparisons of memberships for roll rates lie apart.
    pub step: &'static str,
}

/// What became of the records, by the candidate.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Debug)]
pub struct EventFigures {
    /// Records read, but for those beyond the period.
    pub read: u64,
    /// New facts.
    pub folded: u64,
    /// Copies of known ones.
    pub duplicates: u64,
    /// Facts that came too late to matter.
    pub forgotten: u64,
    /// Records of another currency, left to another application.
    pub ignored: u64,
    /// Facts that count from later than they happened.
    pub late: u64,
    /// Lines and records that could not be used.
    pub bad: u64,
    /// Records at or after the end of the period.
    pub beyond: u64,
    /// Records of customers outside the sample.
    pub outside: u64,
    /// How many could not be used, by reason.
    pub bad_by_reason: Vec<(String, u64)>,
    /// The first of them.
    pub bad_named: Vec<RejectedFigure>,
}

/// A record that could not be used.
#[derive(Clone, PartialEq, Eq, Serialize, Debug)]
pub struct RejectedFigure {
    /// The file and line or row, or the topic, partition and offset.
    pub place: String,
    /// The kind of fault.
    pub reason: String,
    /// What was expected and what was found.
    pub detail: String,
}

/// One segmentation.
#[derive(Clone, PartialEq, Serialize, Debug)]
pub struct SideFigures {
    /// `candidate` or `baseline`.
    pub side: &'static str,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// SHA-256 of its file.
    pub hash: String,
    /// The digest of every change from the first record on: that of `segflow fold` over the same events.
    pub digest: String,
    /// The digest of the changes within the period.
    pub period_digest: String,
    /// The number of changes within the period.
    pub changes: u64,
    /// In file order.
    pub dimensions: Vec<DimensionFigures>,
    /// Work by treatment.
    pub work: Vec<WorkFigures>,
    /// Channel, handler, and how many customers begin to be treated by that channel with that handler.
    pub channel_by_handler: Vec<(String, String, u64)>,
}

/// One dimension.
#[derive(Clone, PartialEq, Serialize, Debug)]
pub struct DimensionFigures {
    /// Its name.
    pub name: String,
    /// In file order.
    pub segments: Vec<SegmentFigures>,
    /// Changes from segment to segment; those who are new or erased not counted.
    pub moves: u64,
    /// How many of these return to the segment before the last within 7 days of leaving it.
    pub flaps: u64,
    /// `flaps / moves`.
    pub flap_rate: f64,
    /// Changes by a fact, by time alone, by another cause.
    pub causes: [u64; 3],
    /// The moves by segment left and entered, with none for customers who are new or erased.
    pub matrix: Vec<MoveFigures>,
    /// From one comparison to the next.
    pub rolls: Vec<RollFigures>,
    /// How well the segments separate by outcome; none where nobody or everybody has it.
    pub separation: Separations,
}

/// How well segments separate.
#[derive(Clone, Copy, PartialEq, Default, Serialize, Debug)]
pub struct Separations {
    /// The separation by payment within 30 days.
    pub paid: Option<Separation>,
    /// The separation by cure within 30 days.
    pub cured: Option<Separation>,
    /// The separation by promises kept.
    pub kept: Option<Separation>,
}

/// One segment.
#[derive(Clone, PartialEq, Serialize, Debug)]
pub struct SegmentFigures {
    /// Its name.
    pub name: String,
    /// Customers when the period begins.
    pub initial: u64,
    /// Customers at the end of each day.
    pub population: Vec<u64>,
    /// Of a sample: how many of all customers are likely to be in it at the end of the period.
    pub estimate: Option<Estimate>,
    /// Customer-days within the period.
    pub customer_days: f64,
    /// The share of all customer-days, from 0 to 1.
    pub share: f64,
    /// Stays that ended within the period.
    pub ended: Durations,
    /// Stays that go on at the end, so far.
    pub open: Durations,
    /// A payment within 30 days of entry, of those with something overdue.
    pub paid: Share,
    /// Such a payment after which nothing was overdue, of the same.
    pub cured: Share,
    /// The open promise was kept, of those with one.
    pub kept: Share,
}

/// Moves between two segments.
#[derive(Clone, PartialEq, Eq, Serialize, Debug)]
pub struct MoveFigures {
    /// The segment left; none for a new customer.
    pub from: Option<String>,
    /// The segment entered; none for an erased customer.
    pub to: Option<String>,
    /// The number of such moves.
    pub moves: u64,
    /// How many of these flap.
    pub flaps: u64,
}

/// Customers at two comparisons in turn, summed over all such pairs.
#[derive(Clone, PartialEq, Serialize, Debug)]
pub struct RollFigures {
    /// The segment at the earlier one.
    pub from: String,
    /// How many customers.
    pub customers: u64,
    /// The shares of `customers` in each segment at the later one, in file order.
    pub to: Vec<f64>,
}

/// Work by one value of one key of treatments.
#[derive(Clone, PartialEq, Serialize, Debug)]
pub struct WorkFigures {
    /// The key, such as `channel`.
    pub key: String,
    /// The value, such as `call`.
    pub value: String,
    /// How many begin to be treated so, on each day.
    pub starts: Vec<u64>,
    /// Their sum.
    pub total: u64,
    /// Their mean a day.
    pub mean: f64,
    /// The most on one day.
    pub peak: u64,
    /// How many are treated so at the end of each day.
    pub caseload: Vec<u64>,
    /// How many can be begun a day, as given.
    pub capacity: Option<u64>,
    /// Days with more starts than that.
    pub days_over: u64,
    /// The longest queue at the end of a day, if what exceeds the capacity is left for the days after.
    pub queue_peak: u64,
    /// The queue at the end of the period.
    pub queue_end: u64,
}

/// Between baseline and candidate.
#[derive(Clone, PartialEq, Serialize, Debug)]
pub struct DifferenceFigures {
    /// Customers known at the end.
    pub customers: u64,
    /// How many of these ever differed within the period, in any dimension that both have.
    pub ever: u64,
    /// How many differ at the end.
    pub at_end: u64,
    /// Dimensions that both have.
    pub dimensions: Vec<DifferenceDimension>,
    /// Dimensions that the candidate alone has.
    pub candidate_only: Vec<String>,
    /// Dimensions that the baseline alone has.
    pub baseline_only: Vec<String>,
    /// Up to twenty customers who differ at the end, the pairs of segments in turn.
    pub examples: Vec<ExampleFigures>,
}

/// One dimension that both have.
#[derive(Clone, PartialEq, Eq, Serialize, Debug)]
pub struct DifferenceDimension {
    /// Its name.
    pub name: String,
    /// How many customers differ at the end of each day.
    pub differing: Vec<u64>,
    /// At the end, by pair of segments, the most first.
    pub pairs: Vec<PairFigures>,
}

/// A pair of segments.
#[derive(Clone, PartialEq, Eq, Serialize, Debug)]
pub struct PairFigures {
    /// The segment by the baseline; none: in none.
    pub baseline: Option<String>,
    /// The segment by the candidate; none: in none.
    pub candidate: Option<String>,
    /// How many customers.
    pub customers: u64,
}

/// One customer who differs.
#[derive(Clone, PartialEq, Eq, Serialize, Debug)]
pub struct ExampleFigures {
    /// The customer's id.
    pub customer: String,
    /// The dimension in which they differ.
    pub dimension: String,
    /// The segment by the baseline; none: in none.
    pub baseline: Option<String>,
    /// The segment by the candidate; none: in none.
    pub candidate: Option<String>,
    /// Since when, why, and what comes next, by the baseline.
    pub baseline_why: String,
    /// The same by the candidate.
    pub candidate_why: String,
}
