//! The targets of a mapping: each kind of event with its fields, as the intake reads them (`segflow-wire`).
//!
//! `tests/targets.rs` holds this table beside the intake: an event of exactly the required fields is accepted, and none that
//! lacks one of them.

use segflow_core::event::{Channel, FailureCode, Kind, Outcome};

/// A field of a kind of event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TargetField {
    /// Its name on the wire.
    pub name: &'static str,
    /// What it holds.
    pub holds: FieldType,
    /// Whether every event of the kind has it.
    pub required: bool,
    /// Whether an event without it is about the whole of something. A mapping that writes it then means what it writes: where
    /// the record has no value, nobody means the whole.
    pub whole_without: bool,
}

/// What a field holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldType {
    /// An id, or a word that the producer chooses.
    Text,
    /// A code of three capital letters.
    Currency,
    /// An amount in minor units.
    Amount,
    /// A calendar date.
    Date,
    /// An instant.
    Instant,
    /// True or false.
    Truth,
    /// One word of the catalogue.
    Word(Words),
    /// A map of names to texts, numbers and truths.
    Attributes,
    /// The parts of a payment, each with its invoice.
    Allocations,
}

/// Words of the catalogue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Words {
    /// How a contact was made.
    Channels,
    /// How far it got.
    Outcomes,
    /// Why a payment failed.
    FailureCodes,
}

impl Words {
    /// Every one.
    #[must_use]
    pub fn all(self) -> Vec<&'static str> {
        match self {
            Self::Channels => Channel::ALL.iter().map(|word| word.word()).collect(),
            Self::Outcomes => Outcome::ALL.iter().map(|word| word.word()).collect(),
            Self::FailureCodes => FailureCode::ALL.iter().map(|word| word.word()).collect(),
        }
    }

    /// The one that is written so.
    #[must_use]
    pub fn find(self, text: &str) -> Option<&'static str> {
        match self {
            Self::Channels => Channel::from_word(text).map(Channel::word),
            Self::Outcomes => Outcome::from_word(text).map(Outcome::word),
            Self::FailureCodes => FailureCode::from_word(text).map(FailureCode::word),
        }
    }
}

const fn required(name: &'static str, holds: FieldType) -> TargetField {
    TargetField { name, holds, required: true, whole_without: false }
}

const fn optional(name: &'static str, holds: FieldType) -> TargetField {
    TargetField { name, holds, required: false, whole_without: false }
}

/// The fields of every kind.
const COMMON: [TargetField; 3] = [
    required("event_id", FieldType::Text),
    required("customer_id", FieldType::Text),
    required("occurred_at", FieldType::Instant),
];

const INVOICE_ID: TargetField = required("invoice_id", FieldType::Text);
const OF_INVOICE: TargetField = optional("invoice_id", FieldType::Text);
const PAYMENT_ID: TargetField = required("payment_id", FieldType::Text);
const PROMISE_ID: TargetField = required("promise_id", FieldType::Text);
const DISPUTE_ID: TargetField = required("dispute_id", FieldType::Text);
const AMOUNT: TargetField = required("amount_minor", FieldType::Amount);
const SOME_AMOUNT: TargetField = optional("amount_minor", FieldType::Amount);
const AMOUNT_OR_ALL: TargetField = TargetField { whole_without: true, ..SOME_AMOUNT };
const CURRENCY: TargetField = required("currency", FieldType::Currency);
const SOME_CURRENCY: TargetField = optional("currency", FieldType::Currency);
const DUE_DATE: TargetField = required("due_date", FieldType::Date);

/// The fields of a kind, but for those that every kind has.
fn own(kind: Kind) -> Vec<TargetField> {
    match kind {
        Kind::Issued => vec![
            INVOICE_ID,
            CURRENCY,
            AMOUNT,
            DUE_DATE,
            optional("debt_type", FieldType::Text),
            optional("discount_minor", FieldType::Amount),
            optional("discount_until", FieldType::Date),
        ],
        Kind::Adjusted => vec![INVOICE_ID, SOME_CURRENCY, SOME_AMOUNT, optional("due_date", FieldType::Date)],
        Kind::WrittenOff | Kind::Voided | Kind::InvoiceReinstated | Kind::Released => vec![INVOICE_ID, SOME_CURRENCY],
        Kind::Credited => vec![required("credit_note_id", FieldType::Text), CURRENCY, AMOUNT, OF_INVOICE],
        Kind::Held => vec![INVOICE_ID, SOME_CURRENCY, optional("hold_until", FieldType::Date)],
        Kind::Received => vec![
            PAYMENT_ID,
            CURRENCY,
            AMOUNT,
            OF_INVOICE,
            optional("allocations", FieldType::Allocations),
            optional("method", FieldType::Text),
        ],
        Kind::Submitted => vec![PAYMENT_ID, CURRENCY, AMOUNT],
        Kind::Failed => {
            vec![PAYMENT_ID, SOME_CURRENCY, optional("failure_code", FieldType::Word(Words::FailureCodes))]
        }
        Kind::Reversed | Kind::PaymentReinstated => vec![PAYMENT_ID, SOME_CURRENCY, AMOUNT_OR_ALL],
        Kind::Outbound | Kind::Inbound => vec![
            required("contact_id", FieldType::Text),
            required("channel", FieldType::Word(Words::Channels)),
            required("outcome", FieldType::Word(Words::Outcomes)),
            optional("machine", FieldType::Truth),
        ],
        Kind::Made => vec![PROMISE_ID, CURRENCY, AMOUNT, DUE_DATE, optional("plan_id", FieldType::Text)],
        Kind::Amended => vec![PROMISE_ID, CURRENCY, AMOUNT, DUE_DATE],
        Kind::Cancelled => vec![PROMISE_ID, SOME_CURRENCY],
        Kind::Opened => vec![DISPUTE_ID, OF_INVOICE, SOME_CURRENCY, AMOUNT_OR_ALL],
        Kind::Resolved => vec![DISPUTE_ID, SOME_CURRENCY, optional("upheld", FieldType::Truth)],
        Kind::Updated => vec![required("attributes", FieldType::Attributes)],
    }
}

/// The fields of a part of a payment.
pub(crate) const PART: [TargetField; 2] = [INVOICE_ID, AMOUNT];

/// The fields of a kind, in the order in which they are written.
pub fn fields(kind: Kind) -> impl Iterator<Item = TargetField> {
    COMMON.into_iter().chain(own(kind))
}

/// A kind as mappings name it: `payments.REVERSED`.
#[must_use]
pub fn name(kind: Kind) -> String {
    format!("{}.{}", kind.family().name(), kind.word())
}
