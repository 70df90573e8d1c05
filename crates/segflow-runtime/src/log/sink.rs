//! The sinks: where outputs go. All that is known of a sink, beside who writes to it, is its row of the table here.

use super::{Headers, TaskId};

/// What is said of a sink in its row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SinkProperties {
    /// The key of its topic in a configuration.
    pub key: &'static str,
    /// Its topic unless the configuration names another.
    pub default_topic: &'static str,
    /// How long its records are kept.
    pub kept: Kept,
    /// How many partitions it has.
    pub partitions: Partitions,
    /// When it is written, and so needs a topic.
    pub written: Written,
}

/// How long the records of a sink are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kept {
    /// For a time that the configuration says.
    ForATime,
    /// The last record of each key, for ever.
    LastOfEachKey,
    /// For ever, under the time of the cluster's clock.
    ForEver,
}

/// How many partitions a sink has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Partitions {
    /// One per task.
    PerTask,
    /// One in all.
    One,
}

/// When a sink is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Written {
    /// Always.
    Always,
    /// Where a candidate is evaluated.
    WithCandidate,
}

macro_rules! sinks {
    ($($(#[doc = $doc:literal])+ $sink:ident: $properties:expr,)+) => {
        /// Where an output goes.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Sink {
            $($(#[doc = $doc])+ $sink,)+
        }

        impl Sink {
            /// Every sink, in the order in which they are listed everywhere.
            pub const ALL: [Self; [$(stringify!($sink)),+].len()] = [$(Self::$sink),+];

            /// Its row of the table.
            #[must_use]
            pub const fn properties(self) -> SinkProperties {
                match self {
                    $(Self::$sink => $properties,)+
                }
            }
        }
    };
}

sinks! {
    /// The segment changes.
    Changes: SinkProperties {
        key: "changes",
        default_topic: "collections.segment-changes",
        kept: Kept::ForATime,
        partitions: Partitions::PerTask,
        written: Written::Always,
    },
    /// The compacted memberships.
    Segments: SinkProperties {
        key: "segments",
        default_topic: "collections.segments",
        kept: Kept::LastOfEachKey,
        partitions: Partitions::PerTask,
        written: Written::Always,
    },
    /// The records that could not be used.
    DeadLetters: SinkProperties {
        key: "dead_letters",
        default_topic: "collections.dead-letters",
        kept: Kept::ForATime,
        partitions: Partitions::PerTask,
        written: Written::Always,
    },
    /// The decisions: one record per epoch, whose key is the epoch in decimal.
    Journal: SinkProperties {
        key: "journal",
        default_topic: "collections.journal",
        kept: Kept::ForEver,
        partitions: Partitions::PerTask,
        written: Written::Always,
    },
    /// The texts of the segmentations that journals name, under their hashes, in the partition [`TEXTS`].
    Segmentations: SinkProperties {
        key: "segmentations",
        default_topic: "segflow.segmentations",
        kept: Kept::LastOfEachKey,
        partitions: Partitions::One,
        written: Written::Always,
    },
    /// The changes that a candidate would have made.
    Shadow: SinkProperties {
        key: "shadow",
        default_topic: "collections.segments.shadow",
        kept: Kept::ForATime,
        partitions: Partitions::PerTask,
        written: Written::WithCandidate,
    },
}

impl Sink {
    /// Every sink that needs a topic, with or without a candidate.
    pub fn always() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|sink| sink.properties().written == Written::Always)
    }
}

/// The one partition of [`Sink::Segmentations`].
pub const TEXTS: TaskId = TaskId(0);

/// A record to be written; its partition is the task's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Output {
    /// Where it goes.
    pub sink: Sink,
    /// Its partition.
    pub task: TaskId,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub value: Option<Vec<u8>>,
    /// Its headers, in order.
    pub headers: Headers,
}
