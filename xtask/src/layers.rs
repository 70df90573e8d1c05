//! `cargo xtask layers`: which crate depends on which, and what the pure crates may never reach. `deny.toml` says the same
//! of crates from elsewhere; this check needs no tool and takes a second.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::shell::{cargo, output};

/// Each library of ours, and those of ours that it may name. Tests and benchmarks may name others.
const OURS: [(&str, &[&str]); 13] = [
    ("segflow-core", &[]),
    ("segflow-wire", &["segflow-core"]),
    ("segflow-engine", &["segflow-core", "segflow-wire"]),
    ("segflow-explain", &["segflow-core", "segflow-wire", "segflow-engine"]),
    ("segflow-archive", &["segflow-core", "segflow-wire"]),
    ("segflow-portfolio", &["segflow-core"]),
    ("segflow-pure-tests", &["segflow-core", "segflow-wire"]),
    ("segflow-store", &[]),
    ("segflow-snapshot", &[]),
    ("segflow-runtime", &["segflow-core", "segflow-wire", "segflow-engine", "segflow-store", "segflow-snapshot"]),
    ("segflow-kafka", &["segflow-core", "segflow-runtime"]),
    (
        "segflow-backtest",
        &[
            "segflow-core",
            "segflow-wire",
            "segflow-engine",
            "segflow-explain",
            "segflow-archive",
            "segflow-store",
            "segflow-runtime",
        ],
    ),
    ("segflow-ops", &["segflow-core", "segflow-engine", "segflow-runtime"]),
];

/// Crates that reach no broker, no store and no log, neither themselves nor through another crate.
const PURE: [&str; 7] = [
    "segflow-core",
    "segflow-wire",
    "segflow-engine",
    "segflow-explain",
    "segflow-archive",
    "segflow-portfolio",
    "segflow-pure-tests",
];

/// What a pure crate may not reach.
const IMPURE: [&str; 8] = ["rocksdb", "rdkafka", "tokio", "tracing", "axum", "prometheus", "object_store", "reqwest"];

/// Fails if a crate names or reaches what it may not.
pub fn check() -> Result<()> {
    let mut wrong = Vec::new();
    for (package, allowed) in OURS {
        let reached = reached(package)?;
        let named = reached.iter().filter(|(depth, name)| *depth == 1 && name.starts_with("segflow-"));
        let named = named.filter(|(_, name)| !allowed.contains(&name.as_str()));
        wrong.extend(named.map(|(_, name)| format!("{package} may not depend on {name}")));
        if PURE.contains(&package) {
            let impure = IMPURE.into_iter().filter(|impure| reached.iter().any(|(_, name)| name == impure));
            wrong.extend(impure.map(|name| format!("{package} is pure and may not reach {name}")));
        }
    }
    if wrong.is_empty() { Ok(()) } else { bail!("the layers are broken:\n  {}", wrong.join("\n  ")) }
}

/// What a package is built from, tests and benchmarks aside: the name of each crate, and how far it is away.
fn reached(package: &str) -> Result<BTreeSet<(u32, String)>> {
    let tree = output(cargo("tree --locked --edges normal,build --prefix depth --package").arg(package))?;
    let crates = tree.lines().filter_map(|line| {
        let name = line.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let depth = line[..line.len() - name.len()].parse().ok()?;
        Some((depth, name.split(' ').next()?.to_owned()))
    });
    Ok(crates.collect())
}
