//! `segflow`: parses, wires, and maps outcomes to exit codes. Nothing is decided here.

mod command;
#[cfg(feature = "service")]
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
    #[cfg(feature = "service")]
    Demo(command::demo::Demo),
    /// Run the service on Kafka
    #[cfg(feature = "service")]
    Run(command::run::Run),
    /// Turn events into segment changes, without broker or disk
    Fold(command::fold::Fold),
    /// Replay topics or archives with a candidate segmentation, and write a report
    #[cfg(feature = "service")]
    Backtest(command::backtest::Backtest),
    /// Decide the journal again from the inputs and compare, or show one customer as of an instant
    #[cfg(feature = "service")]
    Audit(command::audit::Audit),
    /// Check a segmentation and list what it reads
    Check(command::check::Check),
    /// Show one customer of a running or stopped service: facts, features, memberships, why, and what comes next
    #[cfg(feature = "service")]
    Inspect(command::inspect::Inspect),
    /// Write the simulated portfolio as NDJSON, or onto Kafka
    #[cfg(feature = "service")]
    Generate(command::generate::Generate),
    /// List, check and restore the snapshots of tasks
    #[cfg(feature = "service")]
    Snapshots(command::snapshots::Snapshots),
    /// Create the topics that `run` needs
    #[cfg(feature = "service")]
    Topics(command::topics::Topics),
}

/// Exit codes: 0 done, 1 it could not be done, 2 wrong usage, 3 an audit has found a difference.
fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        #[cfg(feature = "service")]
        Command::Demo(demo) => demo.run(),
        #[cfg(feature = "service")]
        Command::Run(run) => run.run(),
        Command::Fold(fold) => fold.run(),
        #[cfg(feature = "service")]
        Command::Backtest(backtest) => backtest.run(),
        #[cfg(feature = "service")]
        Command::Audit(audit) => audit.run(),
        Command::Check(check) => check.run(),
        #[cfg(feature = "service")]
        Command::Inspect(inspect) => inspect.run(),
        #[cfg(feature = "service")]
        Command::Generate(generate) => generate.run(),
        #[cfg(feature = "service")]
        Command::Snapshots(snapshots) => snapshots.run(),
        #[cfg(feature = "service")]
        Command::Topics(topics) => topics.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("segflow: {error:#}");
            #[cfg(feature = "service")]
            if error.is::<command::audit::Differs>() {
                return ExitCode::from(3);
            }
            ExitCode::FAILURE
        }
    }
}
