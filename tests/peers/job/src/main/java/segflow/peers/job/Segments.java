package segflow.peers.job;

/** The segmentation of `segmentation.yaml`, written out by hand. */
final class Segments {
    static final int STAGE = 0, VALUE = 1, PROMISE = 2, REACH = 3;
    static final String[] DIMENSIONS = {"stage", "value", "promise", "reach"};
    static final String[][] NAMES = {
        {"late", "mid", "early", "pre_due", "current"},
        {"high", "standard"},
        {"open", "broken", "none"},
        {"responsive", "quiet"},
    };
    private static final int VALUE_DAYS = 90, BROKEN_DAYS = 90, INBOUND_DAYS = 30, NONE = Event.NO_DAY;
    private static final long HIGH = 50_000, STAYS_HIGH = 40_000;

    /** The segment of each dimension on a day. */
    final int[] now = new int[DIMENSIONS.length];
    /** The first day at whose beginning time alone may move one of them. */
    int nextDay;

    /** Decides all dimensions on a day, for a customer whose value is high already or is not. */
    void decide(Standing standing, Facts facts, int today, boolean isHigh) {
        nextDay = Integer.MAX_VALUE;
        now[STAGE] = stage(standing, today);
        now[VALUE] = value(facts, today, isHigh);
        now[PROMISE] = promise(standing.lastDeadline, today);
        now[REACH] = reach(standing.lastInbound, today);
    }

    private int until(int day, int segment) {
        nextDay = Math.min(nextDay, day);
        return segment;
    }

    private int stage(Standing standing, int today) {
        if (standing.held.length > 0) {
            int end = standing.nextEndOfHold(today);
            if (end != NONE) until(end + 1, 0);
        }
        int due = standing.oldestDue(today);
        if (due == NONE) return 4;
        int days = today - due;
        if (days >= 60) return 0;
        if (days >= 30) return until(due + 60, 1);
        if (days >= 1) return until(due + 30, 2);
        if (days >= -7) return until(due + 1, 3);
        return until(due - 7, 4);
    }

    private int value(Facts facts, int today, boolean isHigh) {
        long from = Days.midnight(today - VALUE_DAYS + 1), sum = 0;
        int oldest = facts.size;
        for (; oldest > 0 && facts.at[oldest - 1] >= from; oldest--) sum += facts.stands[oldest - 1];
        if (sum < (isHigh ? STAYS_HIGH : HIGH)) return 1;
        for (int fact = oldest; fact < facts.size; fact++) {
            sum -= facts.stands[fact];
            if (sum < STAYS_HIGH) return until(Days.of(facts.at[fact]) + VALUE_DAYS, 0);
        }
        return 0;
    }

    private int promise(int deadline, int today) {
        if (deadline == NONE) return 2;
        if (today < deadline) return until(deadline, 0);
        return today < deadline + BROKEN_DAYS ? until(deadline + BROKEN_DAYS, 1) : 2;
    }

    private int reach(int inbound, int today) {
        return inbound == NONE || today >= inbound + INBOUND_DAYS ? 1 : until(inbound + INBOUND_DAYS, 0);
    }
}
