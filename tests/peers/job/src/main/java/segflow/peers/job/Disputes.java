package segflow.peers.job;

import java.util.Arrays;

/** Disputes during a replay: what open ones cover of which invoices. */
final class Disputes {
    private final Invoices invoices;
    private Facts facts;
    private int count;
    /** The fact that opened it. */
    private int[] opened = new int[8];
    private boolean[] open = new boolean[8];
    /** Pairs of a dispute and an invoice that it concerns. */
    private int covers;
    private int[] coverDispute = new int[16], coverInvoice = new int[16];

    Disputes(Invoices invoices) {
        this.invoices = invoices;
    }

    void begin(Facts of) {
        facts = of;
        count = covers = 0;
    }

    /** A dispute is opened: about the invoice named, or about all that are open. False if it is known. */
    boolean open(int fact) {
        int about = facts.subject[fact];
        for (int dispute = 0; dispute < count; dispute++) if (facts.subject[opened[dispute]] == about) return false;
        int dispute = count++;
        if (dispute == opened.length) {
            opened = Arrays.copyOf(opened, dispute * 2);
            open = Arrays.copyOf(open, dispute * 2);
        }
        opened[dispute] = fact;
        int resolved = facts.find(Kind.RESOLVED, about, 0);
        open[dispute] = resolved < 0 || resolved > fact;
        int named = facts.ref[fact];
        if (named < 0) {
            for (int at = 0; at < invoices.queued; at++) cover(dispute, invoices.queue[at]);
        } else if (invoices.place(named) >= 0) {
            cover(dispute, invoices.place(named));
        }
        return true;
    }

    /** An invoice is issued of which disputes may know. */
    void meet(int place) {
        for (int dispute = 0; dispute < count; dispute++) {
            if (facts.ref[opened[dispute]] == invoices.id[place]) cover(dispute, place);
        }
    }

    void resolve(int about) {
        for (int dispute = 0; dispute < count; dispute++) {
            if (facts.subject[opened[dispute]] != about) continue;
            open[dispute] = false;
            for (int at = 0; at < covers; at++) if (coverDispute[at] == dispute) sum(coverInvoice[at]);
        }
    }

    private void cover(int dispute, int place) {
        if (covers == coverDispute.length) {
            coverDispute = Arrays.copyOf(coverDispute, covers * 2);
            coverInvoice = Arrays.copyOf(coverInvoice, covers * 2);
        }
        coverDispute[covers] = dispute;
        coverInvoice[covers++] = place;
        sum(place);
    }

    private void sum(int place) {
        long sum = 0;
        for (int at = 0; at < covers && sum < Long.MAX_VALUE; at++) {
            if (coverInvoice[at] != place || !open[coverDispute[at]]) continue;
            long amount = facts.amount[opened[coverDispute[at]]];
            sum = amount == Event.NO_AMOUNT ? Long.MAX_VALUE : sum + amount;
        }
        invoices.covered[place] = sum;
    }
}
