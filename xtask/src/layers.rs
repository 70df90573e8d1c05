//! `cargo xtask layers`: which crate depends on which, and what the pure crates may never reach. `deny.toml` says the same
//! of crates from elsewhere; this check needs no tool and takes a second.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::shell::{cargo, output, root};
use crate::sources;

/// Each library of ours, and those of ours that it names, no more and no fewer. Tests and benchmarks may name others.
const OURS: [(&str, &[&str]); 14] = [
    ("segflow-core", &[]),
    ("segflow-wire", &["segflow-core"]),
    ("segflow-engine", &["segflow-core", "segflow-wire"]),
    ("segflow-explain", &["segflow-core", "segflow-wire", "segflow-engine"]),
    ("segflow-archive", &["segflow-core", "segflow-wire"]),
    ("segflow-mapping", &["segflow-core", "segflow-wire"]),
    ("segflow-portfolio", &["segflow-core"]),
    ("segflow-pure-tests", &["segflow-core"]),
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
    ("segflow-ops", &["segflow-core", "segflow-runtime"]),
];

/// Crates that reach no broker, no store and no log, neither themselves nor through another crate.
const PURE: [&str; 8] = [
    "segflow-core",
    "segflow-wire",
    "segflow-engine",
    "segflow-explain",
    "segflow-archive",
    "segflow-mapping",
    "segflow-portfolio",
    "segflow-pure-tests",
];

/// What a pure crate may not reach.
const IMPURE: [&str; 8] = ["rocksdb", "rdkafka", "tokio", "tracing", "axum", "prometheus", "object_store", "reqwest"];

/// Fails if a crate depends on or reaches what it may not, or does not use what it may.
pub fn check() -> Result<()> {
    let mut wrong = Vec::new();
    for (package, allowed) in OURS {
        let reached = reached(package)?;
        let named = reached.iter().filter(|(depth, name)| *depth == 1 && name.starts_with("segflow-"));
        let named: BTreeSet<&str> = named.map(|(_, name)| name.as_str()).collect();
        let forbidden = named.iter().filter(|name| !allowed.contains(name));
        wrong.extend(forbidden.map(|name| format!("{package} may not depend on {name}")));
        let unused = allowed.iter().filter(|name| !named.contains(*name));
        wrong.extend(unused.map(|name| format!("{package} does not depend on {name}: take it from its list")));
        for name in named {
            if !sources::have(&folder(package), &name.replace('-', "_"))? {
                wrong.push(format!("{package} depends on {name}, and no source of it names that"));
            }
        }
        if PURE.contains(&package) {
            let impure = IMPURE.into_iter().filter(|impure| reached.iter().any(|(_, name)| name == impure));
            wrong.extend(impure.map(|name| format!("{package} is pure and may not reach {name}")));
        }
    }
    if wrong.is_empty() { Ok(()) } else { bail!("the layers are broken:\n  {}", wrong.join("\n  ")) }
}

/// The folder of a package's sources, tests and benchmarks aside.
fn folder(package: &str) -> PathBuf {
    let of = if package == "segflow-pure-tests" { "tests/pure".into() } else { format!("crates/{package}") };
    root().join(of).join("src")
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
