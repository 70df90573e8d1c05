package segflow.peers.flink;

import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;

/** A record of the output. It goes from one operator to the next within a chain, so that nothing encodes it. */
public final class Change {
    public byte[] key;
    public byte[] value;

    public Change() {}

    Change(byte[] key, byte[] value) {
        this.key = key;
        this.value = value;
    }

    static final class Schema implements KafkaRecordSerializationSchema<Change> {
        private final String topic;

        Schema(String topic) {
            this.topic = topic;
        }

        @Override
        public ProducerRecord<byte[], byte[]> serialize(Change change, KafkaSinkContext context, Long timestamp) {
            return new ProducerRecord<>(topic, change.key, change.value);
        }
    }
}
