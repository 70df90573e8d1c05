//! `cargo xtask`: what is done with the repository beside building it. It depends on no crate of Segflow, so that it is
//! ready within a minute.

mod ci;
mod faults;
mod fuzz;
mod instructions;
mod layers;
mod measure;
mod object_stores;
mod populations;
mod release;
mod scale;
mod shell;
mod sources;
mod suite;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "What is done with the repository beside building it")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// What must pass before a change lands
    Ci(ci::Ci),
    /// Check which crates depend on which
    Layers,
    /// Run every test, those of Kafka behaviour against a real broker, and count them
    Test,
    /// Run the tests named `fuzz_*` with many random cases
    Fuzz(fuzz::Fuzz),
    /// Build the command for shipping: stripped, its symbols beside it
    Release,
    /// Three processes on a real broker under load and faults, and an independent checker
    Chaos(faults::Options),
    /// How long Segflow takes to go on after a kill, on a real broker
    Recovery(faults::Options),
    /// Time `fold`, `backtest` and `run` over the same events
    Measure(measure::Measure),
    /// Count the instructions of `fold` for fixed events, and compare with what was recorded
    Instructions(instructions::Instructions),
    /// How a backtest grows with the number of customers
    Scale(scale::Scale),
    /// Who is ever in which segment of the shipped segmentations, and how often moves are taken back
    Populations(populations::Populations),
    /// Snapshots against servers that speak the clouds' protocols
    ObjectStores,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Ci(ci) => ci.run(),
        Task::Layers => layers::check(),
        Task::Test => suite::run(),
        Task::Fuzz(fuzz) => fuzz.run(),
        Task::Release => release::run(),
        Task::Chaos(options) => faults::segflow_chaos("run", &options),
        Task::Recovery(options) => faults::segflow_chaos("recovery", &options),
        Task::Measure(measure) => measure.run(),
        Task::Instructions(instructions) => instructions.run(),
        Task::Scale(scale) => scale.run(),
        Task::Populations(populations) => populations.run(),
        Task::ObjectStores => object_stores::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
