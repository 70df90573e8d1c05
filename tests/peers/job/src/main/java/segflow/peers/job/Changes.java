package segflow.peers.job;

/** Is told of each change of segment. */
@FunctionalInterface
public interface Changes {
    /** Segments are numbers within {@link Segments#NAMES}; -1 is none. The event is null if time alone caused the change. */
    void change(String customerId, int dimension, int from, int to, int seq, long effectiveAt, String cause, String eventId);
}
