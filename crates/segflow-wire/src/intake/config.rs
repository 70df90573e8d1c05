//! The configuration on which accepting a record depends, besides the record and the wall time.

use std::fmt::Write;

use segflow_core::event::Family;
use segflow_core::money::Currency;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::encoding::Encoding;
use crate::intake::{Reason, Rejection};
use crate::partition::Partitioner;

/// The version of the rules of acceptance: a release that accepts other records has another number. Version 1 knew no
/// corrections, disputes and erasures. Version 2 took events of any age and no whole number that is written as `12.0`; it knew
/// no invoice of nothing, no part of a reversal, and none of the kinds from `VOIDED` on.
const VERSION: u32 = 3;

/// The intake configuration. Its hash stands in the journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Intake {
    /// How each family's topic is written, by [`Family::index`].
    pub topics: [TopicIntake; Family::ALL.len()],
    /// How many partitions every input topic has; 1 or more.
    pub partitions: u32,
    /// The one currency of all amounts.
    pub currency: Currency,
    /// What becomes of records of another currency.
    pub other_currency: OtherCurrency,
    /// How far a record timestamp may lie beyond the wall time, in milliseconds; none under the record-time clock.
    pub max_skew_ms: Option<i64>,
}

/// What becomes of a record that names another currency than the segmentation's. Its words stand in configuration files.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OtherCurrency {
    /// It is a dead letter: there should be none.
    #[default]
    DeadLetter,
    /// It is counted, and nothing else: it is for another application, which reads the same inputs.
    Ignore,
}

impl OtherCurrency {
    /// Every one, by its word.
    pub const ALL: [(&str, Self); 2] = [("dead-letter", Self::DeadLetter), ("ignore", Self::Ignore)];
}

/// How one input topic is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TopicIntake {
    /// How its values are encoded.
    pub encoding: Encoding,
    /// How its producers choose the partition.
    pub partitioner: Partitioner,
    /// How many days an event may lie before its record.
    pub oldest_days: u32,
}

impl TopicIntake {
    /// 20 years: opening balances and imported histories are older than their records on purpose.
    pub const OLDEST_DAYS: u32 = 7_305;
}

impl Intake {
    /// The same encoding and partitioner for every topic, the default age of events, and no limit on record timestamps.
    #[must_use]
    pub fn uniform(encoding: Encoding, partitioner: Partitioner, partitions: u32, currency: Currency) -> Self {
        let topic = TopicIntake { encoding, partitioner, oldest_days: TopicIntake::OLDEST_DAYS };
        Self {
            topics: [topic; Family::ALL.len()],
            partitions,
            currency,
            other_currency: OtherCurrency::default(),
            max_skew_ms: None,
        }
    }

    /// How a family's topic is written.
    #[must_use]
    pub fn topic(&self, family: Family) -> TopicIntake {
        self.topics[family.index()]
    }

    /// Whether a record that was rejected for this is to be counted and nothing else.
    #[must_use]
    pub fn ignores(&self, rejection: &Rejection) -> bool {
        self.other_currency == OtherCurrency::Ignore && rejection.reason == Reason::WrongCurrency
    }

    /// SHA-256 of a canonical text of the configuration, in hexadecimal. Two configurations with one hash accept the same
    /// records. On the topic of the journal: the text of a configuration is never changed.
    #[must_use]
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.canonical()))
    }

    fn canonical(&self) -> String {
        let skew = self.max_skew_ms.map_or_else(|| "none".to_owned(), |ms| ms.to_string());
        let mut text = format!(
            "segflow intake {VERSION}\ncurrency {}\npartitions {}\nmax_skew_ms {skew}\n",
            self.currency.code, self.partitions
        );
        // The text of a configuration that ignores nothing stays as it was before records could be ignored.
        if self.other_currency == OtherCurrency::Ignore {
            text.push_str("other_currency ignore\n");
        }
        for family in Family::ALL {
            let TopicIntake { encoding, partitioner, oldest_days } = self.topic(family);
            writeln!(text, "{} {} {} {oldest_days}d", family.name(), encoding.name(), partitioner.name())
                .expect("a string takes any text");
        }
        text
    }
}
