//! The kinds of events.

use serde::{Deserialize, Serialize};

use super::Family;

macro_rules! kinds {
    ($($kind:ident = $family:ident $word:literal),* $(,)?) => {
        /// The kinds of events that producers write. An erasure has none: it is a record without a value.
        ///
        /// On disk, in what is pending: append only.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum Kind {
            $(#[doc = concat!("`", $word, "`")] $kind),*
        }

        impl Kind {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// Its word on the wire, which stands for one kind within a family.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$kind => $word),* }
            }

            /// The family that this kind belongs to.
            #[must_use]
            pub const fn family(self) -> Family {
                match self { $(Self::$kind => Family::$family),* }
            }
        }
    };
}

kinds! {
    Issued = Invoices "ISSUED", Adjusted = Invoices "ADJUSTED", WrittenOff = Invoices "WRITTEN_OFF",
    Received = Payments "RECEIVED", Failed = Payments "FAILED", Reversed = Payments "REVERSED",
    Outbound = Contacts "OUTBOUND", Inbound = Contacts "INBOUND",
    Made = Promises "MADE", Amended = Promises "AMENDED", Cancelled = Promises "CANCELLED",
    Opened = Disputes "OPENED", Resolved = Disputes "RESOLVED",
    Updated = Profiles "UPDATED",
    Voided = Invoices "VOIDED", InvoiceReinstated = Invoices "REINSTATED", Credited = Invoices "CREDITED",
    Held = Invoices "HELD", Released = Invoices "RELEASED",
    Submitted = Payments "SUBMITTED", PaymentReinstated = Payments "REINSTATED",
}

impl Kind {
    /// Whether one event of this kind counts per thing that it tells of: the earliest.
    #[must_use]
    pub const fn is_told_once(self) -> bool {
        matches!(self, Self::Issued | Self::Credited | Self::Made | Self::Opened)
    }

    /// The kind of event without which one of this kind counts for nothing.
    #[must_use]
    pub const fn corrects(self) -> Option<Self> {
        Some(match self {
            Self::Adjusted
            | Self::WrittenOff
            | Self::Voided
            | Self::InvoiceReinstated
            | Self::Held
            | Self::Released => Self::Issued,
            Self::PaymentReinstated => Self::Received,
            Self::Amended | Self::Cancelled => Self::Made,
            Self::Resolved => Self::Opened,
            Self::Issued | Self::Credited | Self::Made | Self::Opened | Self::Updated => return None,
            Self::Received | Self::Failed | Self::Reversed | Self::Submitted => return None,
            Self::Outbound | Self::Inbound => return None,
        })
    }

    /// The kinds of a family.
    pub fn of(family: Family) -> impl Iterator<Item = Self> + Clone {
        Self::ALL.iter().copied().filter(move |kind| kind.family() == family)
    }
}
