//! Tasks that the group has given to nobody, and the way to have them given away.
//!
//! A cooperative rebalance hands a moved task over in two rounds: its owner gives it up in the first, and asks for the
//! second. If that owner dies in between and, being a static member, is back before its session ends, the broker gives
//! it what the first round had left it and starts no second one: the tasks that were to move stay without an owner for
//! as long as nobody else joins or leaves. So every member looks now and then, and joins anew if some are orphaned.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use segflow_runtime::log::TaskId;

/// How long the broker may take to describe the group.
const ANSWER: Duration = Duration::from_secs(1);

/// The longest time between two looks.
const MOST: Duration = Duration::from_secs(300);

/// Looks for orphans at intervals.
pub(crate) struct Orphans {
    /// Between two looks at first.
    least: Duration,
    /// Between two looks now.
    every: Duration,
    looked: Instant,
    /// What was orphaned when it looked last.
    last: BTreeSet<TaskId>,
}

impl Orphans {
    /// Looks twice within a session, at most. The group needs that long to settle in any case.
    pub(crate) fn new(session: Duration) -> Self {
        let least = session / 2;
        Self { least, every: least, looked: Instant::now(), last: BTreeSet::new() }
    }

    /// The tasks that had no owner in a group at rest, twice in a row; empty where it is not time to look.
    pub(crate) fn look<C: ConsumerContext>(
        &mut self,
        consumer: &BaseConsumer<C>,
        group: &str,
        journal: &str,
        partitions: u32,
    ) -> BTreeSet<TaskId> {
        if self.looked.elapsed() < self.every {
            return BTreeSet::new();
        }
        self.looked = Instant::now();
        let Some(owned) = owned_by_all(consumer, group, journal) else {
            self.last.clear();
            return BTreeSet::new();
        };
        let orphans: BTreeSet<TaskId> = (0..partitions).map(TaskId).filter(|task| !owned.contains(task)).collect();
        let lasting: BTreeSet<TaskId> = orphans.intersection(&self.last).copied().collect();
        // Joining anew disturbs the group: where it did not help, it is tried less and less often.
        self.every = match (orphans.is_empty(), lasting.is_empty()) {
            (true, _) => self.least,
            (false, true) => self.every,
            (false, false) => MOST.min(self.every * 2),
        };
        self.last = if lasting.is_empty() { orphans } else { BTreeSet::new() };
        lasting
    }
}

/// The tasks that some member owns; none unless the group is at rest.
fn owned_by_all<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    group: &str,
    journal: &str,
) -> Option<BTreeSet<TaskId>> {
    let groups = consumer.fetch_group_list(Some(group), ANSWER).ok()?;
    let group = groups.groups().iter().find(|found| found.name() == group && found.state() == "Stable")?;
    let assigned = group.members().iter().filter_map(|member| member.assignment());
    Some(assigned.flat_map(|bytes| partitions(bytes, journal).unwrap_or_default()).map(TaskId).collect())
}

/// The partitions of a topic in an assignment of Kafka's consumer protocol: a version, then topics, each a name and
/// partitions; all numbers big-endian (`ConsumerProtocolAssignment.json` in Apache Kafka's sources).
fn partitions(assignment: &[u8], topic: &str) -> Option<Vec<u32>> {
    let mut bytes = Bytes(assignment);
    let _version = bytes.take::<2>()?;
    let mut found = Vec::new();
    for _ in 0..bytes.number()? {
        let length = usize::from(u16::from_be_bytes(bytes.take()?));
        let (name, rest) = bytes.0.split_at_checked(length)?;
        bytes = Bytes(rest);
        for _ in 0..bytes.number()? {
            let partition = bytes.number()?;
            if name == topic.as_bytes() {
                found.push(partition);
            }
        }
    }
    Some(found)
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    fn number(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::partitions;

    const ASSIGNMENT: &[u8] =
        b"\0\x01\0\0\0\x02\0\x01a\0\0\0\x01\0\0\0\x07\0\x02jj\0\0\0\x02\0\0\0\x03\0\0\x01\0\xff\xff\xff\xff";

    #[test]
    fn an_assignment_names_the_partitions_of_each_topic() {
        assert_eq!(partitions(ASSIGNMENT, "jj"), Some(vec![3, 256]));
        assert_eq!(partitions(ASSIGNMENT, "a"), Some(vec![7]));
        assert_eq!(partitions(ASSIGNMENT, "other"), Some(vec![]));
    }

    #[test]
    fn an_assignment_cut_short_is_none() {
        // The user data at its end is not read.
        (0..ASSIGNMENT.len() - 4).for_each(|length| assert_eq!(partitions(&ASSIGNMENT[..length], "jj"), None));
    }
}
