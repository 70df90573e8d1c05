//! A gate that holds up whoever passes it while it is shut.

use std::sync::{Condvar, Mutex};
use std::time::Duration;

/// How long anybody waits: a test that has failed does not hang.
const LIMIT: Duration = Duration::from_secs(60);

/// Open at first.
#[derive(Default, Debug)]
pub struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default, Debug)]
struct State {
    shut: bool,
    waiting: usize,
}

impl Gate {
    pub fn shut(&self) {
        self.state.lock().unwrap().shut = true;
    }

    pub fn open(&self) {
        self.state.lock().unwrap().shut = false;
        self.changed.notify_all();
    }

    /// How many it holds up.
    pub fn waiting(&self) -> usize {
        self.state.lock().unwrap().waiting
    }

    /// Passes once it is open.
    pub fn pass(&self) {
        let mut state = self.state.lock().unwrap();
        state.waiting += 1;
        let (mut state, waited) = self.changed.wait_timeout_while(state, LIMIT, |state| state.shut).unwrap();
        state.waiting -= 1;
        assert!(!waited.timed_out(), "the gate was never opened");
    }
}
