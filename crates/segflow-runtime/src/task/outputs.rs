//! What an epoch writes to the sinks: changes, memberships, dead letters, and its own journal record.

use segflow_core::change::{Actionable, Core, Decided, Envelope};
use segflow_core::event::CustomerId;
use segflow_core::segmentation::Segmentation;
use segflow_core::state::State;
use segflow_core::time::Timestamp;
use segflow_wire::dead_letter::{self, Letter};
use segflow_wire::{Rejection, memberships};

use crate::config::Config;
use crate::log::{Output, Record, Sink, TEXTS, TaskId};
use crate::task::acceptance::raw;

/// A change that an epoch decided whose `F` is `decided_at`, for [`Sink::Changes`].
pub(crate) fn change(
    config: &Config,
    task: TaskId,
    actionable: &Actionable,
    decided_at: Timestamp,
    decided: &Decided,
) -> Output {
    let actionable = actionable.judge(&decided.core);
    let envelope = Envelope { actionable, ..envelope(config, task, decided, decided_at) };
    encoded(config, Sink::Changes, task, &decided.core, &envelope)
}

/// A change that a candidate would have made, for [`Sink::Shadow`]. Nobody is to act on it.
pub(crate) fn shadow_change(config: &Config, task: TaskId, decided_at: Timestamp, decided: &Decided) -> Output {
    encoded(config, Sink::Shadow, task, &decided.core, &envelope(config, task, decided, decided_at))
}

/// Where a customer stands now, for [`Sink::Segments`]; no value once they are erased.
pub(crate) fn memberships(
    config: &Config,
    segmentation: &Segmentation,
    task: TaskId,
    customer: &CustomerId,
    state: &State,
) -> Output {
    let memberships = || memberships::encode(customer, &state.decision, segmentation, config.outputs.segments);
    Output { value: (!state.is_stub()).then(memberships), ..keyed(Sink::Segments, task, customer.as_str(), Vec::new()) }
}

/// The dead letter of a record that cannot be used, with the reason and the origin in headers: whole, if a topic takes it.
pub(crate) fn dead_letter(config: &Config, record: &Record, rejection: &Rejection) -> Output {
    let topic = config.topic(record.family);
    let Letter { key, value, headers } = dead_letter::letter(&raw(record, topic), rejection);
    Output { sink: Sink::DeadLetters, task: record.task, key, value, headers }
}

/// The journal record of an epoch.
pub(crate) fn journal(task: TaskId, epoch: u64, bytes: Vec<u8>) -> Output {
    keyed(Sink::Journal, task, &epoch.to_string(), bytes)
}

/// The text of a segmentation, under its hash.
pub(crate) fn text(segmentation: &Segmentation) -> Output {
    keyed(Sink::Segmentations, TEXTS, &segmentation.hash, segmentation.text.clone())
}

/// The envelope of a change that nobody is to act on, decided by this release.
fn envelope(config: &Config, task: TaskId, decided: &Decided, decided_at: Timestamp) -> Envelope {
    let envelope = segflow_engine::envelope::of(decided, decided_at, task.0, |family| config.topic(family).to_owned());
    Envelope { engine_version: config.release.engine_version.clone(), ..envelope }
}

fn encoded(config: &Config, sink: Sink, task: TaskId, core: &Core, envelope: &Envelope) -> Output {
    let value = segflow_wire::change::encode_parts(core, envelope, config.outputs.changes);
    keyed(sink, task, core.customer_id.as_str(), value)
}

fn keyed(sink: Sink, task: TaskId, key: &str, value: Vec<u8>) -> Output {
    Output { sink, task, key: Some(key.as_bytes().to_vec()), value: Some(value), headers: Vec::new() }
}
