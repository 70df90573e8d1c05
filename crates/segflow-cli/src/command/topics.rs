//! `segflow topics`: creates what `run` needs.

use std::path::PathBuf;

use anyhow::{Result, bail};
use segflow_kafka::admin::topics::{Wanted, create};

use crate::config::Config;
use crate::terminal::{say, tell};

/// Create the topics that `run` needs.
#[derive(clap::Args)]
pub struct Topics {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Create inputs, outputs and journal; where one exists and differs, say how and change nothing
    Create(Create),
}

#[derive(clap::Args)]
struct Create {
    /// The configuration of `segflow run`
    #[arg(long)]
    config: PathBuf,
    /// Partitions of every topic: the number of tasks, for good
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    partitions: u32,
    /// Copies of every partition; not given: the cluster's default
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=100))]
    replication: Option<u16>,
}

impl Topics {
    pub fn run(self) -> Result<()> {
        let Action::Create(arguments) = self.action;
        let config = Config::read(&arguments.config)?;
        let mut wanted = Wanted::new(config.input_topics(), config.output_topics(), arguments.partitions);
        wanted.replication = arguments.replication;
        let outcome = create(&config.connection()?, &wanted.plan())?;
        for topic in &outcome.created {
            say!("created {topic}")?;
        }
        for topic in &outcome.present {
            say!("already there: {topic}")?;
        }
        if outcome.differences.is_empty() {
            return Ok(());
        }
        outcome.differences.iter().for_each(|difference| tell!("{difference}"));
        bail!("some topics exist and differ from what `run` needs: nothing was changed");
    }
}
