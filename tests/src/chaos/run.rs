//! The run itself: it starts the processes, strikes them, measures and asserts.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::fault::{Disks, Fault};
use super::watch::Watched;
use super::zone::midnight_within;
use crate::binary::beside;
use crate::broker::Broker;
use crate::checker;
use crate::service::Service;

/// Partitions of every topic, and so tasks.
const PARTITIONS: u32 = 12;
const INSTANCES: usize = 3;
const SESSION: Duration = Duration::from_secs(6);
const APPLICATION: &str = "chaos";
/// How long the service may take to catch up, after a fault or at the end.
const LIMIT: Duration = Duration::from_secs(900);
/// How far ahead of the wall a fact of the load may lie, and a little.
const AHEAD: Duration = Duration::from_secs(25);
/// How far silence may stay behind the wall at the end.
const SILENCE_MS: i64 = 60_000;

/// How large a run is.
#[derive(Clone, Copy, Debug)]
pub struct ChaosSettings {
    /// Events per second.
    pub rate: u32,
    /// For how long.
    pub length: Duration,
    /// From one fault to the next.
    pub every: Duration,
    /// How many customers.
    pub customers: u32,
}

/// Runs, prints what happened, and returns whether all is as it must be.
///
/// # Panics
///
/// If something cannot be started.
#[must_use]
pub fn run(settings: ChaosSettings) -> bool {
    let broker = Broker::start();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (zone, segmentation) = segmentation(dir.path(), settings.length);
    let more = format!("kafka.session_timeout = \"{}s\"\ncommit.max_timers = 2000\n", SESSION.as_secs());
    let mut service = Service::new(&broker, APPLICATION, PARTITIONS, &segmentation, &more);
    let disks = Disks::are_possible().then(|| Disks::mount((0..INSTANCES).map(|it| service.state_dir(it)).collect()));
    if disks.is_none() {
        println!("no file system can be mounted here: no disk gets full in this run");
    }
    let faults = Fault::ALL.into_iter().filter(|fault| *fault != Fault::FullDisk || disks.is_some()).collect();
    let over = dir.path().join("over");
    let load = load(&broker, settings, &zone, &over);
    let ended = dir.path().join("ended");
    let checker = checker(&broker, &zone, &ended);
    (0..INSTANCES).for_each(|instance| service.start(instance));
    let started = Instant::now();
    let chaos = Chaos { settings, service, load, checker, faults, problems: Vec::new(), most: 0, started };
    chaos.go(&over, &ended)
}

fn segmentation(dir: &Path, length: Duration) -> (String, PathBuf) {
    let zone = match midnight_within(jiff::Timestamp::now(), length) {
        Some((zone, wait)) => {
            println!("the time zone is {zone}, where it is midnight in {} s", wait.as_secs());
            zone
        }
        None => {
            println!("no zone has a midnight within this run; start it about half its length before a full hour");
            "Etc/UTC".to_owned()
        }
    };
    let file = dir.join("chaos.yaml");
    std::fs::write(&file, checker::SEGMENTATION.replace("timezone: ZONE", &format!("timezone: {zone}")))
        .expect("written");
    (zone, file)
}

fn load(broker: &Broker, settings: ChaosSettings, zone: &str, until: &Path) -> Watched {
    let (bootstrap, zone, until) = (broker.bootstrap().to_owned(), zone.to_owned(), until.to_owned());
    Watched::start("load", move |generation| {
        let mut command = Command::new(beside("segflow-chaos"));
        command.args(["load", "--bootstrap", &bootstrap, "--prefix", APPLICATION, "--zone", &zone]);
        command.arg(format!("--customers={}", settings.customers)).arg(format!("--rate={}", settings.rate));
        command.arg(format!("--run={}", settings.length.as_secs())).arg(format!("--generation={generation}"));
        command.arg("--until").arg(&until);
        command
    })
}

fn checker(broker: &Broker, zone: &str, until: &Path) -> Watched {
    let (bootstrap, zone, until) = (broker.bootstrap().to_owned(), zone.to_owned(), until.to_owned());
    Watched::start("checker", move |_| {
        let mut command = Command::new(beside("segflow-checker"));
        command.args(["--bootstrap", &bootstrap, "--prefix", APPLICATION, "--zone", &zone]);
        command.arg(format!("--partitions={PARTITIONS}")).arg("--until").arg(&until);
        command
    })
}

struct Chaos<'b> {
    settings: ChaosSettings,
    service: Service<'b>,
    load: Watched,
    checker: Watched,
    faults: Vec<Fault>,
    problems: Vec<String>,
    /// The greatest lag, in records.
    most: i64,
    started: Instant,
}

impl Chaos<'_> {
    fn go(mut self, over: &Path, ended: &Path) -> bool {
        self.wait("the load's first records are decided", |this| this.slowest() > 0 && this.sent() > 0);
        self.started = Instant::now();
        println!(
            "{:>5}  {:<18} {:<9} {:>10} {:>12}  lag before it",
            "s", "fault", "instance", "recovered", "lag at most"
        );
        let mut number = 0;
        while self.started.elapsed() < self.settings.length {
            let next = self.settings.every * (u32::try_from(number).expect("few faults") + 1);
            if self.started.elapsed() >= next && next + self.settings.every / 2 < self.settings.length {
                self.strike(number);
                number += 1;
            }
            self.look();
        }
        std::fs::write(over, "").expect("written");
        self.wait("the load ends", |this| this.load.ended().is_some());
        let (at_end, began) = (self.lag(), Instant::now());
        self.wait("everything is read", |this| this.lag() <= 0);
        println!(
            "lag at the end: {at_end} records, gone after {:.1} s; at most {}",
            began.elapsed().as_secs_f64(),
            self.most
        );
        let until = Instant::now() + AHEAD;
        self.wait("facts that lay ahead are in effect", |_| Instant::now() > until);
        self.stop();
        std::fs::write(ended, "").expect("written");
        self.wait("the checker has read everything", |this| this.checker.ended().is_some());
        self.conclude(number)
    }

    /// One fault, and how long until every task has committed an epoch that began after it.
    fn strike(&mut self, number: usize) {
        let (fault, instance) = (self.faults[number % self.faults.len()], number % INSTANCES);
        let (before, at) = (self.lag(), self.started.elapsed());
        let (since, clock) = (Instant::now(), jiff::Timestamp::now().as_millisecond());
        let most = std::mem::take(&mut self.most);
        if let Err(problem) = fault.strike(&mut self.service, instance, SESSION) {
            self.problem(problem);
            if !self.service.is_started(instance) {
                self.service.start(instance);
            }
        }
        let struck = jiff::Timestamp::now().as_millisecond();
        let after = if fault == Fault::Broker { struck } else { clock };
        self.wait("every task has gone on", |this| this.slowest() > after);
        let took = since.elapsed().as_secs_f64();
        let name = if fault == Fault::Broker { "-".to_owned() } else { instance.to_string() };
        println!(
            "{:>5.0}  {:<18} {name:<9} {took:>8.1} s {:>12}  {before}",
            at.as_secs_f64(),
            fault.to_string(),
            self.most
        );
        self.most = self.most.max(most);
    }

    /// Starts dead processes again, as a supervisor would, and measures the lag.
    fn look(&mut self) {
        self.load.supervise();
        self.checker.supervise();
        for instance in 0..INSTANCES {
            if !self.service.is_started(instance) {
                continue;
            }
            if let Some(status) = self.service.ended(instance) {
                if status.code().is_some() {
                    let log = self.service.log(instance);
                    let last = log.lines().next_back().unwrap_or_default();
                    self.problem(format!("instance {instance} ended by itself ({status}): {last}"));
                } else {
                    self.service.crashes += 1;
                }
                self.service.start(instance);
            }
        }
        self.most = self.most.max(self.lag());
        std::thread::sleep(Duration::from_millis(50));
    }

    fn wait(&mut self, what: &str, until: impl Fn(&mut Self) -> bool) {
        let since = Instant::now();
        while !until(self) {
            self.look();
            if since.elapsed() > LIMIT {
                let logs: String = (0..INSTANCES).map(|instance| tail(&self.service.log(instance))).collect();
                panic!(
                    "{what}: not after {LIMIT:?}; sent {}, checked {:?}\n{logs}",
                    self.sent(),
                    self.checker.status()
                );
            }
        }
    }

    fn stop(&mut self) {
        for instance in 0..INSTANCES {
            if let Err(problem) = Fault::end(&mut self.service, instance) {
                self.problem(problem);
            }
        }
    }

    fn conclude(mut self, faults: usize) -> bool {
        let logs: Vec<String> = (0..INSTANCES).map(|instance| self.service.log(instance)).collect();
        let lines = || logs.iter().flat_map(|log| log.lines());
        for line in lines().filter(|line| line.contains("task stopped") || line.contains("panicked")) {
            self.problems.push(line.to_owned());
        }
        let forwarded: u64 = lines().filter(|line| line.contains("task recovered")).map(rolled_forward).sum();
        println!(
            "{faults} faults in {:.0} s; {} records sent; {forwarded} epochs rolled forward; deaths by the client library: \
             {} of Segflow, {} of the load, {} of the checker",
            self.started.elapsed().as_secs_f64(),
            self.sent(),
            self.service.crashes,
            self.load.restarts,
            self.checker.restarts
        );
        println!("{}", self.checker.said());
        let sound = self.checker.ended().is_some_and(|status| status.success());
        let behind =
            self.checker.said().split("judged to within ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok());
        if behind.is_none_or(|behind: i64| behind >= SILENCE_MS) {
            self.problems.push(format!("silence was judged to within {behind:?} ms only"));
        }
        self.problems.iter().for_each(|problem| println!("PROBLEM: {problem}"));
        println!("{}", if sound && self.problems.is_empty() { "PROVED" } else { "REFUTED" });
        sound && self.problems.is_empty()
    }

    fn problem(&mut self, problem: String) {
        println!("PROBLEM: {problem}");
        self.problems.push(problem);
    }

    /// Records delivered by the load.
    fn sent(&self) -> i64 {
        self.load.before + self.load.status().get(1).copied().unwrap_or(0)
    }

    /// Records delivered and not yet in an epoch that the checker has decided again.
    fn lag(&self) -> i64 {
        self.sent() - self.checker.status().get(1).copied().unwrap_or(0)
    }

    /// The wall time of the last epoch of the slowest task.
    fn slowest(&self) -> i64 {
        self.checker.status().get(6).copied().unwrap_or(0)
    }
}

fn rolled_forward(line: &str) -> u64 {
    let said = line.split_whitespace().find_map(|word| word.strip_prefix("rolled_forward="));
    said.and_then(|count| count.parse().ok()).unwrap_or(0)
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n") + "\n"
}
