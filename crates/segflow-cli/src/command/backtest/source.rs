//! Where a backtest's events come from: archives, or the input topics of a cluster.

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use anyhow::{Error, Result, anyhow, bail};
use segflow_archive::{self as archive, Arrival};
use segflow_backtest::archive_feed;
use segflow_backtest::batch::{Queued, RecordPlace};
use segflow_backtest::run::{Ended, Feeding, LeftOut};
use segflow_core::event::Family;
use segflow_kafka::{Held, KafkaConfig, TopicScan};
use segflow_runtime::log::{LogError, Record, TaskId};
use segflow_wire::Intake;

use crate::config::Config;
use crate::terminal::tell;

/// The events of a backtest.
pub enum Source {
    /// Files, in the order in which they are merged where nothing else decides, and the topics that they name.
    Archives(Vec<PathBuf>, [String; Family::ALL.len()], Arrival),
    /// Topics, and how many partitions each of them has.
    Topics(Box<KafkaConfig>, u32),
}

impl Source {
    /// Archives if there are any, else the topics of the configuration.
    pub fn of(events: &[PathBuf], arrival: Arrival, config: Option<&Config>) -> Result<Self> {
        if let (true, Some(config)) = (events.is_empty(), config) {
            if arrival != Arrival::Recorded {
                bail!(
                    "--arrival: expected `recorded` for the records of topics, found another; archive them, and name `--events`"
                );
            }
            let kafka = config.kafka(0)?;
            let partitions = TopicScan::partitions(&kafka)?;
            return Ok(Self::Topics(Box::new(kafka), partitions));
        }
        let mut files = Vec::new();
        for path in events {
            files.extend(archive::files(path)?);
        }
        let topics = Family::ALL.map(|family| match config {
            Some(config) => config.inputs.topic(family),
            None => family.default_topic(),
        });
        Ok(Self::Archives(files, topics, arrival))
    }

    /// How many partitions topics have; archives do not say.
    pub fn partitions(&self) -> Option<u32> {
        match self {
            Self::Archives(..) => None,
            Self::Topics(_, partitions) => Some(*partitions),
        }
    }

    /// The place of a record, in words.
    pub fn name(&self, place: RecordPlace) -> String {
        match self {
            Self::Archives(files, ..) => {
                let file = files.get(place.source).map_or("(unknown)".to_owned(), |file| file.display().to_string());
                let unit = files.get(place.source).map_or("line", |file| archive::unit(file));
                format!("{file} {unit} {}", place.number)
            }
            Self::Topics(kafka, partitions) => {
                let (family, partition) = (place.source / *partitions as usize, place.source % *partitions as usize);
                let topic = Family::ALL.get(family).and_then(|family| kafka.inputs.get(family));
                format!("{} [{partition}] offset {}", topic.map_or("(unknown)", String::as_str), place.number)
            }
        }
    }

    /// Feeds a backtest with the events. Topics are read by several threads, at most `threads`.
    pub fn feed(
        &self,
        feeding: &Feeding<'_>,
        intake: &Intake,
        threads: NonZero<usize>,
    ) -> Result<LeftOut, Ended<Error>> {
        match self {
            Self::Archives(files, topics, arrival) => archive_feed::archives(feeding, files, topics, *arrival, intake)
                .map_err(|ended| match ended {
                    Ended::Over => Ended::Over,
                    Ended::Events(error) => Ended::Events(error.into()),
                }),
            Self::Topics(kafka, partitions) => feed_topics(feeding, kafka, *partitions, threads),
        }
    }
}

/// What the threads that read topics share.
struct Topics<'a, 'b> {
    feeding: &'a Feeding<'b>,
    /// What the inputs of each partition hold.
    held: Vec<Vec<Held>>,
    /// The next partition that a thread takes.
    next: AtomicU32,
    /// Records at or after the end of the period.
    beyond: AtomicU64,
    /// Records of customers outside the sample.
    outside: AtomicU64,
}

fn feed_topics(
    feeding: &Feeding<'_>,
    kafka: &KafkaConfig,
    partitions: u32,
    threads: NonZero<usize>,
) -> Result<LeftOut, Ended<Error>> {
    let mut scan = TopicScan::open(kafka).map_err(unreadable)?;
    let mut held = Vec::new();
    for partition in 0..partitions {
        let inputs = scan.held(TaskId(partition)).map_err(unreadable)?;
        warn_of_gaps(kafka, partition, &inputs);
        held.push(inputs);
    }
    let total = held.iter().flatten().map(|held| held.end - held.first).sum();
    feeding.progress().total.store(total, Ordering::Relaxed);
    let readers = threads.get().min(partitions as usize);
    let others = (1..readers).map(|_| TopicScan::open(kafka)).collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    let topics =
        Topics { feeding, held, next: AtomicU32::new(0), beyond: AtomicU64::new(0), outside: AtomicU64::new(0) };
    std::thread::scope(|scope| {
        let topics = &topics;
        let others: Vec<_> = others.into_iter().map(|scan| scope.spawn(move || topics.read(scan))).collect();
        let mine = topics.read(scan);
        let others = others.into_iter().map(|thread| thread.join().expect("a thread that reads does not panic"));
        std::iter::once(mine).chain(others).collect::<Result<(), Ended<Error>>>()
    })?;
    Ok(LeftOut { beyond: topics.beyond.into_inner(), outside: topics.outside.into_inner(), ..LeftOut::default() })
}

impl Topics<'_, '_> {
    /// Reads partition by partition until none is left.
    fn read(&self, mut scan: TopicScan) -> Result<(), Ended<Error>> {
        let mut feeder = self.feeding.feeder();
        loop {
            let partition = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(inputs) = self.held.get(partition as usize) else { break };
            let mut over = Ok(());
            let each = |record: Record| {
                let source = record.family.index() * self.held.len() + partition as usize;
                let queued = Queued {
                    family: record.family,
                    offset: record.offset,
                    timestamp: record.timestamp,
                    place: RecordPlace { source, number: record.offset },
                    key: record.key.as_deref(),
                    value: record.value.as_deref(),
                };
                over = feeder.record(partition, &queued);
                feeder.done_more(1);
                over.is_ok()
            };
            scan.read(TaskId(partition), inputs, each).map_err(unreadable)?;
            over?;
            feeder.finish(partition)?;
        }
        self.beyond.fetch_add(feeder.beyond, Ordering::Relaxed);
        self.outside.fetch_add(feeder.outside, Ordering::Relaxed);
        Ok(())
    }
}

fn unreadable(error: LogError) -> Ended<Error> {
    Ended::Events(anyhow!(error))
}

/// Without its first records a topic makes other states than live had.
fn warn_of_gaps(kafka: &KafkaConfig, partition: u32, inputs: &[Held]) {
    for Held { family, first, end } in inputs {
        let topic = kafka.inputs.get(family).map_or("(unknown)", String::as_str);
        if *first > 0 {
            tell!(
                "warning: {topic} [{partition}] holds offsets {first} to {end} only: what was deleted before them is not \
                 replayed, and states may differ from live"
            );
        }
    }
}
