//! What a segmentation tells its features: how they are tuned, and which attributes it declares.

use crate::money::Currency;
use crate::time::{Date, Zone};
use crate::value_type::ValueType;

/// The attribute, of type date, that says since when somebody is a customer.
pub const CUSTOMER_SINCE: &str = "customer_since";

/// What features read beside facts. It borrows from a segmentation.
#[derive(Clone, Copy, Debug)]
pub struct FeatureContext<'a> {
    /// The one currency of all money.
    pub currency: &'a Currency,
    /// Where days begin.
    pub zone: &'a Zone,
    /// What tunes the features.
    pub parameters: &'a Parameters,
    /// The declared attributes; an [`AttributeIndex`](super::row::AttributeIndex) is a place among them.
    pub attributes: &'a [AttributeDeclaration],
    /// Whether some rule reads how the ledger stood earlier: then one replay serves the present and the past.
    pub reads_history: bool,
}

/// An attribute that the segmentation reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttributeDeclaration {
    /// Its name on the wire.
    pub name: String,
    /// The type by which rules read it.
    pub kind: ValueType,
    /// Whether a value that cannot be read as that type counts as true. Only of a bool.
    pub unreadable_is_true: bool,
    /// Whether its values appear in no text.
    pub sensitive: bool,
}

impl AttributeDeclaration {
    /// Whether it is the date since when somebody is a customer.
    #[must_use]
    pub fn is_customer_since(&self) -> bool {
        self.name == CUSTOMER_SINCE && self.kind == ValueType::Date
    }
}

/// What tunes the features.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parameters {
    /// The longest window, in days.
    pub horizon_days: i32,
    /// Business days after `due_date` within which a promise may still be kept.
    pub promise_grace_business_days: u32,
    /// The share of a promise that keeps it, as an exact fraction.
    pub promise_tolerance: (i64, i64),
    /// What may be overdue without counting as such, in minor units.
    pub overdue_tolerance_minor: i64,
    /// Business days after which a payment that was submitted is no longer awaited.
    pub pending_business_days: u32,
    /// Whether money that names no invoice goes to disputed debt, once no other is open.
    pub allocates_to_disputed: bool,
    /// Whether a due date that is no business day moves to the next one.
    pub rolls_due_dates: bool,
    /// A click that comes sooner after delivery, in seconds, is a machine's.
    pub click_min_seconds: u32,
    /// Calls allowed in 7 days.
    pub call_limit: u32,
    /// From when on history is complete.
    pub history_since: Option<Date>,
    /// Days that are not business days, besides Saturdays and Sundays; sorted.
    pub holidays: Vec<Date>,
}
