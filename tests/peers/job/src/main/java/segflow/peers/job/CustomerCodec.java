package segflow.peers.job;

import java.util.Arrays;

/** A customer as compact bytes: varints, instants as differences, each id once. Not to be shared between threads. */
public final class CustomerCodec {
    private byte[] bytes = new byte[2_048];
    private int place;

    public byte[] encode(Customer customer) {
        place = 0;
        for (int dimension = 0; dimension < 4; dimension++) {
            unsigned(customer.current[dimension] + 1);
            unsigned(customer.seq[dimension]);
        }
        signed(customer.asOf);
        signed(customer.erasedAt);
        signed(customer.wake);
        standing(customer.standing);
        ids(customer.facts.ids);
        facts(customer.facts);
        return Arrays.copyOf(bytes, place);
    }

    public Customer decode(byte[] from) {
        byte[] own = bytes;
        bytes = from;
        place = 0;
        try {
            Customer customer = new Customer();
            for (int dimension = 0; dimension < 4; dimension++) {
                customer.current[dimension] = (byte) (unsigned() - 1);
                customer.seq[dimension] = (int) unsigned();
            }
            customer.asOf = signed();
            customer.erasedAt = signed();
            customer.wake = signed();
            readStanding(customer.standing);
            readIds(customer.facts.ids);
            readFacts(customer.facts);
            return customer;
        } finally {
            bytes = own;
        }
    }

    private void standing(Standing standing) {
        signed(standing.oldestDue);
        signed(standing.lastDeadline);
        signed(standing.lastInbound);
        unsigned(standing.held.length);
        for (int day : standing.held) signed(day);
    }

    private void readStanding(Standing standing) {
        standing.oldestDue = (int) signed();
        standing.lastDeadline = (int) signed();
        standing.lastInbound = (int) signed();
        int held = (int) unsigned();
        if (held == 0) return;
        standing.held = new int[held];
        for (int at = 0; at < held; at++) standing.held[at] = (int) signed();
    }

    private void ids(Ids ids) {
        unsigned(ids.count);
        for (int id = 0, from = 0; id < ids.count; from = ids.ends[id++]) unsigned(ids.ends[id] - from);
        int length = ids.end();
        room(length);
        System.arraycopy(ids.bytes, 0, bytes, place, length);
        place += length;
    }

    private void readIds(Ids ids) {
        ids.count = (int) unsigned();
        if (ids.count >= ids.ends.length) ids.ends = new int[ids.count + 8];
        int end = 0;
        for (int id = 0; id < ids.count; id++) ids.ends[id] = end += (int) unsigned();
        if (end > ids.bytes.length) ids.bytes = new byte[end + 64];
        System.arraycopy(bytes, place, ids.bytes, 0, end);
        place += end;
    }

    private void facts(Facts facts) {
        unsigned(facts.size);
        long before = 0;
        for (int fact = 0; fact < facts.size; fact++) {
            long[] pairs = facts.pairs[fact];
            int has = (facts.amount[fact] != Event.NO_AMOUNT ? 1 : 0) | (facts.day[fact] != Event.NO_DAY ? 2 : 0)
                    | (facts.ref[fact] >= 0 ? 4 : 0) | (pairs != null ? 8 : 0) | (facts.stands[fact] != 0 ? 16 : 0);
            room(2);
            bytes[place++] = facts.kind[fact];
            bytes[place++] = (byte) has;
            signed(facts.at[fact] - before);
            before = facts.at[fact];
            unsigned(facts.subject[fact]);
            if ((has & 1) != 0) signed(facts.amount[fact]);
            if ((has & 2) != 0) signed(facts.day[fact]);
            if ((has & 4) != 0) unsigned(facts.ref[fact]);
            if (pairs != null) {
                unsigned(pairs.length);
                for (long number : pairs) signed(number);
            }
            if ((has & 16) != 0) unsigned(facts.stands[fact]);
        }
    }

    private void readFacts(Facts facts) {
        facts.size = (int) unsigned();
        facts.room(facts.size + 1);
        long before = 0;
        for (int fact = 0; fact < facts.size; fact++) {
            facts.kind[fact] = bytes[place++];
            int has = bytes[place++];
            facts.at[fact] = before += signed();
            facts.subject[fact] = (int) unsigned();
            facts.amount[fact] = (has & 1) != 0 ? signed() : Event.NO_AMOUNT;
            facts.day[fact] = (has & 2) != 0 ? (int) signed() : Event.NO_DAY;
            facts.ref[fact] = (has & 4) != 0 ? (int) unsigned() : -1;
            if ((has & 8) != 0) {
                facts.pairs[fact] = new long[(int) unsigned()];
                for (int at = 0; at < facts.pairs[fact].length; at++) facts.pairs[fact][at] = signed();
            }
            facts.stands[fact] = (has & 16) != 0 ? unsigned() : 0;
        }
    }

    private void room(int more) {
        if (place + more > bytes.length) bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, place + more));
    }

    private void signed(long value) {
        unsigned((value << 1) ^ (value >> 63));
    }

    private long signed() {
        long value = unsigned();
        return (value >>> 1) ^ -(value & 1);
    }

    private void unsigned(long value) {
        room(10);
        for (; (value & ~0x7fL) != 0; value >>>= 7) bytes[place++] = (byte) (value | 0x80);
        bytes[place++] = (byte) value;
    }

    private long unsigned() {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = bytes[place++];
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) return value;
        }
    }
}
