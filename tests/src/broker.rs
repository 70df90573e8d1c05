//! A real Apache Kafka for one test binary: one node in a temporary folder, gone when the process is.
//!
//! It drives `deploy/kafka-local/kafka`, the script that people use too. Every failure is a panic that says why: a test
//! without its broker proves nothing.

mod read;
mod records;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;

pub use records::{Record, RecordProducer};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/kafka-local/kafka");

/// How long any one request to the broker may take, on a machine that is also compiling.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running Kafka node. Every method may be called from any test thread.
pub struct Broker {
    dir: PathBuf,
    bootstrap: String,
    version: String,
    sentinel: Mutex<Child>,
}

impl Broker {
    /// Starts a node on a free port.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a node on a free port with these broker properties as well; they outlive restarts.
    pub fn start_with(properties: &[(&str, &str)]) -> Self {
        let dir = tempfile::Builder::new().prefix("segflow-kafka-").tempdir().expect("a temporary folder").keep();
        let sentinel = Mutex::new(sentinel(&dir));
        let properties: Vec<String> = properties.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let mut args = vec!["--port", "0"];
        args.extend(properties.iter().flat_map(|property| ["--set", property.as_str()]));

        let status = script(&dir, "start", &args);
        let parsed = status.strip_prefix("Apache Kafka ").and_then(|rest| {
            let (version, rest) = rest.split_once(" on ")?;
            let (bootstrap, _) = rest.split_once(',')?;
            Some((version.to_owned(), bootstrap.to_owned()))
        });
        let Some((version, bootstrap)) = parsed else {
            panic!("expected 'Apache Kafka VERSION on HOST:PORT, ...', found '{status}'")
        };
        Self { dir, bootstrap, version, sentinel }
    }

    /// The node that all tests of this binary share; each uses topics and groups of its own.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Broker> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// `host:port`, the same after each restart.
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// The version that the broker itself logged.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Its configuration, data and `server.log`.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Stops it in good order, and waits for its end. The data stay.
    pub fn stop(&self) {
        script(&self.dir, "stop", &[]);
    }

    /// Ends it by SIGKILL. The data stay.
    pub fn kill(&self) {
        script(&self.dir, "stop", &["--now"]);
    }

    /// Lets it stand still by SIGSTOP, connections open, until [`Broker::go_on`].
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on after [`Broker::pause`].
    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = std::fs::read_to_string(self.dir.join("pid")).expect("a broker that runs has a process id");
        let status = Command::new("kill").args([signal, id.trim()]).status().expect("kill runs");
        assert!(status.success(), "kill {signal}: {status}");
    }

    /// Starts it again after `stop` or `kill`, on the same port and data.
    pub fn resume(&self) {
        script(&self.dir, "start", &[]);
    }

    /// Stops it in good order and starts it again on the same port and data.
    pub fn restart(&self) {
        self.stop();
        self.resume();
    }

    /// The output of a Kafka tool, which is named as in the script or by its main class.
    pub fn tool(&self, name: &str, args: &[&str]) -> String {
        script(&self.dir, "tool", &[&[name], args].concat())
    }

    /// The properties that every client needs.
    pub fn client_config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap);
        config
    }

    /// Creates a topic with topic properties such as `("cleanup.policy", "compact")`, and waits until its leaders answer.
    pub fn create_topic(&self, topic: &str, partitions: i32, properties: &[(&str, &str)]) {
        let admin: AdminClient<DefaultClientContext> = self.client_config().create().expect("an admin client");
        let mut wanted = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
        for (key, value) in properties {
            wanted = wanted.set(key, value);
        }
        let options = AdminOptions::new().request_timeout(Some(PATIENCE)).operation_timeout(Some(PATIENCE));
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let results = runtime.block_on(admin.create_topics([&wanted], &options)).expect("an answer on create_topics");
        for result in results {
            result.unwrap_or_else(|(topic, code)| panic!("topic {topic} was not created: {code}"));
        }
        self.await_leaders(topic);
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let mut sentinel = self.sentinel.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        drop(sentinel.stdin.take());
        // A failure leaves a folder behind, and Drop may run while a test is panicking already.
        let _ = sentinel.wait();
    }
}

/// A shell that waits for the end of its standard input, then kills the broker and removes its folder. This process
/// holds the other end of that pipe, so it works however the tests end, SIGKILL included. In a process group of its
/// own, a Ctrl-C passes it by.
fn sentinel(dir: &Path) -> Child {
    use std::os::unix::process::CommandExt;
    Command::new("bash")
        .args(["-c", r#"cat; "$0" stop --now --dir "$1"; rm -rf "$1""#, SCRIPT])
        .arg(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("bash is installed")
}

fn script(dir: &Path, command: &str, args: &[&str]) -> String {
    let output = Command::new(SCRIPT)
        // Half the processor time of a start, which counts for more here than a fast broker.
        .env("KAFKA_OPTS", "-XX:TieredStopAtLevel=1")
        .args([command, "--dir"])
        .arg(dir)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{SCRIPT} did not run: {error}"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "kafka {command} {args:?} failed ({}): {told}", output.status);
    String::from_utf8(output.stdout).expect("Kafka's tools print UTF-8").trim_end().to_owned()
}
