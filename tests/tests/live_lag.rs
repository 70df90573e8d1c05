//! Lag in `/metrics` against Kafka's own `ConsumerGroupCommand`: equal at rest, within the range seen amid a backlog.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use segflow_tests::binary::segflow;
use segflow_tests::broker::Broker;
use segflow_tests::service::{Service, http};

/// Lag in records by topic and partition.
type Lag = BTreeMap<(String, u32), u64>;

#[test]
fn lag_agrees_with_kafkas_own_tool() {
    let broker = Broker::shared();
    let segmentation = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/segmentations/demo.yaml");
    // Small cycles with rests between them make Segflow the slower one on any machine, so that there is a lag to be seen.
    let settings = "clock.idle = \"record-time\"\ncommit.max_records = 25\ncommit.interval = \"20ms\"\n\
                    commit.min_interval = \"20ms\"\n";
    let mut service = Service::new(broker, "lag", 4, &segmentation, settings);
    service.start(0);
    let address = service.metrics_address(0);
    let running = |page: &str| page.matches("state=\"running\"} 1").count() == 4;
    while !running(&http(&address, "/metrics")) {
        std::thread::sleep(Duration::from_millis(100));
    }

    let mut load = segflow();
    load.args(["generate", "--customers=500", "--events=12000", "--rate=3000", "--config"]).arg(service.config(0));
    let mut load = load.stderr(Stdio::null()).spawn().unwrap();
    // Kafka's tool asks for what is committed and for the ends one after the other: the ends are to stand still meanwhile.
    assert!(load.wait().unwrap().success());
    let (told, seen) = while_sampling(&address, || of_kafka(broker, "lag"));
    let (least, most) = (seen.iter().min().unwrap(), seen.iter().max().unwrap());
    let told: u64 = told.values().sum();
    println!("with a backlog: Kafka says {told}, Segflow said {least} to {most} meanwhile");
    // A position leads what Kafka tells by two cycles at most: the one under way, and one that is being committed.
    assert!((*least..=*most + 100).contains(&told), "{told} of {least}..={most}");
    assert!(told > 0, "there is a backlog");

    service.wait_until_finished(12_000);
    std::thread::sleep(Duration::from_millis(500));
    let (kafka, ours) = (of_kafka(broker, "lag"), of_metrics(&http(&address, "/metrics")));
    assert!(!kafka.is_empty());
    for (partition, lag) in &kafka {
        assert_eq!(ours.get(partition), Some(lag), "{partition:?}");
    }
    assert_eq!(kafka.values().sum::<u64>(), 0, "nothing is left to read");
    service.stop();
}

/// The result of `work`, and the sums of lag that `/metrics` showed while it ran and a second longer.
fn while_sampling<T: Send>(address: &str, work: impl FnOnce() -> T + Send) -> (T, Vec<u64>) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let sampling = scope.spawn(|| {
            let mut seen = Vec::new();
            while !done.load(Ordering::Relaxed) {
                seen.push(of_metrics(&http(address, "/metrics")).values().sum());
                std::thread::sleep(Duration::from_millis(20));
            }
            seen
        });
        let result = work();
        // The metrics show the lag of the last cycle, which may have begun before the answer.
        std::thread::sleep(Duration::from_secs(1));
        done.store(true, Ordering::Relaxed);
        (result, sampling.join().unwrap())
    })
}

fn of_metrics(page: &str) -> Lag {
    let lines = page.lines().filter_map(|line| line.strip_prefix("segflow_lag_records{"));
    lines
        .map(|line| {
            let (labels, value) = line.split_once("} ").unwrap();
            let label = |name: &str| {
                let label = labels.split(',').find_map(|label| label.strip_prefix(&format!("{name}=\"")));
                label.unwrap().trim_end_matches('"').to_owned()
            };
            ((label("topic"), label("partition").parse().unwrap()), value.parse().unwrap())
        })
        .collect()
}

/// The lag of the input topics alone: for its journal Segflow commits a marker, not a position.
fn of_kafka(broker: &Broker, group: &str) -> Lag {
    let printed = broker.tool("consumer-groups", &["--describe", "--group", group]);
    let rows = printed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.filter(|row| row.len() > 5 && row[0] == group && !row[1].ends_with(".journal"))
        .filter_map(|row| Some(((row[1].to_owned(), row[2].parse().ok()?), row[5].parse().ok()?)))
        .collect()
}
