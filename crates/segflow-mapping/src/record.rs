//! A record of a foreign topic, as it was read.

use segflow_core::time::Timestamp;
use segflow_wire::Headers;
use segflow_wire::envelope::Line;

/// A record of a foreign topic.
#[derive(Clone, Copy, Debug)]
pub struct ForeignRecord<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition.
    pub partition: u32,
    /// The offset.
    pub offset: u64,
    /// The record's timestamp.
    pub timestamp: Timestamp,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value.
    pub value: Option<&'a [u8]>,
    /// The headers, in order.
    pub headers: &'a Headers,
}

/// The record of a line, which may name no partition and no offset.
impl<'a> From<&'a Line> for ForeignRecord<'a> {
    fn from(line: &'a Line) -> Self {
        Self {
            topic: &line.topic,
            partition: line.partition.unwrap_or_default(),
            offset: line.offset.unwrap_or_default(),
            timestamp: line.timestamp,
            key: line.key.as_deref(),
            value: line.value.as_deref(),
            headers: &line.headers,
        }
    }
}

impl<'a> ForeignRecord<'a> {
    /// The value of the last header of a name.
    pub(crate) fn header(&self, name: &str) -> Option<&'a [u8]> {
        let headers: &'a Headers = self.headers;
        headers.iter().rev().find(|(known, _)| known == name).and_then(|(_, value)| value.as_deref())
    }
}
