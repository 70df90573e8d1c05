//! `cargo xtask release`: the command for shipping, stripped, in `dist` of the target folder. Its symbols are a file of
//! their own beside it, which the command names: a backtrace has files and lines where both are in one folder.

use std::fs;

use anyhow::Result;

use crate::shell::{cargo, program, run as call, target};

/// Builds, strips, and says how large both files are.
pub fn run() -> Result<()> {
    call(&mut cargo("build --release --locked --package segflow-cli"))?;
    let built = target().join("release/segflow");
    let dist = target().join("dist");
    let (shipped, symbols) = (dist.join("segflow"), dist.join("segflow.debug"));
    fs::create_dir_all(&dist)?;
    call(program("objcopy").arg("--only-keep-debug").arg(&built).arg(&symbols))?;
    let mut link = program("objcopy");
    // The name alone is kept, so that the two files can be moved together.
    link.current_dir(&dist).args(["--strip-all", "--add-gnu-debuglink=segflow.debug"]);
    call(link.arg(&built).arg(&shipped))?;
    for file in [shipped, symbols] {
        println!("{} {:.1} MB", file.display(), fs::metadata(&file)?.len() as f64 / 1e6);
    }
    Ok(())
}
