//! The load of the chaos run: invoices, payments that name them, contacts and promises of so many customers, at a rate.
//!
//! Some facts are late, some lie ahead, some come twice, and some cannot be used. Every customer makes one promise; no
//! payment exceeds what is open of its invoice, so that nothing is ever allocated but to the invoice named.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseRecord, NoCustomPartitioner, Producer, ProducerContext, ThreadedProducer};

use crate::checker::Calendar;

/// An hour, the wait of dimension `patience`.
const HOUR_MS: i64 = 3_600_000;
/// How often a batch is sent.
const TICK: Duration = Duration::from_millis(10);

/// The load, and the topics that it goes to.
pub struct Load {
    /// `host:port` of the broker.
    pub bootstrap: String,
    /// The beginning of every topic's name.
    pub prefix: String,
    /// How many customers.
    pub customers: u32,
    /// Part of every id, so that a load that was started again repeats none.
    pub generation: u32,
    /// The segmentation's time zone.
    pub zone: String,
}

/// Records delivered so far; a record that is not delivered ends the process.
#[derive(Clone, Default)]
pub struct Delivered(Arc<AtomicU64>);

impl Delivered {
    /// How many.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl ClientContext for Delivered {}

impl ProducerContext<NoCustomPartitioner> for Delivered {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(_) => drop(self.0.fetch_add(1, Ordering::Relaxed)),
            Err((error, _)) => {
                eprintln!("a record was not delivered: {error}");
                std::process::exit(3);
            }
        }
    }
}

/// A load under way.
pub struct Sender {
    load: Load,
    producer: ThreadedProducer<Delivered>,
    delivered: Delivered,
    chance: ChaCha8Rng,
    /// Per customer: the invoice to be paid, and what is open of it.
    open: Vec<(u64, i64)>,
    number: u64,
    last: Option<(&'static str, u32, String)>,
}

impl Load {
    /// Connects.
    ///
    /// # Panics
    ///
    /// If the producer cannot be created.
    #[must_use]
    pub fn sender(self) -> Sender {
        let delivered = Delivered::default();
        let producer = ClientConfig::new()
            .set("bootstrap.servers", &self.bootstrap)
            .set("enable.idempotence", "true")
            .set("partitioner", "murmur2")
            .set("compression.type", "zstd")
            .set("linger.ms", "10")
            .set("message.timeout.ms", "0")
            .set("queue.buffering.max.messages", "2000000")
            .create_with_context(delivered.clone())
            .expect("a producer");
        let chance = ChaCha8Rng::seed_from_u64(u64::from(self.generation));
        let open = vec![(0, 0); self.customers as usize];
        Sender { load: self, producer, delivered, chance, open, number: 0, last: None }
    }
}

impl Sender {
    /// The records delivered so far.
    #[must_use]
    pub const fn delivered(&self) -> &Delivered {
        &self.delivered
    }

    /// Every customer's promise and first invoice, dated so that an hour's wait ends for some at every moment of the next
    /// `run`. The promises are due on the present day.
    pub fn begin(&mut self, run: Duration) {
        let now = now();
        let run_ms = i64::try_from(run.as_millis()).expect("a run of days");
        let calendar = Calendar::new(&self.load.zone);
        let today = calendar.day_of(now);
        let mut all: Vec<(i64, u32)> = Vec::new();
        for customer in 0..self.load.customers {
            let made =
                now - HOUR_MS + i64::from(self.chance.random_range(0..u32::try_from(run_ms).expect("a short run")));
            all.push((made.min(now - 2_000), customer));
        }
        all.sort_unstable();
        for (at, customer) in all {
            let number = self.next();
            let (id, due) = (id("M", self.load.generation, number), date(today));
            let body = format!(
                r#""kind":"MADE","promise_id":"{id}","amount_minor":20000,"currency":"EUR","due_date":"{due}""#
            );
            self.send("promises", customer, at, at, &id, &body);
            self.issue(customer, at + 1_000, at + 1_000, today);
        }
        self.flush();
    }

    /// Sends at a rate until told that it is over.
    pub fn flow(&mut self, per_second: u32, mut is_over: impl FnMut(&Delivered) -> bool) {
        let calendar = Calendar::new(&self.load.zone);
        let started = Instant::now();
        let mut sent: u64 = 0;
        while !is_over(&self.delivered) {
            let due =
                u64::try_from(started.elapsed().as_millis()).expect("a short run") * u64::from(per_second) / 1_000;
            while sent < due {
                self.one(&calendar);
                sent += 1;
            }
            std::thread::sleep(TICK);
        }
        self.flush();
    }

    fn one(&mut self, calendar: &Calendar) {
        let (now, chance) = (now(), self.chance.next_u32() % 10_000);
        if chance < 2 {
            let customer = self.somebody();
            return self.write("payments", customer, now, "not JSON");
        }
        if let Some((topic, customer, value)) = self.last.take_if(|_| chance < 100) {
            return self.write(topic, customer, now, &value);
        }
        let at = match chance {
            100..300 => now - i64::from(self.chance.random_range(0..90_000_u32)),
            300..350 => now + i64::from(self.chance.random_range(1_000..20_000_u32)),
            _ => now,
        };
        let customer = self.somebody();
        if self.chance.next_u32().is_multiple_of(2) {
            return self.contact(customer, at, now);
        }
        let (invoice, open) = self.open[customer as usize];
        if open == 0 {
            return self.issue(customer, at, now, calendar.day_of(now));
        }
        let amount = open.min(i64::from(self.chance.random_range(2_000..5_000_u32)));
        self.open[customer as usize].1 -= amount;
        let number = self.next();
        let id = id("P", self.load.generation, number);
        let invoice = self::id("N", self.load.generation, invoice);
        let body = format!(
            r#""kind":"RECEIVED","payment_id":"{id}","invoice_id":"{invoice}","amount_minor":{amount},"currency":"EUR""#
        );
        self.send("payments", customer, at, now, &id, &body);
    }

    fn contact(&mut self, customer: u32, at: i64, now: i64) {
        let number = self.next();
        let id = id("C", self.load.generation, number);
        let body = format!(r#""kind":"OUTBOUND","contact_id":"{id}","channel":"SMS","outcome":"DELIVERED""#);
        self.send("contacts", customer, at, now, &id, &body);
    }

    fn issue(&mut self, customer: u32, at: i64, now: i64, today: i32) {
        let number = self.next();
        let due = date(today - 2 + i32::try_from(self.chance.next_u32() % 4).expect("below 4"));
        let amount = i64::from(self.chance.random_range(5_000..20_000_u32));
        self.open[customer as usize] = (number, amount);
        let (event, invoice) = (id("I", self.load.generation, number), id("N", self.load.generation, number));
        let body = format!(
            r#""kind":"ISSUED","invoice_id":"{invoice}","amount_minor":{amount},"currency":"EUR","due_date":"{due}""#
        );
        self.send("invoices", customer, at, now, &event, &body);
    }

    fn send(&mut self, topic: &'static str, customer: u32, at: i64, recorded: i64, id: &str, body: &str) {
        let value = format!(r#"{{"event_id":"{id}","customer_id":"{}","occurred_at":{at},{body}}}"#, name(customer));
        self.write(topic, customer, recorded, &value);
        self.last = Some((topic, customer, value));
    }

    fn write(&self, topic: &str, customer: u32, recorded: i64, value: &str) {
        let (topic, key) = (format!("{}.{topic}", self.load.prefix), name(customer));
        let mut record = BaseRecord::to(&topic).key(&key).payload(value).timestamp(recorded);
        while let Err((error, refused)) = self.producer.send(record) {
            assert_eq!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), "a record was refused");
            self.producer.poll(TICK);
            record = refused;
        }
    }

    fn flush(&self) {
        while let Err(error) = self.producer.flush(Duration::from_secs(10)) {
            eprintln!("{} delivered, the rest is under way: {error}", self.delivered.count());
        }
    }

    fn next(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    fn somebody(&mut self) -> u32 {
        self.chance.random_range(0..self.load.customers)
    }
}

fn id(kind: &str, generation: u32, number: u64) -> String {
    format!("{kind}{generation}-{number}")
}

fn name(customer: u32) -> String {
    format!("C{customer:07}")
}

fn date(day: i32) -> String {
    use jiff::ToSpan;
    jiff::civil::date(1970, 1, 1).checked_add(day.days()).expect("a day of this age").to_string()
}

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
