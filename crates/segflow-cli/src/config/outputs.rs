//! `[outputs]`: one key for the topic of each sink, which the sink names itself.

use std::collections::BTreeMap;

use segflow_runtime::log::Sink;
use segflow_wire::Encoding;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error;

/// The encoding and the topics of the outputs. A sink that is left out has its default topic.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(try_from = "BTreeMap<Key, String>")]
pub struct Outputs {
    pub encoding: Encoding,
    /// The topic of every sink.
    pub topics: BTreeMap<Sink, String>,
}

/// A key of the section.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
enum Key {
    Encoding,
    Topic(Sink),
}

const ENCODING: &str = "encoding";

impl Default for Outputs {
    fn default() -> Self {
        let topics = Sink::ALL.map(|sink| (sink, sink.properties().default_topic.to_owned()));
        Self { encoding: Encoding::default(), topics: topics.into() }
    }
}

impl TryFrom<BTreeMap<Key, String>> for Outputs {
    type Error = Error;

    fn try_from(keys: BTreeMap<Key, String>) -> Result<Self, Error> {
        let mut outputs = Self::default();
        for (key, value) in keys {
            match key {
                Key::Encoding => outputs.encoding = Encoding::deserialize(value.into_deserializer())?,
                Key::Topic(sink) => drop(outputs.topics.insert(sink, value)),
            }
        }
        Ok(outputs)
    }
}

impl TryFrom<String> for Key {
    type Error = String;

    fn try_from(key: String) -> Result<Self, String> {
        if key == ENCODING {
            return Ok(Self::Encoding);
        }
        let sink = Sink::ALL.into_iter().find(|sink| sink.properties().key == key);
        sink.map(Self::Topic).ok_or_else(|| {
            let known: Vec<String> = Sink::ALL.map(|sink| format!("`{}`", sink.properties().key)).into();
            format!("unknown field `{key}`, expected one of `{ENCODING}`, {}", known.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_names_the_topic_of_every_sink() {
        let example: toml::Table = toml::from_str(include_str!("../../../../deploy/config/segflow.toml")).unwrap();
        for sink in Sink::ALL {
            let topic = example["outputs"].get(sink.properties().key).and_then(toml::Value::as_str);
            assert_eq!(topic, Some(sink.properties().default_topic), "{sink:?}");
        }
    }

    #[test]
    fn an_unknown_sink_and_an_unknown_encoding_are_refused_with_what_is_known() {
        let refused = |text: &str| toml::from_str::<Outputs>(text).unwrap_err().message().to_owned();
        let expected = "unknown field `change`, expected one of `encoding`, `changes`, `segments`, `dead_letters`, \
                        `journal`, `segmentations`, `shadow`";
        assert_eq!(refused("change = \"x\""), expected);
        assert_eq!(refused("encoding = \"xml\""), "unknown variant `xml`, expected `json` or `avro`");
    }
}
