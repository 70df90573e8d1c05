package segflow.peers.streams;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import segflow.peers.job.Customer;

/** Timers in a store of their own, by time: 8 bytes, big-endian, then the customer's id. */
final class Timers {
    static final String STORE = "timers";
    private static final byte[] NOTHING = {};

    private final KeyValueStore<Bytes, byte[]> rows;
    /** No timer is earlier, so that most passes cost a comparison. A restart begins with a scan. */
    private long earliest;

    /** What is done with a timer that is due. */
    interface Fire {
        void fire(String id, long at, long bound);
    }

    Timers(KeyValueStore<Bytes, byte[]> rows) {
        this.rows = rows;
    }

    boolean isDue(long bound) {
        return earliest < bound;
    }

    void move(String id, long from, long to) {
        if (from != Customer.NEVER) rows.delete(key(from, id));
        if (to == Customer.NEVER) return;
        rows.put(key(to, id), NOTHING);
        earliest = Math.min(earliest, to);
    }

    /** Fires timers before a bound, at most so many. */
    void pass(long bound, int most, Fire fire) {
        if (!isDue(bound)) return;
        List<Bytes> due = new ArrayList<>();
        long next = Long.MAX_VALUE;
        // From where the last pass ended: before that there are only tombstones.
        try (KeyValueIterator<Bytes, byte[]> scan = rows.range(key(earliest, ""), null)) {
            while (scan.hasNext()) {
                Bytes row = scan.next().key;
                long at = ByteBuffer.wrap(row.get()).getLong();
                if (at >= bound || due.size() == most) {
                    next = at;
                    break;
                }
                due.add(row);
            }
        }
        earliest = next;
        for (Bytes row : due) {
            byte[] bytes = row.get();
            rows.delete(row);
            String id = new String(bytes, 8, bytes.length - 8, StandardCharsets.UTF_8);
            fire.fire(id, ByteBuffer.wrap(bytes).getLong(), bound);
        }
    }

    private static Bytes key(long at, String id) {
        byte[] text = id.getBytes(StandardCharsets.UTF_8);
        return Bytes.wrap(ByteBuffer.allocate(8 + text.length).putLong(at).put(text).array());
    }
}
