//! The words of the catalogue: kinds of events, channels, outcomes, and why a payment failed.

use serde::{Deserialize, Serialize};

use super::Family;

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

            /// The one of this word; none if it is the word of none.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

words! {
    /// The kinds of events that producers write. An erasure has none: it is a record without a value.
    ///
    /// On no disk: [`Body`](super::Body) is.
    Kind {
        Issued = "ISSUED", Adjusted = "ADJUSTED", WrittenOff = "WRITTEN_OFF",
        Received = "RECEIVED", Failed = "FAILED", Reversed = "REVERSED",
        Outbound = "OUTBOUND", Inbound = "INBOUND",
        Made = "MADE", Amended = "AMENDED", Cancelled = "CANCELLED",
        Opened = "OPENED", Resolved = "RESOLVED",
        Updated = "UPDATED",
    }
}

impl Kind {
    /// The family that this kind belongs to.
    #[must_use]
    pub const fn family(self) -> Family {
        match self {
            Self::Issued | Self::Adjusted | Self::WrittenOff => Family::Invoices,
            Self::Received | Self::Failed | Self::Reversed => Family::Payments,
            Self::Outbound | Self::Inbound => Family::Contacts,
            Self::Made | Self::Amended | Self::Cancelled => Family::Promises,
            Self::Opened | Self::Resolved => Family::Disputes,
            Self::Updated => Family::Profiles,
        }
    }
}

/// The side that reached out.
///
/// On disk: append only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Direction {
    /// From us.
    Outbound,
    /// From the customer.
    Inbound,
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
