//! Promises to pay: open until kept by receipts, or broken at their deadline.

use std::collections::BTreeSet;

use super::Window;
use super::dated::inside;
use super::reading::{Moment, Reading};
use crate::event::Body;
use crate::fact::Fact;
use crate::segmentation::Parameters;
use crate::time::{Date, Instant, Zone};
use crate::timed::Timed;

/// A promise that was made.
#[derive(Clone, Debug)]
pub struct Promise<'a> {
    /// By the end of which day.
    pub due: Date,
    made_at: Instant,
    /// Its id.
    pub promise_id: &'a str,
    /// What was promised.
    pub amount: i64,
    received: i64,
    kept_at: Option<Instant>,
    deadline: Instant,
}

/// Every promise that was made.
#[derive(Clone, Default, Debug)]
pub struct Promises<'a> {
    /// By (due date, instant of making, id): the order in which receipts serve them.
    made: Vec<Promise<'a>>,
    /// Days on which a promise was kept, ascending.
    kept: Vec<Date>,
    /// Deadlines that were not or will not be met, ascending, with the day that each begins.
    missed: Vec<(Instant, Date)>,
}

impl<'a> Promises<'a> {
    /// Serves receipts, given in order as (instant, amount), to promises.
    pub fn of(
        facts: impl Iterator<Item = &'a Fact>,
        receipts: impl Iterator<Item = (Instant, i64)>,
        parameters: &Parameters,
        zone: &Zone,
    ) -> Self {
        let mut made = made(facts, parameters, zone);
        if made.is_empty() {
            return Self::default();
        }
        for (at, amount) in receipts {
            serve(&mut made, at, amount, parameters.promise_tolerance);
        }
        let mut kept: Vec<_> = made.iter().filter_map(|promise| promise.kept_at).map(|at| zone.date_of(at)).collect();
        kept.sort_unstable();
        let unkept = made.iter().filter(|promise| promise.kept_at.is_none());
        let mut missed: Vec<_> = unkept.map(|promise| (promise.deadline, zone.date_of(promise.deadline))).collect();
        missed.sort_unstable();
        Self { made, kept, missed }
    }

    /// Those neither kept nor broken, the first due first.
    pub fn open(&self, at: Instant) -> impl Iterator<Item = &Promise<'a>> {
        self.made.iter().filter(move |promise| promise.kept_at.is_none() && at < promise.deadline)
    }

    /// `promises.open`
    #[must_use]
    pub fn open_count(&self, at: Instant) -> Timed<Reading<'a>> {
        Timed::until(Reading::Int(count(self.open(at).count())), self.next_deadline(at))
    }

    /// `promises.due_days`: to the due date of the open promise that is due first; negative in grace.
    #[must_use]
    pub fn due_days(&self, at: Instant) -> Timed<Reading<'a>> {
        self.open(at)
            .next()
            .map_or(Timed::always(Reading::Absent), |first| Timed::until(Reading::Until(first.due), first.deadline))
    }

    /// `promises.kept(w)`: by the day of the completing receipt.
    #[must_use]
    pub fn kept(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        let kept = inside(&self.kept, |date| *date, window, moment);
        Timed::until(count(kept.value.len()), kept.until)
    }

    /// `promises.broken(w)`: by the day that begins at the deadline.
    #[must_use]
    pub fn broken(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        let past = &self.missed[..self.missed.partition_point(|(deadline, _)| *deadline <= moment.at)];
        let broken = inside(past, |(_, date)| *date, window, moment);
        Timed::until(count(broken.value.len()), broken.until.min(self.next_deadline(moment.at)))
    }

    /// `promises.kept_ratio(w)`: kept of those decided; absent under 2 decided.
    #[must_use]
    pub fn kept_ratio(&self, window: Window, moment: Moment<'_>) -> Timed<Reading<'a>> {
        let (kept, broken) = (self.kept(window, moment), self.broken(window, moment));
        let decided = kept.value + broken.value;
        let ratio = if decided < 2 { Reading::Absent } else { Reading::Ratio(kept.value, decided) };
        Timed::until(ratio, kept.until.min(broken.until))
    }

    fn next_deadline(&self, at: Instant) -> Instant {
        let next = self.missed.partition_point(|(deadline, _)| *deadline <= at);
        self.missed.get(next).map_or(Instant::NEVER, |(deadline, _)| *deadline)
    }
}

fn made<'a>(facts: impl Iterator<Item = &'a Fact>, parameters: &Parameters, zone: &Zone) -> Vec<Promise<'a>> {
    let mut seen = BTreeSet::new();
    let mut made: Vec<_> = facts
        .filter_map(|fact| match &fact.body {
            Body::Made { promise_id, amount_minor, due_date } if seen.insert(promise_id) => Some(Promise {
                due: *due_date,
                made_at: fact.occurred_at,
                promise_id,
                amount: *amount_minor,
                received: 0,
                kept_at: None,
                deadline: zone.midnight(last_day(*due_date, parameters).plus_days(1)),
            }),
            _ => None,
        })
        .collect();
    made.sort_by_key(|promise| (promise.due, promise.made_at, promise.promise_id));
    made
}

/// Each open promise takes up to its amount, the earliest due first; the rest goes on to the next.
fn serve(made: &mut [Promise<'_>], at: Instant, amount: i64, (numerator, denominator): (i64, i64)) {
    let mut rest = amount;
    let open =
        made.iter_mut().filter(|promise| promise.kept_at.is_none() && promise.made_at <= at && at < promise.deadline);
    for promise in open {
        let taken = rest.min(promise.amount - promise.received);
        promise.received += taken;
        rest -= taken;
        if i128::from(promise.received) * i128::from(denominator) >= i128::from(promise.amount) * i128::from(numerator)
        {
            promise.kept_at = Some(at);
        }
        if rest == 0 {
            return;
        }
    }
}

/// The due date moved on by the business days of grace.
fn last_day(due: Date, parameters: &Parameters) -> Date {
    let is_business_day = |date: Date| date.weekday() <= 5 && parameters.holidays.binary_search(&date).is_err();
    let mut date = due;
    for _ in 0..parameters.promise_grace_business_days {
        date = date.plus_days(1);
        while !is_business_day(date) {
            date = date.plus_days(1);
        }
    }
    date
}

/// A count, as the integer that rules compare.
#[must_use]
pub(super) fn count(length: usize) -> i64 {
    i64::try_from(length).expect("fewer things than an i64 counts")
}
