package segflow.peers.streams;

import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.Stores;
import segflow.peers.job.EventReader;
import segflow.peers.job.Tally;

/**
 * The segmentation as a Kafka Streams application. Options are system properties: bootstrap, app, inputs, out, dir,
 * threads, clock.
 */
public final class Main {
    private Main() {}

    public static void main(String[] args) throws InterruptedException {
        KafkaStreams streams = new KafkaStreams(topology(), settings());
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            return StreamThreadExceptionResponse.SHUTDOWN_APPLICATION;
        });
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            streams.close(Duration.ofSeconds(20));
            Tally.print();
            ended.countDown();
        }));
        Tally.follow();
        streams.start();
        ended.await();
    }

    private static Topology topology() {
        boolean isLive = System.getProperty("clock", "record").equals("wall");
        String[] inputs = required("inputs").split(",");
        var customers = Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore(Deciding.CUSTOMERS), Serdes.String(), new CustomerSerde());
        // Not cached: it is read in order, and a cache would have to be merged into each range.
        var timers = Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore(Timers.STORE), Serdes.Bytes(), Serdes.ByteArray());
        return new Topology()
                .addSource("inputs", Serdes.String().deserializer(), (topic, value) -> EventReader.read(value), inputs)
                .addProcessor("deciding", () -> new Deciding(isLive), "inputs")
                .addStateStore(customers.withCachingEnabled(), "deciding")
                .addStateStore(timers, "deciding")
                .addSink("changes", required("out"), Serdes.String().serializer(), Serdes.ByteArray().serializer(),
                        "deciding");
    }

    private static Properties settings() {
        Properties p = new Properties();
        p.put(StreamsConfig.APPLICATION_ID_CONFIG, required("app"));
        p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, required("bootstrap"));
        p.put(StreamsConfig.STATE_DIR_CONFIG, required("dir"));
        p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, Integer.getInteger("threads", 1));
        p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
        p.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        p.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 256L << 20);
        p.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, RocksSettings.class);
        p.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 2_000);
        // It is known again after a restart, and need not wait until its former self is given up.
        p.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), required("app"));
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 5_000);
        p.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
        p.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 128 << 10);
        // A commit flushes what lingers, so that nothing waits for longer than a commit interval.
        p.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 100);
        p.put("enable.metrics.push", false);
        return p;
    }

    private static String required(String name) {
        String value = System.getProperty(name);
        if (value == null) throw new IllegalArgumentException("expected -D" + name + "=..");
        return value;
    }
}
