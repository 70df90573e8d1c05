//! `cargo xtask chaos` and `cargo xtask recovery`: `segflow-chaos` on a real broker. Figures for `docs/reliability.md`.

use std::ffi::OsString;
use std::process::Stdio;

use anyhow::Result;

use crate::shell::{cargo, program, run, target};

/// Options of `segflow-chaos`, as they are given; it has the defaults and the help.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub struct Options {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    options: Vec<OsString>,
}

/// Builds what a task of `segflow-chaos` needs, and runs it.
pub fn segflow_chaos(task: &str, options: &Options) -> Result<()> {
    run(program("deploy/kafka-local/kafka").arg("fetch").stdout(Stdio::null()))?;
    run(&mut cargo("build --release -p segflow-cli -p segflow-tests --bins"))?;
    run(program(target().join("release/segflow-chaos")).arg(task).args(&options.options))
}
