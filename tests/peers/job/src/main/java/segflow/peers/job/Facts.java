package segflow.peers.job;

import java.util.Arrays;

/** What is known of a customer, by the time at which it happened. In columns: a replay allocates nothing. */
final class Facts {
    final Ids ids = new Ids();
    int size;
    byte[] kind = new byte[16];
    long[] at = new long[16];
    long[] amount = new long[16];
    int[] day = new int[16];
    /** Numbers of ids; -1 is none. */
    int[] subject = new int[16];
    int[] ref = new int[16];
    /** Pairs, rarely any: of an invoice, its discount and the last day of that; of a payment, invoices and parts. */
    long[][] pairs = new long[16][];
    /** Of a receipt: how much of its payment stands, and is dated by it. */
    long[] stands = new long[16];

    /** Takes in a fact. False if it is known: copies of one event have kind, subject and instant in common. */
    boolean add(Event event) {
        int about = ids.intern(space(event.kind), event.subject);
        int place = size;
        for (; place > 0 && at[place - 1] >= event.at; place--) {
            if (at[place - 1] == event.at && kind[place - 1] == event.kind && subject[place - 1] == about) return false;
        }
        // Of one instant, what was read later stands later.
        while (place < size && at[place] == event.at) place++;
        open(place);
        kind[place] = event.kind;
        at[place] = event.at;
        amount[place] = event.amount;
        day[place] = event.day;
        subject[place] = about;
        ref[place] = event.ref == null ? -1 : ids.intern(event.kind == Kind.MADE ? Ids.PLAN : Ids.INVOICE, event.ref);
        pairs[place] = pairs(event);
        stands[place] = 0;
        return true;
    }

    private long[] pairs(Event event) {
        if (event.kind == Kind.ISSUED && event.discount > 0) return new long[] {event.discount, event.discountDay};
        if (event.names == null) return null;
        long[] pairs = new long[event.names.length * 2];
        for (int name = 0; name < event.names.length; name++) {
            pairs[name * 2] = ids.intern(Ids.INVOICE, event.names[name]);
            pairs[name * 2 + 1] = event.parts[name];
        }
        return pairs;
    }

    /** The first fact of a kind and subject from a place on; -1 if there is none. */
    int find(byte wanted, int about, int from) {
        for (int place = from; place < size; place++) {
            if (subject[place] == about && kind[place] == wanted) return place;
        }
        return -1;
    }

    boolean has(byte wanted) {
        for (int place = 0; place < size; place++) if (kind[place] == wanted) return true;
        return false;
    }

    void clear() {
        size = 0;
        ids.clear();
    }

    void room(int most) {
        if (most <= kind.length) return;
        int length = Math.max(most, kind.length * 2);
        kind = Arrays.copyOf(kind, length);
        at = Arrays.copyOf(at, length);
        amount = Arrays.copyOf(amount, length);
        day = Arrays.copyOf(day, length);
        subject = Arrays.copyOf(subject, length);
        ref = Arrays.copyOf(ref, length);
        pairs = Arrays.copyOf(pairs, length);
        stands = Arrays.copyOf(stands, length);
    }

    private void open(int place) {
        room(size + 1);
        for (Object column : new Object[] {kind, at, amount, day, subject, ref, pairs, stands}) {
            if (place < size) System.arraycopy(column, place, column, place + 1, size - place);
        }
        size++;
    }

    static byte space(byte kind) {
        return switch (kind) {
            case Kind.CREDITED -> Ids.CREDIT;
            case Kind.RECEIVED, Kind.FAILED, Kind.REVERSED, Kind.REINSTATED -> Ids.PAYMENT;
            case Kind.OPENED, Kind.RESOLVED -> Ids.DISPUTE;
            case Kind.MADE, Kind.AMENDED, Kind.CANCELLED -> Ids.PROMISE;
            default -> Ids.INVOICE;
        };
    }
}
