//! `cargo xtask ci`: what must pass before a change lands, in two stages. The fast one needs neither RocksDB nor a broker.

use std::process::Command;

use anyhow::{Context, Result};

use crate::instructions::Instructions;
use crate::layers;
use crate::shell::{cache, cargo, program, run as call, target};

/// What the fast stage builds: the pure crates, the properties, and `segflow check` and `segflow fold`.
const PURE: &str = "--no-default-features -p segflow-core -p segflow-wire -p segflow-engine -p segflow-explain \
                    -p segflow-archive -p segflow-mapping -p segflow-portfolio -p segflow-pure-tests -p segflow-cli -p xtask";

#[derive(clap::Args)]
pub struct Ci {
    /// Only this stage
    stage: Option<Stage>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Stage {
    /// Formatting, spelling, licences, layers; lints, docs and tests of what needs no RocksDB
    Fast,
    /// Lints and docs of everything, and `make test`
    Live,
}

impl Ci {
    /// Stops at the first thing that is wrong.
    pub fn run(self) -> Result<()> {
        if self.stage != Some(Stage::Live) {
            fast()?;
        }
        if self.stage != Some(Stage::Fast) {
            live()?;
        }
        Ok(())
    }
}

fn fast() -> Result<()> {
    step("formatting", &mut cargo("fmt --all --check"))?;
    step("spelling", &mut tool("typos"))?;
    println!("\n## layers");
    layers::check()?;
    step("licences, sources, bans", tool("cargo-deny").args(["--locked", "check", "bans", "licenses", "sources"]))?;
    step("syntax of Python", &mut python("-m compileall -q examples tests xtask"))?;
    step("tests of the benchmark's harness", &mut python("-m unittest discover -q -s tests/peers/harness"))?;
    step("lints of what is pure", &mut cargo(&format!("clippy --release {PURE} --all-targets -- -D warnings")))?;
    step("docs of what is pure", &mut docs(PURE))?;
    step("tests of what is pure", &mut cargo(&format!("test --release {PURE} --no-fail-fast")))
}

fn live() -> Result<()> {
    step("lints", &mut cargo("clippy --release --workspace --all-targets -- -D warnings"))?;
    step("docs", &mut docs("--workspace"))?;
    step("tests", program("make").arg("test"))?;
    println!("\n## instructions of fold");
    Instructions::default().run()
}

fn docs(packages: &str) -> Command {
    let mut docs = cargo(&format!("doc --release --no-deps {packages}"));
    docs.env("RUSTDOCFLAGS", "-D warnings");
    docs
}

/// A call of Python, its arguments separated by spaces, that leaves no compiled files in the clone.
fn python(arguments: &str) -> Command {
    let mut python = program("python3");
    python.args(arguments.split_whitespace()).env("PYTHONPYCACHEPREFIX", target().join("python"));
    python
}

/// A tool that `deploy/install-tools ci` has put into the cache.
fn tool(name: &str) -> Command {
    program(cache().join("tools/bin").join(name))
}

fn step(name: &str, command: &mut Command) -> Result<()> {
    println!("\n## {name}");
    call(command).with_context(|| name.to_owned())
}
