//! Where a customer goes next if no fact arrives: the same deciding, over copies of the memberships and the memo.

use crate::change::Forecast;
use crate::feature::reading::Moment;
use crate::membership::{Move, decide};
use crate::memo::Memo;
use crate::rule::explain::Scene;
use crate::segmentation::{Dimensions, Segmentation};
use crate::time::{Span, Timestamp};

/// How far a forecast looks.
pub const FORECAST: Span = Span::Days(400);
/// How many breakpoints a forecast visits at most; `forecast_until` says how far it came.
pub const FORECAST_STEPS: usize = 2_000;

/// Where each moved dimension goes next, in the order of the moves, and how far ahead this looked. `next` is the next
/// breakpoint.
pub(super) fn forecast<'a>(
    segmentation: &'a Segmentation,
    now: &Scene<'_, 'a, '_>,
    memo: &Memo,
    moves: &[Move],
    mut next: Timestamp,
) -> (Vec<Option<Forecast>>, Timestamp) {
    let horizon = segmentation.plus(now.evaluation.moment.at, FORECAST);
    let (mut memberships, mut memo) = (now.memberships.to_vec(), memo.clone());
    let mut found: Vec<Option<Forecast>> = vec![None; moves.len()];
    for _ in 0..FORECAST_STEPS {
        let sought = moves.iter().zip(&found).filter(|(_, found)| found.is_none());
        let rests_on = sought.map(|(moved, _)| segmentation.dimensions[moved.dimension].rests_on);
        let among = rests_on.fold(Dimensions::NONE, |all, one| all | one);
        if next > horizon || among == Dimensions::NONE {
            return (found, horizon);
        }
        let evaluation = now.evaluation.at(Moment::new(next, &segmentation.zone));
        let step = decide(segmentation, &evaluation, &mut memberships, &mut memo, among);
        for moved in &step.value {
            let wanted = moves.iter().position(|wanted| wanted.dimension == moved.dimension);
            if let Some(wanted) = wanted.filter(|wanted| found[*wanted].is_none()) {
                let to = segmentation.dimensions[moved.dimension].segments[moved.to].name.clone();
                found[wanted] = Some(Forecast { to, at: next });
            }
        }
        next = step.until;
    }
    (found, next)
}
