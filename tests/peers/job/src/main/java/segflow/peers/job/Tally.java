package segflow.peers.job;

import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What a contestant counts of itself. It is printed four times a second, so that a harness can follow. */
public final class Tally {
    public static final LongAdder READ = new LongAdder(), UNUSABLE = new LongAdder();
    public static final LongAdder CHANGES = new LongAdder(), FIRED = new LongAdder();
    private static final AtomicLong FIRST_READ_MS = new AtomicLong();

    private Tally() {}

    /** A record was read. */
    public static void read() {
        if (FIRST_READ_MS.get() == 0) FIRST_READ_MS.compareAndSet(0, System.currentTimeMillis());
        READ.increment();
    }

    /** Prints in the background until the process ends. */
    public static void follow() {
        Thread follower = new Thread(() -> {
            try {
                for (; ; Thread.sleep(250)) print();
            } catch (InterruptedException end) {
                print();
            }
        });
        follower.setDaemon(true);
        follower.start();
    }

    public static synchronized void print() {
        var process = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long now = System.currentTimeMillis(), cpu = process.getProcessCpuTime() / 1_000_000;
        System.out.printf("{\"at_ms\":%d,\"first_read_ms\":%d,\"cpu_ms\":%d,", now, FIRST_READ_MS.get(), cpu);
        System.out.printf("\"read\":%d,\"unusable\":%d,", READ.sum(), UNUSABLE.sum());
        System.out.printf("\"changes\":%d,\"fired\":%d}%n", CHANGES.sum(), FIRED.sum());
        System.out.flush();
    }
}
