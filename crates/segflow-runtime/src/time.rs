//! Monotonic time: for rests, back-offs, ages and alarms. It decides nothing about a customer.
//!
//! The runtime asks no other clock, so that a test or a simulation can steer it. How long something took, where only the
//! log of the process is told, is measured here too.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A clock that never goes back. Clones show the same time.
#[derive(Clone, Default, Debug)]
pub enum Monotonic {
    /// The machine's.
    #[default]
    Real,
    /// One that stands still until somebody moves it.
    Steered(Steered),
}

/// A clock that stands still until somebody moves it. Clones share it.
#[derive(Clone, Debug)]
pub struct Steered(Arc<Mutex<Instant>>);

impl Monotonic {
    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Instant {
        match self {
            Self::Real => Instant::now(),
            Self::Steered(steered) => *steered.lock(),
        }
    }

    /// How long ago a moment was; zero if it is still to come.
    #[must_use]
    pub fn since(&self, moment: Instant) -> Duration {
        self.now().saturating_duration_since(moment)
    }

    /// Waits. A steered clock does not: it is moved by as much.
    pub fn sleep(&self, duration: Duration) {
        match self {
            Self::Real => std::thread::sleep(duration),
            Self::Steered(steered) => steered.advance(duration),
        }
    }
}

impl Steered {
    /// A clock that stands at some moment.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    /// Moves it on.
    pub fn advance(&self, duration: Duration) {
        *self.lock() += duration;
    }

    fn lock(&self) -> MutexGuard<'_, Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Steered {
    fn default() -> Self {
        Self::new()
    }
}
