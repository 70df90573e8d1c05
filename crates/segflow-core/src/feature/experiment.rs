//! Features for experiments.

use sha2::{Digest, Sha256};

use super::reading::Reading;
use super::row::{Reads, features};
use super::view::View;
use crate::event::CustomerId;
use crate::timed::Timed;

features! {
    /// A feature for experiments.
    ExperimentFeature

    /// The share of an experiment to which the customer belongs, 0 to 99, always the same.
    Bucket(experiment: String) = "bucket", Experiment, Int, Reads::NOTHING;
}

impl ExperimentFeature {
    /// Its value, which time does not change.
    #[must_use]
    pub fn read(&self, view: &View<'_>) -> Timed<Reading<'static>> {
        match self {
            Self::Bucket(experiment) => Timed::always(Reading::Int(bucket(experiment, view.customer()))),
        }
    }
}

/// SHA-256 of the experiment, a zero byte and the customer id, as a number modulo 100.
fn bucket(experiment: &str, customer: &CustomerId) -> i64 {
    let digest = Sha256::digest(format!("{experiment}\0{customer}"));
    digest.iter().fold(0, |rest, byte| (rest * 256 + i64::from(*byte)) % 100)
}
