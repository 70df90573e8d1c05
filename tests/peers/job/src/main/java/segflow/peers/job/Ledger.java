package segflow.peers.job;

/** Debts, by a replay of facts in order. */
final class Ledger {
    final Invoices invoices = new Invoices();
    private final Money money = new Money(invoices);
    private final Disputes disputes = new Disputes(invoices);
    private Facts facts;
    /** Whether some invoice is ever voided, or some write-off undone: then a replay has to look ahead. */
    private boolean voids, restores;
    private int notYetVoided;
    private boolean anyIssued;

    void begin(Facts of) {
        facts = of;
        invoices.begin(of.ids);
        money.begin(of);
        disputes.begin(of);
        voids = of.has(Kind.VOIDED);
        restores = of.has(Kind.RESTORED);
        notYetVoided = 0;
        anyIssued = false;
    }

    /** Whether something is owed. Before the first invoice nobody knows. */
    boolean owes() {
        return !anyIssued || invoices.queued > 0 || notYetVoided > 0;
    }

    void tell(int fact) {
        int subject = facts.subject[fact], today = Days.of(facts.at[fact]);
        switch (facts.kind[fact]) {
            case Kind.ISSUED -> {
                if (!issue(fact)) return;
            }
            case Kind.VOIDED -> void_(fact);
            case Kind.ADJUSTED, Kind.WRITTEN_OFF, Kind.HELD, Kind.RELEASED -> {
                // One that comes before its invoice applies when that is issued.
                if (invoices.place(subject) >= 0) correct(invoices.place(subject), fact);
            }
            case Kind.CREDITED -> {
                if (facts.find(Kind.CREDITED, subject, 0) < fact) return;
                money.receive(facts.amount[fact], today, false, fact);
            }
            case Kind.RECEIVED -> {
                if (facts.stands[fact] == 0) return;
                money.receive(facts.stands[fact], today, true, lastReceipt(fact));
            }
            case Kind.OPENED -> {
                if (!disputes.open(fact)) return;
            }
            case Kind.RESOLVED -> disputes.resolve(subject);
            default -> {
                return;
            }
        }
        money.offer(today);
        invoices.settle();
    }

    /** A payment names what its last receipt names. */
    private int lastReceipt(int fact) {
        int last = fact;
        for (int next = fact; (next = facts.find(Kind.RECEIVED, facts.subject[fact], next + 1)) >= 0; ) last = next;
        return last;
    }

    private boolean issue(int fact) {
        anyIssued = true;
        int invoice = facts.subject[fact];
        if (invoices.place(invoice) >= 0) return false;
        if (voids) {
            int voided = facts.find(Kind.VOIDED, invoice, 0);
            if (voided >= 0) {
                if (voided > fact) notYetVoided++;
                return true;
            }
        }
        int place = invoices.issue(invoice, facts.at[fact], facts.amount[fact], facts.day[fact], facts.pairs[fact]);
        for (int early = 0; early < fact; early++) {
            if (facts.subject[early] == invoice && Kind.correctsInvoice(facts.kind[early])) correct(place, early);
        }
        disputes.meet(place);
        money.meet(place);
        return true;
    }

    /** Until an invoice is voided, it is owed; but it is as if it had never been issued. */
    private void void_(int fact) {
        int issued = facts.find(Kind.ISSUED, facts.subject[fact], 0);
        boolean isFirst = facts.find(Kind.VOIDED, facts.subject[fact], 0) == fact;
        if (isFirst && issued >= 0 && issued < fact) notYetVoided--;
    }

    private void correct(int place, int fact) {
        switch (facts.kind[fact]) {
            case Kind.ADJUSTED -> {
                if (facts.amount[fact] != Event.NO_AMOUNT) invoices.face[place] += facts.amount[fact];
                if (facts.day[fact] != Event.NO_DAY) invoices.due[place] = facts.day[fact];
                money.takeBack(place);
            }
            case Kind.WRITTEN_OFF -> {
                if (restores && facts.find(Kind.RESTORED, facts.subject[fact], fact + 1) >= 0) return;
                invoices.writtenOff[place] = true;
            }
            case Kind.HELD -> invoices.hold(place, facts.day[fact]);
            case Kind.RELEASED -> invoices.heldUntil[place] = Invoices.NOT_HELD;
            default -> {
                return;
            }
        }
        invoices.enqueue(place);
    }
}
