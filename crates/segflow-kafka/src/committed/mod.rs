//! What is committed, read back: journals, slices of inputs, segmentations, whole topics.

pub(crate) mod committed_reader;
pub(crate) mod journal;
pub(crate) mod prefetch;
pub(crate) mod range_reader;
pub(crate) mod segmentation_topic;
pub(crate) mod topic_scan;
