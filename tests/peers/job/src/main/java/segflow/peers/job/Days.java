package segflow.peers.job;

import java.time.LocalDate;
import java.time.ZoneId;

/** The calendar of London, in days since 1970. Midnights come from a table, since every event asks for some. */
final class Days {
    private static final ZoneId ZONE = ZoneId.of("Europe/London");
    private static final int FIRST = (int) LocalDate.of(2000, 1, 1).toEpochDay();
    private static final int LAST = (int) LocalDate.of(2070, 1, 1).toEpochDay();
    private static final long[] MIDNIGHTS = new long[LAST - FIRST + 1];

    static {
        for (int day = FIRST; day <= LAST; day++) MIDNIGHTS[day - FIRST] = compute(day);
    }

    private Days() {}

    private static long compute(int day) {
        return LocalDate.ofEpochDay(day).atStartOfDay(ZONE).toInstant().toEpochMilli();
    }

    /** The instant at which a day begins. */
    static long midnight(int day) {
        return day >= FIRST && day <= LAST ? MIDNIGHTS[day - FIRST] : compute(day);
    }

    /** The day of an instant. */
    static int of(long at) {
        int day = (int) Math.floorDiv(at, 86_400_000L);
        if (at < midnight(day)) return day - 1;
        return at < midnight(day + 1) ? day : day + 1;
    }

    /** The day at whose beginning a promise due on another is broken: after two business days of grace. */
    static int deadline(int due) {
        int day = due;
        for (int grace = 0; grace < 2; grace++) {
            do day++; while (isWeekend(day));
        }
        return day + 1;
    }

    private static boolean isWeekend(int day) {
        // 1970-01-01 was a Thursday.
        return Math.floorMod(day + 3, 7) >= 5;
    }
}
