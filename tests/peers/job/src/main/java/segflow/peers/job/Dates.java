package segflow.peers.job;

/** Dates and instants as texts of JSON have them, parsed where they stand in the parser's buffer. */
final class Dates {
    private Dates() {}

    /** The days since 1970 of `2026-03-31`. */
    static int day(char[] text, int from) {
        return civil(number(text, from, 4), number(text, from + 5, 2), number(text, from + 8, 2));
    }

    /** The milliseconds of `2026-03-31T10:15:30.250Z`, with or without a fraction. */
    static long instant(char[] text, int from, int length) {
        int end = from + length, place = from + 19;
        if (text[end - 1] != 'Z') throw new IllegalArgumentException("expected an instant in UTC");
        long minutes = number(text, from + 11, 2) * 60L + number(text, from + 14, 2);
        long seconds = minutes * 60L + number(text, from + 17, 2);
        long millis = 0;
        if (text[place] == '.') {
            for (int unit = 100, at = place + 1; at < end - 1; at++, unit /= 10) millis += digit(text[at]) * unit;
        }
        return day(text, from) * 86_400_000L + seconds * 1_000L + millis;
    }

    private static int number(char[] text, int from, int digits) {
        int value = 0;
        for (int at = from; at < from + digits; at++) value = value * 10 + digit(text[at]);
        return value;
    }

    private static int digit(char c) {
        if (c < '0' || c > '9') throw new IllegalArgumentException("expected a digit");
        return c - '0';
    }

    /** `days_from_civil` of Howard Hinnant's "chrono-compatible low-level date algorithms". */
    private static int civil(int year, int month, int day) {
        int y = month <= 2 ? year - 1 : year, era = Math.floorDiv(y, 400), ofEra = y - era * 400;
        int ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468;
    }
}
