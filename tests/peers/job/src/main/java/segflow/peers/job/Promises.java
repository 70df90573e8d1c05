package segflow.peers.job;

import java.util.Arrays;

/** Promises to pay, by a replay of facts in order. */
final class Promises {
    private static final long NEVER = Long.MAX_VALUE;

    private Facts facts;
    private int made;
    private int[] id = new int[8], plan = new int[8], due = new int[8], deadline = new int[8];
    private long[] madeAt = new long[8], amount = new long[8], received = new long[8];
    /** Kept, moot, cancelled, or closed with its plan. */
    private boolean[] ended = new boolean[8];
    private int[] order = new int[8];
    /** What is left of the receipts of a day: it serves promises made later on that day. */
    private int today, receipts;
    private long[] rests = new long[8];

    void begin(Facts of) {
        facts = of;
        made = receipts = 0;
        today = Event.NO_DAY;
    }

    /** The day at whose beginning the last of those that did not end is broken: until then one is open. */
    int lastDeadline() {
        breakPlans(NEVER);
        int last = Event.NO_DAY;
        for (int place = 0; place < made; place++) if (!ended[place]) last = Math.max(last, deadline[place]);
        return last;
    }

    void tell(int fact) {
        long at = facts.at[fact];
        breakPlans(at);
        switch (facts.kind[fact]) {
            case Kind.MADE -> {
                if (find(facts.subject[fact]) < 0) make(fact);
            }
            case Kind.AMENDED, Kind.CANCELLED -> {
                int place = find(facts.subject[fact]);
                if (place >= 0) correct(place, fact, at);
            }
            case Kind.RECEIVED -> {
                if (facts.stands[fact] > 0) receive(at, facts.stands[fact]);
            }
            default -> { }
        }
    }

    /** Nothing is owed any more: what was promised of it is moot. */
    void endWithTheDebt(long at) {
        for (int place = 0; place < made; place++) if (isOpen(place, at)) ended[place] = true;
    }

    private int find(int promise) {
        for (int place = 0; place < made; place++) if (id[place] == promise) return place;
        return -1;
    }

    private boolean isOpen(int place, long at) {
        return !ended[place] && at < Days.midnight(deadline[place]);
    }

    private void make(int fact) {
        int place = made++;
        if (place == id.length) grow();
        id[place] = facts.subject[fact];
        plan[place] = facts.ref[fact];
        due[place] = facts.day[fact];
        deadline[place] = Days.deadline(due[place]);
        madeAt[place] = facts.at[fact];
        amount[place] = facts.amount[fact];
        received[place] = 0;
        ended[place] = isOfBrokenPlan(place);
        for (int early = 0; early < fact; early++) {
            byte kind = facts.kind[early];
            boolean corrects = kind == Kind.AMENDED || kind == Kind.CANCELLED;
            if (corrects && facts.subject[early] == id[place]) correct(place, early, madeAt[place]);
        }
        beginDay(madeAt[place]);
        for (int receipt = 0; receipt < receipts; receipt++) {
            if (rests[receipt] > 0 && isOpen(place, madeAt[place])) rests[receipt] -= serve(place, rests[receipt]);
        }
    }

    private void correct(int place, int fact, long at) {
        if (!isOpen(place, at)) return;
        if (facts.kind[fact] == Kind.CANCELLED) {
            ended[place] = true;
            return;
        }
        amount[place] = facts.amount[fact];
        due[place] = facts.day[fact];
        deadline[place] = Days.deadline(due[place]);
        serve(place, 0);
    }

    /** Each open promise takes what it lacks, the earliest due first; the rest goes to the next. */
    private void receive(long at, long payment) {
        int open = 0;
        for (int place = 0; place < made; place++) {
            if (!isOpen(place, at)) continue;
            int to = open++;
            for (; to > 0 && isBefore(place, order[to - 1]); to--) order[to] = order[to - 1];
            order[to] = place;
        }
        long rest = payment;
        for (int next = 0; next < open; next++) rest -= serve(order[next], rest);
        beginDay(at);
        if (receipts == rests.length) rests = Arrays.copyOf(rests, receipts * 2);
        rests[receipts++] = rest;
    }

    private void beginDay(long at) {
        int day = Days.of(at);
        if (day != today) receipts = 0;
        today = day;
    }

    /** Takes what it lacks of some money, and returns how much that was. With 95 % of its amount it is kept. */
    private long serve(int place, long money) {
        long taken = Math.min(money, Math.max(amount[place] - received[place], 0));
        received[place] += taken;
        if (received[place] * 100 >= amount[place] * 95) ended[place] = true;
        return taken;
    }

    private boolean isOfBrokenPlan(int place) {
        if (plan[place] < 0) return false;
        for (int other = 0; other < place; other++) {
            boolean isMine = plan[other] == plan[place] && !ended[other];
            if (isMine && Days.midnight(deadline[other]) <= madeAt[place]) return true;
        }
        return false;
    }

    /** The first instalment that is broken up to an instant closes the others of its plan. */
    private void breakPlans(long at) {
        for (int place = 0; place < made; place++) {
            if (plan[place] < 0 || ended[place] || (at != NEVER && Days.midnight(deadline[place]) > at)) continue;
            for (int other = 0; other < made; other++) {
                boolean isMine = other != place && plan[other] == plan[place];
                if (isMine && breaksBefore(place, other)) ended[other] = true;
            }
        }
    }

    private boolean breaksBefore(int a, int b) {
        return deadline[a] != deadline[b] ? deadline[a] < deadline[b] : isBefore(a, b);
    }

    private boolean isBefore(int a, int b) {
        if (due[a] != due[b]) return due[a] < due[b];
        if (madeAt[a] != madeAt[b]) return madeAt[a] < madeAt[b];
        return facts.ids.compare(id[a], id[b]) < 0;
    }

    private void grow() {
        int size = id.length * 2;
        id = Arrays.copyOf(id, size);
        plan = Arrays.copyOf(plan, size);
        due = Arrays.copyOf(due, size);
        deadline = Arrays.copyOf(deadline, size);
        madeAt = Arrays.copyOf(madeAt, size);
        amount = Arrays.copyOf(amount, size);
        received = Arrays.copyOf(received, size);
        ended = Arrays.copyOf(ended, size);
        order = Arrays.copyOf(order, size);
    }
}
