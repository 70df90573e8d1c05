//! Why a record could not be used.

use std::fmt;

use segflow_core::customer::Contradiction;
use segflow_core::event::{Family, Kind};

/// A record that goes to the dead letters.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct Rejection {
    /// The kind of fault, for headers and counters.
    pub reason: Reason,
    /// What was expected and what was found.
    pub detail: String,
}

impl Rejection {
    pub(crate) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    /// The rejection of a fact for which its customer has no room. `max_bytes` is the room of one customer.
    #[must_use]
    pub fn customer_full(max_bytes: usize) -> Self {
        let detail = format!("customer: expected at most {max_bytes} bytes of facts, found more with this one");
        Self::new(Reason::CustomerFull, detail)
    }

    /// The rejection of a fact that cannot be true beside another one.
    #[must_use]
    pub fn contradicts(contradiction: &Contradiction) -> Self {
        let Contradiction { kind, subject, known_subject, event_id, occurred_at, stands } = contradiction;
        let (word, thing) = (kind.word(), thing(*kind));
        if subject != known_subject {
            let counts = if *stands { known_subject } else { subject };
            let detail = format!(
                "event_id: expected an id that no other {word} has, found {event_id:?} of {thing} {subject:?}, the id of \
                 the {word} of {thing} {known_subject:?} of {occurred_at}; only that of {counts:?} counts. Send every event with \
                 an id of its own"
            );
            return Self::new(Reason::Contradicts, detail);
        }
        let counts = if *stands { "that one counts" } else { "this one counts, since it happened first" };
        let detail = format!(
            "{thing}: expected one {word} of {subject:?}, found another one with other content, event {event_id:?} of \
             {occurred_at}; {counts}. Send an id that no other {thing} of the customer has, or a correction"
        );
        Self::new(Reason::Contradicts, detail)
    }
}

/// What an event of a kind tells of.
const fn thing(kind: Kind) -> &'static str {
    match (kind, kind.family()) {
        (Kind::Credited, _) => "credit note",
        (_, Family::Invoices) => "invoice",
        (_, Family::Payments) => "payment",
        (_, Family::Contacts) => "contact",
        (_, Family::Promises) => "promise",
        (_, Family::Disputes) => "dispute",
        (_, Family::Profiles) => "profile",
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $word:literal),* $(,)?) => {
        /// The kinds of faults. On the topic: append only, and dashboards and alerts name their words.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Reason {
            $($(#[$doc])* $variant),*
        }

        impl Reason {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its word in headers and metrics.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
    };
}

reasons! {
    /// The record's timestamp is further beyond the wall time than allowed. Judged first: the timestamp of a record
    /// that is rejected for any other reason may move the clock, this one's may not.
    TimestampAhead = "timestamp_ahead",
    /// The value is null on a topic where that means nothing.
    NullValue = "null_value",
    /// The bytes are not a value of the topic's encoding.
    Undecodable = "undecodable",
    /// A kind that the catalogue does not have.
    UnknownKind = "unknown_kind",
    /// A field that the kind requires is absent or null.
    MissingField = "missing_field",
    /// A field's value is of the wrong type, outside its range, or not one of its words.
    MalformedField = "malformed_field",
    /// An amount that must be above zero is not.
    NegativeAmount = "negative_amount",
    /// An amount is beyond 10^15 minor units, either way.
    AmountOutOfRange = "amount_out_of_range",
    /// A currency other than the one configured. With [`OtherCurrency::Ignore`](super::OtherCurrency) its record is no dead
    /// letter.
    WrongCurrency = "wrong_currency",
    /// The key is missing, or is not the customer id. The key of an erasure is no customer id.
    KeyNotCustomer = "key_not_customer",
    /// The record is on a partition that its key does not hash to.
    WrongPartition = "wrong_partition",
    /// The event lies longer before its record than the topic's events do. The usual cause: seconds sent as milliseconds.
    ImplausibleInstant = "implausible_instant",
    /// The customer has no room for another fact. Judged last, when the fact is folded in.
    CustomerFull = "customer_full",
    /// Another event says something else of the same invoice, credit note, promise or dispute, or tells of another thing under
    /// the same event id. Judged last, when the fact is folded in; it stays among the facts, and one of the two counts.
    Contradicts = "contradicts",
    /// The mapping of a foreign topic has no event for the record, and does not skip it.
    Unmapped = "unmapped",
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
