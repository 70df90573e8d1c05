package segflow.peers.flink;

import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import segflow.peers.job.Event;
import segflow.peers.job.EventReader;
import segflow.peers.job.Tally;

final class EventSchema implements KafkaRecordDeserializationSchema<Event> {
    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Event> out) {
        Tally.read();
        Event event = EventReader.read(record.value());
        String key = record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8);
        if (event != null && event.record(key, record.timestamp())) out.collect(event);
        else Tally.UNUSABLE.increment();
    }

    @Override
    public TypeInformation<Event> getProducedType() {
        return Types.EVENT;
    }
}
