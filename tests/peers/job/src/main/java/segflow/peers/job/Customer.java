package segflow.peers.job;

/** One customer: facts, what follows from them, and the present segments. */
public final class Customer {
    public static final long NEVER = Long.MAX_VALUE;
    private static final ThreadLocal<Segments> SEGMENTS = ThreadLocal.withInitial(Segments::new);

    /** Not part of the state: it is the key. */
    public String id;
    final Facts facts = new Facts();
    final Standing standing = new Standing();
    /** Of each dimension; -1 before the first decision. */
    final byte[] current = {-1, -1, -1, -1};
    final int[] seq = new int[4];
    /** The last instant decided. */
    long asOf = Long.MIN_VALUE;
    /** Records up to it are forgotten. */
    long erasedAt = Long.MIN_VALUE;
    /** When time alone may move a segment next: the timer. */
    long wake = NEVER;

    public long wake() {
        return wake;
    }

    /** Whether an event does nothing to this customer, so that the state need not be written. */
    public boolean ignores(Event event) {
        return event.kind == Kind.OTHER && current[0] >= 0 && wake > effective(event);
    }

    /** Decides every instant before another at which time alone moves something. */
    public void advance(long to, Changes changes) {
        while (wake < to) decide(wake, "TIME", null, changes);
    }

    /** Takes an event in, and decides the instant from which it counts. */
    public void take(Event event, Changes changes) {
        if (event.recordedAt <= erasedAt) return;
        long at = effective(event);
        advance(at, changes);
        if (event.kind == Kind.ERASED) {
            erase(event.recordedAt, at, changes);
            return;
        }
        if (event.kind == Kind.INBOUND) {
            standing.lastInbound = Math.max(standing.lastInbound, Days.of(event.at));
        } else if (event.kind != Kind.OTHER && facts.add(event)) {
            if (Kind.isOfPayment(event.kind)) Payments.settle(facts, facts.ids.intern(Ids.PAYMENT, event.subject));
            standing.replay(facts);
        }
        decide(at, "FACT", event.eventId, changes);
    }

    /** A fact counts once it happened and was recorded; what was decided before stays. */
    private long effective(Event event) {
        return Math.max(Math.max(event.at, event.recordedAt), asOf);
    }

    private void decide(long at, String cause, String eventId, Changes changes) {
        Segments segments = SEGMENTS.get();
        segments.decide(standing, facts, Days.of(at), current[Segments.VALUE] == 0);
        asOf = at;
        wake = segments.nextDay == Integer.MAX_VALUE ? NEVER : Days.midnight(segments.nextDay);
        for (int dimension = 0; dimension < current.length; dimension++) {
            move(dimension, segments.now[dimension], at, cause, eventId, changes);
        }
    }

    private void move(int dimension, int to, long at, String cause, String eventId, Changes changes) {
        int from = current[dimension];
        if (from == to) return;
        current[dimension] = (byte) to;
        changes.change(id, dimension, from, to, ++seq[dimension], at, cause, eventId);
    }

    /** Nothing stays of the customer but how many changes there were, so that consumers see none twice. */
    private void erase(long recordedAt, long at, Changes changes) {
        facts.clear();
        standing.forget();
        erasedAt = recordedAt;
        asOf = at;
        wake = NEVER;
        for (int dimension = 0; dimension < current.length; dimension++) {
            move(dimension, -1, at, "ERASURE", null, changes);
        }
    }
}
