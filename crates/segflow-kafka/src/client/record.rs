//! Parts of a record as librdkafka holds it.

use rdkafka::Message;
use rdkafka::message::BorrowedMessage;
use segflow_core::time::Timestamp;

/// Its offset. Fetched records always have one.
pub(crate) fn offset_of(message: &BorrowedMessage<'_>) -> u64 {
    u64::try_from(message.offset()).expect("a fetched record has an offset")
}

/// Its timestamp; -1, as on the wire, for a record written before Kafka 0.10.
pub(crate) fn timestamp_of(message: &BorrowedMessage<'_>) -> Timestamp {
    Timestamp(message.timestamp().to_millis().unwrap_or(-1))
}
