//! `cargo xtask scale`: how a backtest grows with the number of customers. Figures for `docs/performance.md`.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result};

use crate::shell::{program, run, segflow};

/// Temporary files (0.8 GB per million customers) go to `TMPDIR`.
#[derive(clap::Args)]
pub struct Scale {
    /// How many customers, one run for each number
    #[arg(default_values_t = [100_000, 300_000, 1_000_000, 2_000_000, 5_000_000])]
    customers: Vec<u64>,
    /// How many threads, one run for each number
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2])]
    threads: Vec<u32>,
    /// How many days are simulated
    #[arg(long, default_value_t = 20)]
    days: u32,
    /// How many partitions the topics have
    #[arg(long, default_value_t = 12)]
    partitions: u32,
    /// The segmentation file
    #[arg(long, default_value = "deploy/segmentations/demo.yaml")]
    segmentation: PathBuf,
}

impl Scale {
    /// Prints a line for each number of customers and threads.
    pub fn run(self) -> Result<()> {
        let scratch = tempfile::tempdir()?;
        let events = scratch.path().join("events.ndjson");
        println!(
            "{:<10} {:<10} {:<8} {:<9} {:<11} {:<9} bytes/customer",
            "customers", "events", "threads", "seconds", "events/s", "peak-MiB"
        );
        for &customers in &self.customers {
            let mut generate = segflow();
            generate.arg("generate").arg(format!("--customers={customers}")).arg(format!("--days={}", self.days));
            run(generate.arg("--out").arg(&events).stderr(Stdio::null()))?;
            let lines = BufReader::new(File::open(&events)?).split(b'\n').count();
            for &threads in &self.threads {
                let (seconds, peak_kib) = self.backtest(&events, &scratch.path().join("report"), threads)?;
                println!(
                    "{customers:<10} {lines:<10} {threads:<8} {seconds:<9.1} {:<11.0} {:<9} {}",
                    lines as f64 / seconds,
                    peak_kib / 1024,
                    peak_kib * 1024 / customers,
                );
            }
        }
        Ok(())
    }

    /// The seconds and the peak memory in KiB of a backtest.
    fn backtest(&self, events: &Path, report: &Path, threads: u32) -> Result<(f64, u64)> {
        if report.exists() {
            fs::remove_dir_all(report)?;
        }
        let times = report.with_extension("time");
        let mut backtest = program("/usr/bin/time");
        backtest.arg("-o").arg(&times).args(["-f", "%e %M"]).arg(segflow().get_program()).arg("backtest");
        backtest.arg("--segmentation").arg(&self.segmentation).arg("--events").arg(events).arg("--out").arg(report);
        backtest.arg(format!("--partitions={}", self.partitions)).arg(format!("--threads={threads}"));
        run(backtest.stdout(Stdio::null()).stderr(Stdio::null()))?;
        let times = fs::read_to_string(times)?;
        let words = times.trim().split_once(' ');
        let (seconds, peak_kib) = words.with_context(|| format!("expected two figures of time, found {times}"))?;
        Ok((seconds.parse()?, peak_kib.parse()?))
    }
}
