//! What the engine decides, over states in memory: no disk, no log, no worker.

#![allow(clippy::unwrap_used, reason = "a test")]

mod epochs;
mod migrations;
mod replays;
mod rules;
mod support;
