//! Input events, as CATALOGUE names them.

use std::collections::BTreeMap;
use std::fmt;

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

/// The families of events: one input topic each.
///
/// On disk: append only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Family {
    /// `collections.invoices`
    Invoices,
    /// `collections.payments`
    Payments,
    /// `collections.contacts`
    Contacts,
    /// `collections.promises`
    Promises,
    /// `collections.disputes`
    Disputes,
    /// `collections.profiles`
    Profiles,
}

impl Family {
    /// Every family, in the order in which they are listed everywhere.
    pub const ALL: [Self; 6] =
        [Self::Invoices, Self::Payments, Self::Contacts, Self::Promises, Self::Disputes, Self::Profiles];

    /// The family's word in configuration, metrics and default topic names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invoices => "invoices",
            Self::Payments => "payments",
            Self::Contacts => "contacts",
            Self::Promises => "promises",
            Self::Disputes => "disputes",
            Self::Profiles => "profiles",
        }
    }

    /// The topic that carries the family unless the configuration names another.
    #[must_use]
    pub fn default_topic(self) -> String {
        format!("collections.{}", self.name())
    }

    /// This family's place in [`Family::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// Some of the families.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Families(u8);

impl Families {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// Each of them.
    pub const ALL: Self = Self::of(&Family::ALL);

    /// These.
    #[must_use]
    pub const fn of(families: &[Family]) -> Self {
        let (mut bits, mut next) = (0, 0);
        while next < families.len() {
            bits |= 1 << families[next].index();
            next += 1;
        }
        Self(bits)
    }

    /// These and those.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether some family is in both.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl std::ops::BitOr for Families {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.and(other)
    }
}

/// Something that happened to one customer.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// Unique within the family: what makes a copy a duplicate.
    pub event_id: String,
    /// Whom it concerns.
    pub customer_id: CustomerId,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The timestamp of its record: what an erasure compares.
    pub recorded_at: Timestamp,
    /// What happened.
    pub body: Body,
}

/// What happened. Only what a feature or a change can read is kept of an event.
///
/// On disk: append only, and the fields of each kind are fixed. Which of two copies counts also rests on these bytes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Body {
    /// `ISSUED`: a receivable: an invoice, a loan instalment, a utility bill.
    Issued {
        /// Unique per customer.
        invoice_id: String,
        /// Above zero.
        amount_minor: i64,
        /// The last day on which it is not overdue.
        due_date: Date,
        /// A word of the producer's.
        debt_type: Option<String>,
    },
    /// `ADJUSTED`: an invoice corrected.
    Adjusted {
        /// Which invoice.
        invoice_id: String,
        /// What is added to its amount; may be negative or zero.
        delta_minor: i64,
        /// Where its due date is moved.
        due_date: Option<Date>,
    },
    /// `WRITTEN_OFF`: what is unpaid of an invoice was given up.
    WrittenOff {
        /// Which invoice.
        invoice_id: String,
    },
    /// `RECEIVED`: a payment.
    Received {
        /// Unique per customer.
        payment_id: String,
        /// Above zero.
        amount_minor: i64,
        /// The invoice that it names, if it names one.
        invoice_id: Option<String>,
        /// A word of the producer's.
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
    },
    /// `OUTBOUND` or `INBOUND`: a contact, or what became of one.
    Contact {
        /// Events that share it are one contact.
        contact_id: String,
        /// From us or from them.
        direction: Direction,
        /// By which means.
        channel: Channel,
        /// How far it got.
        outcome: Outcome,
    },
    /// `MADE`: a promise to pay.
    Made {
        /// Unique per customer.
        promise_id: String,
        /// Above zero.
        amount_minor: i64,
        /// The day by whose end it is promised.
        due_date: Date,
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
        /// By name; null takes the attribute away.
        attributes: BTreeMap<String, Attribute>,
    },
    /// A null value on the profile topic: the customer is erased. It happens at its record's timestamp, from which its
    /// event id is made.
    Erased,
}

/// How the ids of erasures begin. No id of a producer's may begin with a zero byte.
const ERASED: &str = "\0erased ";

/// The timestamp of the record of the erasure that has this event id, if it is one.
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
    /// The id of the invoice, payment, contact, promise or dispute that it is about; a profile has none.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        match self {
            Self::Issued { invoice_id: id, .. }
            | Self::Adjusted { invoice_id: id, .. }
            | Self::WrittenOff { invoice_id: id }
            | Self::Received { payment_id: id, .. }
            | Self::Failed { payment_id: id, .. }
            | Self::Reversed { payment_id: id }
            | Self::Contact { contact_id: id, .. }
            | Self::Made { promise_id: id, .. }
            | Self::Amended { promise_id: id, .. }
            | Self::Cancelled { promise_id: id }
            | Self::Opened { dispute_id: id, .. }
            | Self::Resolved { dispute_id: id, .. } => Some(id),
            Self::Updated { .. } | Self::Erased => None,
        }
    }

    /// The family that this kind belongs to.
    #[must_use]
    pub const fn family(&self) -> Family {
        match self {
            Self::Issued { .. } | Self::Adjusted { .. } | Self::WrittenOff { .. } => Family::Invoices,
            Self::Received { .. } | Self::Failed { .. } | Self::Reversed { .. } => Family::Payments,
            Self::Contact { .. } => Family::Contacts,
            Self::Made { .. } | Self::Amended { .. } | Self::Cancelled { .. } => Family::Promises,
            Self::Opened { .. } | Self::Resolved { .. } => Family::Disputes,
            Self::Updated { .. } | Self::Erased => Family::Profiles,
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

/// Who reached out.
///
/// On disk: append only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Direction {
    /// From us.
    Outbound,
    /// From the customer.
    Inbound,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum $name {
            $(#[doc = concat!("`", $word, "`")] $variant),*
        }

        impl $name {
            /// Every one, in the catalogue's order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its word on the wire.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// The one of this word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

words! {
    /// The means of a contact.
    ///
    /// On disk: append only.
    Channel {
        Call = "CALL", Sms = "SMS", Email = "EMAIL", Letter = "LETTER", Chat = "CHAT", Portal = "PORTAL", Visit = "VISIT",
    }
}

words! {
    /// How far a contact got, in order: of the events of one contact the furthest counts.
    ///
    /// On disk: append only. An outcome that belongs further up the order needs a rank of its own.
    Outcome {
        Attempted = "ATTEMPTED", NotConnected = "NOT_CONNECTED", NoAnswer = "NO_ANSWER", Voicemail = "VOICEMAIL",
        WrongParty = "WRONG_PARTY", RightParty = "RIGHT_PARTY", Delivered = "DELIVERED", Bounced = "BOUNCED",
        Opened = "OPENED", Clicked = "CLICKED", Replied = "REPLIED", Refused = "REFUSED",
    }
}

words! {
    /// Why a payment failed.
    ///
    /// On disk: append only.
    FailureCode {
        InsufficientFunds = "INSUFFICIENT_FUNDS", MandateCancelled = "MANDATE_CANCELLED", AccountClosed = "ACCOUNT_CLOSED",
        Expired = "EXPIRED", Declined = "DECLINED", Other = "OTHER",
    }
}
