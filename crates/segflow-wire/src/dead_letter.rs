//! Dead letters: the original record, with its origin and the reason in headers after its own.
//!
//! Key and value are the record's, byte for byte, unless the record is too large to be written again: then their first
//! bytes and a hash stand for it, and the record is at its origin. A record that is sent back and rejected again has these
//! headers twice: the last of a name counts. On the topic: append only, golden in `tests/formats.rs`.

use sha2::{Digest, Sha256};

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

/// Of a letter that is not whole: what its record holds, in bytes.
pub const CUT: &str = "segflow.cut";
/// Of a letter that is not whole: the SHA-256 of its record's value, in hexadecimal.
pub const VALUE_SHA256: &str = "segflow.value_sha256";

/// The largest record of which a letter is whole: its key, its value and its headers. Topics take 16 MiB, for which a letter
/// has headers of its own.
pub const WHOLE_MAX_BYTES: usize = 15 << 20;
/// What a header takes beside its name and its value, at most: their lengths, five bytes each.
const HEADER_BYTES: usize = 10;
/// The most bytes of a key, and of a value, in a letter that is not whole.
const FIRST_BYTES: usize = 64 << 10;

/// A dead letter, but for where it goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Letter {
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub value: Option<Vec<u8>>,
    /// Its headers, in order.
    pub headers: Headers,
}

/// The dead letter of a record: whole, or the first bytes of key and value and none of the record's own headers.
#[must_use]
pub fn letter(record: &RawRecord<'_>, rejection: &Rejection) -> Letter {
    let [key, value] = [record.key, record.value].map(|bytes| bytes.map_or(0, <[u8]>::len));
    let own = record.headers.iter().map(|(name, value)| name.len() + value.as_ref().map_or(0, Vec::len)).sum::<usize>();
    let count = record.headers.len();
    if key + value + own + count * HEADER_BYTES <= WHOLE_MAX_BYTES {
        let [key, value] = [record.key, record.value].map(|bytes| bytes.map(<[u8]>::to_vec));
        return Letter { key, value, headers: headers(record, rejection) };
    }
    let none = Headers::new();
    let mut headers = headers(&RawRecord { headers: &none, ..*record }, rejection);
    let cut = format!("key of {key} bytes, value of {value} bytes, {count} headers of {own} bytes");
    let hash = hex::encode(Sha256::digest(record.value.unwrap_or_default()));
    headers.extend([(CUT, cut), (VALUE_SHA256, hash)].map(|(name, text)| (name.to_owned(), Some(text.into_bytes()))));
    let first = |bytes: &[u8]| bytes[..bytes.len().min(FIRST_BYTES)].to_vec();
    Letter { key: record.key.map(first), value: record.value.map(first), headers }
}

/// The headers of the dead letter of a record, after the record's own.
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

    fn record(headers: &Headers) -> RawRecord<'_> {
        RawRecord {
            family: Family::Payments,
            topic: "collections.payments",
            partition: 3,
            offset: 42,
            timestamp: Timestamp(1_700_000_000_123),
            key: None,
            value: None,
            headers,
        }
    }

    /// Whether the letter of a record with a value and a header of so many bytes is whole.
    fn is_whole(value: usize, header: usize) -> bool {
        let (value, headers) = (vec![b'v'; value], vec![("h".to_owned(), Some(vec![b'h'; header - 1]))]);
        let record = RawRecord { key: Some(b"key"), value: Some(&value), ..record(&headers) };
        let rejection = Rejection { reason: Reason::Undecodable, detail: "rubbish".to_owned() };
        let letter = letter(&record, &rejection);
        assert_eq!(letter.key.as_deref(), Some(&b"key"[..]));
        assert!(value.starts_with(letter.value.as_ref().unwrap()));
        let whole = letter.headers.first() == headers.first();
        assert_eq!(letter.headers.iter().any(|(name, _)| name == CUT), !whole);
        assert_eq!(letter.value.is_some_and(|kept| kept.len() == value.len()), whole || value.len() <= FIRST_BYTES);
        whole
    }

    #[test]
    fn a_letter_is_whole_up_to_a_bound_of_everything_that_its_record_holds() {
        assert!(is_whole(WHOLE_MAX_BYTES - 3 - HEADER_BYTES - 5, 5));
        assert!(!is_whole(WHOLE_MAX_BYTES - 3 - HEADER_BYTES - 4, 5));
        assert!(!is_whole(10, WHOLE_MAX_BYTES), "headers alone may be too much");
    }

    /// Headers of two bytes each are 6 MB in memory, and thrice as much as a record of Kafka.
    #[test]
    fn a_letter_of_very_many_headers_is_cut() {
        let rejection = Rejection { reason: Reason::NullValue, detail: "rubbish".to_owned() };
        let many = vec![("h".to_owned(), None); 2_000_000];
        let few = vec![("h".to_owned(), None); 1_000_000];
        let cut = |headers| letter(&record(headers), &rejection).headers.iter().any(|(name, _)| name == CUT);
        assert!(cut(&many) && !cut(&few));
    }

    #[test]
    fn origin_and_reason_follow_the_records_own_headers() {
        let original: Headers = vec![("trace".to_owned(), Some(vec![0xff, 0x00])), ("empty".to_owned(), None)];
        let rejection = Rejection { reason: Reason::NullValue, detail: "value: expected é, found null".to_owned() };
        let headers = headers(&record(&original), &rejection);
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
