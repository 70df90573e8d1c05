//! The kinds of events: the words of the field `kind`, and the family whose topic carries each.

use segflow_core::event::{Body, Direction, Family};

macro_rules! kinds {
    ($($family:ident: $($kind:ident = $word:literal),+);+ $(;)?) => {
        /// What kind of event a record is. An erasure is of none: its record has no value.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum Kind {
            $($($kind),+),+
        }

        impl Kind {
            /// The word of the field `kind`.
            pub(crate) const fn word(self) -> &'static str {
                match self { $($(Self::$kind => $word),+),+ }
            }

            /// The kinds that the topic of a family carries.
            pub(crate) const fn of_family(family: Family) -> &'static [Self] {
                match family { $(Family::$family => &[$(Self::$kind),+]),+ }
            }
        }
    };
}

// On the topic: append only.
kinds! {
    Invoices: Issued = "ISSUED", Adjusted = "ADJUSTED", WrittenOff = "WRITTEN_OFF";
    Payments: Received = "RECEIVED", Failed = "FAILED", Reversed = "REVERSED";
    Contacts: Outbound = "OUTBOUND", Inbound = "INBOUND";
    Promises: Made = "MADE", Amended = "AMENDED", Cancelled = "CANCELLED";
    Disputes: Opened = "OPENED", Resolved = "RESOLVED";
    Profiles: Updated = "UPDATED";
}

impl Kind {
    /// The kind of what happened; none for an erasure.
    pub(crate) const fn of(body: &Body) -> Option<Self> {
        Some(match body {
            Body::Issued { .. } => Self::Issued,
            Body::Adjusted { .. } => Self::Adjusted,
            Body::WrittenOff { .. } => Self::WrittenOff,
            Body::Received { .. } => Self::Received,
            Body::Failed { .. } => Self::Failed,
            Body::Reversed { .. } => Self::Reversed,
            Body::Contact { direction: Direction::Outbound, .. } => Self::Outbound,
            Body::Contact { direction: Direction::Inbound, .. } => Self::Inbound,
            Body::Made { .. } => Self::Made,
            Body::Amended { .. } => Self::Amended,
            Body::Cancelled { .. } => Self::Cancelled,
            Body::Opened { .. } => Self::Opened,
            Body::Resolved { .. } => Self::Resolved,
            Body::Updated { .. } => Self::Updated,
            Body::Erased => return None,
        })
    }
}
