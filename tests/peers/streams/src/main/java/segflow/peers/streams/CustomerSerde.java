package segflow.peers.streams;

import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;
import segflow.peers.job.Customer;
import segflow.peers.job.CustomerCodec;

/** A codec for each thread: a task is worked on by one at a time. */
final class CustomerSerde implements Serde<Customer> {
    private static final ThreadLocal<CustomerCodec> CODEC = ThreadLocal.withInitial(CustomerCodec::new);

    @Override
    public Serializer<Customer> serializer() {
        return (topic, customer) -> customer == null ? null : CODEC.get().encode(customer);
    }

    @Override
    public Deserializer<Customer> deserializer() {
        return (topic, bytes) -> bytes == null ? null : CODEC.get().decode(bytes);
    }
}
