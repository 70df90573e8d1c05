//! `segflow backtest`: a candidate segmentation over past events, and what it would have done.

mod arguments;
mod progress;
mod source;

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use segflow_archive::Arrival;
use segflow_backtest::feeder::Progress;
use segflow_backtest::observe::Scope;
use segflow_backtest::partition_replay::ReplayContext;
use segflow_backtest::period::Period;
use segflow_backtest::report::build::{Capacity, Source as ReportSource, build};
use segflow_backtest::report::examples::explain;
use segflow_backtest::report::figures::Report;
use segflow_backtest::run::{BacktestError, Replayed, run};
use segflow_backtest::sample::Sample;
use segflow_backtest::states::SpilledMemory;
use segflow_backtest::{changes_parquet, report};
use segflow_core::event::Family;
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Timestamp;
use segflow_engine::rules::Rules;
use segflow_wire::{Encoding, Intake, Partitioner};

use arguments::{CapacityArgument, When, capacity, check_capacity};
use progress::shown;
use source::Source;

use super::one_of;
use crate::config::Config;
use crate::interrupt::listen;
use crate::segmentation::load;
use crate::terminal::{say, tell};

/// Replay topics or archives with a candidate segmentation, and write a report.
///
/// Events are read in the order of arrival, with record timestamps as the clock, and decided by the same code as live. Those
/// before `--from` make the states what they are then; changes are reported from then on. Topics are only read: no group,
/// no commit.
#[derive(clap::Args)]
pub struct Backtest {
    /// The candidate: the segmentation file to try
    #[arg(long)]
    segmentation: PathBuf,
    /// The segmentation file to compare it with
    #[arg(long)]
    baseline: Option<PathBuf>,
    /// Report changes from this instant (RFC 3339) or day (YYYY-MM-DD, in the candidate's time zone) on; not given: all
    #[arg(long, value_parser = When::parse)]
    from: Option<When>,
    /// Stop before this instant or day; not given: after the last event
    #[arg(long, value_parser = When::parse)]
    to: Option<When>,
    /// Read archives: a file, or a folder of .ndjson, .avro and .parquet files. May be repeated. Not given: the topics of
    /// `--config`
    #[arg(long, required_unless_present = "config")]
    events: Vec<PathBuf>,
    /// With archives: when records count as having arrived; occurred-at for a history that was exported in one go, which is
    /// then held in memory
    #[arg(long, default_value = "recorded", value_parser = one_of(Arrival::ALL))]
    arrival: Arrival,
    /// The configuration of `segflow run`: where the topics are, their names, encodings and partitioners
    #[arg(long)]
    config: Option<PathBuf>,
    /// With archives: how many partitions the topics had, each of which has a clock of its own
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    partitions: u32,
    /// Where to write the report: a folder that does not exist yet
    #[arg(long)]
    out: PathBuf,
    /// Look only at this share of the customers, such as 1%: a preview in seconds, with intervals
    #[arg(long, value_name = "SHARE")]
    sample: Option<Sample>,
    /// How many threads replay partitions; not given: one per core
    #[arg(long)]
    threads: Option<NonZero<usize>>,
    /// How many customers' states are kept in memory (with a baseline, each customer has two); partitions beyond it go to disk
    #[arg(long, default_value_t = 2_000_000)]
    states_in_memory: u64,
    /// How many may begin to be treated so a day, such as channel=call:120; may be repeated
    #[arg(long, value_name = "KEY=VALUE:STARTS", value_parser = capacity, conflicts_with = "sample")]
    capacity: Vec<CapacityArgument>,
}

impl Backtest {
    pub fn run(self) -> Result<()> {
        let candidate = load(&self.segmentation)?;
        let baseline = self.baseline.as_deref().map(load).transpose()?;
        if let Some(baseline) = &baseline {
            ensure!(
                baseline.currency == candidate.currency,
                "the baseline: expected the candidate's currency {}, found {}; amounts cannot be compared",
                candidate.currency.code,
                baseline.currency.code
            );
        }
        let period = self.period(&candidate)?;
        let parent = parent_of(&self.out)?;
        let config = self.config.as_deref().map(Config::read).transpose()?;
        let source = Source::of(&self.events, self.arrival, config.as_ref())?;
        let partitions = source.partitions().unwrap_or(self.partitions);
        let intake = intake(&candidate, config.as_ref(), partitions);
        // Beside the place of the report, so that it can be moved there as one.
        let work = tempfile::Builder::new().prefix(".segflow-backtest-").tempdir_in(parent);
        let work = work.with_context(|| format!("cannot write into {}", parent.display()))?;
        let segmentations: Vec<Arc<Segmentation>> = [candidate].into_iter().chain(baseline).map(Arc::new).collect();
        check_capacity(&self.capacity, &segmentations)?;
        let context = ReplayContext {
            scope: Scope::new(&segmentations, period),
            rules: segmentations.into_iter().map(Rules::new).collect(),
            intake,
            period,
            sample: self.sample,
            states_max: self.states_in_memory,
            states: AtomicU64::new(0),
            spill: work.path().join("states"),
            parts: work.path().join("parts"),
            spilled_memory: SpilledMemory::default(),
        };
        let threads =
            self.threads.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZero::<usize>::MIN);
        let progress = Progress::default();
        listen(&progress.interrupted)?;
        let started = Instant::now();
        let replayed = shown(&progress, || {
            run(&context, threads, &progress, |feeding| source.feed(feeding, &context.intake, threads))
        });
        let replayed = replayed.map_err(|error| match error {
            BacktestError::Interrupted { records, up_to } => self.interrupted(records, up_to),
            BacktestError::Events(error) => error,
            BacktestError::Replay(error) => error.into(),
        })?;
        let took = started.elapsed();
        let folder = tempfile::Builder::new().prefix("report-").tempdir_in(work.path());
        let folder = folder.context("cannot make a folder for the report")?;
        let report = self.report(&context, replayed, &progress, &source, folder.path())?;
        if progress.interrupted.load(Ordering::Relaxed) {
            let records = progress.records.load(Ordering::Relaxed);
            return Err(self.interrupted(records, Timestamp(progress.greatest_ms.load(Ordering::Relaxed))));
        }
        // Made for its owner alone; the report is as open as any other file.
        publish(folder.path(), &self.out)?;
        tell(&report, &self.out, took)
    }

    fn report(
        &self,
        context: &ReplayContext,
        mut replayed: Replayed,
        progress: &Progress,
        source: &Source,
        folder: &Path,
    ) -> Result<Report> {
        let tally = replayed.take_tally();
        let last_record = Timestamp(progress.greatest_ms.load(Ordering::Relaxed));
        let capacity: Capacity = self.capacity.iter().cloned().collect();
        let counted = ReportSource { context, replayed: &replayed, tally: &tally, last_record };
        let mut report = build(&counted, &capacity, &|place| source.name(place));
        explain(&mut report, context, &mut replayed)?;
        tell!("{}", spent(&replayed));
        changes_parquet::join(&context.parts, &folder.join("changes.parquet"))
            .context("cannot write changes.parquet")?;
        report::write(&report, folder).context("cannot write the report")?;
        Ok(report)
    }

    fn interrupted(&self, records: u64, up_to: Timestamp) -> anyhow::Error {
        let out = self.out.display();
        if records == 0 {
            return anyhow!("interrupted before the first record; nothing was written to {out}");
        }
        anyhow!("interrupted after {records} records, read up to {up_to}; nothing was written to {out}")
    }

    fn period(&self, candidate: &Segmentation) -> Result<Period> {
        let at = |when: Option<When>| when.map(|when| when.at(candidate));
        let period = Period { from: at(self.from), to: at(self.to) };
        if let (Some(from), Some(to)) = (period.from, period.to) {
            ensure!(from < to, "--to: expected an instant after --from {from}, found {to}");
        }
        Ok(period)
    }
}

/// The intake, which accepts records as `run` does by the same configuration.
fn intake(candidate: &Segmentation, config: Option<&Config>, partitions: u32) -> Intake {
    let mut intake = Intake::uniform(Encoding::Json, Partitioner::Murmur2, partitions, candidate.currency.clone());
    if let Some(config) = config {
        for family in Family::ALL {
            intake.topics[family.index()] = config.inputs.intake(family);
        }
        intake.other_currency = config.currency.other;
    }
    intake
}

/// The folder in which the report will be; refuses a report that is there already.
fn parent_of(out: &Path) -> Result<&Path> {
    ensure!(!out.exists(), "--out {}: expected a folder that does not exist yet, found one", out.display());
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    Ok(parent)
}

/// Moves the finished report to its place.
fn publish(folder: &Path, out: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder, open)
        .and_then(|()| std::fs::rename(folder, out))
        .with_context(|| format!("cannot move the report to {}", out.display()))
}

/// The time that the replaying threads spent on each task.
fn spent(replayed: &Replayed) -> String {
    let spent = replayed.spent();
    let seconds = |spent: Duration| spent.as_secs_f64();
    format!(
        "decoding {:.1} s, folding {:.1} s, counting {:.1} s, added up over threads",
        seconds(spent.decoding),
        seconds(spent.folding),
        seconds(spent.counting)
    )
}

fn tell(report: &Report, out: &Path, took: Duration) -> Result<()> {
    let records = report.events.read;
    let rate = u128::from(records) * 1_000 / took.as_millis().max(1);
    tell!("{records} records in {:.1} s: {rate} a second", took.as_secs_f64());
    if report.events.bad > 0 {
        tell!("{} could not be used; the first of them are in the report", report.events.bad);
    }
    let summary = std::fs::read_to_string(out.join("summary.txt")).context("the summary just written")?;
    say!("{summary}\nreport     {}", out.join("report.html").display())
}
