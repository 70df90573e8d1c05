//! The time of a recovery: from SIGKILL to the first change committed after it, with a given number of customers on disk.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use super::load::Load;
use crate::broker::Broker;
use crate::checker::SEGMENTATION;
use crate::service::{Service, http};

const PARTITIONS: u32 = 12;
const APPLICATION: &str = "recovery";
const ZONE: &str = "Etc/UTC";
/// Events per second while processes are killed: enough that every partition has a change every few milliseconds.
const RATE: u32 = 500;
const LIMIT: Duration = Duration::from_secs(3_600);

/// What replaces the process that is killed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Mode {
    /// It is started again on its disk.
    Intact,
    /// It is started again with an empty disk: from a snapshot if `settings` name a place for them, else from the journal.
    Lost,
    /// It is not started again: another process, by `settings` a standby, takes its tasks.
    Standby,
}

/// Prints, for each of `kills`, how long it took until the first change and until one on every partition; and at what rate
/// epochs were decided at first and rolled forward.
///
/// # Panics
///
/// If something cannot be started, or does not go on within an hour.
pub fn recovery(mode: Mode, customers: u32, kills: u32, settings: &str, settle: Duration) {
    let broker = Broker::start();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let segmentation = dir.path().join("chaos.yaml");
    std::fs::write(&segmentation, SEGMENTATION.replace("timezone: ZONE", &format!("timezone: {ZONE}")))
        .expect("written");
    let settings = format!("kafka.session_timeout = \"6s\"\n{}\n", settings.replace(';', "\n"));
    let mut service = Service::new(&broker, APPLICATION, PARTITIONS, &segmentation, &settings);
    let (bootstrap, zone) = (broker.bootstrap().to_owned(), ZONE.to_owned());
    let mut load = Load { bootstrap, prefix: APPLICATION.to_owned(), customers, generation: 0, zone }.sender();
    load.begin(Duration::from_secs(3_600));
    let sent = load.delivered().count();
    let began = Instant::now();
    service.start(0);
    let address = service.metrics_address(0);
    wait("the first records are decided", || decided(&address) >= sent);
    let live = began.elapsed().as_secs_f64();
    println!("{customers} customers, {sent} records decided live in {live:.1} s: {:.0} a second", sent as f64 / live);
    if mode == Mode::Standby {
        service.start(1);
    }
    println!("{} MiB on disk; {} s to settle", bytes(&service.state_dir(0)) >> 20, settle.as_secs());
    std::thread::sleep(settle);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| load.flow(RATE, |_| over.load(Ordering::Relaxed)));
        for _ in 0..kills {
            let rolled = kill(mode, &broker, &mut service);
            if mode == Mode::Lost && service.log(0).contains("rebuilt from the journal") {
                let rate = sent as f64 / rolled;
                println!(
                    "at least {sent} records decided again: {rate:.0} a second, {:.1} times the live rate",
                    rate * live / sent as f64
                );
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    for line in (0..2).flat_map(|it| service.log(it).lines().map(str::to_owned).collect::<Vec<_>>()) {
        if line.contains("task recovered") && !line.contains("store=\"new\"") {
            println!("{line}");
        }
    }
}

/// Kills the process and waits until changes are committed again. Returns the seconds from its first task to its last
/// recovered.
fn kill(mode: Mode, broker: &Broker, service: &mut Service<'_>) -> f64 {
    let changes = Changes::at_end(broker, &service.topic("changes"));
    changes.until(0, 1);
    let (killed, clock) = (Instant::now(), jiff::Timestamp::now().as_millisecond());
    service.kill(0);
    if mode == Mode::Lost {
        std::fs::remove_dir_all(service.state_dir(0)).expect("the state is removed");
    }
    if mode != Mode::Standby {
        service.start(0);
    }
    changes.until(clock, 1);
    let first = killed.elapsed().as_secs_f64();
    changes.until(clock, PARTITIONS as usize);
    let every = killed.elapsed().as_secs_f64();
    let log = service.log(usize::from(mode == Mode::Standby));
    let told = |what: &str| told_after(&log, what, clock);
    let (assigned, recovered) = (told("task assigned"), told("task recovered"));
    let [assigned, recovered_first, recovered] =
        [assigned.first(), recovered.first(), recovered.last()].map(|at| at.map_or(f64::NAN, |at| *at));
    println!(
        "{mode:?}, in seconds after SIGKILL: a task assigned {assigned:.2}, the first recovered {recovered_first:.2}, the \
         last {recovered:.2}, the first change {first:.2} ({:.2} after the assignment), one on every partition {every:.2}",
        first - assigned
    );
    if mode == Mode::Standby {
        service.start(0);
        let address = service.metrics_address(0);
        wait("it has tasks again", || http(&address, "/metrics").contains("state=\"running\"} 1"));
    }
    recovered - assigned
}

/// The times at which a log has a message after an instant, in seconds from that instant.
fn told_after(log: &str, what: &str, after_ms: i64) -> Vec<f64> {
    let at = |line: &str| line.split_whitespace().next()?.parse::<jiff::Timestamp>().ok();
    let lines = log.lines().filter(|line| line.contains(what)).filter_map(at);
    lines.map(|at| (at.as_millisecond() - after_ms) as f64 / 1_000.0).filter(|seconds| *seconds > 0.0).collect()
}

/// A `read_committed` reader of the change topic from its end on.
struct Changes(BaseConsumer);

impl Changes {
    fn at_end(broker: &Broker, topic: &str) -> Self {
        let consumer: BaseConsumer = broker
            .client_config()
            .set("group.id", "segflow-recovery")
            .set("enable.auto.commit", "false")
            .set("isolation.level", "read_committed")
            .set("fetch.wait.max.ms", "10")
            .create()
            .expect("a consumer");
        let mut assignment = TopicPartitionList::new();
        for partition in 0..i32::try_from(PARTITIONS).expect("few") {
            assignment.add_partition_offset(topic, partition, Offset::End).expect("a valid offset");
        }
        consumer.assign(&assignment).expect("an assignment of existing partitions");
        Self(consumer)
    }

    /// Reads until changes produced after an instant were there on so many partitions.
    fn until(&self, after_ms: i64, partitions: usize) {
        let mut seen = std::collections::BTreeSet::new();
        wait("changes", || {
            if let Some(Ok(message)) = self.0.poll(Duration::from_millis(5)) {
                let at = message.timestamp().to_millis().unwrap_or_default();
                if at > after_ms {
                    seen.insert(message.partition());
                }
            }
            seen.len() >= partitions
        });
    }
}

fn wait(what: &str, mut until: impl FnMut() -> bool) {
    let since = Instant::now();
    while !until() {
        assert!(since.elapsed() < LIMIT, "{what}: not within {LIMIT:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Records decided since the process started.
fn decided(address: &str) -> u64 {
    let page = http(address, "/metrics");
    let values = page.lines().filter(|line| line.starts_with("segflow_events_total{"));
    values.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum::<f64>() as u64
}

fn bytes(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let size = |path: &Path| if path.is_dir() { bytes(path) } else { path.metadata().map_or(0, |it| it.len()) };
    entries.map(|entry| size(&entry.path())).sum()
}
