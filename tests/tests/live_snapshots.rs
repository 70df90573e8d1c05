//! Snapshots on a real broker: the journal is trimmed, the disk lost, and the restored store equals the lost one.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use segflow_tests::binary::segflow;
use segflow_tests::broker::Broker;
use segflow_tests::service::{Service, http, run};

const LIMIT: Duration = Duration::from_secs(300);
const PARTITIONS: u32 = 2;

fn wait(service: &mut Service<'_>, what: &str, until: impl Fn(&Service<'_>) -> bool) {
    let begun = Instant::now();
    while !until(service) {
        assert!(begun.elapsed() < LIMIT, "waited too long for {what}\n{}", service.log(0));
        service.supervise();
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn generate(config: &Path, seed: u32, events: u64) {
    let mut load = segflow();
    load.args(["generate", "--customers=300", &format!("--events={events}"), &format!("--seed={seed}")]);
    run(load.arg("--config").arg(config).stderr(Stdio::null()));
}

fn digests(service: &Service<'_>) -> Vec<String> {
    let digest = |task| {
        let store = service.dir().join(format!("state-0/task-{task}"));
        run(segflow().args(["snapshots", "digest"]).arg(store))
    };
    (0..PARTITIONS).map(digest).collect()
}

/// The first offset that each partition of a topic still holds.
fn earliest(broker: &Broker, topic: &str) -> Vec<u64> {
    let told = broker.tool("get-offsets", &["--topic", topic, "--time", "-2"]);
    told.lines().filter_map(|line| line.rsplit(':').next()?.trim().parse().ok()).collect()
}

#[test]
fn a_lost_disk_comes_back_from_a_snapshot_although_the_journal_was_trimmed() {
    let broker = Broker::shared();
    let segmentation = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/segmentations/demo.yaml");
    let place = tempfile::tempdir().unwrap();
    let settings = format!(
        "clock.idle = \"record-time\"\nsnapshots.url = \"file://{}\"\nsnapshots.interval = \"1s\"\nsnapshots.keep = 2\n",
        place.path().display()
    );
    let mut service = Service::new(broker, "snapshots", PARTITIONS, &segmentation, &settings);
    // Asking for it writes it, which a process that starts would notice.
    let config = service.config(0);
    service.start(0);
    generate(&config, 1, 4_000);
    let journal = service.topic("journal");
    wait(&mut service, "the journal to be trimmed", |_| {
        // Something new has to happen for there to be another snapshot.
        generate(&config, 2, 200);
        let earliest = earliest(broker, &journal);
        earliest.len() == PARTITIONS as usize && earliest.iter().all(|offset| *offset > 0)
    });
    wait(&mut service, "no lag", |service| {
        let page = http(&service.metrics_address(0), "/metrics");
        let mut lags = page.lines().filter(|line| line.starts_with("segflow_lag_records{")).peekable();
        lags.peek().is_some() && lags.all(|line| line.ends_with(" 0"))
    });
    let page = http(&service.metrics_address(0), "/metrics");
    assert!(page.contains("segflow_snapshot_epoch{partition=\"0\"}"), "{page}");
    service.stop();
    let live = digests(&service);
    assert_ne!(live[0], live[1]);

    std::fs::remove_dir_all(service.dir().join("state-0")).unwrap();
    service.start(0);
    let restored = |service: &Service<'_>| service.log(0).matches("restored from a snapshot").count();
    wait(&mut service, "the tasks to run", |service| restored(service) == PARTITIONS as usize);
    service.stop();
    assert_eq!(digests(&service), live);
    run(segflow().args(["snapshots", "verify", "--config"]).arg(&config));

    // Without snapshots there is no way back, and that is said.
    std::fs::remove_dir_all(service.dir().join("state-0")).unwrap();
    std::fs::remove_dir_all(place.path().join("snapshots")).unwrap();
    service.start(0);
    wait(&mut service, "the refusal", |service| service.log(0).contains("the journal no longer reaches back that far"));
    assert!(service.log(0).contains("there is no snapshot of it in file://"), "{}", service.log(0));
    service.stop();
}

#[test]
fn run_refuses_an_input_that_forgets_where_a_lost_disk_would_lose_history() {
    let broker = Broker::shared();
    let segmentation = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/segmentations/demo.yaml");
    let service = Service::new(broker, "finite", 1, &segmentation, "");
    let topic = service.topic("payments");
    broker.tool(
        "configs",
        &["--alter", "--entity-type", "topics", "--entity-name", &topic, "--add-config", "retention.ms=604800000"],
    );
    let refused = segflow().args(["run", "--config"]).arg(service.config(0)).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains(&format!("{topic} has retention.ms = 604800000 (7.0 days)")), "{said}");
    assert!(said.contains("recovery = \"local-disk-only\""), "{said}");
}
