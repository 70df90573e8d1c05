//! `cargo xtask measure`: a preloaded portfolio through `segflow fold`, `segflow backtest` (of the file, and of the topics)
//! and `segflow run` on one worker, in one run, and where `run` spends its time. Figures for `docs/performance.md`.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::shell::{Running, output, program, root, run, segflow, timed};

/// Where `run` serves its metrics.
const METRICS: &str = "127.0.0.1:19464";
/// For how long samples are taken of `run`.
const SAMPLED_SECONDS: &str = "8";

#[derive(clap::Args)]
pub struct Measure {
    /// How many events
    #[arg(default_value_t = 1_000_000)]
    events: u64,
    /// How many customers
    #[arg(default_value_t = 50_000)]
    customers: u64,
    /// A candidate segmentation that `run` decides by as well
    #[arg(long, value_name = "FILE")]
    shadow: Option<PathBuf>,
}

/// What is measured on: a broker, a configuration, and the events as a file and as topics.
struct Bench {
    dir: tempfile::TempDir,
    rules: PathBuf,
    bootstrap: String,
}

impl Measure {
    /// Prints the figures.
    pub fn run(self) -> Result<()> {
        let bench = Bench::start(self.shadow.as_deref())?;
        let (events, customers) = (self.events, self.customers);
        let config = bench.path("segflow.toml");
        for to in
            [["--out".as_ref(), bench.path("events.ndjson").as_os_str()], ["--config".as_ref(), config.as_os_str()]]
        {
            let mut generate = segflow();
            generate.args(["generate", "--days=365"]).args(to).arg(format!("--customers={customers}"));
            run(generate.arg(format!("--events={events}")).stderr(Stdio::null()))?;
        }
        println!("fold, {events} events of {customers} customers:");
        bench.fold()?;
        for threads in [1, 2] {
            println!("backtest of the same file, {threads} threads:");
            let mut backtest = bench.backtest(threads);
            bench.timed(backtest.arg("--events").arg(bench.path("events.ndjson")).arg("--partitions=4"))?;
        }
        println!("backtest of the same events on Kafka, 2 threads:");
        bench.timed(bench.backtest(2).arg("--config").arg(&config))?;
        println!("run, one worker, the same events preloaded on 4 partitions:");
        let (peak_kib, samples) = bench.service(events)?;
        bench.rate(events, peak_kib)?;
        if let Some(samples) = samples {
            bench.functions(&samples)?;
        }
        Ok(())
    }
}

impl Bench {
    fn start(shadow: Option<&Path>) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let rules = root().join("deploy/segmentations/demo.yaml");
        let mut bench = Self { dir, rules, bootstrap: String::new() };
        run(bench.kafka("start").args(["--port", "0"]).stdout(Stdio::null()))?;
        bench.bootstrap = format!("localhost:{}", fs::read_to_string(bench.path("kafka/port"))?.trim());
        let shadow = shadow.map(fs::canonicalize).transpose().context("cannot read the candidate")?.unwrap_or_default();
        let config = format!(
            r#"application = "measure"
instance = "0"
workers = 1
segmentation = "{}"
state_dir = "{}"
kafka.bootstrap_servers = "{}"
inputs.contacts.clock = "gate"
clock.idle = "record-time"
ops.listen = "{METRICS}"
log.level = "warn"
shadow = "{}"
"#,
            bench.rules.display(),
            bench.path("state").display(),
            bench.bootstrap,
            shadow.display(),
        );
        fs::write(bench.path("segflow.toml"), config)?;
        let mut topics = segflow();
        topics.args(["topics", "create", "--partitions=4", "--replication=1", "--config"]);
        run(topics.arg(bench.path("segflow.toml")).stdout(Stdio::null()))?;
        Ok(bench)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn kafka(&self, task: &str) -> Command {
        let mut kafka = program("deploy/kafka-local/kafka");
        kafka.arg(task).arg("--dir").arg(self.path("kafka"));
        kafka
    }

    fn fold(&self) -> Result<()> {
        let mut fold = segflow();
        fold.args(["fold", "--partitions=4", "--segmentation"]).arg(&self.rules).arg(self.path("events.ndjson"));
        run(timed(&fold).stdout(Stdio::null()))
    }

    fn backtest(&self, threads: u32) -> Command {
        let mut backtest = segflow();
        backtest.arg("backtest").arg(format!("--threads={threads}")).arg("--segmentation").arg(&self.rules);
        backtest.arg("--out").arg(self.path(&format!("report-{threads}-{}", self.reports())));
        backtest
    }

    /// How many files and folders there are, so that each report has a name of its own.
    fn reports(&self) -> usize {
        fs::read_dir(self.dir.path()).map_or(0, Iterator::count)
    }

    /// Prints the last line of standard error: the times, after what the command itself has to say.
    fn timed(&self, command: &Command) -> Result<()> {
        let mut timed = timed(command);
        let output = timed.stdout(Stdio::null()).stderr(Stdio::piped()).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{said}");
        println!("{}", said.lines().last().unwrap_or_default());
        Ok(())
    }

    /// Runs the service until it has read every event; its peak memory in KiB, and samples where `perf` is there.
    fn service(&self, events: u64) -> Result<(u64, Option<PathBuf>)> {
        let mut service = segflow();
        service.arg("run").arg("--config").arg(self.path("segflow.toml"));
        let mut service = Running::start(service)?;
        let mut perf: Option<Child> = None;
        loop {
            service.still()?;
            let read = metric("segflow_events_total").unwrap_or(0);
            if read > 0 && perf.is_none() {
                perf = self.perf(service.id());
            }
            if read == events {
                break;
            }
            sleep(Duration::from_millis(200));
        }
        sleep(Duration::from_secs(1));
        let status = fs::read_to_string(format!("/proc/{}/status", service.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|peak| peak.split_whitespace().next()).context("no peak memory in /proc")?;
        run(program("kill").arg(service.id().to_string()))?;
        service.end()?;
        // It ends early, and says that it failed, where the service ends before it.
        let samples = self.path("perf");
        let sampled = perf.is_some_and(|mut perf| perf.wait().is_ok()) && samples.exists();
        Ok((peak.parse()?, sampled.then_some(samples)))
    }

    fn perf(&self, process: u32) -> Option<Child> {
        let mut perf = program("perf");
        perf.args(["record", "-q", "-e", "cpu-clock", "-F", "499", "-o"]).arg(self.path("perf"));
        perf.args(["-p", &process.to_string(), "--", "sleep", SAMPLED_SECONDS]);
        perf.stderr(Stdio::null()).spawn().ok()
    }

    /// Prints how fast the service was, by the journal's own timestamps: from the first epoch written to the last.
    fn rate(&self, events: u64, peak_kib: u64) -> Result<()> {
        let mut kcat = program("kcat");
        kcat.args(["-C", "-b", &self.bootstrap, "-t", "collections.journal", "-o", "beginning", "-e", "-q"]);
        let timestamps = output(kcat.args(["-f", "%T\\n", "-X", "isolation.level=read_committed"]))?;
        let timestamps: Vec<u64> = timestamps.lines().map(str::parse).collect::<Result<_, _>>()?;
        let (first, last) = (timestamps.iter().min(), timestamps.iter().max());
        let (first, last) = first.zip(last).context("the journal is empty")?;
        let seconds = (last - first) as f64 / 1_000.0;
        println!(
            "{seconds:.1} s from the first commit to the last, {} epochs, {:.0} events/s, peak memory {peak_kib} KiB",
            timestamps.len(),
            events as f64 / seconds,
        );
        Ok(())
    }

    /// Prints the functions in which most samples were taken.
    fn functions(&self, samples: &Path) -> Result<()> {
        println!("where run spends its time (share of samples of {SAMPLED_SECONDS} s, by function):");
        let mut perf = program("perf");
        perf.args(["report", "--stdio", "--percent-limit", "0", "-i"]).arg(samples);
        let report = output(&mut perf)?;
        let lines = report.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        lines.take(10).for_each(|line| println!("{line}"));
        Ok(())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // The broker's folder goes in any case.
        let _ = run(self.kafka("stop").stdout(Stdio::null()).stderr(Stdio::null()));
    }
}

/// The sum of a metric over its labels; none while the service does not answer.
fn metric(name: &str) -> Option<u64> {
    let mut service = TcpStream::connect(METRICS).ok()?;
    write!(service, "GET /metrics HTTP/1.1\r\nHost: {METRICS}\r\nConnection: close\r\n\r\n").ok()?;
    let mut page = String::new();
    service.read_to_string(&mut page).ok()?;
    let rows = page.lines().filter(|line| line.starts_with(name));
    let values = rows.filter_map(|line| line.rsplit_once(' ')).filter_map(|(_, value)| value.parse::<f64>().ok());
    Some(values.sum::<f64>() as u64)
}
