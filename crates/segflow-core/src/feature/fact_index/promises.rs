//! Promises to pay. A promise is open until receipts keep it, until nothing is owed any more, until it is cancelled or closed
//! with its plan, or until it is broken at its deadline.

use super::LEDGER;
use super::plans::Plan;
use super::promise_replay::Replay;
use crate::event::{Families, Family};
use crate::fact::Fact;
use crate::feature::context::Parameters;
use crate::feature::reading::{Moment, Reading, count};
use crate::feature::window::{Window, inside};
use crate::time::{Date, Timestamp, Zone};
use crate::timed::Timed;

/// The families of events from which promises are indexed: receipts keep them.
pub const PROMISES: Families = LEDGER.and(Families::of(&[Family::Promises]));

/// A promise that was made.
#[derive(Clone, Debug)]
pub struct Promise {
    /// The day by whose end it must be kept.
    pub due: Date,
    /// When it was made.
    pub made_at: Timestamp,
    /// Its id.
    pub promise_id: Box<str>,
    /// The plan of which it is an instalment.
    pub plan_id: Option<Box<str>>,
    /// How much was promised, in minor units.
    pub amount: i64,
    /// How much was received towards it.
    pub(super) received: i64,
    /// How it ended before its deadline, and when; without it, it is broken at its deadline.
    pub(super) end: Option<(End, Timestamp)>,
    pub(super) deadline: Timestamp,
}

/// How a promise ends that is not broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// Enough was received.
    Kept,
    /// It was taken back.
    Cancelled,
    /// Nothing is owed any more.
    Moot,
    /// Another instalment of its plan was broken.
    Closed,
}

impl Promise {
    /// The order in which receipts serve promises.
    pub(super) fn order(&self) -> (Date, Timestamp, &str) {
        (self.due, self.made_at, &self.promise_id)
    }

    pub(super) fn is_open(&self, at: Timestamp) -> bool {
        at < self.decided_at()
    }

    /// How it ended before its deadline.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        self.end.map(|(end, _)| end)
    }

    /// When it ended in some way; none while it did not or does otherwise.
    #[must_use]
    pub fn ended(&self, how: End) -> Option<Timestamp> {
        self.end.filter(|(end, _)| *end == how).map(|(_, at)| at)
    }

    /// When it was decided; else its deadline, when it is broken if no fact arrives.
    #[must_use]
    pub fn decided_at(&self) -> Timestamp {
        self.end.map_or(self.deadline, |(_, at)| at)
    }
}

/// Every promise that was made.
#[derive(Clone, Default, Debug)]
pub struct Promises {
    /// In the order in which receipts serve them: by (due date, instant of making, id).
    pub made: Vec<Promise>,
    /// In the order of their ids.
    pub(super) plans: Vec<Plan>,
    /// Instants at which a promise was kept, ascending.
    kept: Vec<Timestamp>,
    /// Deadlines at which a promise was broken, or will be if no fact arrives, ascending.
    missed: Vec<Timestamp>,
}

impl Promises {
    /// Replays facts given in order. `owing` says from which fact on, by its place among the ledger's, something is owed, or nothing any more.
    #[must_use]
    pub fn of(facts: &[&Fact], owing: &[(usize, bool)], parameters: &Parameters, zone: &Zone) -> Self {
        let made = Replay::new(parameters, zone).run(facts, owing);
        let mut kept: Vec<_> = made.iter().filter_map(|promise| promise.ended(End::Kept)).collect();
        kept.sort_unstable();
        let unkept = made.iter().filter(|promise| promise.end.is_none());
        let mut missed: Vec<_> = unkept.map(|promise| promise.deadline).collect();
        missed.sort_unstable();
        Self { plans: Plan::all(&made), made, kept, missed }
    }

    /// The promises that are open, the first due first.
    pub fn open(&self, at: Timestamp) -> impl Iterator<Item = &Promise> {
        self.made.iter().filter(move |promise| promise.is_open(at))
    }

    /// `promises.open`
    #[must_use]
    pub fn open_count(&self, at: Timestamp) -> Timed<Reading<'static>> {
        Timed::until(Reading::Int(count(self.open(at).count())), self.next_deadline(at))
    }

    /// `promises.due_days`: days to the due date of the open promise that is due first; negative in grace.
    #[must_use]
    pub fn due_days(&self, at: Timestamp) -> Timed<Reading<'static>> {
        self.open(at).next().map_or(Timed::always(Reading::Absent), |first| {
            Timed::until(Reading::Until(first.due), self.next_deadline(at))
        })
    }

    /// `promises.kept(w)`: by the day of the completing receipt.
    #[must_use]
    pub fn kept(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        let kept = inside(&self.kept, |at| *at, window, moment);
        Timed::until(count(kept.value.len()), kept.until)
    }

    /// `promises.broken(w)`: by the day that begins at the deadline.
    #[must_use]
    pub fn broken(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        let past = &self.missed[..self.missed.partition_point(|deadline| *deadline <= moment.at)];
        let broken = inside(past, |deadline| *deadline, window, moment);
        Timed::until(count(broken.value.len()), broken.until.min(self.next_deadline(moment.at)))
    }

    /// `promises.kept_ratio(w)`: the share kept of the promises decided; absent if fewer than 2 are decided.
    #[must_use]
    pub fn kept_ratio(&self, window: Window, moment: Moment<'_>) -> Timed<Reading<'static>> {
        let (kept, broken) = (self.kept(window, moment), self.broken(window, moment));
        let decided = kept.value + broken.value;
        let ratio = if decided < 2 { Reading::Absent } else { Reading::Ratio(kept.value, decided) };
        Timed::until(ratio, kept.until.min(broken.until))
    }

    /// When the next promise is broken, if no fact arrives. The instalments of its plan are closed with it.
    pub(super) fn next_deadline(&self, at: Timestamp) -> Timestamp {
        let next = self.missed.partition_point(|deadline| *deadline <= at);
        self.missed.get(next).copied().unwrap_or(Timestamp::NEVER)
    }
}
