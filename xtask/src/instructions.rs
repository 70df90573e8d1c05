//! `cargo xtask instructions`: how many instructions `segflow fold` takes for a fixed input, by Valgrind's callgrind. The
//! number hardly depends on the machine and not at all on what else runs there, so that it can guard a change.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};

use crate::shell::{program, root, run, segflow};

/// What is counted: the segmentations over the same events.
const SEGMENTATIONS: [&str; 2] = ["demo", "consumer-collections"];
const CUSTOMERS: u32 = 100;
const DAYS: u32 = 365;
/// How many more instructions than were recorded make the command fail, in percent.
const TOLERATED_PERCENT: u64 = 10;

#[derive(Default, clap::Args)]
pub struct Instructions {
    /// Record the numbers as those to compare with
    #[arg(long)]
    record: bool,
}

/// The instructions per event of one segmentation.
struct Count {
    segmentation: &'static str,
    per_event: u64,
}

impl Instructions {
    /// Counts, and compares with what was recorded.
    pub fn run(self) -> Result<()> {
        let dir = tempfile::tempdir()?;
        let events = dir.path().join("events.ndjson");
        generate(&events)?;
        let counts = SEGMENTATIONS.map(|segmentation| count(segmentation, &events, &dir.path().join(segmentation)));
        let counts: Vec<Count> = counts.into_iter().collect::<Result<_>>()?;
        if self.record {
            let lines: Vec<String> =
                counts.iter().map(|count| format!("{} {}\n", count.segmentation, count.per_event)).collect();
            return fs::write(recorded(), lines.concat()).context("cannot record the numbers");
        }
        let before = fs::read_to_string(recorded()).context("nothing is recorded to compare with")?;
        counts.iter().try_for_each(|count| count.compare(&before))
    }
}

impl Count {
    fn compare(&self, before: &str) -> Result<()> {
        let Self { segmentation, per_event } = self;
        let row = before.lines().filter_map(|line| line.split_once(' ')).find(|(name, _)| name == segmentation);
        let (_, before) = row.with_context(|| format!("nothing is recorded of {segmentation}"))?;
        let before: u64 = before.trim().parse().context("a recorded number")?;
        let percent = (*per_event as f64 / before as f64 - 1.0) * 100.0;
        let gained = if percent < -5.0 { ": record the new number, so that it is not lost again" } else { "" };
        println!("{segmentation}: {per_event} instructions per event, recorded {before} ({percent:+.1} %){gained}");
        ensure!(
            per_event * 100 <= before * (100 + TOLERATED_PERCENT),
            "{segmentation}: expected at most {TOLERATED_PERCENT} % more than recorded; find what takes them (callgrind_annotate), \
             or record the new number and say why: cargo xtask instructions --record"
        );
        Ok(())
    }
}

fn recorded() -> PathBuf {
    root().join("xtask/instructions.txt")
}

/// The same events each time, for segmentations of the simulation's currency.
fn generate(events: &Path) -> Result<()> {
    let mut generate = segflow();
    generate.args(["generate", "--seed=1"]).arg(format!("--customers={CUSTOMERS}")).arg(format!("--days={DAYS}"));
    run(generate.arg("--out").arg(events).stderr(Stdio::null()))
}

fn count(segmentation: &'static str, events: &Path, counts: &Path) -> Result<Count> {
    let mut fold = program("valgrind");
    fold.args(["--quiet", "--tool=callgrind"]).arg(format!("--callgrind-out-file={}", counts.display()));
    fold.arg(segflow().get_program()).args(["fold", "--segmentation"]);
    fold.arg(root().join(format!("deploy/segmentations/{segmentation}.yaml"))).arg(events);
    run(fold.stdout(Stdio::null()).stderr(Stdio::null()))?;
    let counts = fs::read_to_string(counts).context("what callgrind wrote")?;
    let total = counts.lines().find_map(|line| line.strip_prefix("summary: "));
    let total: u64 = total.context("callgrind wrote no summary")?.trim().parse().context("callgrind's summary")?;
    let read = fs::read_to_string(events)?.lines().count() as u64;
    Ok(Count { segmentation, per_event: total / read })
}
