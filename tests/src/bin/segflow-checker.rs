//! `segflow-checker`: the independent checker as a process. Exit code 0 if nothing is wrong, 1 if something is.
//!
//! It prints `status MS READ EPOCHS CHANGES MATCHED EXPECTED WALL` five times a second, and its verdict at the end.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use segflow_tests::checker::{Checker, Source, read};

/// Reads what Segflow writes, while it writes, and checks it without using any of its code.
#[derive(Parser)]
struct Arguments {
    /// The broker, as HOST:PORT
    #[arg(long)]
    bootstrap: String,
    /// The beginning of every topic's name
    #[arg(long)]
    prefix: String,
    /// The topic of changes; not given: PREFIX.changes
    #[arg(long)]
    changes: Option<String>,
    /// Partitions of every topic
    #[arg(long, default_value_t = 12)]
    partitions: usize,
    /// The segmentation's time zone
    #[arg(long)]
    zone: String,
    /// Read on until this file exists; not given: until the ends as they stand
    #[arg(long)]
    until: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Arguments { bootstrap, prefix, changes, partitions, zone, until } = arguments;
    let mut checker = Checker::new(&zone, partitions);
    let (mut told, mut faulty) = (None::<Instant>, false);
    let source = Source { bootstrap, prefix, changes, partitions };
    let is_over = || until.as_ref().is_none_or(|file| file.exists());
    read(&source, &mut checker, is_over, |checker| {
        let verdict = checker.verdict();
        if !verdict.is_sound() && !faulty {
            faulty = true;
            println!("{verdict}");
        }
        if told.is_none_or(|told| told.elapsed() > Duration::from_millis(200)) {
            told = Some(Instant::now());
            let now = jiff::Timestamp::now().as_millisecond();
            println!(
                "status {now} {} {} {} {} {} {}",
                verdict.read,
                verdict.epochs,
                verdict.changes,
                verdict.matched,
                verdict.expected,
                checker.slowest().unwrap_or_default()
            );
        }
    });
    let verdict = checker.finish();
    println!("{verdict}");
    if verdict.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
