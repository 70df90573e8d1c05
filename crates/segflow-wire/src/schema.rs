//! The Avro schemas of this release: one per topic that has one, embedded in the binary.

use std::sync::LazyLock;

use segflow_core::event::Family;
use serde_avro_fast::Schema;

/// A schema of `schemas/`.
pub struct Local {
    /// The name of its file without `.avsc`: of the topic without `collections.`.
    pub name: &'static str,
    /// The file's text.
    pub source: &'static str,
    parsed: LazyLock<Schema>,
}

impl Local {
    /// The parsed schema.
    pub(crate) fn parsed(&self) -> &Schema {
        &self.parsed
    }

    /// Its CRC-64-AVRO fingerprint as it is on the wire: little-endian.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 8] {
        *self.parsed.rabin_fingerprint()
    }
}

macro_rules! local {
    ($($(#[$doc:meta])* $constant:ident = $name:literal),* $(,)?) => {
        $(
            $(#[$doc])*
            pub static $constant: Local = Local {
                name: $name,
                source: include_str!(concat!("../../../schemas/", $name, ".avsc")),
                parsed: LazyLock::new(|| {
                    $constant.source.parse().expect("an embedded schema parses: a test parses each")
                }),
            };
        )*

        /// Every schema.
        pub static ALL: [&Local; 9] = [$(&$constant),*];
    };
}

local! {
    /// `collections.invoices`
    INVOICES = "invoices",
    /// `collections.payments`
    PAYMENTS = "payments",
    /// `collections.contacts`
    CONTACTS = "contacts",
    /// `collections.promises`
    PROMISES = "promises",
    /// `collections.disputes`
    DISPUTES = "disputes",
    /// `collections.profiles`
    PROFILES = "profiles",
    /// `collections.segment-changes`
    SEGMENT_CHANGES = "segment-changes",
    /// `collections.segments`
    SEGMENTS = "segments",
    /// The journal.
    JOURNAL = "journal",
}

/// The schema of a family's topic.
#[must_use]
pub fn of(family: Family) -> &'static Local {
    ALL[family.index()]
}

#[cfg(test)]
mod tests;
