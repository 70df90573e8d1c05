//! Turns the counts of a backtest into the figures of its report.

mod days;
mod differences;
mod dimension;
mod work;

use std::collections::BTreeMap;

use segflow_core::ENGINE_VERSION;
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Timestamp;

use super::figures::{EventFigures, PeriodFigures, RejectedFigure, Report, SideFigures};
use crate::batch::RecordPlace;
use crate::observe::work::Words;
use crate::observe::{SideTally, Tally};
use crate::partition_replay::{ReplayContext, SIDES};
use crate::rejected::{Fault, Rejected};
use crate::run::{Replayed, Totals};
use crate::sample::Sample;
use days::Days;

/// The layout of [`Report`].
const FORMAT: u32 = 1;

/// The most customers who may begin to be treated in a way on one day, by key and value of treatments.
pub type Capacity = BTreeMap<(String, String), u64>;

/// A backtest that has ended.
pub struct Source<'a> {
    /// The rules and the period.
    pub context: &'a ReplayContext,
    /// The replayed partitions, whose counts are in `tally`.
    pub replayed: &'a Replayed,
    /// The counts of all partitions.
    pub tally: &'a Tally,
    /// The greatest timestamp of a record.
    pub last_record: Timestamp,
}

/// The report of a backtest. `named` says in words where a rejected record is.
///
/// The examples of customers who differ have no explanations yet: [`super::examples::explain`] adds them.
#[must_use]
pub fn build(source: &Source<'_>, capacity: &Capacity, named: &dyn Fn(RecordPlace) -> String) -> Report {
    let Source { context, replayed, tally, last_record } = *source;
    let days = Days::new(context, tally, last_record);
    let segmentations = context.rules.iter().zip(&tally.sides).zip(&context.scope.words).enumerate();
    let sides = segmentations.map(|(place, ((rules, tally), words))| {
        let totals = replayed.totals(context, place);
        let side = Side { place, segmentation: &rules.present, totals, tally, words, sample: context.sample };
        side.figures(&days, capacity)
    });
    Report {
        format: FORMAT,
        engine_version: ENGINE_VERSION.to_owned(),
        period: PeriodFigures {
            from: context.period.from.map(|from| from.to_string()),
            to: context.period.to.map(|to| to.to_string()),
            time_zone: context.rules[0].present.zone.name().to_owned(),
            days: days.all().map(|day| day.to_string()).collect(),
            step: context.scope.step().word(),
        },
        sample: context.sample.map(|sample| sample.to_string()),
        events: events(context, replayed, named),
        sides: sides.collect(),
        differences: (context.rules.len() == 2).then(|| differences::figures(context, &tally.differences, &days)),
    }
}

fn events(context: &ReplayContext, replayed: &Replayed, named: &dyn Fn(RecordPlace) -> String) -> EventFigures {
    let counts = replayed.totals(context, 0).counts;
    let malformed = replayed.left_out.malformed.total();
    let Rejected { counts: by_reason, named: first } = replayed.rejected();
    let figure = |(place, Fault { reason, detail }): (RecordPlace, Fault)| RejectedFigure {
        place: named(place),
        reason: reason.to_owned(),
        detail,
    };
    EventFigures {
        read: counts.read + malformed,
        folded: counts.folded,
        duplicates: counts.duplicates,
        forgotten: counts.forgotten,
        ignored: counts.ignored,
        late: counts.late,
        bad: counts.dead_letters + malformed,
        beyond: replayed.left_out.beyond,
        outside: replayed.left_out.outside,
        bad_by_reason: by_reason.into_iter().map(|(reason, count)| (reason.to_owned(), count)).collect(),
        bad_named: first.into_iter().map(figure).collect(),
    }
}

/// The counts of one segmentation.
struct Side<'a> {
    /// 0 for the candidate, 1 for the baseline.
    place: usize,
    segmentation: &'a Segmentation,
    totals: Totals,
    tally: &'a SideTally,
    words: &'a Words,
    sample: Option<Sample>,
}

impl Side<'_> {
    fn figures(&self, days: &Days, capacity: &Capacity) -> SideFigures {
        let Self { place, segmentation, totals, tally, words, sample } = self;
        let dimensions = (0..segmentation.dimensions.len()).map(|place| {
            let (dimension, counted) = (&segmentation.dimensions[place], &tally.dimensions[place]);
            dimension::figures(dimension, counted, &tally.outcomes.of_dimension(place, dimension), days, *sample)
        });
        SideFigures {
            side: SIDES[*place],
            name: segmentation.name.clone(),
            version: segmentation.version,
            hash: segmentation.hash.clone(),
            digest: totals.digest.to_string(),
            period_digest: totals.reported.to_string(),
            changes: totals.reported_count,
            dimensions: dimensions.collect(),
            work: work::figures(words, &tally.work, days, capacity),
            channel_by_handler: work::channel_by_handler(words, &tally.work),
        }
    }
}
