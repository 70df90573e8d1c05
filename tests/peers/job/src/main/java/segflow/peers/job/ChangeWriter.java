package segflow.peers.job;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A change as JSON, into a buffer that is used again. Not to be shared between threads. */
public final class ChangeWriter {
    /** What stands between the customer and the number of a change, by dimension, from and to. */
    private static final byte[][] MOVES = new byte[Segments.DIMENSIONS.length * 64][];

    static {
        for (int dimension = 0; dimension < Segments.DIMENSIONS.length; dimension++) {
            for (int from = -1; from < Segments.NAMES[dimension].length; from++) {
                for (int to = -1; to < Segments.NAMES[dimension].length; to++) {
                    String text = "\",\"dimension\":\"" + Segments.DIMENSIONS[dimension]
                            + "\",\"from\":" + name(dimension, from) + ",\"to\":" + name(dimension, to) + ",\"seq\":";
                    MOVES[move(dimension, from, to)] = text.getBytes(StandardCharsets.UTF_8);
                }
            }
        }
    }

    private byte[] buffer = new byte[1_024];
    private int length;

    public byte[] write(
            String customerId, int dimension, int from, int to, int seq, long at, String cause, String eventId) {
        length = 0;
        ascii("{\"customer_id\":\"");
        text(customerId);
        bytes(MOVES[move(dimension, from, to)]);
        ascii(Integer.toString(seq));
        ascii(",\"effective_at\":");
        ascii(Long.toString(at));
        ascii(",\"cause\":\"");
        ascii(cause);
        if (eventId == null) {
            ascii("\",\"event_id\":null}");
        } else {
            ascii("\",\"event_id\":\"");
            text(eventId);
            ascii("\"}");
        }
        return Arrays.copyOf(buffer, length);
    }

    private static int move(int dimension, int from, int to) {
        return dimension * 64 + (from + 1) * 8 + to + 1;
    }

    private static String name(int dimension, int segment) {
        return segment < 0 ? "null" : '"' + Segments.NAMES[dimension][segment] + '"';
    }

    private void room(int more) {
        if (length + more > buffer.length) buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, length + more));
    }

    private void bytes(byte[] bytes) {
        room(bytes.length);
        System.arraycopy(bytes, 0, buffer, length, bytes.length);
        length += bytes.length;
    }

    @SuppressWarnings("deprecation") // It copies the lower bytes, which is all there is of ASCII.
    private void ascii(String text) {
        room(text.length());
        text.getBytes(0, text.length(), buffer, length);
        length += text.length();
    }

    private void text(String text) {
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') {
                ascii(String.format("\\u%04x", (int) c));
            } else {
                room(1);
                buffer[length++] = (byte) c;
            }
        }
    }
}
