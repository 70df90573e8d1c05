//! The words of the catalogue: channels, outcomes, and why a payment failed.

use serde::{Deserialize, Serialize};

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
