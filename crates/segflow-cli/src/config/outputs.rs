//! `[outputs]`: the topic of each sink, and how its values are written.

use segflow_kafka::default_topic;
use segflow_runtime::log::Sink;
use segflow_wire::Encoding;
use serde::Deserialize;

/// The outputs, by sink. The defaults of the topics are those of the Kafka crate.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Outputs {
    pub encoding: Encoding,
    pub changes: String,
    pub segments: String,
    pub dead_letters: String,
    pub journal: String,
    pub segmentations: String,
    pub shadow: String,
}

impl Default for Outputs {
    fn default() -> Self {
        let topic = |sink| default_topic(sink).to_owned();
        Self {
            encoding: Encoding::Json,
            changes: topic(Sink::Changes),
            segments: topic(Sink::Segments),
            dead_letters: topic(Sink::DeadLetters),
            journal: topic(Sink::Journal),
            segmentations: topic(Sink::Segmentations),
            shadow: topic(Sink::Shadow),
        }
    }
}

impl Outputs {
    /// The topic of a sink.
    pub fn topic(&self, sink: Sink) -> &str {
        match sink {
            Sink::Changes => &self.changes,
            Sink::Segments => &self.segments,
            Sink::DeadLetters => &self.dead_letters,
            Sink::Journal => &self.journal,
            Sink::Segmentations => &self.segmentations,
            Sink::Shadow => &self.shadow,
        }
    }
}
