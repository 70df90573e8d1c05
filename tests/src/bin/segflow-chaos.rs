//! `segflow-chaos`: the chaos run, and as `segflow-chaos load` the load of it. `cargo xtask chaos` starts it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};
use segflow_tests::chaos::{ChaosSettings, Load, Mode, recovery, run};

/// Three processes of Segflow under load on a real broker, a fault every so often, and an independent checker.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Action,
}

#[derive(Subcommand)]
enum Action {
    /// The whole run; exit code 1 if anything is not as it must be
    Run {
        /// Events per second
        #[arg(long, default_value_t = 5_000)]
        rate: u32,
        /// How long, in seconds
        #[arg(long, default_value_t = 1_200)]
        seconds: u64,
        /// From one fault to the next, in seconds
        #[arg(long, default_value_t = 60)]
        every: u64,
        /// How many customers
        #[arg(long, default_value_t = 60_000)]
        customers: u32,
    },
    /// How long it takes to go on after SIGKILL
    Recovery {
        #[arg(long, value_enum)]
        mode: Mode,
        #[arg(long, default_value_t = 1_000_000)]
        customers: u32,
        #[arg(long, default_value_t = 5)]
        kills: u32,
        /// Further lines of configuration, separated by `;`
        #[arg(long, default_value = "")]
        settings: String,
        /// Seconds before the first kill, for a snapshot to be made or a standby to catch up
        #[arg(long, default_value_t = 0)]
        settle: u64,
    },
    /// The load alone
    Load {
        #[arg(long)]
        bootstrap: String,
        #[arg(long)]
        prefix: String,
        #[arg(long)]
        zone: String,
        #[arg(long)]
        customers: u32,
        #[arg(long)]
        rate: u32,
        /// How long it is going to last, in seconds
        #[arg(long)]
        run: u64,
        #[arg(long, default_value_t = 0)]
        generation: u32,
        /// Send on until this file exists
        #[arg(long)]
        until: PathBuf,
    },
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Action::Run { rate, seconds, every, customers } => {
            let (length, every) = (Duration::from_secs(seconds), Duration::from_secs(every));
            if run(ChaosSettings { rate, length, every, customers }) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Action::Recovery { mode, customers, kills, settings, settle } => {
            recovery(mode, customers, kills, &settings, Duration::from_secs(settle));
            ExitCode::SUCCESS
        }
        Action::Load { bootstrap, prefix, zone, customers, rate, run, generation, until } => {
            let mut sender = Load { bootstrap, prefix, customers, generation, zone }.sender();
            if generation == 0 {
                sender.begin(Duration::from_secs(run));
            }
            let mut told = None::<Instant>;
            sender.flow(rate, |delivered| {
                if told.is_none_or(|told| told.elapsed() > Duration::from_millis(200)) {
                    told = Some(Instant::now());
                    println!("status 0 {}", delivered.count());
                }
                until.exists()
            });
            println!("status 0 {}", sender.delivered().count());
            ExitCode::SUCCESS
        }
    }
}
