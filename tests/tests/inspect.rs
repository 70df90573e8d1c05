//! `segflow inspect` of a service that is running: one customer for a person to read, as `segflow fold --explain` has it.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use segflow_core::event::Family;
use segflow_runtime::log::TaskId;
use segflow_runtime::log::local::{LocalBroker, LocalLog, NewRecord};
use segflow_runtime::worker::Worker;
use segflow_tests::binary::segflow;
use segflow_tests::embedded::config;
use segflow_wire::{Partitioner, partition_of};
use tempfile::TempDir;

/// Each customer in another.
const PARTITIONS: u32 = 3;

#[test]
fn inspect_shows_of_a_running_service_what_fold_explains() {
    let service = Service::start();
    for customer in ["C-1", "C-2"] {
        let output = service.inspect(&folder().join("segmentation.yaml"), customer).output().unwrap();
        assert_eq!(shown(&output), shown(&explained(customer)));
    }
    let before = service.files();
    service.inspect(&folder().join("segmentation.yaml"), "C-1").output().unwrap();
    assert_eq!(service.files(), before, "nothing is written to the stores");
}

#[test]
fn a_customer_who_is_not_known_is_said() {
    let inspected = Service::start().inspect(&folder().join("segmentation.yaml"), "C-3").output().unwrap();
    assert_eq!(inspected.status.code(), Some(1));
    assert!(said(&inspected).contains("customer C-3 is not known to any of the tasks in "), "{}", said(&inspected));
}

#[test]
fn a_store_is_not_read_by_another_segmentation() {
    let scratch = tempfile::tempdir().unwrap();
    let other = scratch.path().join("other.yaml");
    let rules = fs::read_to_string(folder().join("segmentation.yaml")).unwrap();
    fs::write(&other, rules.replace("version: 2", "version: 3")).unwrap();
    let output = Service::start().inspect(&other, "C-1").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("portraits version 3"), "{}", said(&output));
    assert!(said(&output).contains("give the file that the service runs"), "{}", said(&output));
}

#[test]
fn a_directory_without_tasks_is_said_and_left_alone() {
    let empty = tempfile::tempdir().unwrap();
    let output = inspect(empty.path(), &folder().join("segmentation.yaml"), "C-1").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("expected the folders of tasks (task-0, task-1 ...), found none"),
        "{}",
        said(&output)
    );
    assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0);
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("portraits")
}

fn explained(customer: &str) -> Output {
    let mut command = segflow();
    command.arg("fold").arg("--segmentation").arg(folder().join("segmentation.yaml"));
    command.arg(format!("--partitions={PARTITIONS}")).arg(format!("--explain={customer}"));
    command.arg(folder().join("events.ndjson")).output().unwrap()
}

fn inspect(store: &Path, segmentation: &Path, customer: &str) -> Command {
    let mut command = segflow();
    command.arg("inspect").arg("--store").arg(store).arg("--segmentation").arg(segmentation).arg(customer);
    command
}

fn shown(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A worker that has read the events and keeps its stores open.
struct Service {
    state: TempDir,
    _worker: Worker<LocalLog>,
}

impl Service {
    fn start() -> Self {
        let state = tempfile::tempdir().unwrap();
        let broker = LocalBroker::new(PARTITIONS);
        for line in fs::read_to_string(folder().join("events.ndjson")).unwrap().lines() {
            let line = segflow_wire::envelope::parse(line.as_bytes()).unwrap();
            let family = Family::ALL.into_iter().find(|family| family.default_topic() == line.topic).unwrap();
            let task = TaskId(partition_of(line.key.as_deref().unwrap(), PARTITIONS, Partitioner::Murmur2));
            broker.append(
                task,
                family,
                NewRecord { timestamp: line.timestamp, key: line.key, value: line.value, headers: Vec::new() },
            );
        }
        let config = Arc::new(config(&folder().join("segmentation.yaml"), PARTITIONS, state.path()));
        let mut worker = Worker::new("inspected", config, broker.attach("inspected"), Arc::default());
        while worker.cycle().unwrap().busy {}
        Self { state, _worker: worker }
    }

    fn inspect(&self, segmentation: &Path, customer: &str) -> Command {
        inspect(self.state.path(), segmentation, customer)
    }

    /// Every file of the stores, with its size.
    fn files(&self) -> Vec<(PathBuf, u64)> {
        let tasks = fs::read_dir(self.state.path()).unwrap().map(|task| task.unwrap().path());
        let files = tasks.flat_map(|task| fs::read_dir(task).unwrap().map(|file| file.unwrap()));
        let mut files: Vec<_> = files.map(|file| (file.path(), file.metadata().unwrap().len())).collect();
        files.sort();
        files
    }
}
