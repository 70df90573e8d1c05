package segflow.peers.job;

import java.util.Arrays;

/** The invoices of one customer during a replay, in columns; and those with something open, in the order of payment. */
final class Invoices {
    static final int NOT_HELD = Integer.MIN_VALUE, HELD_FOR_LONG = Integer.MAX_VALUE;

    int count;
    int[] id = new int[32], due = new int[32];
    long[] issuedAt = new long[32];
    /** The amount issued, plus adjustments, less a discount that was taken. */
    long[] face = new long[32];
    long[] allocated = new long[32];
    /** What open disputes cover. */
    long[] covered = new long[32];
    boolean[] writtenOff = new boolean[32];
    /** The last day of its hold. */
    int[] heldUntil = new int[32];
    /** What an early receipt need not pay, until a day; 0 without a discount. */
    long[] discount = new long[32];
    int[] discountDay = new int[32];
    private int[] placeOf = new int[64];

    int queued;
    int[] queue = new int[32];

    private Ids ids;

    void begin(Ids of) {
        ids = of;
        count = queued = 0;
        if (placeOf.length < of.count) placeOf = new int[of.count * 2];
        Arrays.fill(placeOf, 0, of.count, -1);
    }

    /** Where the invoice of an id is; -1 if it was not issued yet. */
    int place(int invoice) {
        return placeOf[invoice];
    }

    int issue(int invoice, long at, long amount, int dueOn, long[] terms) {
        int place = count++;
        if (place == id.length) grow();
        id[place] = invoice;
        issuedAt[place] = at;
        face[place] = amount;
        due[place] = dueOn;
        allocated[place] = covered[place] = 0;
        writtenOff[place] = false;
        heldUntil[place] = NOT_HELD;
        discount[place] = terms == null ? 0 : terms[0];
        discountDay[place] = terms == null ? 0 : (int) terms[1];
        placeOf[invoice] = place;
        enqueue(place);
        return place;
    }

    long unpaid(int place) {
        return Math.max(face[place], 0) - allocated[place];
    }

    long open(int place) {
        return writtenOff[place] ? 0 : unpaid(place);
    }

    /** What is open and neither disputed nor on hold on a day. */
    long collected(int place, int today) {
        if (heldUntil[place] != NOT_HELD && today <= heldUntil[place]) return 0;
        long open = open(place);
        return open - Math.min(open, covered[place]);
    }

    /** Takes what it can of some money, up to a limit, and returns how much that was. */
    long take(int place, long amount, long limit) {
        long taken = Math.min(Math.min(amount, limit), unpaid(place));
        if (taken <= 0) return 0;
        allocated[place] += taken;
        return taken;
    }

    /** Gives up the rest, if a receipt of this day has brought what is paid near enough to the amount. */
    void discount(int place, int receivedOn) {
        if (discount[place] > 0 && receivedOn <= discountDay[place] && unpaid(place) <= discount[place]) {
            face[place] -= unpaid(place);
            discount[place] = 0;
        }
    }

    /** Puts it on hold until the end of a day, or for long. */
    void hold(int place, int until) {
        heldUntil[place] = until == Event.NO_DAY ? HELD_FOR_LONG : until;
    }

    void enqueue(int place) {
        int kept = 0;
        for (int at = 0; at < queued; at++) if (queue[at] != place) queue[kept++] = queue[at];
        queued = kept;
        if (queued == queue.length) queue = Arrays.copyOf(queue, queued * 2);
        int at = queued++;
        for (; at > 0 && isBefore(place, queue[at - 1]); at--) queue[at] = queue[at - 1];
        queue[at] = place;
    }

    /** Lets those go of which nothing is open. */
    void settle() {
        int kept = 0;
        for (int at = 0; at < queued; at++) if (open(queue[at]) > 0) queue[kept++] = queue[at];
        queued = kept;
    }

    /** By due date, instant of issue, id. */
    boolean isBefore(int a, int b) {
        if (due[a] != due[b]) return due[a] < due[b];
        if (issuedAt[a] != issuedAt[b]) return issuedAt[a] < issuedAt[b];
        return ids.compare(id[a], id[b]) < 0;
    }

    private void grow() {
        int size = id.length * 2;
        id = Arrays.copyOf(id, size);
        due = Arrays.copyOf(due, size);
        issuedAt = Arrays.copyOf(issuedAt, size);
        face = Arrays.copyOf(face, size);
        allocated = Arrays.copyOf(allocated, size);
        covered = Arrays.copyOf(covered, size);
        writtenOff = Arrays.copyOf(writtenOff, size);
        heldUntil = Arrays.copyOf(heldUntil, size);
        discount = Arrays.copyOf(discount, size);
        discountDay = Arrays.copyOf(discountDay, size);
    }
}
