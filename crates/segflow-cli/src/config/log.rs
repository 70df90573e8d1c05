//! `[log]`: what the service logs, and how.

use std::io::IsTerminal;

use anyhow::{Context, Result};
use serde::Deserialize;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

/// The log on standard error.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    pub level: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Text }
    }
}

impl Log {
    /// Starts to log. To be called once in a process.
    pub fn start(&self) -> Result<()> {
        let filter: Targets = self.level.parse().with_context(|| {
            format!("`log.level`: expected error, warn, info, debug or trace, found {}", self.level)
        })?;
        let colours = std::io::stderr().is_terminal();
        let log = tracing_subscriber::fmt::layer().with_ansi(colours).with_writer(std::io::stderr);
        let filtered = tracing_subscriber::registry().with(filter);
        match self.format {
            LogFormat::Text => filtered.with(log).init(),
            LogFormat::Json => filtered.with(log.json()).init(),
        }
        Ok(())
    }
}
