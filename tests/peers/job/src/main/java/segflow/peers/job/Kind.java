package segflow.peers.job;

/** What events tell, as numbers. They are written into states. */
public final class Kind {
    public static final byte ISSUED = 1, ADJUSTED = 2, WRITTEN_OFF = 3, RESTORED = 4, VOIDED = 5;
    public static final byte HELD = 6, RELEASED = 7, CREDITED = 8;
    public static final byte RECEIVED = 10, FAILED = 11, REVERSED = 12, REINSTATED = 13;
    public static final byte OPENED = 20, RESOLVED = 21;
    public static final byte MADE = 30, AMENDED = 31, CANCELLED = 32;
    public static final byte INBOUND = 40;
    /** It changes nothing that this segmentation reads, but it makes a customer known. */
    public static final byte OTHER = 50;
    public static final byte ERASED = 60;

    private Kind() {}

    static boolean correctsInvoice(byte kind) {
        return kind > ISSUED && kind <= RELEASED;
    }

    static boolean isOfPayment(byte kind) {
        return kind >= RECEIVED && kind <= REINSTATED;
    }

    /** The kind of a record, by its word; 0 if there is none of that name. */
    static byte of(String word, boolean isOfPayment) {
        return switch (word) {
            case "ISSUED" -> ISSUED;
            case "ADJUSTED" -> ADJUSTED;
            case "WRITTEN_OFF" -> WRITTEN_OFF;
            case "VOIDED" -> VOIDED;
            case "HELD" -> HELD;
            case "RELEASED" -> RELEASED;
            case "CREDITED" -> CREDITED;
            case "RECEIVED" -> RECEIVED;
            case "FAILED" -> FAILED;
            case "REVERSED" -> REVERSED;
            case "REINSTATED" -> isOfPayment ? REINSTATED : RESTORED;
            case "OPENED" -> OPENED;
            case "RESOLVED" -> RESOLVED;
            case "MADE" -> MADE;
            case "AMENDED" -> AMENDED;
            case "CANCELLED" -> CANCELLED;
            case "INBOUND" -> INBOUND;
            case "OUTBOUND", "UPDATED", "SUBMITTED" -> OTHER;
            default -> 0;
        };
    }
}
