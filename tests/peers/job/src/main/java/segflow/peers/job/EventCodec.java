package segflow.peers.job;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** An event as compact bytes, between the operators of a job and in their state. */
public final class EventCodec {
    private EventCodec() {}

    public static void write(Event event, DataOutput out) throws IOException {
        int has = (event.eventId != null ? 1 : 0) | (event.subject != null ? 2 : 0) | (event.ref != null ? 4 : 0)
                | (event.amount != Event.NO_AMOUNT ? 8 : 0) | (event.day != Event.NO_DAY ? 16 : 0)
                | (event.discount != Event.NO_AMOUNT ? 32 : 0) | (event.names != null ? 64 : 0);
        out.writeByte(event.kind);
        out.writeByte(has);
        out.writeLong(event.at);
        out.writeLong(event.recordedAt);
        bytes(event.customerId.getBytes(StandardCharsets.UTF_8), out);
        if ((has & 1) != 0) bytes(event.eventId.getBytes(StandardCharsets.UTF_8), out);
        if ((has & 2) != 0) bytes(event.subject, out);
        if ((has & 4) != 0) bytes(event.ref, out);
        if ((has & 8) != 0) out.writeLong(event.amount);
        if ((has & 16) != 0) out.writeInt(event.day);
        if ((has & 32) != 0) {
            out.writeLong(event.discount);
            out.writeInt(event.discountDay);
        }
        if ((has & 64) == 0) return;
        out.writeByte(event.names.length);
        for (int name = 0; name < event.names.length; name++) {
            bytes(event.names[name], out);
            out.writeLong(event.parts[name]);
        }
    }

    public static Event read(DataInput in) throws IOException {
        Event event = new Event();
        event.kind = in.readByte();
        int has = in.readByte();
        event.at = in.readLong();
        event.recordedAt = in.readLong();
        event.customerId = new String(bytes(in), StandardCharsets.UTF_8);
        if ((has & 1) != 0) event.eventId = new String(bytes(in), StandardCharsets.UTF_8);
        if ((has & 2) != 0) event.subject = bytes(in);
        if ((has & 4) != 0) event.ref = bytes(in);
        if ((has & 8) != 0) event.amount = in.readLong();
        if ((has & 16) != 0) event.day = in.readInt();
        if ((has & 32) != 0) {
            event.discount = in.readLong();
            event.discountDay = in.readInt();
        }
        if ((has & 64) == 0) return event;
        event.names = new byte[in.readUnsignedByte()][];
        event.parts = new long[event.names.length];
        for (int name = 0; name < event.names.length; name++) {
            event.names[name] = bytes(in);
            event.parts[name] = in.readLong();
        }
        return event;
    }

    private static void bytes(byte[] bytes, DataOutput out) throws IOException {
        out.writeByte(bytes.length);
        out.write(bytes);
    }

    private static byte[] bytes(DataInput in) throws IOException {
        byte[] bytes = new byte[in.readUnsignedByte()];
        in.readFully(bytes);
        return bytes;
    }
}
