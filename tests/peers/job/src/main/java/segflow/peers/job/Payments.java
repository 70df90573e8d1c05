package segflow.peers.job;

import java.util.Arrays;

/** What stands of a payment after all its events: failures take back, and retries bring again. */
final class Payments {
    private Payments() {}

    /** Notes at its receipt how much of a payment stands. */
    static void settle(Facts facts, int payment) {
        long received = 0;
        int place = -1, taken = 0;
        long[] takings = new long[4];
        for (int fact = 0; fact < facts.size; fact++) {
            if (facts.subject[fact] != payment || !Kind.isOfPayment(facts.kind[fact])) continue;
            facts.stands[fact] = 0;
            long stands = stands(received, takings, taken), amount = facts.amount[fact];
            switch (facts.kind[fact]) {
                case Kind.RECEIVED -> {
                    if (stands == 0) place = fact;
                    received = amount;
                    taken = 0;
                }
                case Kind.REINSTATED -> taken = bringAgain(takings, taken, amount);
                default -> {
                    long takes = facts.kind[fact] == Kind.FAILED || amount == Event.NO_AMOUNT ? stands : amount;
                    // A failure that is told twice takes nothing the second time.
                    if (takes == 0 && facts.kind[fact] == Kind.FAILED) continue;
                    if (taken == takings.length) takings = Arrays.copyOf(takings, taken * 2);
                    takings[taken++] = takes;
                }
            }
        }
        if (place >= 0) facts.stands[place] = stands(received, takings, taken);
    }

    private static long stands(long received, long[] takings, int taken) {
        long stands = received;
        for (int at = 0; at < taken; at++) stands -= takings[at];
        return Math.max(stands, 0);
    }

    /** Undoes the latest takings: so much of them, or the latest whole. Returns how many are left. */
    private static int bringAgain(long[] takings, int taken, long amount) {
        if (taken == 0) return 0;
        if (amount == Event.NO_AMOUNT) return taken - 1;
        long rest = amount;
        int left = taken;
        while (left > 0 && rest > 0) {
            long last = takings[left - 1];
            if (last > rest) {
                takings[left - 1] = last - rest;
                return left;
            }
            rest -= last;
            left--;
        }
        return left;
    }
}
