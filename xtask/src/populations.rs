//! `cargo xtask populations`: the simulated portfolio through each shipped segmentation, as it is and without hysteresis
//! (`stay`, `for`, `keep`, `bypass`). Figures for `docs/populations.md`.
//!
//! Prints who was ever where, who is there at the end, and how often a move is taken back within 7 days. Events and
//! changes are piped, not stored. `populations.py` counts.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::shell::{Running, output, pipe, program, root, run, segflow};

#[derive(clap::Args)]
pub struct Populations {
    /// How many customers
    #[arg(default_value_t = 100_000)]
    customers: u32,
    /// How many days are simulated
    #[arg(default_value_t = 730)]
    days: u32,
    /// Which of the segmentations in deploy/segmentations
    #[arg(default_values = ["consumer-collections", "b2b-credit-control", "utilities-contact-centre"])]
    names: Vec<String>,
    /// How many of the customers to run without hysteresis, if not all
    #[arg(long)]
    bare: Option<u32>,
}

impl Populations {
    /// Fails if a segment is never entered.
    pub fn run(self) -> Result<()> {
        let mut failed = Vec::new();
        for name in &self.names {
            if let Err(error) = self.segmentation(name) {
                eprintln!("{name}: {error:#}");
                failed.push(name.as_str());
            }
        }
        if failed.is_empty() { Ok(()) } else { bail!("{}", failed.join(", ")) }
    }

    fn segmentation(&self, name: &str) -> Result<()> {
        let scratch = tempfile::tempdir()?;
        let rules = root().join(format!("deploy/segmentations/{name}.yaml"));
        let bare_rules = scratch.path().join("bare.yaml");
        fs::write(&bare_rules, output(python("bare").arg(&rules))?)?;
        let bare = self.bare.unwrap_or(self.customers);
        println!("## {name}: {} customers ({bare} without hysteresis), {} days", self.customers, self.days);
        let with =
            Count { rules: &rules, declared: &rules, customers: self.customers, into: scratch.path().join("with") };
        let without =
            Count { rules: &bare_rules, declared: &rules, customers: bare, into: scratch.path().join("without") };
        let mut counting = with.start(self.days)?;
        counting.extend(without.start(self.days)?);
        counting.iter_mut().try_for_each(Running::end)?;
        print!("{}", fs::read_to_string(with.into.with_extension("summary"))?);
        run(python("table").arg(with.into.with_extension("json")).arg(without.into.with_extension("json")))
    }
}

/// One count of a portfolio by one segmentation.
struct Count<'a> {
    rules: &'a Path,
    /// The file that declares all segments.
    declared: &'a Path,
    customers: u32,
    /// A path whose `.summary` becomes that of `fold`, and whose `.json` the counts.
    into: PathBuf,
}

impl Count<'_> {
    fn start(&self, days: u32) -> Result<Vec<Running>> {
        let mut generate = segflow();
        generate.arg("generate").arg(format!("--customers={}", self.customers)).arg(format!("--days={days}"));
        generate.stderr(Stdio::null());
        // The portfolio is in pounds; an amount is an amount.
        let mut convert = program("sed");
        convert.arg(format!(r#"s/"currency":"GBP"/"currency":"{}"/"#, currency(self.declared)?));
        let mut fold = segflow();
        fold.arg("fold").arg("--segmentation").arg(self.rules);
        fold.stderr(File::create(self.into.with_extension("summary"))?);
        let mut count = python("count");
        count.arg(self.declared).stdout(File::create(self.into.with_extension("json"))?);
        pipe([generate, convert, fold, count])
    }
}

fn currency(rules: &Path) -> Result<String> {
    let text = fs::read_to_string(rules)?;
    let currency = text.lines().find_map(|line| line.strip_prefix("currency:"));
    let currency = currency.with_context(|| format!("{}: expected a currency, found none", rules.display()))?;
    Ok(currency.split_whitespace().next().unwrap_or_default().to_owned())
}

fn python(task: &str) -> Command {
    let mut command = program("python3");
    command.arg("xtask/populations.py").arg(task);
    command
}
