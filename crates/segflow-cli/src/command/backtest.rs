//! `segflow backtest`: a candidate segmentation over past events, and what it would have done.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant as Clock};

use anyhow::{Context, Result, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use segflow_backtest::archive;
use segflow_backtest::engine::{self, BacktestError};
use segflow_backtest::feed;
use segflow_backtest::feeder::Progress;
use segflow_backtest::lane::Rails;
use segflow_backtest::period::Period;
use segflow_core::event::Family;
use segflow_core::segmentation::Segmentation;
use segflow_core::time::{Date, Instant};
use segflow_store::{Settings, Shared};
use segflow_wire::{Encoding, Intake, Partitioner};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::config::Config;
use crate::segmentation::load;

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
    /// The configuration of `segflow run`: where the topics are, their names, encodings and partitioners
    #[arg(long)]
    config: Option<PathBuf>,
    /// Of archives: how many partitions the topics had, each of which has a clock of its own
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    partitions: u32,
    /// Where to write the report: a folder that does not exist yet
    #[arg(long)]
    out: PathBuf,
    /// How many threads replay partitions; not given: one per core
    #[arg(long)]
    threads: Option<NonZero<usize>>,
    /// How many customers' states are kept in memory (with a baseline, each customer has two); partitions beyond it go to disk
    #[arg(long, default_value_t = 2_000_000)]
    states_in_memory: u64,
}

/// An instant, or the day that begins there.
#[derive(Clone, Copy)]
enum When {
    At(Instant),
    On(Date),
}

impl When {
    fn parse(text: &str) -> Result<Self, String> {
        let day = || text.parse().map(Self::On).ok();
        text.parse().map(Self::At).or_else(|error| day().ok_or(error)).map_err(|error: String| {
            format!("{error}; a day such as 2026-05-03 will do as well")
        })
    }

    fn at(self, segmentation: &Segmentation) -> Instant {
        match self {
            Self::At(at) => at,
            Self::On(day) => segmentation.zone.midnight(day),
        }
    }
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
        let topics = Family::ALL.map(|family| match &config {
            Some(config) => config.inputs.topic(family),
            None => family.default_topic(),
        });
        let intake = self.intake(&candidate, config.as_ref());
        // Beside the place of the report, so that it can be moved there as one.
        let work = tempfile::Builder::new().prefix(".segflow-backtest-").tempdir_in(parent);
        let work = work.with_context(|| format!("cannot write into {}", parent.display()))?;
        let rails = Rails {
            segmentations: [candidate].into_iter().chain(baseline).map(Arc::new).collect(),
            intake,
            period,
            states_max: self.states_in_memory,
            states: AtomicU64::new(0),
            spill: work.path().join("states"),
            shared: Shared::new(Settings::default()),
        };
        let threads = self.threads.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZero::<usize>::MIN);
        let progress = Progress::default();
        listen(&progress)?;
        let mut files = Vec::new();
        for path in &self.events {
            files.extend(archive::files(path)?);
        }
        let started = Clock::now();
        let replayed = shown(&progress, || {
            engine::run(&rails, threads, &progress, |feeding| feed::archives(feeding, &files, &topics, &rails.intake))
        });
        let replayed = match replayed {
            Ok(replayed) => replayed,
            Err(BacktestError::Interrupted { records, up_to }) => bail!(
                "interrupted after {records} records, read up to {up_to}; nothing was written to {}",
                self.out.display()
            ),
            Err(error) => return Err(error.into()),
        };
        let totals = replayed.totals(&rails, 0);
        println!("{totals:?} {:?} {:?}", replayed.spent(), started.elapsed());
        Ok(())
    }

    fn period(&self, candidate: &Segmentation) -> Result<Period> {
        let at = |when: Option<When>| when.map(|when| when.at(candidate));
        let period = Period { from: at(self.from), to: at(self.to) };
        if let (Some(from), Some(to)) = (period.from, period.to) {
            ensure!(from < to, "--to: expected an instant after --from {from}, found {to}");
        }
        Ok(period)
    }

    fn intake(&self, candidate: &Segmentation, config: Option<&Config>) -> Intake {
        let currency = candidate.currency.clone();
        let mut intake = Intake::uniform(Encoding::Json, Partitioner::Murmur2, self.partitions, currency);
        if let Some(config) = config {
            for family in Family::ALL {
                let input = config.inputs.of(family);
                let topic = &mut intake.topics[family.index()];
                (topic.encoding, topic.partitioner) = (input.encoding.into(), input.partitioner.into());
            }
        }
        intake
    }
}

/// The folder in which the report will be; refuses a report that is there already.
fn parent_of(out: &Path) -> Result<&Path> {
    ensure!(!out.exists(), "--out {}: expected a folder that does not exist yet, found one", out.display());
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    Ok(parent)
}

/// The first signal ends the backtest in good order, the second at once.
fn listen(progress: &Progress) -> Result<()> {
    const AT_ONCE: i32 = 130;
    for signal in [SIGINT, SIGTERM] {
        let flag = || Arc::clone(&progress.interrupted);
        signal_hook::flag::register_conditional_shutdown(signal, AT_ONCE, flag())
            .and_then(|_| signal_hook::flag::register(signal, flag()))
            .context("cannot listen to signals")?;
    }
    Ok(())
}

/// Shows progress, with rate and time left, while something is done.
fn shown<T>(progress: &Progress, done: impl FnOnce() -> T) -> T {
    const LOOKED_EVERY: Duration = Duration::from_millis(100);
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {msg}  {eta} left");
    bar.set_style(style.expect("a progress line of our own"));
    let (started, ended) = (Clock::now(), std::sync::atomic::AtomicBool::new(false));
    std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                let records = progress.records.load(Ordering::Relaxed);
                bar.set_length(progress.total.load(Ordering::Relaxed));
                bar.set_position(progress.done.load(Ordering::Relaxed));
                let rate = u128::from(records) * 1_000 / started.elapsed().as_millis().max(1);
                bar.set_message(format!("{records} records, {rate} a second"));
                std::thread::park_timeout(LOOKED_EVERY);
            }
        });
        let result = done();
        ended.store(true, Ordering::Relaxed);
        looking.thread().unpark();
        bar.finish_and_clear();
        result
    })
}
