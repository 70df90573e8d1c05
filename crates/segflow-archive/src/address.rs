//! The address of a record of an archive: the family of its topic, the partition of its key, and its offset there.

use segflow_core::event::Family;
use segflow_wire::{Intake, Partitioner, partition_of};

use super::Held;

/// The place of a record in the topics.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Address {
    /// The family whose topic it names.
    pub family: Family,
    /// The partition that its key hashes to. The one that the archive names does not count: the number of partitions may be
    /// another.
    pub partition: u32,
    /// The offset that the archive names, or else the next one of its partition and family.
    pub offset: u64,
}

/// Gives records their addresses, in the order of the archives.
pub struct Addresses {
    topics: [String; Family::ALL.len()],
    partitioners: [Partitioner; Family::ALL.len()],
    /// The next offset of each partition and family, where records name none.
    next: Vec<[u64; Family::ALL.len()]>,
}

impl Addresses {
    /// Addresses of records of these topics, whose keys are hashed as `intake` says.
    #[must_use]
    pub fn new(topics: [String; Family::ALL.len()], intake: &Intake) -> Self {
        let partitioners = Family::ALL.map(|family| intake.topic(family).partitioner);
        Self { topics, partitioners, next: vec![[0; Family::ALL.len()]; intake.partitions as usize] }
    }

    /// The address of the next record.
    ///
    /// # Errors
    /// If its topic is none of an input: what was expected and found.
    pub fn of(&mut self, held: &Held) -> Result<Address, String> {
        let Some(family) = family(&self.topics, &held.topic) else {
            return Err(format!("topic: expected one of {}, found {}", self.topics.join(", "), held.topic));
        };
        let partitions = u32::try_from(self.next.len()).expect("as many as the intake has");
        let partition = partition_of(held.key().unwrap_or_default(), partitions, self.partitioners[family.index()]);
        let next = &mut self.next[partition as usize][family.index()];
        let offset = held.offset.unwrap_or(*next);
        *next = offset + 1;
        Ok(Address { family, partition, offset })
    }
}

/// The family whose topic this is.
pub(super) fn family(topics: &[String; Family::ALL.len()], topic: &str) -> Option<Family> {
    Family::ALL.into_iter().find(|family| topics[family.index()] == topic)
}
