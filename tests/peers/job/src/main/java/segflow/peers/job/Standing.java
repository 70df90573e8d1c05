package segflow.peers.job;

/**
 * What follows from the facts of one customer, until there is another: a few days on which everything turns. So a
 * decision between two facts replays nothing, and the next instant at which time alone moves a segment is computed,
 * not polled.
 */
final class Standing {
    private static final int[] NONE = {};
    private static final ThreadLocal<Ledger> LEDGER = ThreadLocal.withInitial(Ledger::new);
    private static final ThreadLocal<Promises> PROMISES = ThreadLocal.withInitial(Promises::new);

    /** The due date of the oldest invoice of which something is collected, and which is on no hold. */
    int oldestDue = Event.NO_DAY;
    /** Pairs: the last day of a hold, and the due date of an invoice that is collected from then on. */
    int[] held = NONE;
    /** The latest deadline of a promise that did not end otherwise. */
    int lastDeadline = Event.NO_DAY;
    /** The day of the last inbound contact. */
    int lastInbound = Event.NO_DAY;

    void forget() {
        oldestDue = lastDeadline = lastInbound = Event.NO_DAY;
        held = NONE;
    }

    /** After a fact of the ledger or of promises. */
    void replay(Facts facts) {
        Ledger ledger = LEDGER.get();
        ledger.begin(facts);
        if (facts.has(Kind.MADE)) {
            lastDeadline = withPromises(facts, ledger);
        } else {
            for (int fact = 0; fact < facts.size; fact++) ledger.tell(fact);
        }
        read(ledger.invoices);
    }

    private static int withPromises(Facts facts, Ledger ledger) {
        Promises promises = PROMISES.get();
        promises.begin(facts);
        for (int fact = 0; fact < facts.size; fact++) {
            promises.tell(fact);
            ledger.tell(fact);
            // What lies between two facts of one instant lasts for no time.
            boolean isLast = fact + 1 == facts.size || facts.at[fact + 1] > facts.at[fact];
            if (isLast && !ledger.owes()) promises.endWithTheDebt(facts.at[fact]);
        }
        return promises.lastDeadline();
    }

    private void read(Invoices invoices) {
        oldestDue = Event.NO_DAY;
        held = NONE;
        for (int at = 0; at < invoices.queued; at++) {
            int place = invoices.queue[at], until = invoices.heldUntil[place];
            if (invoices.covered[place] >= invoices.open(place)) continue;
            if (until == Invoices.NOT_HELD) {
                oldestDue = invoices.due[place];
                return;
            }
            if (until == Invoices.HELD_FOR_LONG) continue;
            held = java.util.Arrays.copyOf(held, held.length + 2);
            held[held.length - 2] = until;
            held[held.length - 1] = invoices.due[place];
        }
    }

    /** The due date of the oldest invoice of which something is collected on a day. */
    int oldestDue(int today) {
        for (int at = 0; at < held.length; at += 2) if (today > held[at]) return held[at + 1];
        return oldestDue;
    }

    /** The day after which the next hold ends; {@link Event#NO_DAY} if none does. */
    int nextEndOfHold(int today) {
        int next = Event.NO_DAY;
        for (int at = 0; at < held.length; at += 2) {
            if (today <= held[at] && (next == Event.NO_DAY || held[at] < next)) next = held[at];
        }
        return next;
    }
}
