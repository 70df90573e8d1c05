package segflow.peers.job;

import java.util.Arrays;

/** The ids of one customer, each once, in one block of bytes: numbers stand for them everywhere else. */
final class Ids {
    static final byte INVOICE = 1, PAYMENT = 2, CREDIT = 3, DISPUTE = 4, PROMISE = 5, PLAN = 6;

    int count;
    byte[] bytes = new byte[256];
    /** Where each id ends. It begins with its space, where the one before it ends. */
    int[] ends = new int[16];

    /** The number of an id within its space, which it gets if it has none. */
    int intern(byte space, byte[] id) {
        for (int number = 0; number < count; number++) if (is(number, space, id)) return number;
        int from = end(), to = from + 1 + id.length;
        if (to > bytes.length) bytes = Arrays.copyOf(bytes, Math.max(to, bytes.length * 2));
        if (count == ends.length) ends = Arrays.copyOf(ends, count * 2);
        bytes[from] = space;
        System.arraycopy(id, 0, bytes, from + 1, id.length);
        ends[count] = to;
        return count++;
    }

    private boolean is(int number, byte space, byte[] id) {
        int from = start(number);
        // Ids of one kind differ at their ends: those are compared first.
        if (ends[number] - from - 1 != id.length || bytes[from] != space) return false;
        for (int at = id.length - 1; at >= 0; at--) if (bytes[from + 1 + at] != id[at]) return false;
        return true;
    }

    int compare(int a, int b) {
        return Arrays.compareUnsigned(bytes, start(a), ends[a], bytes, start(b), ends[b]);
    }

    void clear() {
        count = 0;
    }

    int end() {
        return count == 0 ? 0 : ends[count - 1];
    }

    private int start(int number) {
        return number == 0 ? 0 : ends[number - 1];
    }
}
