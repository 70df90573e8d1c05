//! Metrics with their samples, built afresh for each scrape, and their text.

use prometheus::TextEncoder;
use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};

/// A metric: its name, type, help and samples.
pub(crate) struct Series(MetricFamily);

/// How the value of a metric may change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// It only grows while the process lives.
    Counter,
    /// It may rise and fall.
    Gauge,
}

impl Series {
    /// A metric without samples. Its name gets the prefix `segflow_`.
    pub(crate) fn new(name: &str, help: &str, kind: Kind) -> Self {
        let mut family = MetricFamily::default();
        family.set_name(format!("segflow_{name}"));
        family.set_help(help.to_owned());
        family.set_field_type(match kind {
            Kind::Counter => MetricType::COUNTER,
            Kind::Gauge => MetricType::GAUGE,
        });
        Self(family)
    }

    /// Adds a sample.
    pub(crate) fn push(&mut self, labels: &[(&str, &str)], value: f64) {
        let mut metric = Metric::from_label(labels.iter().map(|&(name, value)| label(name, value)).collect());
        if self.0.get_field_type() == MetricType::COUNTER {
            let mut counter = Counter::default();
            counter.set_value(value);
            metric.set_counter(counter);
        } else {
            let mut gauge = Gauge::default();
            gauge.set_value(value);
            metric.set_gauge(gauge);
        }
        self.0.mut_metric().push(metric);
    }
}

fn label(name: &str, value: &str) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name(name.to_owned());
    pair.set_value(value.to_owned());
    pair
}

/// The text exposition of the metrics that have a sample, in the order given.
pub(crate) fn text(series: Vec<Series>) -> String {
    let families: Vec<MetricFamily> =
        series.into_iter().map(|series| series.0).filter(|family| !family.get_metric().is_empty()).collect();
    TextEncoder::new().encode_to_string(&families).expect("each family has a name and a sample, and memory takes it")
}
