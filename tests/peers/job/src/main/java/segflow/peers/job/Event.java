package segflow.peers.job;

/** One record of the inputs, decoded. */
public final class Event {
    public static final long NO_AMOUNT = Long.MIN_VALUE;
    public static final int NO_DAY = Integer.MIN_VALUE;

    public byte kind;
    public String customerId;
    public String eventId;
    /** When it happened, in milliseconds. */
    public long at;
    /** The timestamp of its record. It counts from then on. */
    public long recordedAt;
    /** The invoice, payment, credit note, dispute or promise that it is about. */
    public byte[] subject;
    /** The invoice that money or a dispute names; the plan of a promise. */
    public byte[] ref;
    /** Minor units. */
    public long amount = NO_AMOUNT;
    /** When it is due; of a hold, its last day. In days since 1970. */
    public int day = NO_DAY;
    /** Of an invoice: what an early receipt need not pay, and until when. */
    public long discount = NO_AMOUNT;
    public int discountDay = NO_DAY;
    /** Of a payment of several invoices: which, and how much of it goes to each. */
    public byte[][] names;
    public long[] parts;

    /** An erasure, which is dated by its record. */
    static Event erasure() {
        Event event = new Event();
        event.kind = Kind.ERASED;
        return event;
    }

    /** Says when and under which key it was recorded. False if it is of another customer than its key. */
    public boolean record(String key, long timestamp) {
        recordedAt = timestamp;
        if (kind == Kind.ERASED) {
            at = timestamp;
            customerId = key;
        }
        return key != null && key.equals(customerId);
    }
}
