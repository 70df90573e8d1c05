package segflow.peers.job;

import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What a contestant counts of itself. It is printed four times a second, so that a harness can follow, and at the end. */
public final class Tally {
    public static final LongAdder READ = new LongAdder(), UNUSABLE = new LongAdder(), CHANGES = new LongAdder(), FIRED = new LongAdder();
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
        System.out.printf("{\"at_ms\":%d,\"first_read_ms\":%d,\"cpu_ms\":%d,\"read\":%d,\"unusable\":%d,\"changes\":%d,\"fired\":%d}%n",
                System.currentTimeMillis(), FIRST_READ_MS.get(), process.getProcessCpuTime() / 1_000_000, READ.sum(), UNUSABLE.sum(),
                CHANGES.sum(), FIRED.sum());
        System.out.flush();
    }
}
