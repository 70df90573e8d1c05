//! Snapshots on a real broker: the journal is trimmed, the disk lost, and the restored store equals the lost one.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;
use std::process::Stdio;

use segflow_tests::binary::segflow;
use segflow_tests::broker::Broker;
use segflow_tests::service::{Service, http, run};

const PARTITIONS: u32 = 2;

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

/// Turns one bit of RocksDB's own manifest.
fn damage(store: &Path) {
    let files = std::fs::read_dir(store).unwrap().map(|file| file.unwrap().path());
    let mut manifests =
        files.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("MANIFEST")));
    let manifest = manifests.next().expect("a manifest");
    let mut bytes = std::fs::read(&manifest).unwrap();
    bytes[20] ^= 1;
    std::fs::write(manifest, bytes).unwrap();
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
    service.wait_until("the journal is trimmed", |_| {
        // Something new has to happen for there to be another snapshot.
        generate(&config, 2, 200);
        let earliest = earliest(broker, &journal);
        earliest.len() == PARTITIONS as usize && earliest.iter().all(|offset| *offset > 0)
    });
    service.wait_until("there is no lag", |service| {
        let page = http(&service.metrics_address(0), "/metrics");
        let mut lags = page.lines().filter(|line| line.starts_with("segflow_lag_records{")).peekable();
        lags.peek().is_some() && lags.all(|line| line.ends_with(" 0"))
    });
    let page = http(&service.metrics_address(0), "/metrics");
    assert!(page.contains("segflow_snapshot_epoch{partition=\"0\"}"), "{page}");
    service.stop();
    let live = digests(&service);
    assert_ne!(live[0], live[1]);

    // A damaged store is moved aside, and what it is replaced by is the same.
    damage(&service.dir().join("state-0/task-1"));
    service.start(0);
    let replaced = |service: &Service<'_>| service.log(0).contains("restored from a snapshot");
    service.wait_until("the damaged store is replaced", replaced);
    service.stop();
    let said = service.log(0);
    let said = said.lines().find(|line| line.contains("task-1 is damaged")).expect("it says so");
    assert!(said.contains("the store in ") && said.contains("; it is moved to "), "{said}");
    assert!(said.contains("task-1.damaged and replaced"), "{said}");
    assert_eq!(digests(&service), live);

    std::fs::remove_dir_all(service.dir().join("state-0")).unwrap();
    let before = service.log(0).matches("restored from a snapshot").count();
    service.start(0);
    let restored = |service: &Service<'_>| service.log(0).matches("restored from a snapshot").count() - before;
    service.wait_until("the tasks run", |service| restored(service) == PARTITIONS as usize);
    service.stop();
    assert_eq!(digests(&service), live);
    run(segflow().args(["snapshots", "verify", "--config"]).arg(&config));

    // Without snapshots there is no way back, and that is said.
    std::fs::remove_dir_all(service.dir().join("state-0")).unwrap();
    std::fs::remove_dir_all(place.path().join("snapshots")).unwrap();
    service.start(0);
    service.wait_until("it refuses", |service| service.log(0).contains("the journal no longer reaches back that far"));
    assert!(service.log(0).contains("there is no snapshot of it in file://"), "{}", service.log(0));
    service.stop();
}

#[test]
fn run_refuses_an_input_with_finite_retention_and_no_snapshots() {
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
    let expected = "inputs that do not keep everything, and no snapshot store: ";
    assert!(said.contains(&format!("{expected}{topic} has retention.ms = 604800000 (7.0 days)")), "{said}");
    assert!(said.contains("recovery = \"local-disk-only\""), "{said}");

    let journal = service.topic("journal");
    let config =
        ["--alter", "--entity-type", "topics", "--entity-name", &journal, "--add-config", "retention.ms=3600000"];
    broker.tool("configs", &config);
    let refused = segflow().args(["run", "--config"]).arg(service.config(0)).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains(&format!("the journal {journal} has retention.ms = 3600000 (0.0 days)")), "{said}");
    assert!(said.contains("Segflow trims the journal itself, up to the snapshots"), "{said}");
}

/// Each row of the table of refusals names a test that is there.
#[test]
fn every_refusal_is_tested() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let page = std::fs::read_to_string(docs.join("operations.md")).unwrap();
    let table = page.split("## Refusals").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| `")).collect();
    assert!(rows.len() >= 14, "{} rows", rows.len());
    for row in rows {
        let named = row.rsplit('|').nth(1).unwrap().trim();
        let (test, place) =
            named.trim_matches(['[', ')']).split_once("](").unwrap_or_else(|| panic!("no test in {row}"));
        let source = std::fs::read_to_string(docs.join(place)).unwrap_or_else(|error| panic!("{place}: {error}"));
        assert!(source.contains(&format!("fn {}()", test.trim_matches('`'))), "{place} has no test {test}");
    }
}
