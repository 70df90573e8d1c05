//! The Avro schemas of this release: one per topic that has one, and the earlier ones whose values are still read.
//!
//! On the topic: append only. A schema that a release has written by is never edited: a new field makes a new file, and
//! the schema without it stays under a number. `tests/formats.rs` has the fingerprints and the bytes.
//!
//! The texts of `schemas/` are data of the build, not of a run. The shapes in this crate are written for these very
//! schemas, so that a schema passed in while the program runs could only be the same or wrong. The folder stands at the
//! root of the repository for those who read the topics; this crate is not published, so that a path outside it is sound.

use std::sync::LazyLock;

use segflow_core::event::Family;
use serde_avro_fast::Schema;

/// A schema of `schemas/`.
pub struct TopicSchema {
    /// The name of its file without `.avsc`, which is that of the topic without `collections.`.
    pub name: &'static str,
    /// The file's text.
    pub source: &'static str,
    /// The schemas by which earlier releases wrote the topic. A field that one of them lacks has a default.
    pub earlier: &'static [&'static Self],
    parsed: LazyLock<Schema>,
}

impl TopicSchema {
    /// The parsed schema.
    pub(crate) fn parsed(&self) -> &Schema {
        &self.parsed
    }

    /// Its CRC-64-AVRO fingerprint as it is on the wire: little-endian.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 8] {
        *self.parsed.rabin_fingerprint()
    }

    /// This schema, then the earlier ones: all by which a value may have been written.
    pub fn accepted(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(self.earlier.iter().copied())
    }
}

macro_rules! schemas {
    ($($(#[$doc:meta])* $constant:ident = $name:literal $(, after $($earlier:ident)+)?);* $(;)?) => {
        $(
            $(#[$doc])*
            pub static $constant: TopicSchema = TopicSchema {
                name: $name,
                source: include_str!(concat!("../../../schemas/", $name, ".avsc")),
                earlier: &[$($(&$earlier),+)?],
                parsed: LazyLock::new(|| {
                    $constant.source.parse().expect("an embedded schema parses: a test parses each")
                }),
            };
        )*
    };
}

schemas! {
    /// `collections.invoices`
    INVOICES = "invoices", after INVOICES_1;
    /// `collections.invoices` as it was before an invoice could be voided, reinstated, credited or held.
    INVOICES_1 = "invoices-1";
    /// `collections.payments`
    PAYMENTS = "payments", after PAYMENTS_1;
    /// `collections.payments` as it was before payments were submitted, reinstated and allocated to several invoices.
    PAYMENTS_1 = "payments-1";
    /// `collections.contacts`
    CONTACTS = "contacts", after CONTACTS_1;
    /// `collections.contacts` as it was before it told what no person did.
    CONTACTS_1 = "contacts-1";
    /// `collections.promises`
    PROMISES = "promises";
    /// `collections.disputes`
    DISPUTES = "disputes";
    /// `collections.profiles`
    PROFILES = "profiles";
    /// `collections.segment-changes`
    SEGMENT_CHANGES = "segment-changes";
    /// `collections.segments`
    SEGMENTS = "segments", after SEGMENTS_1;
    /// `collections.segments` as it was before dimensions could close.
    SEGMENTS_1 = "segments-1";
    /// The journal.
    JOURNAL = "journal", after JOURNAL_4 JOURNAL_3 JOURNAL_2 JOURNAL_1;
    /// The journal as it was before records could be ignored.
    JOURNAL_4 = "journal-4";
    /// The journal as it was before it named the form of its digest.
    JOURNAL_3 = "journal-3";
    /// The journal as it was before a segmentation could be activated.
    JOURNAL_2 = "journal-2";
    /// The journal as it was before it counted what is forgotten.
    JOURNAL_1 = "journal-1";
}

/// Every schema by which this release writes.
pub static ALL: [&TopicSchema; 9] =
    [&INVOICES, &PAYMENTS, &CONTACTS, &PROMISES, &DISPUTES, &PROFILES, &SEGMENT_CHANGES, &SEGMENTS, &JOURNAL];

/// The schema of a family's topic.
#[must_use]
pub fn of(family: Family) -> &'static TopicSchema {
    match family {
        Family::Invoices => &INVOICES,
        Family::Payments => &PAYMENTS,
        Family::Contacts => &CONTACTS,
        Family::Promises => &PROMISES,
        Family::Disputes => &DISPUTES,
        Family::Profiles => &PROFILES,
    }
}

#[cfg(test)]
mod tests;
