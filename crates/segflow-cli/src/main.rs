//! `segflow`: parses, wires, and maps outcomes to exit codes. Nothing is decided here.

mod command;
mod config;
mod segmentation;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A fifth of `fold` is allocation of small texts and lists (docs/performance.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Keeps every customer's segments true while their behaviour changes.
#[derive(Parser)]
#[command(name = "segflow", version, about, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a simulated portfolio through the real cycle, without a broker
    Demo(command::demo::Demo),
    /// Run the service on Kafka
    Run(command::run::Run),
    /// Turn events into segment changes, without broker or disk
    Fold(command::fold::Fold),
    /// Replay topics or archives with a candidate segmentation, and write a report
    Backtest(command::backtest::Backtest),
    /// Decide the journal again from the inputs and compare, or show one customer as of an instant
    Audit(command::audit::Audit),
    /// Check a segmentation and list what it reads
    Check(command::check::Check),
    /// Show one customer of a running or stopped service: facts, features, memberships, why, and what comes next
    Inspect(command::inspect::Inspect),
    /// Write the simulated portfolio as NDJSON, or onto Kafka
    Generate(command::generate::Generate),
    /// List, check and restore the snapshots of tasks
    Snapshots(command::snapshots::Snapshots),
    /// Create the topics that `run` needs
    Topics(command::topics::Topics),
}

/// Exit codes: 0 done, 1 it could not be done, 2 wrong usage, 3 an audit has found a difference.
fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Demo(demo) => demo.run(),
        Command::Run(run) => run.run(),
        Command::Fold(fold) => fold.run(),
        Command::Backtest(backtest) => backtest.run(),
        Command::Audit(audit) => audit.run(),
        Command::Check(check) => check.run(),
        Command::Inspect(inspect) => inspect.run(),
        Command::Generate(generate) => generate.run(),
        Command::Snapshots(snapshots) => snapshots.run(),
        Command::Topics(topics) => topics.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("segflow: {error:#}");
            if error.is::<command::audit::Differs>() { ExitCode::from(3) } else { ExitCode::FAILURE }
        }
    }
}
