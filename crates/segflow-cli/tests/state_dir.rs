//! Two processes with one state directory: the second is told at once. No broker is needed to find out.

#![cfg(feature = "service")]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use common::{repository, segflow};

const LIMIT: Duration = Duration::from_secs(30);

fn config(directory: &Path, instance: &str) -> PathBuf {
    let file = directory.join(format!("{instance}.toml"));
    let segmentation = repository("deploy/segmentations/demo.yaml");
    let text = format!(
        "application = \"state-dir\"\ninstance = \"{instance}\"\nworkers = 1\nsegmentation = {segmentation:?}\n\
         state_dir = {:?}\nkafka.bootstrap_servers = \"127.0.0.1:1\"\nops.listen = \"127.0.0.1:0\"\n",
        directory.join("state")
    );
    fs::write(&file, text).unwrap();
    file
}

/// `segflow run` over a cluster that does not answer, so that it tries until it is stopped.
fn run(config: &Path) -> Command {
    let mut command = segflow();
    command.args(["run", "--config"]).arg(config).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_second_process_with_the_same_state_directory_ends_at_once_and_says_who_has_it() {
    let directory = tempfile::tempdir().unwrap();
    let (first, second) = (config(directory.path(), "a"), config(directory.path(), "b"));
    let holder = Stopped(run(&first).stderr(Stdio::null()).spawn().unwrap());
    let (lock, began) = (directory.path().join("state/process.lock"), Instant::now());
    while !fs::read_to_string(&lock).is_ok_and(|text| text.contains("since")) {
        assert!(began.elapsed() < LIMIT, "the first process does not hold its directory");
        thread::sleep(Duration::from_millis(20));
    }
    let asked = Instant::now();
    let mut refused = Stopped(run(&second).spawn().unwrap());
    let status = loop {
        assert!(asked.elapsed() < LIMIT, "the second process goes on");
        match refused.0.try_wait().unwrap() {
            Some(status) => break status,
            None => thread::sleep(Duration::from_millis(20)),
        }
    };
    let mut said = String::new();
    std::io::Read::read_to_string(&mut refused.0.stderr.take().unwrap(), &mut said).unwrap();
    assert_eq!(status.code(), Some(1), "{said}");
    let expected = format!("it is held by process {}, instance a, since ", holder.0.id());
    assert!(said.contains(&expected) && said.contains("state_dir"), "{said}");
    let mode = fs::metadata(directory.path().join("state")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o700);
    drop(holder);
    let again = Stopped(run(&second).stderr(Stdio::null()).spawn().unwrap());
    let holds = format!("process {}, instance b", again.0.id());
    while !fs::read_to_string(&lock).unwrap().starts_with(&holds) {
        assert!(began.elapsed() < LIMIT, "a process that was killed still holds the directory");
        thread::sleep(Duration::from_millis(20));
    }
}
