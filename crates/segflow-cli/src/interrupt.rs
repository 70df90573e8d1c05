//! Ctrl-C and SIGTERM, for commands that take long and end in good order.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use signal_hook::consts::{SIGINT, SIGTERM};

/// The first signal sets the flag, the second ends the process at once.
pub fn listen(interrupted: &Arc<AtomicBool>) -> Result<()> {
    const AT_ONCE: i32 = 130;
    for signal in [SIGINT, SIGTERM] {
        let flag = || Arc::clone(interrupted);
        signal_hook::flag::register_conditional_shutdown(signal, AT_ONCE, flag())
            .and_then(|_| signal_hook::flag::register(signal, flag()))
            .context("cannot listen to signals")?;
    }
    Ok(())
}
