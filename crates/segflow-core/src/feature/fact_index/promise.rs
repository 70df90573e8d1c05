//! One promise to pay, and how it ends.

use crate::time::{Date, Timestamp};

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
