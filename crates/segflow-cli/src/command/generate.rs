//! `segflow generate`: the simulated portfolio as NDJSON, or onto Kafka.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use segflow_core::event::{Event, Family};
use segflow_core::money::Currency;
use segflow_kafka::BulkProducer;
use segflow_portfolio::{CURRENCY, Portfolio, PortfolioSettings};
use segflow_wire::envelope::{self, Line};
use segflow_wire::{Encoding, partition_of};

use crate::config::Config;
use crate::terminal::tell;

/// Write the simulated portfolio as NDJSON, or onto Kafka.
///
/// Record timestamps never decrease; some events are booked days after they happened. Same settings, same events.
///
/// The customers do what real ones do to a ledger: payments are retried under the same id, fail days after they were
/// received, are refunded in part, charged back, and sometimes reinstated; direct debits are submitted before they are
/// received; one payment pays several invoices, or names one that does not exist; discounts are offered and taken;
/// invoices are credited, put on hold, voided and issued again; plans of instalments are kept and broken; and mail
/// gateways click links.
#[derive(clap::Args)]
pub struct Generate {
    /// How many customers
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    customers: u32,
    /// How many days from 2026-01-01 on
    #[arg(long, default_value_t = 150, value_parser = clap::value_parser!(u32).range(1..=3_650))]
    days: u32,
    /// What the simulation's chance is drawn from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Stop after this many events
    #[arg(long)]
    events: Option<u64>,
    /// Events per second; not given: as fast as it goes
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    rate: Option<u32>,
    /// Write to the inputs of this configuration of `segflow run`, instead of NDJSON
    #[arg(long, conflicts_with = "out")]
    config: Option<PathBuf>,
    /// Write NDJSON to this file, instead of standard output
    #[arg(long)]
    out: Option<PathBuf>,
}

impl Generate {
    pub fn run(self) -> Result<()> {
        let settings = PortfolioSettings {
            customers: self.customers,
            days: self.days,
            seed: self.seed,
            ..PortfolioSettings::default()
        };
        let limit = self.events.unwrap_or(u64::MAX);
        let events = Portfolio::new(settings).events().zip(0..limit).map(|(event, _)| event);
        let started = Instant::now();
        let written = match (&self.config, &self.out) {
            (Some(config), _) => onto_kafka(&Config::read(config)?, events, self.rate)?,
            (None, Some(file)) => {
                let out = File::create(file).with_context(|| format!("cannot write {}", file.display()))?;
                as_ndjson(BufWriter::new(out), events, self.rate)?
            }
            (None, None) => as_ndjson(BufWriter::new(io::stdout().lock()), events, self.rate)?,
        };
        tell!("{written} events in {:.1} s", started.elapsed().as_secs_f64());
        if self.events.is_some_and(|wanted| written < wanted) {
            tell!("fewer than asked for: {} customers have no more in {} days", self.customers, self.days);
        }
        Ok(())
    }
}

fn currency() -> Currency {
    Currency::new(CURRENCY).expect("the portfolio's currency is one")
}

fn as_ndjson(mut out: impl Write, events: impl Iterator<Item = Event>, rate: Option<u32>) -> Result<u64> {
    let (currency, mut pace, mut written) = (currency(), Pace::new(rate), 0);
    for event in events {
        pace.wait(written);
        let line = Line {
            topic: event.body.family().default_topic(),
            partition: None,
            offset: None,
            timestamp: event.recorded_at,
            key: Some(event.customer_id.as_str().as_bytes().to_vec()),
            value: segflow_wire::event::encode(&event, &currency, Encoding::Json),
            headers: Vec::new(),
        };
        writeln!(out, "{}", envelope::write(&line).context("an event of our own")?).context("cannot write events")?;
        written += 1;
    }
    out.flush().context("cannot write events")?;
    Ok(written)
}

fn onto_kafka(config: &Config, events: impl Iterator<Item = Event>, rate: Option<u32>) -> Result<u64> {
    let (currency, mut pace, mut sent) = (currency(), Pace::new(rate), 0);
    let mut producer = BulkProducer::open(&config.connection()?)?;
    let mut inputs = Vec::new();
    for family in Family::ALL {
        let topic = config.inputs.topic(family);
        let partitions = producer.partitions(&topic)?;
        let input = config.inputs.intake(family);
        inputs.push((topic, partitions, input.encoding, input.partitioner));
    }
    for event in events {
        pace.wait(sent);
        let (topic, partitions, encoding, partitioner) = &inputs[event.body.family().index()];
        let key = event.customer_id.as_str().as_bytes();
        let value = segflow_wire::event::encode(&event, &currency, *encoding);
        let partition = partition_of(key, *partitions, *partitioner);
        producer.send(topic, partition, Some(key), value.as_deref(), event.recorded_at)?;
        sent += 1;
    }
    producer.finish().context("not every event was delivered")
}

/// Keeps to a rate by sleeping whenever it is a hundredth of a second ahead.
struct Pace {
    started: Instant,
    rate: Option<u32>,
}

impl Pace {
    fn new(rate: Option<u32>) -> Self {
        Self { started: Instant::now(), rate }
    }

    fn wait(&mut self, written: u64) {
        let Some(rate) = self.rate else { return };
        let due = Duration::from_nanos(written.saturating_mul(1_000_000_000) / u64::from(rate));
        let ahead = due.saturating_sub(self.started.elapsed());
        if ahead > Duration::from_millis(10) {
            std::thread::sleep(ahead);
        }
    }
}
