package segflow.peers.streams;

import java.time.Duration;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import segflow.peers.job.ChangeWriter;
import segflow.peers.job.Changes;
import segflow.peers.job.Customer;
import segflow.peers.job.Event;
import segflow.peers.job.Tally;

/** One state and one timer per customer. Time is stream time over preloaded topics, and the wall clock live. */
final class Deciding implements Processor<String, Event, String, byte[]> {
    static final String CUSTOMERS = "customers";
    /** Silence is judged so long after it was, since records may still be on their way. */
    private static final long GRACE_MS = 5_000;
    private static final Duration LIVE_PASS = Duration.ofMillis(50);
    /** Of one pass over timers of live traffic: midnights have many, and events must not wait for all. */
    private static final int MOST_TIMERS = 5_000;

    private final boolean isLive;
    private final ChangeWriter writer = new ChangeWriter();
    private ProcessorContext<String, byte[]> context;
    private KeyValueStore<String, Customer> customers;
    private Timers timers;
    private final Changes changes = this::forward;

    Deciding(boolean isLive) {
        this.isLive = isLive;
    }

    @Override
    public void init(ProcessorContext<String, byte[]> context) {
        this.context = context;
        customers = context.getStateStore(CUSTOMERS);
        timers = new Timers(context.getStateStore(Timers.STORE));
        if (isLive) {
            context.schedule(LIVE_PASS, PunctuationType.WALL_CLOCK_TIME,
                    now -> timers.pass(now - GRACE_MS, MOST_TIMERS, this::fire));
        } else {
            context.schedule(Duration.ofMillis(1), PunctuationType.STREAM_TIME, this::fireAll);
        }
    }

    @Override
    public void process(Record<String, Event> record) {
        Tally.read();
        Event event = record.value();
        if (event == null || !event.record(record.key(), record.timestamp())) {
            Tally.UNUSABLE.increment();
            return;
        }
        Customer customer = customers.get(record.key());
        if (customer == null) customer = new Customer();
        else if (customer.ignores(event)) return;
        customer.id = record.key();
        long wake = customer.wake();
        customer.take(event, changes);
        store(customer, wake);
    }

    private void fireAll(long bound) {
        while (timers.isDue(bound)) timers.pass(bound, MOST_TIMERS, this::fire);
    }

    private void fire(String id, long at, long bound) {
        Customer customer = customers.get(id);
        if (customer == null || customer.wake() != at) return;
        Tally.FIRED.increment();
        customer.id = id;
        customer.advance(bound, changes);
        // The timer that fired is gone.
        store(customer, Customer.NEVER);
    }

    private void store(Customer customer, long wakeBefore) {
        customers.put(customer.id, customer);
        if (customer.wake() != wakeBefore) timers.move(customer.id, wakeBefore, customer.wake());
    }

    private void forward(String id, int dimension, int from, int to, int seq, long at, String cause, String eventId) {
        Tally.CHANGES.increment();
        byte[] value = writer.write(id, dimension, from, to, seq, at, cause, eventId);
        context.forward(new Record<>(id, value, Math.max(at, 0)));
    }
}
