//! Dead letters: the original record, with its origin and the reason in headers after its own.
//!
//! Key and value are the record's, byte for byte. A record that is sent back and rejected again has these headers
//! twice: the last of a name counts. On the topic: append only, golden in `tests/formats.rs`.

use crate::encoding::Headers;
use crate::intake::{RawRecord, Rejection};

/// The kind of fault: a word of [`crate::Reason`].
pub const REASON: &str = "segflow.reason";
/// What was expected and what was found.
pub const DETAIL: &str = "segflow.detail";
/// The topic that the record was read from.
pub const TOPIC: &str = "segflow.topic";
/// The record's partition.
pub const PARTITION: &str = "segflow.partition";
/// The record's offset.
pub const OFFSET: &str = "segflow.offset";
/// The record's timestamp, in milliseconds since 1970-01-01T00:00:00Z.
pub const TIMESTAMP: &str = "segflow.timestamp";

/// The headers of the dead letter of a record.
#[must_use]
pub fn headers(record: &RawRecord<'_>, rejection: &Rejection) -> Headers {
    let added = [
        (REASON, rejection.reason.word().to_owned()),
        (DETAIL, rejection.detail.clone()),
        (TOPIC, record.topic.to_owned()),
        (PARTITION, record.partition.to_string()),
        (OFFSET, record.offset.to_string()),
        (TIMESTAMP, record.timestamp.0.to_string()),
    ];
    let added = added.into_iter().map(|(name, text)| (name.to_owned(), Some(text.into_bytes())));
    record.headers.iter().cloned().chain(added).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use segflow_core::event::Family;
    use segflow_core::time::Timestamp;

    use super::*;
    use crate::intake::Reason;

    #[test]
    fn origin_and_reason_follow_the_records_own_headers() {
        let original: Headers = vec![("trace".to_owned(), Some(vec![0xff, 0x00])), ("empty".to_owned(), None)];
        let record = RawRecord {
            family: Family::Payments,
            topic: "collections.payments",
            partition: 3,
            offset: 42,
            timestamp: Timestamp(1_700_000_000_123),
            key: None,
            value: None,
            headers: &original,
        };
        let rejection = Rejection { reason: Reason::NullValue, detail: "value: expected é, found null".to_owned() };
        let headers = headers(&record, &rejection);
        assert_eq!(headers[..2], original[..]);
        let added: Vec<String> = headers[2..]
            .iter()
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_ref().unwrap())))
            .collect();
        expect![[r#"
            segflow.reason: null_value
            segflow.detail: value: expected é, found null
            segflow.topic: collections.payments
            segflow.partition: 3
            segflow.offset: 42
            segflow.timestamp: 1700000000123"#]]
        .assert_eq(&added.join("\n"));
    }
}
