//! Writes records to topics exactly as a test says: partition, timestamp, key, headers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, DeliveryResult, Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, NoCustomPartitioner, Producer, ProducerContext, ThreadedProducer};

use super::{Broker, PATIENCE};

/// A record to write, or as read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Topic name.
    pub topic: String,
    /// Partition number; no partitioner has a say.
    pub partition: i32,
    /// The offset in the partition; none before the record is written.
    pub offset: Option<i64>,
    /// Milliseconds since 1970 UTC; none takes the producer's clock.
    pub timestamp_ms: Option<i64>,
    /// Key bytes.
    pub key: Option<Vec<u8>>,
    /// Value bytes; none is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Header names and values, in order.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

impl Record {
    /// A record with this value, without key, timestamp or headers.
    pub fn new(topic: &str, partition: i32, value: impl Into<Vec<u8>>) -> Self {
        let value = Some(value.into());
        Self { topic: topic.to_owned(), partition, offset: None, timestamp_ms: None, key: None, value, headers: vec![] }
    }

    /// The same, keyed.
    pub fn key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The same, at an instant in milliseconds since 1970 UTC.
    pub fn at(mut self, timestamp_ms: i64) -> Self {
        self.timestamp_ms = Some(timestamp_ms);
        self
    }

    /// The same, with one more header.
    pub fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), Some(value.into())));
        self
    }
}

impl From<&BorrowedMessage<'_>> for Record {
    fn from(message: &BorrowedMessage<'_>) -> Self {
        let owned = |header: Header<'_, &[u8]>| (header.key.to_owned(), header.value.map(<[u8]>::to_vec));
        Self {
            topic: message.topic().to_owned(),
            partition: message.partition(),
            offset: Some(message.offset()),
            timestamp_ms: message.timestamp().to_millis(),
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            headers: message.headers().map_or_else(Vec::new, |headers| headers.iter().map(owned).collect()),
        }
    }
}

/// An idempotent producer, or a transactional one; it counts no record as written before its delivery report.
pub struct RecordProducer {
    inner: ThreadedProducer<Deliveries>,
}

/// The errors of the delivery reports since the last flush.
#[derive(Clone, Default)]
struct Deliveries(Arc<Mutex<Vec<String>>>);

impl ClientContext for Deliveries {}

impl ProducerContext<NoCustomPartitioner> for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, message)) = result {
            let complaint = format!("{} [{}]: {error}", message.topic(), message.partition());
            self.0.lock().expect("no delivery report panics").push(complaint);
        }
    }
}

impl RecordProducer {
    /// Writes the records, within the open transaction if there is one, and waits for every delivery report.
    pub fn write<'a>(&self, records: impl IntoIterator<Item = &'a Record>) {
        for record in records {
            self.enqueue(record);
        }
        self.inner.flush(PATIENCE).expect("the broker takes all records in time");
        let complaints = std::mem::take(&mut *self.inner.context().0.lock().expect("no delivery report panics"));
        assert!(complaints.is_empty(), "records were refused: {complaints:?}");
    }

    /// Begins a transaction.
    pub fn begin(&self) {
        self.inner.begin_transaction().expect("a transactional producer without an open transaction");
    }

    /// Commits the open transaction.
    pub fn commit(&self) {
        self.inner.commit_transaction(PATIENCE).expect("the broker commits");
    }

    /// Aborts the open transaction.
    pub fn abort(&self) {
        self.inner.abort_transaction(PATIENCE).expect("the broker aborts");
    }

    fn enqueue(&self, record: &Record) {
        let mut pending = borrow(record);
        while let Err((error, refused)) = self.inner.send(pending) {
            if error != KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) {
                panic!("{record:?} was refused: {error}");
            }
            self.inner.poll(Duration::from_millis(10));
            pending = refused;
        }
    }
}

fn borrow(record: &Record) -> BaseRecord<'_, [u8], [u8]> {
    let mut pending = BaseRecord::<[u8], [u8]>::to(&record.topic).partition(record.partition);
    if let Some(timestamp_ms) = record.timestamp_ms {
        pending = pending.timestamp(timestamp_ms);
    }
    if let Some(key) = &record.key {
        pending = pending.key(key);
    }
    if let Some(value) = &record.value {
        pending = pending.payload(value);
    }
    if record.headers.is_empty() {
        return pending;
    }
    let add = |headers: OwnedHeaders, (key, value): &(String, Option<Vec<u8>>)| {
        headers.insert(Header { key, value: value.as_ref() })
    };
    pending.headers(record.headers.iter().fold(OwnedHeaders::new(), add))
}

impl Broker {
    /// Writes records outside any transaction and waits until all are acknowledged.
    pub fn produce<'a>(&self, records: impl IntoIterator<Item = &'a Record>) {
        let inner: ThreadedProducer<Deliveries> = self
            .client_config()
            .set("enable.idempotence", "true")
            .create_with_context(Deliveries::default())
            .expect("a producer");
        RecordProducer { inner }.write(records);
    }

    /// A producer with this `transactional.id`. It fences the one before it, and aborts the transaction that it left open.
    pub fn transactional_producer(&self, transactional_id: &str) -> RecordProducer {
        let inner: ThreadedProducer<Deliveries> = self
            .client_config()
            .set("transactional.id", transactional_id)
            .create_with_context(Deliveries::default())
            .expect("a producer");
        inner.init_transactions(PATIENCE).expect("the transaction coordinator answers");
        RecordProducer { inner }
    }
}
