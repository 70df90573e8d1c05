//! Features of where the customer stands in earlier dimensions. They are not read from facts: `rule::eval` reads them
//! from the memberships that are decided already.

use super::row::{DimensionIndex, Reads, features};

features! {
    /// A feature of an earlier dimension.
    MembershipFeature

    /// The segment in which the customer stands.
    Segment(dimension: DimensionIndex) = "segment", Dimension, Text, Reads::NOTHING;
    /// Days since the customer entered that segment.
    SegmentDays(dimension: DimensionIndex) = "segment.days", Dimension, Int, Reads::NOTHING;
}
