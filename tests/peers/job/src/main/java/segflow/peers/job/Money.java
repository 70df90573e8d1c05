package segflow.peers.job;

import java.util.Arrays;

/** Payments and credit notes during a replay: what of each lies on which invoice, and what is free. */
final class Money {
    private final Invoices invoices;
    private Facts facts;

    private int sources;
    /** The fact that brought it; the fact that says what it names. */
    private int[] names = new int[32];
    private int[] receivedOn = new int[32];
    private boolean[] isPayment = new boolean[32];
    private long[] free = new long[32];
    private long freeInAll;

    /** What was allocated, in order. */
    private int entries;
    private int[] entryInvoice = new int[64], entrySource = new int[64];
    private long[] entryAmount = new long[64];

    Money(Invoices invoices) {
        this.invoices = invoices;
    }

    void begin(Facts of) {
        facts = of;
        sources = entries = 0;
        freeInAll = 0;
    }

    /** Money comes: first to the invoices that it names. What is left is free. */
    void receive(long amount, int today, boolean payment, int namedBy) {
        int source = sources++;
        if (source == free.length) grow();
        names[source] = namedBy;
        receivedOn[source] = today;
        isPayment[source] = payment;
        free[source] = amount;
        freeInAll += amount;
        if (facts.ref[namedBy] >= 0) allocate(invoices.place(facts.ref[namedBy]), source, Long.MAX_VALUE);
        long[] pairs = facts.pairs[namedBy];
        if (pairs == null) return;
        for (int at = 0; at < pairs.length; at += 2) allocate(invoices.place((int) pairs[at]), source, pairs[at + 1]);
    }

    /** An invoice is issued: free money that names it goes to it, the oldest first. */
    void meet(int place) {
        int invoice = invoices.id[place];
        for (int source = 0; freeInAll > 0 && source < sources; source++) {
            if (free[source] == 0) continue;
            if (facts.ref[names[source]] == invoice) allocate(place, source, Long.MAX_VALUE);
            long[] pairs = facts.pairs[names[source]];
            if (pairs == null) continue;
            for (int at = 0; at < pairs.length; at += 2) {
                if (pairs[at] != invoice) continue;
                allocate(place, source, pairs[at + 1]);
                break;
            }
        }
    }

    /** Offers free money, the oldest first: to what is collected, to what is open, to what was written off. */
    void offer(int today) {
        for (int source = 0; freeInAll > 0 && source < sources; source++) {
            if (free[source] == 0) continue;
            for (int at = 0; at < invoices.queued; at++) {
                allocate(invoices.queue[at], source, invoices.collected(invoices.queue[at], today));
            }
            for (int at = 0; at < invoices.queued; at++) {
                allocate(invoices.queue[at], source, invoices.open(invoices.queue[at]));
            }
            if (free[source] > 0) offerToWrittenOff(source);
        }
    }

    private void offerToWrittenOff(int source) {
        int last = -1;
        while (true) {
            int next = -1;
            for (int place = 0; place < invoices.count; place++) {
                if (!invoices.writtenOff[place] || (last >= 0 && !invoices.isBefore(last, place))) continue;
                if (next < 0 || invoices.isBefore(place, next)) next = place;
            }
            if (next < 0) return;
            allocate(next, source, Long.MAX_VALUE);
            last = next;
        }
    }

    private void allocate(int place, int source, long limit) {
        if (place < 0 || free[source] == 0) return;
        long taken = invoices.take(place, free[source], limit);
        if (taken == 0) return;
        free[source] -= taken;
        freeInAll -= taken;
        if (entries == entryInvoice.length) growEntries();
        entryInvoice[entries] = place;
        entrySource[entries] = source;
        entryAmount[entries++] = taken;
        if (isPayment[source]) invoices.discount(place, receivedOn[source]);
    }

    /** Takes back what lies on an invoice beyond its amount, the latest first: it is free again. */
    void takeBack(int place) {
        long beyond = -invoices.unpaid(place);
        for (int entry = entries - 1; entry >= 0 && beyond > 0; entry--) {
            if (entryInvoice[entry] != place) continue;
            long back = Math.min(entryAmount[entry], beyond);
            entryAmount[entry] -= back;
            beyond -= back;
            invoices.allocated[place] -= back;
            free[entrySource[entry]] += back;
            freeInAll += back;
        }
    }

    private void grow() {
        int size = free.length * 2;
        names = Arrays.copyOf(names, size);
        receivedOn = Arrays.copyOf(receivedOn, size);
        isPayment = Arrays.copyOf(isPayment, size);
        free = Arrays.copyOf(free, size);
    }

    private void growEntries() {
        int size = entryInvoice.length * 2;
        entryInvoice = Arrays.copyOf(entryInvoice, size);
        entrySource = Arrays.copyOf(entrySource, size);
        entryAmount = Arrays.copyOf(entryAmount, size);
    }
}
