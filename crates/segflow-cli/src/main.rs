//! `segflow`: parses, wires, and maps outcomes to exit codes. Nothing is decided here.

#![warn(clippy::print_stdout, clippy::print_stderr, reason = "`terminal` says everything")]

mod command;
#[cfg(feature = "service")]
mod config;
#[cfg(feature = "service")]
mod interrupt;
mod mapping;
mod segmentation;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use command::Command;

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

/// Exit codes: 0 done, also if the reader of standard output has enough; 1 it could not be done, 2 wrong usage, 3 an audit has found a difference.
fn main() -> ExitCode {
    match Arguments::parse().command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if terminal::is_enough(&error) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::tell!("segflow: {error:#}");
            #[cfg(feature = "service")]
            if error.is::<command::audit::Differs>() {
                return ExitCode::from(3);
            }
            ExitCode::FAILURE
        }
    }
}
