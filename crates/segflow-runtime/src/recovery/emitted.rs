//! A task whose epochs were decided otherwise than they were emitted takes over what was emitted, before it runs.
//!
//! The compacted topic of memberships carries the decision state of every customer of whom subscribers were told. It is
//! read twice. The first reading finds the last record of each key, of which a hash and the offset are kept: about 60 bytes
//! a customer. The second applies these records, some thousand at a time. Then the task's own customers are gone over:
//! nothing was told of a customer who has no record. The mark in the store stays until all that is written, so that the
//! takeover begins anew after a crash; doing it twice changes nothing.

use std::collections::HashMap;
use std::task::Poll;

use segflow_core::customer::Customer;
use segflow_core::event::CustomerId;
use segflow_core::state::{Decision, State};
use segflow_engine::emitted::Emitted;
use segflow_engine::states::States;
use segflow_wire::memberships::Memberships;
use sha2::{Digest, Sha256};
use tracing::info;

use crate::config::Config;
use crate::error::TaskError;
use crate::log::{Past, Told};
use crate::task::TaskState;

/// How many of the task's own customers are gone over at once.
const CUSTOMERS_AT_ONCE: usize = 1_000;

/// How far what was emitted has been taken over.
#[derive(Default)]
pub(super) struct Reconciliation {
    stage: Stage,
    /// How many customers were given what had been told of them.
    told: u64,
    /// How many customers were left with nothing decided.
    untold: u64,
}

/// What a step did.
pub(super) enum ReconciliationStep {
    /// Nothing: what it needs has not come yet.
    Waiting,
    /// It came further.
    Progress,
    /// All that was emitted is taken over.
    Done,
}

#[derive(Default)]
enum Stage {
    #[default]
    Bounds,
    /// The last record of each key is being found.
    Find(Reading),
    /// The last records are being applied.
    Apply(Reading),
    /// Customers without a record are being looked for, beyond this one.
    Rest(Reading, Option<CustomerId>),
}

/// The topic's partition, as far as it has been read.
#[derive(Default)]
struct Reading {
    low: u64,
    next: u64,
    end: u64,
    /// Where the last record of each key stands.
    last: HashMap<[u8; 16], u64>,
}

impl Reconciliation {
    /// Comes one step further, by one part of the topic or of the customers.
    ///
    /// # Errors
    /// `Log` of kind `Retry`: ask again later, nothing is lost. Otherwise why nothing can be taken over.
    pub(super) fn step<P: Past>(
        &mut self,
        state: &mut TaskState,
        config: &Config,
        past: &mut P,
    ) -> Result<ReconciliationStep, TaskError> {
        let task = state.task();
        match &mut self.stage {
            Stage::Bounds => {
                let Poll::Ready((low, end)) = past.memberships_within(task)? else {
                    return Ok(ReconciliationStep::Waiting);
                };
                self.stage = Stage::Find(Reading { low, next: low, end, last: HashMap::new() });
            }
            Stage::Find(reading) => {
                if !reading.is_read() {
                    let Some(records) = reading.read(past, state)? else { return Ok(ReconciliationStep::Waiting) };
                    reading.last.extend(records.iter().map(|told| (hashed(&told.key), told.offset)));
                } else {
                    reading.next = reading.low;
                    self.stage = Stage::Apply(std::mem::take(reading));
                }
            }
            Stage::Apply(reading) => {
                if !reading.is_read() {
                    let Some(records) = reading.read(past, state)? else { return Ok(ReconciliationStep::Waiting) };
                    let last = records.iter().filter(|told| reading.last.get(&hashed(&told.key)) == Some(&told.offset));
                    self.told += apply(state, last)?;
                } else {
                    self.stage = Stage::Rest(std::mem::take(reading), None);
                }
            }
            Stage::Rest(reading, after) => {
                let customers = state.states().customers(after.as_ref(), None, CUSTOMERS_AT_ONCE)?;
                let Some(last) = customers.last().cloned() else { return self.finish(state, config) };
                let untold = customers.into_iter().filter(|customer| !reading.knows(customer));
                let undone = undo(state, untold)?;
                if undone > 0 && reading.low > 0 {
                    return Err(not_whole(state, reading.low));
                }
                self.untold += undone;
                state.write_emitted()?;
                *after = Some(last);
            }
        }
        Ok(ReconciliationStep::Progress)
    }

    fn finish(&mut self, state: &mut TaskState, config: &Config) -> Result<ReconciliationStep, TaskError> {
        let (task, epoch) = (state.task().0, state.diverged());
        state.agree()?;
        let (told, untold, engine) = (self.told, self.untold, &config.release.engine_version);
        info!(task, since_epoch = epoch, told, untold, engine, "took over the memberships that were really emitted");
        self.stage = Stage::Bounds;
        Ok(ReconciliationStep::Done)
    }
}

impl Reading {
    const fn is_read(&self) -> bool {
        self.next >= self.end
    }

    /// Reads a part; none if nothing has come.
    fn read<P: Past>(&mut self, past: &mut P, state: &TaskState) -> Result<Option<Vec<Told>>, TaskError> {
        let slice = past.memberships(state.task(), self.next, self.end)?;
        let came = slice.next > self.next;
        self.next = slice.next;
        Ok(came.then_some(slice.records))
    }

    fn knows(&self, customer: &CustomerId) -> bool {
        self.last.contains_key(&hashed(customer.as_str().as_bytes()))
    }
}

/// Gives customers what was told of them, and writes it. An erased customer stays as decided again, since nothing is left
/// to be told. Returns how many changed.
fn apply<'t>(state: &mut TaskState, told: impl Iterator<Item = &'t Told>) -> Result<u64, TaskError> {
    let (task, rules, cursor) = (state.task(), state.rules().expect("an epoch diverged"), state.clock().cursor);
    let emitted = Emitted { rules: &rules, cursor: &cursor };
    let mut applied = 0;
    for Told { offset, value, .. } in told {
        let Some(value) = value else { continue };
        let refused = |error| {
            TaskError::stop(task, format_args!("the topic of memberships at offset {offset}: {error}; {WHAT_TO_DO}"))
        };
        let told = Memberships::read(value).map_err(refused)?;
        let decision = emitted.told(&told.customer_id, state.states().peek(&told.customer_id)?, &told);
        if let Some(decision) = decision.map_err(refused)? {
            put(state, &told.customer_id, decision)?;
            applied += 1;
        }
    }
    state.write_emitted()?;
    Ok(applied)
}

/// Leaves nothing decided of customers of whom nothing was told. Returns how many had something decided.
fn undo(state: &mut TaskState, customers: impl Iterator<Item = CustomerId>) -> Result<u64, TaskError> {
    let (rules, cursor) = (state.rules().expect("an epoch diverged"), state.clock().cursor);
    let emitted = Emitted { rules: &rules, cursor: &cursor };
    let mut undone = 0;
    for customer in customers {
        if let Some(decision) = emitted.untold(&customer, state.states().peek(&customer)?) {
            put(state, &customer, decision)?;
            undone += 1;
        }
    }
    Ok(undone)
}

fn put(state: &mut TaskState, customer: &CustomerId, decision: Decision) -> Result<(), TaskError> {
    let taken = |customer: &mut Customer| {
        // The memo of what was decided again goes.
        *customer = Customer::from(State { decision, ..customer.state().clone() });
    };
    Ok(state.states().change(customer, taken)?)
}

const WHAT_TO_DO: &str = "what subscribers were told cannot be known: restore the topic, or start with a fresh group and \
                          journal";

/// Customers without a record were told nothing only if no record was deleted.
fn not_whole(state: &mut TaskState, low: u64) -> TaskError {
    state.discard();
    let reason = format_args!(
        "the topic of memberships begins at offset {low}, and lacks customers of whom something was decided; {WHAT_TO_DO}"
    );
    TaskError::stop(state.task(), reason)
}

fn hashed(key: &[u8]) -> [u8; 16] {
    let digest = Sha256::digest(key);
    *digest.first_chunk().expect("a digest of 32 bytes")
}
