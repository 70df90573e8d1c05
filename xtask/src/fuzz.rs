//! `cargo xtask fuzz`: the tests named `fuzz_*`, which give random bytes and texts to what reads foreign input, with as many
//! cases as fit into a time.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::shell::{cargo, root, run as call};
use crate::sources;

/// How many cases each test has in the first round, and by what factor a round may grow.
const FIRST_CASES: u64 = 2_000;
const GROWTH_MAX: f64 = 8.0;

/// Each test reads `PROPTEST_CASES` and draws other cases in each round. A failure prints its case, shrunk.
#[derive(clap::Args)]
pub struct Fuzz {
    /// For how long, after building; the last round may last longer
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Only the tests of these packages; not given: of every package that has some
    #[arg(short, long)]
    package: Vec<String>,
}

impl Fuzz {
    /// Fails if a test does, or if there is none.
    pub fn run(self) -> Result<()> {
        let packages = if self.package.is_empty() { with_fuzz_tests()? } else { self.package };
        ensure!(!packages.is_empty(), "expected tests named fuzz_*, found none");
        let tests = || {
            let mut tests = cargo("test --release --quiet --no-default-features --lib --tests");
            tests.args(packages.iter().flat_map(|package| ["-p", package]));
            tests
        };
        call(tests().arg("--no-run"))?;
        let (end, mut cases) = (Instant::now() + Duration::from_secs(self.seconds), FIRST_CASES);
        loop {
            println!("{cases} cases of each test named fuzz_* in {}", packages.join(", "));
            let began = Instant::now();
            call(tests().args(["--", "fuzz_"]).env("PROPTEST_CASES", cases.to_string()))?;
            let (took, left) = (began.elapsed(), end.saturating_duration_since(Instant::now()));
            let growth = (left.as_secs_f64() / took.as_secs_f64().max(0.01)).min(GROWTH_MAX);
            if growth < 0.1 {
                return Ok(());
            }
            cases = (cases as f64 * growth).ceil() as u64;
        }
    }
}

/// The packages whose sources have tests named so.
fn with_fuzz_tests() -> Result<Vec<String>> {
    let mut packages = Vec::new();
    for folder in ["crates", "tests"] {
        for entry in fs::read_dir(root().join(folder))? {
            let path = entry?.path();
            if path.join("Cargo.toml").exists() && sources::have(&path, "fn fuzz_")? {
                packages.extend(package_name(&path)?);
            }
        }
    }
    packages.sort();
    Ok(packages)
}

fn package_name(folder: &Path) -> Result<Option<String>> {
    let manifest = fs::read_to_string(folder.join("Cargo.toml"))?;
    let name = manifest.lines().find_map(|line| line.strip_prefix("name = "));
    Ok(name.map(|name| name.trim_matches('"').to_owned()))
}
