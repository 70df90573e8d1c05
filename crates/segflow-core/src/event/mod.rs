//! Input events, under the names that they have in the topics.

mod family;
mod kind;
mod words;

use std::collections::BTreeMap;
use std::fmt;

pub use family::{Families, Family};
pub use kind::Kind;
pub use words::{Channel, Direction, FailureCode, Outcome};

use serde::{Deserialize, Serialize};

use crate::time::{Date, Timestamp};

/// A customer's id: 1 to 128 bytes, the Kafka key of every input and output.
///
/// On disk: fixed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct CustomerId(String);

impl CustomerId {
    /// The longest id, in bytes.
    pub const MAX_BYTES: usize = 128;

    /// An id of this text, or none if it is empty or too long.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Option<Self> {
        let id = id.into();
        (1..=Self::MAX_BYTES).contains(&id.len()).then_some(Self(id))
    }

    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CustomerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something that happened to one customer.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// Unique within the family: what makes a copy a duplicate.
    pub event_id: String,
    /// The customer whom it concerns.
    pub customer_id: CustomerId,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The timestamp of its record. An erasure forgets records by it.
    pub recorded_at: Timestamp,
    /// The event's content.
    pub body: Body,
}

/// The content of an event, by its kind. Only the fields that a feature or a change can read are kept.
///
/// On disk: append only, and the fields of each kind are fixed. Which of two copies counts also rests on these bytes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Body {
    /// `ISSUED`: a receivable: an invoice, a loan instalment, a utility bill.
    Issued {
        /// Unique per customer.
        invoice_id: String,
        /// Zero or above.
        amount_minor: i64,
        /// The last day on which it is not overdue.
        due_date: Date,
        /// A word of the producer.
        debt_type: Option<String>,
        /// What an early receipt need not pay.
        discount: Option<Discount>,
    },
    /// `ADJUSTED`: an invoice corrected.
    Adjusted {
        /// Which invoice.
        invoice_id: String,
        /// The amount added to it; may be negative or zero.
        delta_minor: i64,
        /// Its new due date, if it moves.
        due_date: Option<Date>,
    },
    /// `WRITTEN_OFF`: the unpaid part of an invoice was given up.
    WrittenOff {
        /// Which invoice.
        invoice_id: String,
    },
    /// `RECEIVED`: a payment arrived.
    Received {
        /// Unique per customer.
        payment_id: String,
        /// Above zero.
        amount_minor: i64,
        /// The invoices that it names, in the order in which it pays them.
        names: Vec<Named>,
        /// A word of the producer.
        method: Option<String>,
    },
    /// `FAILED`: a payment that did not come about.
    Failed {
        /// Which payment.
        payment_id: String,
        /// Why.
        code: Option<FailureCode>,
    },
    /// `REVERSED`: a payment taken back.
    Reversed {
        /// Which payment.
        payment_id: String,
        /// How much of it, above zero; without it, all.
        amount_minor: Option<i64>,
    },
    /// `OUTBOUND` or `INBOUND`: a contact, or a later outcome of one.
    Contact {
        /// Events that share it are one contact.
        contact_id: String,
        /// From us or from them.
        direction: Direction,
        /// The means of the contact.
        channel: Channel,
        /// How far it got.
        outcome: Outcome,
        /// Whether no person did it, such as a mail gateway that opens every link.
        machine: bool,
    },
    /// `MADE`: a promise to pay.
    Made {
        /// Unique per customer.
        promise_id: String,
        /// Above zero.
        amount_minor: i64,
        /// The day by whose end it is promised.
        due_date: Date,
        /// The plan of which it is an instalment.
        plan_id: Option<String>,
    },
    /// `AMENDED`: another amount and date for a promise.
    Amended {
        /// Which promise.
        promise_id: String,
        /// Above zero.
        amount_minor: i64,
        /// The day by whose end it is promised now.
        due_date: Date,
    },
    /// `CANCELLED`: a promise taken back.
    Cancelled {
        /// Which promise.
        promise_id: String,
    },
    /// `OPENED`: a dispute.
    Opened {
        /// Unique per customer.
        dispute_id: String,
        /// The invoice disputed; without it, all that are open then.
        invoice_id: Option<String>,
        /// How much of each is disputed, above zero; without it, everything.
        amount_minor: Option<i64>,
    },
    /// `RESOLVED`: the end of a dispute.
    Resolved {
        /// Which dispute.
        dispute_id: String,
        /// Whether the customer was right, if it is known.
        upheld: Option<bool>,
    },
    /// `UPDATED`: attributes of the customer; each is last-writer-wins by (`occurred_at`, `event_id`).
    Updated {
        /// The new values, by name; null takes the attribute away.
        attributes: BTreeMap<String, Attribute>,
    },
    /// A null value on the profile topic: the customer is erased. The erasure happens at its record's timestamp, and its
    /// event id is made from that.
    Erased,
    /// `VOIDED`: an invoice that should never have been issued.
    Voided {
        /// Which invoice.
        invoice_id: String,
    },
    /// `REINSTATED` of an invoice: it was written off, and is owed again.
    InvoiceReinstated {
        /// Which invoice.
        invoice_id: String,
    },
    /// `CREDITED`: a credit note.
    Credited {
        /// Unique per customer.
        credit_note_id: String,
        /// Above zero.
        amount_minor: i64,
        /// The invoice that it names, if it names one.
        names: Vec<Named>,
    },
    /// `HELD`: an invoice is not collected for a while.
    Held {
        /// Which invoice.
        invoice_id: String,
        /// The last day on which it is held; without it, until it is released.
        until: Option<Date>,
    },
    /// `RELEASED`: an invoice is no longer held.
    Released {
        /// Which invoice.
        invoice_id: String,
    },
    /// `SUBMITTED`: a payment is under way, such as a direct debit that the bank has not answered.
    Submitted {
        /// Which payment.
        payment_id: String,
        /// Above zero.
        amount_minor: i64,
    },
    /// `REINSTATED` of a payment: what was taken back stands again, such as after a chargeback that was won.
    PaymentReinstated {
        /// Which payment.
        payment_id: String,
        /// How much of it, above zero; without it, all.
        amount_minor: Option<i64>,
    },
}

/// An invoice that a payment or a credit note names. On disk: its fields are fixed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Named {
    /// Which invoice.
    pub invoice_id: String,
    /// How much is for it, above zero; without it, as much as the invoice can take.
    pub amount_minor: Option<i64>,
}

impl Named {
    /// An invoice, for as much as it can take.
    #[must_use]
    pub fn whole(invoice_id: impl Into<String>) -> Self {
        Self { invoice_id: invoice_id.into(), amount_minor: None }
    }
}

/// What an early receipt need not pay. On disk: its fields are fixed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Discount {
    /// Above zero, at most the amount of the invoice.
    pub amount_minor: i64,
    /// The last day on which it may be taken.
    pub until: Date,
}

/// The beginning of the ids of erasures. No id of a producer may begin with a zero byte.
const ERASED: &str = "\0erased ";

/// The timestamp of an erasure's record, from its event id; none if the id is that of another event.
pub(crate) fn erased(event_id: &str) -> Option<Timestamp> {
    event_id.strip_prefix(ERASED)?.parse().ok().map(Timestamp)
}

impl Event {
    /// The erasure of a customer by a record of this timestamp.
    #[must_use]
    pub fn erasure(customer_id: CustomerId, recorded_at: Timestamp) -> Self {
        let event_id = format!("{ERASED}{}", recorded_at.0);
        Self { event_id, customer_id, occurred_at: recorded_at, recorded_at, body: Body::Erased }
    }
}

impl Body {
    /// The id of the invoice, credit note, payment, contact, promise or dispute that the event is about; none of a profile
    /// or an erasure.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        match self {
            Self::Issued { invoice_id: id, .. }
            | Self::Adjusted { invoice_id: id, .. }
            | Self::WrittenOff { invoice_id: id }
            | Self::Voided { invoice_id: id }
            | Self::InvoiceReinstated { invoice_id: id }
            | Self::Held { invoice_id: id, .. }
            | Self::Released { invoice_id: id }
            | Self::Credited { credit_note_id: id, .. }
            | Self::Submitted { payment_id: id, .. }
            | Self::PaymentReinstated { payment_id: id, .. }
            | Self::Received { payment_id: id, .. }
            | Self::Failed { payment_id: id, .. }
            | Self::Reversed { payment_id: id, .. }
            | Self::Contact { contact_id: id, .. }
            | Self::Made { promise_id: id, .. }
            | Self::Amended { promise_id: id, .. }
            | Self::Cancelled { promise_id: id }
            | Self::Opened { dispute_id: id, .. }
            | Self::Resolved { dispute_id: id, .. } => Some(id),
            Self::Updated { .. } | Self::Erased => None,
        }
    }

    /// The invoices that money names.
    #[must_use]
    pub fn names(&self) -> &[Named] {
        match self {
            Self::Received { names, .. } | Self::Credited { names, .. } => names,
            _ => &[],
        }
    }

    /// The kind of the event; none of an erasure.
    #[must_use]
    pub const fn kind(&self) -> Option<Kind> {
        Some(match self {
            Self::Issued { .. } => Kind::Issued,
            Self::Adjusted { .. } => Kind::Adjusted,
            Self::WrittenOff { .. } => Kind::WrittenOff,
            Self::Received { .. } => Kind::Received,
            Self::Failed { .. } => Kind::Failed,
            Self::Reversed { .. } => Kind::Reversed,
            Self::Contact { direction: Direction::Outbound, .. } => Kind::Outbound,
            Self::Contact { direction: Direction::Inbound, .. } => Kind::Inbound,
            Self::Made { .. } => Kind::Made,
            Self::Amended { .. } => Kind::Amended,
            Self::Cancelled { .. } => Kind::Cancelled,
            Self::Opened { .. } => Kind::Opened,
            Self::Resolved { .. } => Kind::Resolved,
            Self::Updated { .. } => Kind::Updated,
            Self::Voided { .. } => Kind::Voided,
            Self::InvoiceReinstated { .. } => Kind::InvoiceReinstated,
            Self::Credited { .. } => Kind::Credited,
            Self::Held { .. } => Kind::Held,
            Self::Released { .. } => Kind::Released,
            Self::Submitted { .. } => Kind::Submitted,
            Self::PaymentReinstated { .. } => Kind::PaymentReinstated,
            Self::Erased => return None,
        })
    }

    /// The family of the event. An erasure is read from the topic of profiles.
    #[must_use]
    pub const fn family(&self) -> Family {
        match self.kind() {
            Some(kind) => kind.family(),
            None => Family::Profiles,
        }
    }
}

/// An attribute's value on the wire. A rule reads it by the type that its segmentation declares.
///
/// On disk: append only.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Attribute {
    /// Takes the attribute away.
    Null,
    /// Text, and dates as `YYYY-MM-DD`.
    Text(String),
    /// Whole numbers, and money in minor units.
    Long(i64),
    /// A double, as the shortest decimal text that reads back to the same double: exact, and free of floating point.
    Double(String),
    /// A boolean.
    Bool(bool),
}
