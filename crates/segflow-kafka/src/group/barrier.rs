//! Recovery's barriers: nothing about a task is undecided any more.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use segflow_core::event::Family;
use segflow_runtime::log::{Barrier, LogResult, TaskId};

use crate::client::errors::failed;
use crate::client::partitions::{latest, list, number};

/// How long the first barrier waits for a transaction's end before it says "not yet".
const PENDING: Duration = Duration::from_millis(200);

/// How long to wait for a leader's answer. While it is away, the worker's other tasks wait as long.
const ANSWER: Duration = Duration::from_secs(1);

/// The answer to the first barrier's question.
pub(crate) enum Pending {
    /// Some offset of the task is pending, or there is no answer yet.
    Some,
    /// No offset of the task is pending.
    None {
        /// The metadata of the offset of its journal partition, if it has any.
        mark: Option<String>,
    },
}

/// First barrier: whether an offset of these partitions is pending in an undecided transaction.
///
/// The group's coordinator answers a `read_committed` client with UNSTABLE_OFFSET_COMMIT while one is; librdkafka asks
/// again until the time is up. The offsets themselves are ignored. While the group rebalances, the question waits behind
/// the member's own request to join, and the answer may be "not yet" for that reason alone.
pub(crate) fn pending_offsets<C: ConsumerContext>(
    member: &BaseConsumer<C>,
    inputs: &BTreeMap<Family, String>,
    journal: &str,
    task: TaskId,
) -> LogResult<Pending> {
    let topics = inputs.values().map(String::as_str).chain([journal]);
    let asked = list(topics.map(|topic| (topic, task)));
    match member.committed_offsets(asked, PENDING) {
        Ok(answer) => {
            let failure = answer.elements().iter().find_map(|element| element.error().err());
            let marker = answer.find_partition(journal, number(task));
            let mark = marker.map(|marker| marker.metadata().to_owned()).filter(|mark| !mark.is_empty());
            failure.map_or(Ok(Pending::None { mark }), |error| undecided(&error))
        }
        Err(error) => undecided(&error),
    }
}

/// Not yet, or a failure. The question's time may also run out because the broker is away: that is "not yet" as well.
fn undecided(error: &KafkaError) -> LogResult<Pending> {
    match error.rdkafka_error_code() {
        Some(
            Code::UnstableOffsetCommit | Code::OperationTimedOut | Code::RequestTimedOut | Code::WaitingForCoordinator,
        ) => Ok(Pending::Some),
        _ => Err(failed("asking for pending offsets", error)),
    }
}

/// Second barrier: whether the last stable offset of the journal's partition has reached its high watermark.
pub(crate) fn journal_tail<U: ConsumerContext, C: ConsumerContext>(
    uncommitted: &BaseConsumer<U>,
    committed: &BaseConsumer<C>,
    journal: &str,
    task: TaskId,
) -> LogResult<Barrier> {
    let key = (journal.to_owned(), task);
    let partition = [(journal, task)];
    let doing = "asking for the end of the journal";
    let high = latest(uncommitted, &partition, ANSWER).map_err(|error| failed(doing, &error))?;
    if high.is_empty() {
        return Ok(Barrier::Holds);
    }
    let stable = latest(committed, &partition, ANSWER).map_err(|error| failed(doing, &error))?;
    let decided = matches!((high.get(&key), stable.get(&key)), (Some(high), Some(stable)) if stable >= high);
    Ok(Barrier::before(decided))
}
