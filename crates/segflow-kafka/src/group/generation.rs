//! The group's generation, which rdkafka keeps to itself.
#![allow(unsafe_code)]

use rdkafka::bindings::{
    rd_kafka_consumer_group_metadata, rd_kafka_consumer_group_metadata_destroy,
    rd_kafka_consumer_group_metadata_generation_id, rd_kafka_consumer_group_metadata_member_id,
};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};

/// The consumer's present generation; none while it is not a member. Offsets sent to a transaction without a
/// generation or member id are accepted by the broker from anybody, so they must not be sent then.
pub(crate) fn generation<C: ConsumerContext>(consumer: &BaseConsumer<C>) -> Option<i32> {
    // SAFETY: the handle belongs to `consumer`, which outlives this function. The returned metadata are ours until
    // destroyed, once, below; the member id points into them and is read before that.
    unsafe {
        let metadata = rd_kafka_consumer_group_metadata(consumer.client().native_ptr());
        if metadata.is_null() {
            return None;
        }
        let generation = rd_kafka_consumer_group_metadata_generation_id(metadata);
        let member_id = rd_kafka_consumer_group_metadata_member_id(metadata);
        let anonymous = member_id.is_null() || *member_id == 0;
        rd_kafka_consumer_group_metadata_destroy(metadata);
        (generation >= 0 && !anonymous).then_some(generation)
    }
}
