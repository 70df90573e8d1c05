//! [`KafkaLog`]: a worker's log on Apache Kafka. Each port is implemented in the folder of its name.

use std::thread;

use segflow_runtime::log::LogResult;

use crate::admin::check::check;
use crate::client::config::KafkaConfig;
use crate::committed::committed_reader::KafkaPast;
use crate::group::ownership::Ownership;
use crate::inputs::ends::Asker;
use crate::inputs::reader::Reader;
use crate::transaction::producer::Transactions;

/// One worker's log: a member of the group, a reader, a producer, a client that asks, and in recovery some more.
pub struct KafkaLog {
    pub(crate) config: KafkaConfig,
    partitions: u32,
    pub(crate) ownership: Ownership,
    pub(crate) reader: Reader,
    pub(crate) asker: Asker,
    pub(crate) transactions: Transactions,
    pub(crate) past: KafkaPast,
}

/// A worker may be made on one thread and run on another.
const _: fn() = || {
    fn moves<T: Send>() {}
    moves::<KafkaLog>();
};

impl KafkaLog {
    /// Checks the topics, fences the predecessor of this worker's name, and joins the group. Blocks for at most about a
    /// minute.
    ///
    /// # Errors
    /// `Stop` if the configuration or the topics are not as they must be; `Retry` while the cluster cannot be reached;
    /// `Fenced` if another worker of the same name is starting.
    pub fn open(config: KafkaConfig) -> LogResult<Self> {
        config.check()?;
        let (asker, reader, mut past) = (Asker::open(&config)?, Reader::open(&config)?, KafkaPast::new(config.clone()));
        let (partitions, transactions, ownership) = thread::scope(|scope| {
            scope.spawn(|| reader.warm());
            scope.spawn(|| past.warm());
            let topics = check(asker.consumer(), &config)?;
            topics.warn();
            Ok((topics.partitions, Transactions::open(&config)?, Ownership::join(&config)?))
        })?;
        Ok(Self { config, partitions, ownership, reader, asker, transactions, past })
    }

    /// How many partitions every topic has: how many tasks there are in all.
    #[must_use]
    pub const fn partitions(&self) -> u32 {
        self.partitions
    }
}
