//! Every command of `segflow`: a file each, or a folder where a command needs several. To add one is to add its module, its
//! variant and its call here; its documentation is the help text.

#[cfg(feature = "service")]
pub mod audit;
#[cfg(feature = "service")]
pub mod backtest;
pub mod check;
#[cfg(feature = "service")]
pub mod demo;
pub mod fold;
#[cfg(feature = "service")]
pub mod generate;
#[cfg(feature = "service")]
pub mod inspect;
pub mod map;
#[cfg(feature = "service")]
pub mod run;
#[cfg(feature = "service")]
pub mod snapshots;
#[cfg(feature = "service")]
pub mod topics;

use anyhow::Result;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use segflow_core::event::CustomerId;

/// The commands, in the order of the help text.
#[derive(clap::Subcommand)]
pub enum Command {
    #[cfg(feature = "service")]
    Demo(demo::Demo),
    #[cfg(feature = "service")]
    Run(run::Run),
    Fold(fold::Fold),
    #[cfg(feature = "service")]
    Backtest(backtest::Backtest),
    #[cfg(feature = "service")]
    Audit(audit::Audit),
    Check(check::Check),
    #[command(subcommand)]
    Map(map::Map),
    #[cfg(feature = "service")]
    Inspect(inspect::Inspect),
    #[cfg(feature = "service")]
    Generate(generate::Generate),
    #[cfg(feature = "service")]
    Snapshots(snapshots::Snapshots),
    #[cfg(feature = "service")]
    Topics(topics::Topics),
}

impl Command {
    pub fn run(self) -> Result<()> {
        match self {
            #[cfg(feature = "service")]
            Self::Demo(demo) => demo.run(),
            #[cfg(feature = "service")]
            Self::Run(run) => run.run(),
            Self::Fold(fold) => fold.run(),
            #[cfg(feature = "service")]
            Self::Backtest(backtest) => backtest.run(),
            #[cfg(feature = "service")]
            Self::Audit(audit) => audit.run(),
            Self::Check(check) => check.run(),
            Self::Map(map) => map.run(),
            #[cfg(feature = "service")]
            Self::Inspect(inspect) => inspect.run(),
            #[cfg(feature = "service")]
            Self::Generate(generate) => generate.run(),
            #[cfg(feature = "service")]
            Self::Snapshots(snapshots) => snapshots.run(),
            #[cfg(feature = "service")]
            Self::Topics(topics) => topics.run(),
        }
    }
}

/// Reads an argument that is one of some words.
fn one_of<T, const N: usize>(words: [(&'static str, T); N]) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    PossibleValuesParser::new(words.map(|(word, _)| word)).map(move |word| {
        words.into_iter().find(|(known, _)| *known == word).map(|(_, value)| value).expect("a known word")
    })
}

/// Reads a customer's id that is an argument of a command.
fn customer_id(text: &str) -> Result<CustomerId, String> {
    CustomerId::new(text).ok_or_else(|| format!("expected an id of 1 to {} bytes", CustomerId::MAX_BYTES))
}
