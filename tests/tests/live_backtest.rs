//! A backtest over the topics of a real broker: the digest of `fold` over the same events and of the changes that the
//! service then writes; no group, no commit.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::Path;

use segflow_core::digest::Digest;
use segflow_tests::binary::segflow;
use segflow_tests::broker::Broker;
use segflow_tests::service::{Service, run};
use serde_json::Value;

const PARTITIONS: u32 = 6;
const RECORD_TIME: &str = "clock.idle = \"record-time\"\ninputs.contacts.clock = \"gate\"\n";

#[test]
fn topics_replay_to_the_digest_of_fold_and_stay_as_they_are() {
    let segmentation = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/segmentations/demo.yaml");
    let broker = Broker::shared();
    let mut service = Service::new(broker, "backtested", PARTITIONS, &segmentation, RECORD_TIME);
    let file = service.dir().join("events.ndjson");
    let what = ["generate", "--customers=500", "--days=90"];
    run(segflow().args(what).arg("--out").arg(&file));
    run(segflow().args(what).arg("--config").arg(service.config(0)));
    let partitions = format!("--partitions={PARTITIONS}");
    let folded =
        segflow().args(["fold", &partitions, "--segmentation"]).arg(&segmentation).arg(&file).output().unwrap();
    let said = String::from_utf8(folded.stderr).unwrap();
    let expected = said.lines().find_map(|line| line.strip_prefix("digest ")).unwrap();
    let read: u64 = said.split_once(' ').unwrap().0.parse().unwrap();
    for threads in ["--threads=1", "--threads=2"] {
        let out = service.dir().join(format!("report{threads}"));
        let mut command = segflow();
        command.args(["backtest", threads, "--segmentation"]).arg(&segmentation);
        run(command.arg("--config").arg(service.config(0)).arg("--out").arg(&out));
        let report: Value = serde_json::from_str(&fs::read_to_string(out.join("report.json")).unwrap()).unwrap();
        assert_eq!(report["sides"][0]["digest"], expected, "{threads}");
        assert_eq!(report["events"]["read"], read, "{threads}");
    }
    let groups = broker.tool("consumer-groups", &["--bootstrap-server", broker.bootstrap(), "--list"]);
    assert!(!groups.lines().any(|group| group == "backtested"), "a group was made: {groups}");
    service.start(0);
    let journal = service.wait_until_finished(read);
    service.stop();
    let mut live = Digest::default();
    for epoch in journal.values().flatten() {
        assert_eq!(epoch.counts.late, 0, "late facts");
        live.merge(epoch.digest);
    }
    assert_eq!(live.to_string(), expected, "what the service wrote");
}
