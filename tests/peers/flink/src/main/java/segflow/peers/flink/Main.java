package segflow.peers.flink;

import java.time.Duration;
import java.util.List;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import segflow.peers.job.Event;
import segflow.peers.job.Tally;

/**
 * The segmentation as a Flink job in one process. Options are system properties: bootstrap, app, inputs, out, dir,
 * threads, clock, end, restore. By the clock of records a job ends with its inputs, and timers after `end` (ms) do not
 * fire: the end of a bounded source is the end of time. By the wall clock it goes on. It begins with the state of the
 * checkpoint `restore`, if one is named.
 */
public final class Main {
    private Main() {}

    public static void main(String[] args) throws Exception {
        boolean isLive = System.getProperty("clock", "record").equals("wall");
        int threads = Integer.getInteger("threads", 1);
        var settings = settings(System.getProperty("dir"), threads, isLive);
        var job = StreamExecutionEnvironment.createLocalEnvironment(threads, settings);
        job.fromSource(source(isLive), time(isLive), "inputs")
                .keyBy(event -> event.customerId)
                .process(new Deciding(Long.getLong("end", Long.MAX_VALUE)))
                .name("deciding")
                .sinkTo(sink(isLive));
        Tally.follow();
        job.execute("segments");
        Tally.print();
        System.exit(0);
    }

    private static Configuration settings(String dir, int threads, boolean isLive) {
        Configuration c = new Configuration();
        c.setString("state.backend.type", "rocksdb");
        c.setString("state.backend.rocksdb.localdir", dir + "/rocksdb");
        c.setString("state.backend.rocksdb.use-bloom-filter", "true");
        // Timers of RocksDB are slower, and these fit into memory.
        c.setString("state.backend.rocksdb.timer-service.factory", "heap");
        c.setString("execution.checkpointing.dir", "file://" + dir + "/checkpoints");
        c.setString("execution.checkpointing.incremental", "true");
        c.setString("execution.checkpointing.interval", "1000 ms");
        c.setString("execution.checkpointing.mode", "EXACTLY_ONCE");
        c.setString("taskmanager.numberOfTaskSlots", Integer.toString(threads));
        c.setString("taskmanager.memory.managed.size", "384m");
        c.setString("taskmanager.memory.network.min", "64m");
        c.setString("taskmanager.memory.network.max", "64m");
        c.setString("pipeline.object-reuse", "true");
        if (isLive) c.setString("pipeline.auto-watermark-interval", "20 ms");
        c.setString("io.tmp.dirs", dir + "/tmp");
        c.setString("rest.port", "0");
        String restore = System.getProperty("restore");
        if (restore != null) c.setString("execution.state-recovery.path", restore);
        return c;
    }

    private static KafkaSource<Event> source(boolean isLive) {
        KafkaSourceBuilder<Event> source = KafkaSource.<Event>builder()
                .setBootstrapServers(System.getProperty("bootstrap"))
                .setTopics(List.of(System.getProperty("inputs").split(",")))
                .setGroupId(System.getProperty("app"))
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setProperty("max.poll.records", "2000")
                .setProperty("isolation.level", "read_committed")
                .setDeserializer(new EventSchema());
        if (!isLive) source.setBounded(OffsetsInitializer.latest());
        return source.build();
    }

    /** By the timestamps of records, which never decrease within a partition. */
    private static WatermarkStrategy<Event> time(boolean isLive) {
        WatermarkStrategy<Event> time = WatermarkStrategy.<Event>forMonotonousTimestamps()
                .withTimestampAssigner((event, at) -> event.recordedAt);
        return isLive ? time.withIdleness(Duration.ofMillis(500)) : time;
    }

    private static KafkaSink<Change> sink(boolean isLive) {
        return KafkaSink.<Change>builder()
                .setBootstrapServers(System.getProperty("bootstrap"))
                .setRecordSerializer(new Change.Schema(System.getProperty("out")))
                .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
                .setTransactionalIdPrefix(System.getProperty("app"))
                .setProperty("transaction.timeout.ms", "600000")
                .setProperty("compression.type", "lz4")
                .setProperty("batch.size", Integer.toString(128 << 10))
                .setProperty("linger.ms", isLive ? "5" : "100")
                .build();
    }
}
