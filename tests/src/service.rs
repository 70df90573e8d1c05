//! The service under test: processes of `segflow run` on a broker, and the topics as an independent client reads them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use segflow_core::event::Family;
use segflow_core::journal::JournalRecord;
use serde_json::Value;

use crate::binary::segflow;
use crate::broker::Broker;

/// How long anything may take before a test gives up.
const LIMIT: Duration = Duration::from_secs(600);
/// How long Kafka may take to finish a commit.
const COMMITTED: Duration = Duration::from_secs(1);
/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(100);
/// The pause between two looks that each read a whole topic.
const RARELY: Duration = Duration::from_millis(400);
/// The fields of a change that depend on batching or on the release.
const ENVELOPE: [&str; 7] = ["actionable", "decided_at", "lag_ms", "engine_version", "topic", "partition", "offset"];

/// An application with its topics, configuration files and state directories.
pub struct Service<'b> {
    broker: &'b Broker,
    application: String,
    dir: tempfile::TempDir,
    partitions: u32,
    segmentation: PathBuf,
    settings: String,
    processes: BTreeMap<usize, Child>,
    /// The length of each instance's log when it was started last.
    started: BTreeMap<usize, usize>,
    /// How often an instance has died by a signal that the test did not send.
    pub crashes: u32,
}

impl<'b> Service<'b> {
    /// Creates the topics of an application, every one prefixed with its name. `settings` are further lines of TOML,
    /// in dotted keys.
    ///
    /// # Panics
    ///
    /// If they cannot be created.
    pub fn new(broker: &'b Broker, application: &str, partitions: u32, segmentation: &Path, settings: &str) -> Self {
        let service = Self {
            broker,
            application: application.to_owned(),
            dir: tempfile::tempdir().expect("a temporary directory"),
            partitions,
            segmentation: segmentation.to_owned(),
            settings: settings.to_owned(),
            processes: BTreeMap::new(),
            started: BTreeMap::new(),
            crashes: 0,
        };
        let mut create = segflow();
        create.args(["topics", "create", "--config"]).arg(service.config(0));
        create.args(["--partitions", &partitions.to_string(), "--replication", "1"]);
        run(&mut create);
        service
    }

    /// The configuration file of an instance.
    pub fn config(&self, instance: usize) -> PathBuf {
        let mut text = format!(
            "application = {:?}\ninstance = \"{instance}\"\nworkers = 1\nsegmentation = {:?}\n\
             state_dir = {:?}\nkafka.bootstrap_servers = {:?}\nops.listen = \"127.0.0.1:0\"\n",
            self.application,
            self.segmentation,
            self.state_dir(instance),
            self.broker.bootstrap(),
        );
        for family in Family::ALL {
            text.push_str(&format!("inputs.{}.topic = {:?}\n", family.name(), self.topic(family.name())));
        }
        for (key, name) in [
            ("changes", "changes"),
            ("segments", "segments"),
            ("dead_letters", "dead-letters"),
            ("journal", "journal"),
            ("segmentations", "segmentations"),
        ] {
            text.push_str(&format!("outputs.{key} = {:?}\n", self.topic(name)));
        }
        text.push_str(&self.settings);
        let file = self.dir.path().join(format!("segflow-{instance}.toml"));
        fs::write(&file, text).expect("the configuration is written");
        file
    }

    /// The topic of this name.
    pub fn topic(&self, name: &str) -> String {
        format!("{}.{name}", self.application)
    }

    /// The directory of this service's files.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Starts an instance; its log is appended to `segflow-INSTANCE.log`.
    pub fn start(&mut self, instance: usize) {
        self.start_with(instance, &[]);
    }

    /// Starts an instance with further arguments.
    pub fn start_with(&mut self, instance: usize, args: &[&str]) {
        self.spawn(instance, args, &[]);
    }

    /// Starts an instance with these failpoints armed.
    pub fn start_armed(&mut self, instance: usize, points: &str) {
        self.spawn(instance, &[], &[("SEGFLOW_FAILPOINTS", points)]);
    }

    fn spawn(&mut self, instance: usize, args: &[&str], environment: &[(&str, &str)]) {
        self.started.insert(instance, self.log(instance).len());
        let log = fs::File::options().create(true).append(true).open(self.log_file(instance)).expect("a log file");
        let mut command = segflow();
        command.args(["run", "--config"]).arg(self.config(instance)).args(args).envs(environment.iter().copied());
        let stderr = log.try_clone().expect("a second handle");
        let child = command.stdin(Stdio::null()).stdout(log).stderr(stderr).spawn().expect("segflow starts");
        self.processes.insert(instance, child);
    }

    /// How an instance that was started has ended, if it has; then it may be started again.
    pub fn ended(&mut self, instance: usize) -> Option<ExitStatus> {
        let child = self.processes.get_mut(&instance).expect("it was started");
        let ended = child.try_wait().expect("a child of ours");
        if ended.is_some() {
            self.processes.remove(&instance);
        }
        ended
    }

    /// Sends a signal, such as `-STOP`, to an instance that runs.
    pub fn signal(&self, instance: usize, signal: &str) {
        run(Command::new("kill").args([signal, &self.processes[&instance].id().to_string()]));
    }

    /// Whether an instance was started, and is not known to have ended.
    pub fn is_started(&self, instance: usize) -> bool {
        self.processes.contains_key(&instance)
    }

    /// The directory of an instance's state.
    pub fn state_dir(&self, instance: usize) -> PathBuf {
        self.dir.path().join(format!("state-{instance}"))
    }

    /// Kills the broker between two commits, and starts it again.
    ///
    /// Kafka does not finish a commit that is under way when the only replica of a partition goes down: it takes the
    /// partition for one that was deleted, and the transaction stays open for ever (`docs/operations.md`, "A store ahead of
    /// its journal"). So the processes stand still until the broker is down.
    pub fn crash_broker(&self) {
        let all = |signal| self.processes.keys().for_each(|instance| self.signal(*instance, signal));
        all("-STOP");
        std::thread::sleep(COMMITTED);
        self.broker.kill();
        all("-CONT");
        self.broker.resume();
    }

    /// SIGKILL, and waits for the end.
    pub fn kill(&mut self, instance: usize) {
        let mut child = self.processes.remove(&instance).expect("it was started");
        child.kill().expect("it may be killed");
        child.wait().expect("it ends");
    }

    /// Sends a signal to an instance, which must exit with 0; returns how long that took.
    ///
    /// # Panics
    ///
    /// If it ends otherwise.
    pub fn end(&mut self, instance: usize, signal: &str) -> Duration {
        let mut child = self.processes.remove(&instance).expect("it was started");
        let began = Instant::now();
        run(Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]));
        let status = child.wait().expect("it ends");
        assert!(status.success(), "instance {instance}: {status}\n{}", self.log(instance));
        began.elapsed()
    }

    /// SIGTERM to every instance; each must exit with 0.
    pub fn stop(&mut self) {
        for child in self.processes.values() {
            run(Command::new("kill").args(["-TERM", &child.id().to_string()]));
        }
        for (instance, mut child) in std::mem::take(&mut self.processes) {
            let status = child.wait().expect("it ends");
            assert!(status.success(), "instance {instance}: {status}\n{}", self.log(instance));
        }
    }

    /// The log of an instance.
    pub fn log(&self, instance: usize) -> String {
        fs::read_to_string(self.log_file(instance)).unwrap_or_default()
    }

    fn logs(&self) -> String {
        self.started.keys().map(|instance| self.log(*instance)).collect()
    }

    fn log_file(&self, instance: usize) -> PathBuf {
        self.dir.path().join(format!("segflow-{instance}.log"))
    }

    /// Supervises: starts an instance again that died by a signal, and counts it. An instance that has ended by itself is
    /// a failure.
    ///
    /// librdkafka 2.12 dies at times by SIGSEGV when a broker comes back (see `docs/operations.md`); it is to the service
    /// what SIGKILL is.
    ///
    /// # Panics
    ///
    /// If one has ended by itself, with its log.
    pub fn supervise(&mut self) {
        let ended = |(instance, child): (&usize, &mut Child)| {
            child.try_wait().expect("a child of ours").map(|status| (*instance, status))
        };
        let ended: Vec<(usize, ExitStatus)> = self.processes.iter_mut().filter_map(ended).collect();
        for (instance, status) in ended {
            assert!(status.code().is_none(), "instance {instance} ended by itself: {status}\n{}", self.log(instance));
            println!("instance {instance} has died: {status}; it is started again");
            self.crashes += 1;
            self.start(instance);
        }
    }

    /// Every committed epoch of the journal, by partition, in order.
    pub fn journal(&self) -> BTreeMap<u32, Vec<JournalRecord>> {
        let mut epochs: BTreeMap<u32, Vec<JournalRecord>> = BTreeMap::new();
        for record in self.broker.read_committed_so_far(&self.topic("journal")) {
            let epoch = segflow_wire::journal::decode(&record.value.expect("epochs have a value")).expect("an epoch");
            let partition = u32::try_from(record.partition).expect("partitions count from 0");
            epochs.entry(partition).or_default().push(epoch);
        }
        epochs
    }

    /// Waits until every task has read `read` in sum and its record-time clock stands one past its last record.
    pub fn wait_until_finished(&mut self, read: u64) -> BTreeMap<u32, Vec<JournalRecord>> {
        self.wait_until_read(read, |epochs| epochs.iter().map(|epoch| epoch.counts.read).sum())
    }

    /// The same where journals are trimmed, for inputs whose offsets count their records.
    pub fn wait_until_finished_at(&mut self, offsets: u64) -> BTreeMap<u32, Vec<JournalRecord>> {
        let last = |epochs: &[JournalRecord]| -> u64 {
            epochs.last().map_or(0, |last| last.inputs.values().map(|input| input.offset).sum())
        };
        self.wait_until_read(offsets, last)
    }

    fn wait_until_read(
        &mut self,
        read: u64,
        read_by: impl Fn(&[JournalRecord]) -> u64,
    ) -> BTreeMap<u32, Vec<JournalRecord>> {
        let mut journal = BTreeMap::new();
        self.wait(RARELY, &format!("{read} are read"), |service| {
            journal = service.journal();
            let finished = |epochs: &Vec<JournalRecord>| {
                let last = epochs.last().expect("a partition with an epoch");
                let greatest = last.inputs.values().filter_map(|input| input.greatest).max();
                greatest.is_some_and(|greatest| last.clock.facts == greatest.plus_ms(1))
                    && last.clock.cursor.instant == last.clock.facts
            };
            let ends = journal.values().map(|epochs| read_by(epochs)).sum::<u64>();
            let all = journal.len() == service.partitions as usize && journal.values().all(finished);
            if ends == read && all { Ok(()) } else { Err(format!("{ends} are, all clocks at their end: {all}")) }
        });
        journal
    }

    /// Waits until a condition holds; what dies meanwhile is started again.
    ///
    /// # Panics
    ///
    /// If it never holds, with the logs; if an instance ends by itself.
    pub fn wait_until(&mut self, what: &str, mut condition: impl FnMut(&Self) -> bool) {
        self.wait(PAUSE, what, |service| if condition(service) { Ok(()) } else { Err("not yet".to_owned()) });
    }

    /// The same with a pause of one's own, and what was found instead.
    fn wait(&mut self, pause: Duration, what: &str, mut condition: impl FnMut(&Self) -> Result<(), String>) {
        let started = Instant::now();
        while let Err(found) = condition(self) {
            assert!(started.elapsed() < LIMIT, "waited {LIMIT:?} until {what}, found: {found}\n{}", self.logs());
            self.supervise();
            std::thread::sleep(pause);
        }
    }

    /// Waits until an instance has ended, by itself or by a failpoint.
    ///
    /// # Panics
    ///
    /// If it never does, with its log.
    pub fn wait_until_ended(&mut self, instance: usize) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.ended(instance) {
                return status;
            }
            assert!(started.elapsed() < LIMIT, "instance {instance} does not end\n{}", self.log(instance));
            std::thread::sleep(PAUSE);
        }
    }

    /// The changes as an independent client reads them: kcat with `read_committed`.
    pub fn changes(&self) -> Changes {
        Changes::read(&self.kcat("changes"))
    }

    /// The changes of a candidate, read in the same way.
    pub fn shadow(&self) -> Changes {
        Changes::read(&self.kcat("shadow"))
    }

    /// The same in the order of the topic, of a run that did not begin with the first event: `seq` goes on from the live
    /// one.
    ///
    /// # Panics
    ///
    /// If one is not JSON.
    pub fn shadow_begun(&self) -> Vec<Value> {
        self.kcat("shadow").lines().map(|line| serde_json::from_str(line).expect("a change is JSON")).collect()
    }

    /// The epoch in which a customer was told to enter a segment.
    ///
    /// # Panics
    ///
    /// If no change says so.
    pub fn epoch_of(&self, customer: &str, segment: &str) -> JournalRecord {
        let is_it = |change: &Value| change["customer_id"] == customer && change["to"] == segment;
        let changes = self.kcat("changes");
        let mut lines = changes.lines().map(|line| serde_json::from_str::<Value>(line).expect("a change is JSON"));
        let change = lines.find(is_it).expect("the change was told");
        let decided_at = change["decided_at"].as_str().and_then(|at| at.parse().ok()).expect("an instant");
        let mut epochs = self.journal().into_values().flatten();
        epochs.find(|epoch| epoch.clock.facts == decided_at).expect("an epoch that reached that instant")
    }

    /// The address at which an instance serves its metrics, once its log names it.
    pub fn metrics_address(&self, instance: usize) -> String {
        let started = Instant::now();
        loop {
            let log = self.log(instance).split_off(self.started[&instance]);
            let said = log.lines().rfind(|line| line.contains("metrics and health are served"));
            if let Some(address) = said.and_then(|line| line.rsplit("address=").next()) {
                return address.trim().to_owned();
            }
            assert!(started.elapsed() < LIMIT, "no address in the log\n{log}");
            std::thread::sleep(PAUSE);
        }
    }

    fn kcat(&self, topic: &str) -> String {
        run(Command::new("kcat").args([
            "-C",
            "-b",
            self.broker.bootstrap(),
            "-t",
            &self.topic(topic),
            "-o",
            "beginning",
            "-e",
            "-q",
            "-D",
            "\n",
            "-X",
            "isolation.level=read_committed",
        ]))
    }

    /// Waits until a customer has entered a segment, and returns every segment that they have entered by then.
    pub fn wait_for(&mut self, customer: &str, segment: &str) -> Vec<String> {
        let mut entered = Vec::new();
        self.wait(RARELY, &format!("{customer} enters {segment}"), |service| {
            entered = service.changes().entered(customer);
            if entered.iter().any(|entered| entered == segment) { Ok(()) } else { Err(format!("{entered:?}")) }
        });
        entered
    }
}

impl Drop for Service<'_> {
    fn drop(&mut self) {
        for child in self.processes.values_mut() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// Changes without their envelopes, by (customer, dimension, seq).
#[derive(PartialEq, Debug)]
pub struct Changes(pub BTreeMap<(String, String, u64), Value>);

impl Changes {
    /// Reads NDJSON. A change that is there twice is an error; so is a gap in `seq`, or an order that is not its own.
    ///
    /// # Panics
    ///
    /// On any of these.
    pub fn read(ndjson: &str) -> Self {
        let mut changes = BTreeMap::new();
        let mut last: BTreeMap<(String, String), u64> = BTreeMap::new();
        for line in ndjson.lines() {
            let mut change: Value = serde_json::from_str(line).expect("a change is JSON");
            let text = |field: &str| change[field].as_str().expect("text").to_owned();
            let (customer, dimension) = (text("customer_id"), text("dimension"));
            let seq = change["seq"].as_u64().expect("a number");
            let previous = last.insert((customer.clone(), dimension.clone()), seq).unwrap_or(0);
            assert_eq!(seq, previous + 1, "seq of {customer} in {dimension}");
            let fields = change.as_object_mut().expect("an object");
            for field in ENVELOPE {
                assert!(fields.remove(field).is_some(), "a change has `{field}`");
            }
            changes.insert((customer, dimension, seq), change);
        }
        Self(changes)
    }

    /// The segment of every customer in every dimension after these changes.
    #[must_use]
    pub fn standing(&self) -> BTreeMap<(&str, &str), &str> {
        let mut standing = BTreeMap::new();
        for ((customer, dimension, _), change) in &self.0 {
            let place = (customer.as_str(), dimension.as_str());
            match change["to"].as_str() {
                Some(to) => standing.insert(place, to),
                None => standing.remove(&place),
            };
        }
        standing
    }

    /// The segments that a customer has entered, in order.
    #[must_use]
    pub fn entered(&self, customer: &str) -> Vec<String> {
        let mine = self.0.iter().filter(|((whom, _, _), _)| whom == customer);
        mine.map(|(_, change)| change["to"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Fails with the first difference.
    ///
    /// # Panics
    ///
    /// If there is one.
    pub fn assert_same(&self, expected: &Self) {
        for (key, change) in &expected.0 {
            let found = self.0.get(key);
            assert_eq!(found, Some(change), "{key:?}");
        }
        let more = self.0.keys().find(|key| !expected.0.contains_key(*key));
        assert_eq!(more, None, "a change that `fold` does not know");
    }
}

/// Runs a command to its end and returns what it printed.
///
/// # Panics
///
/// If it fails, with what it said.
pub fn run(command: &mut Command) -> String {
    let output = command.output().expect("the command starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
    String::from_utf8(output.stdout).expect("it prints UTF-8")
}

/// The body of a page over plain HTTP.
///
/// # Panics
///
/// If it is not served.
#[must_use]
pub fn http(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the page is served");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: segflow\r\nConnection: close\r\n\r\n").expect("a request is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer in UTF-8");
    answer.split_once("\r\n\r\n").expect("an answer has a body").1.to_owned()
}
