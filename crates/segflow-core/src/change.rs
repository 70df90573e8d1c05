//! The segment-change event: what moved, why, and what happens next.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::event::{CustomerId, Family};
use crate::time::{Date, Timestamp};

/// A change as subscribers read it.
#[derive(Clone, PartialEq, Debug)]
pub struct Change {
    /// A pure function of the journal and the records that it names (I6).
    pub core: Core,
    /// The part that depends on batching or on the release; outside the digest.
    pub envelope: Envelope,
}

/// Everything about a change that replay reproduces byte for byte.
///
/// In the digest: its fields are fixed. Another field makes the digests of earlier releases' journals differ.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Core {
    /// Derived from customer, dimension and `seq`: the same in every replay.
    pub change_id: String,
    /// 1, 2, 3 ... per customer and dimension.
    pub seq: u64,
    /// The customer who moved.
    pub customer_id: CustomerId,
    /// The dimension in which they moved.
    pub dimension: String,
    /// The segment left; none at first.
    pub from: Option<String>,
    /// The segment entered; none on erasure.
    pub to: Option<String>,
    /// The instant from which on it holds.
    pub effective_at: Timestamp,
    /// When `from` was entered.
    pub entered_previous_at: Option<Timestamp>,
    /// Its cause.
    pub cause: Cause,
    /// The smallest event id that is new at `effective_at`; none if the cause is not `FACT`.
    pub event_id: Option<String>,
    /// Each comparison that decided.
    pub reasons: Vec<Reason>,
    /// The segmentation's name.
    pub segmentation: String,
    /// The segmentation's version.
    pub segmentation_version: u32,
    /// The segmentation's hash.
    pub segmentation_hash: String,
    /// The next move of this dimension if no new fact arrives.
    pub next_if_silent: Option<Forecast>,
    /// How far ahead the forecast looked.
    pub forecast_until: Timestamp,
    /// Every present membership, in file order of the dimensions.
    pub memberships: Vec<(String, String)>,
    /// The account, for a subscriber to check before it acts.
    pub safety: Safety,
    /// Merged over all memberships: per key, the first dimension in file order wins.
    pub treatment: BTreeMap<String, String>,
    /// The dimension that each key of `treatment` is from.
    pub treatment_from: BTreeMap<String, String>,
}

/// The cause of a change.
///
/// In the digest: append only.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Cause {
    /// A fact came into effect.
    Fact,
    /// Time passed and nothing happened.
    Time,
    /// Another segmentation was activated.
    Segmentation,
    /// The customer was erased.
    Erasure,
}

impl Cause {
    /// Its word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fact => "FACT",
            Self::Time => "TIME",
            Self::Segmentation => "SEGMENTATION",
            Self::Erasure => "ERASURE",
        }
    }
}

/// A comparison that decided. Values are text as the segmentation would write them; none where absent or sensitive.
///
/// In the digest: its fields are fixed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reason {
    /// The feature as written: `payments.sum("365d")`.
    pub feature: String,
    /// `==`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `is` (of a bool or of `known`).
    pub operator: String,
    /// The value that it was compared with.
    pub bound: Option<String>,
    /// Its value at `effective_at`.
    pub value: Option<String>,
    /// Its value 1 ms before, from the facts then in effect.
    pub value_before: Option<String>,
}

/// A move that time alone will bring.
///
/// In the digest: its fields are fixed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Forecast {
    /// The segment entered.
    pub to: String,
    /// When.
    pub at: Timestamp,
}

/// The account at `effective_at`. `None` is absent, or not known to this release.
///
/// In the digest: its fields are fixed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Safety {
    /// ISO 4217.
    pub currency: String,
    /// Open amounts of all invoices.
    pub balance_minor: i64,
    /// The part of the balance that is overdue and undisputed.
    pub overdue_amount_minor: i64,
    /// Days past due.
    pub overdue_days: i64,
    /// The part of the balance that is disputed.
    pub disputed_amount_minor: Option<i64>,
    /// The open invoice with the oldest due date that is overdue.
    pub oldest_overdue_invoice_id: Option<String>,
    /// Its due date.
    pub oldest_due_date: Option<Date>,
    /// The nearest due date from that day on.
    pub next_due_date: Option<Date>,
    /// The amount that falls due then.
    pub next_due_amount_minor: Option<i64>,
    /// The open promise that is due first.
    pub open_promise: Option<OpenPromise>,
    /// When the next payment is to be expected by habit.
    pub expected_pay_date: Option<Date>,
    /// How many calls may still be made.
    pub call_headroom: Option<i64>,
    /// From when on another call may be made.
    pub call_allowed_from: Option<Timestamp>,
}

/// A promise that is neither kept nor broken.
///
/// In the digest: its fields are fixed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpenPromise {
    /// Unique per customer.
    pub promise_id: String,
    /// The amount promised.
    pub amount_minor: i64,
    /// The day by whose end it is promised.
    pub due_date: Date,
}

/// A change as `advance` decides it: the core, and the record that caused it.
#[derive(Clone, PartialEq, Debug)]
pub struct Decided {
    /// The part that replay reproduces.
    pub core: Core,
    /// The family and offset of the record that caused it; none if the cause is not `FACT`.
    pub origin: Option<(Family, u64)>,
}

/// The part of a change that depends on batching or on the release; outside the digest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Envelope {
    /// Whether one may act on the change.
    pub actionable: bool,
    /// `F` of the cycle that decided.
    pub decided_at: Timestamp,
    /// `decided_at` less `effective_at`.
    pub lag_ms: i64,
    /// The release that decided.
    pub engine_version: String,
    /// The topic of the record that caused it; none if the cause is not `FACT`.
    pub topic: Option<String>,
    /// The partition of that record, which is the task's.
    pub partition: Option<u32>,
    /// The offset of that record.
    pub offset: Option<u64>,
}

/// The facts by which a change is judged: may one still act on it?
#[derive(Clone, Copy, Debug)]
pub struct Actionable {
    /// Wall time of the cycle; none under the record-time clock.
    pub w: Option<Timestamp>,
    /// Wall time of the task's first cycle ever.
    pub first_started: Timestamp,
    /// The segmentation's `actionable_within`, in milliseconds.
    pub within_ms: i64,
}

impl Actionable {
    /// Whether one may act on a change. `docs/coverage.md`, "the segment-change event", says of which changes one may not.
    #[must_use]
    pub fn judge(&self, core: &Core) -> bool {
        let moved = core.from.is_some() && matches!(core.cause, Cause::Fact | Cause::Time);
        let fresh = self.w.is_some_and(|w| w.since_ms(core.effective_at) <= self.within_ms);
        moved && fresh && core.effective_at >= self.first_started
    }
}

/// The id of a change: 32 hexadecimal digits of the SHA-256 of customer, dimension and `seq`.
#[must_use]
pub fn change_id(customer: &CustomerId, dimension: &str, seq: u64) -> String {
    let parts = [customer.as_str(), "\0", dimension, "\0", &seq.to_string()];
    let hash = parts.into_iter().fold(Sha256::new(), Sha256::chain_update).finalize();
    let mut digits = vec![0; 32];
    hex::encode_to_slice(&hash[..16], &mut digits).expect("two digits for each byte");
    String::from_utf8(digits).expect("digits")
}
