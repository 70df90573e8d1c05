package segflow.peers.ceiling;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import segflow.peers.job.Event;
import segflow.peers.job.EventReader;
import segflow.peers.job.Tally;

/**
 * What can be had at most: reads every record, decodes it or not, and does nothing else. Options are system properties:
 * bootstrap, inputs, decode.
 */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        boolean decodes = Boolean.getBoolean("decode");
        Tally.follow();
        try (var consumer = new KafkaConsumer<>(settings(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = Stream.of(System.getProperty("inputs").split(","))
                    .flatMap(topic -> consumer.partitionsFor(topic).stream())
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition())).toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    Tally.read();
                    if (decodes) decode(record);
                }
            }
            Tally.print();
        }
    }

    private static void decode(ConsumerRecord<byte[], byte[]> record) {
        Event event = EventReader.read(record.value());
        if (event == null || !event.record(new String(record.key()), record.timestamp())) Tally.UNUSABLE.increment();
    }

    private static Properties settings() {
        Properties p = new Properties();
        p.put("bootstrap.servers", System.getProperty("bootstrap"));
        p.put("isolation.level", "read_committed");
        p.put("max.poll.records", "5000");
        p.put("enable.auto.commit", "false");
        p.put("enable.metrics.push", "false");
        return p;
    }
}
