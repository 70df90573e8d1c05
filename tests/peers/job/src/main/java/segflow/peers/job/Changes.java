package segflow.peers.job;

/** Is told of each change of segment. */
@FunctionalInterface
public interface Changes {
    /** Segments are numbers, as in {@link Segments#NAMES}; -1 is none. Without an event time alone was the cause. */
    void change(String customerId, int dimension, int from, int to, int seq, long at, String cause, String eventId);
}
