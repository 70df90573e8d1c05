//! Trimming a journal: DeleteRecords.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions};
use segflow_runtime::log::{LogError, LogResult, TaskId};

use crate::admin::topics::wait_for;
use crate::client::client_context::LoggingContext;
use crate::client::config::KafkaConfig;
use crate::client::errors::failed;
use crate::client::partitions::{list_at, offset};

/// How long the cluster may take. It usually takes a few milliseconds, and the next snapshot waits for it.
const ANSWER: Duration = Duration::from_secs(5);

/// Deletes what stands before an offset in a task's journal, by a client that lives no longer than that: it happens once
/// a snapshot, and belongs to no worker's thread.
pub(crate) fn trim(config: &KafkaConfig, task: TaskId, before: u64) -> LogResult<()> {
    let doing = format!("trimming {} [{}] to {before}", config.journal(), task.0);
    let client = config.connection.client(&format!("{}-trim", config.member()), &[]);
    let admin: AdminClient<LoggingContext> =
        client.create_with_context(LoggingContext::default()).map_err(|error| failed(&doing, &error))?;
    let offsets = list_at([(config.journal(), task, offset(before))]).map_err(|error| failed(&doing, &error))?;
    let options = AdminOptions::new().request_timeout(Some(ANSWER)).operation_timeout(Some(ANSWER));
    let trimmed = wait_for(admin.delete_records(&offsets, &options))?.map_err(|error| failed(&doing, &error))?;
    for partition in trimmed.elements() {
        partition.error().map_err(|error| LogError::Retry(format!("{doing}: {error}")))?;
    }
    Ok(())
}
