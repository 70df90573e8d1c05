//! `cargo xtask test`: every test, those of Kafka behaviour against a real broker, and how many ran against which version.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};

use anyhow::{Context, Result, bail};

use crate::shell::{cargo, program, root, run as call};

/// Runs every test and prints how many passed and failed.
pub fn run() -> Result<()> {
    call(program("deploy/kafka-local/kafka").arg("fetch"))?;
    let (reader, writer) = io::pipe()?;
    let mut tests = cargo("test --release --workspace --no-fail-fast");
    tests.stdout(writer.try_clone()?).stderr(writer);
    let mut running = tests.spawn().context("cannot start cargo test")?;
    // The pipe ends when nobody can write to it any more.
    drop(tests);
    let mut tally = Tally::default();
    for line in BufReader::new(reader).split(b'\n') {
        let line = line?;
        io::stdout().write_all(&line)?;
        println!();
        tally.read(&String::from_utf8_lossy(&line));
    }
    let status = running.wait()?;
    println!("{} of the tests ran against Apache Kafka {}", tally.live, kafka_version()?);
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if status.success() { Ok(()) } else { bail!("cargo test: {status}") }
}

/// The counts of the suites so far.
#[derive(Default)]
struct Tally {
    passed: u64,
    failed: u64,
    /// Those that passed in suites that start a broker.
    live: u64,
    /// Whether the suite that is running starts a broker: its file says so in its name.
    starts_broker: bool,
}

impl Tally {
    fn read(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some("Running"), Some(file)) => {
                let named = |word| file.contains(word);
                self.starts_broker = file.starts_with("tests/") && ["broker", "kafka", "live"].into_iter().any(named);
            }
            // `test result: ok. 12 passed; 0 failed; ..`
            (Some("test"), Some("result:")) => {
                let counts: Vec<u64> = words.filter_map(|word| word.parse().ok()).take(2).collect();
                let [passed, failed] = counts[..] else { return };
                self.passed += passed;
                self.failed += failed;
                self.live += if self.starts_broker { passed } else { 0 };
                self.starts_broker = false;
            }
            _ => {}
        }
    }
}

/// The release of Apache Kafka that is fetched.
fn kafka_version() -> Result<String> {
    let file = fs::read_to_string(root().join("deploy/kafka-local/pom.xml"))?;
    let version = file.split_once("<kafka.version>").and_then(|(_, rest)| rest.split_once("</kafka.version>"));
    let (version, _) = version.context("deploy/kafka-local/pom.xml: expected <kafka.version>, found none")?;
    Ok(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn suites_are_counted_and_those_with_a_broker_apart() {
        let mut tally = Tally::default();
        let lines = [
            "     Running unittests src/lib.rs (target/release/deps/segflow_kafka-1)",
            "test result: ok. 10 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "     Running tests/live_time.rs (target/release/deps/live_time-1)",
            "test a_test ... ok",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ];
        lines.into_iter().for_each(|line| tally.read(line));
        assert_eq!((tally.passed, tally.failed, tally.live), (13, 2, 3));
    }
}
