package segflow.peers.flink;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import segflow.peers.job.ChangeWriter;
import segflow.peers.job.Changes;
import segflow.peers.job.Customer;
import segflow.peers.job.Event;
import segflow.peers.job.Tally;

/**
 * Events wait until the watermark has reached them, so that those of one customer are taken in by time, from whichever
 * topic they come. A timer stands for each, and one for the next instant at which time alone moves something.
 */
final class Deciding extends KeyedProcessFunction<String, Event, Change> {
    private final long end;
    private transient ValueState<Customer> customers;
    private transient ListState<Event> waiting;
    private transient ChangeWriter writer;

    Deciding(long end) {
        this.end = end;
    }

    @Override
    public void open(OpenContext context) {
        customers = getRuntimeContext().getState(new ValueStateDescriptor<>("customer", Types.CUSTOMER));
        waiting = getRuntimeContext().getListState(new ListStateDescriptor<>("waiting", Types.EVENT));
        writer = new ChangeWriter();
    }

    @Override
    public void processElement(Event event, Context context, Collector<Change> out) throws Exception {
        if (event.recordedAt > context.timerService().currentWatermark()) {
            waiting.add(event);
            context.timerService().registerEventTimeTimer(event.recordedAt);
            return;
        }
        Customer customer = customer(context.getCurrentKey());
        if (customer.ignores(event)) return;
        long wake = customer.wake();
        customer.take(event, changes(out));
        store(customer, wake, false, context);
    }

    @Override
    public void onTimer(long at, OnTimerContext context, Collector<Change> out) throws Exception {
        if (at > end) return;
        List<Event> due = new ArrayList<>(4), later = new ArrayList<>(4);
        for (Event event : waiting.get()) (event.recordedAt <= at ? due : later).add(event);
        if (later.isEmpty()) waiting.clear();
        else if (!due.isEmpty()) waiting.update(later);
        Customer customer = customer(context.getCurrentKey());
        long wake = customer.wake();
        boolean isTouched = takeAll(due, customer, out);
        if (customer.wake() <= at) {
            Tally.FIRED.increment();
            customer.advance(at + 1, changes(out));
            isTouched = true;
        }
        // An event that waits for the same instant has its timer there.
        if (isTouched) store(customer, wake, later.stream().noneMatch(event -> event.recordedAt == wake), context);
    }

    private boolean takeAll(List<Event> due, Customer customer, Collector<Change> out) {
        if (due.size() > 1) due.sort(Comparator.comparingLong(event -> event.recordedAt));
        boolean isTouched = false;
        for (Event event : due) {
            if (customer.ignores(event)) continue;
            customer.take(event, changes(out));
            isTouched = true;
        }
        return isTouched;
    }

    private Customer customer(String key) throws Exception {
        Customer customer = customers.value();
        if (customer == null) customer = new Customer();
        customer.id = key;
        return customer;
    }

    private Changes changes(Collector<Change> out) {
        return (id, dimension, from, to, seq, at, cause, eventId) -> {
            Tally.CHANGES.increment();
            byte[] value = writer.write(id, dimension, from, to, seq, at, cause, eventId);
            out.collect(new Change(id.getBytes(StandardCharsets.UTF_8), value));
        };
    }

    private void store(Customer customer, long wakeBefore, boolean isFree, Context context) throws Exception {
        customers.update(customer);
        long wake = customer.wake();
        if (wake == wakeBefore) return;
        if (isFree && wakeBefore != Customer.NEVER) context.timerService().deleteEventTimeTimer(wakeBefore);
        if (wake != Customer.NEVER) context.timerService().registerEventTimeTimer(wake);
    }
}
