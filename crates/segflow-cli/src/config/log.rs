//! `[log]`: what the service logs, and how.

use std::io::IsTerminal;

use anyhow::{Context, Result};
use serde::Deserialize;

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
        let filter = tracing_subscriber::EnvFilter::try_new(&self.level).with_context(|| {
            format!("`log.level`: expected error, warn, info, debug or trace, found {}", self.level)
        })?;
        let colours = std::io::stderr().is_terminal();
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
        match self.format {
            LogFormat::Text => log.init(),
            LogFormat::Json => log.json().init(),
        }
        Ok(())
    }
}
