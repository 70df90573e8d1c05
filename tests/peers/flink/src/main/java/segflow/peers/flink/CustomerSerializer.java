package segflow.peers.flink;

import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import segflow.peers.job.Customer;
import segflow.peers.job.CustomerCodec;

/** {@link CustomerCodec} for Flink. */
public final class CustomerSerializer extends BytesSerializer<Customer> {
    private static final ThreadLocal<CustomerCodec> CODEC = ThreadLocal.withInitial(CustomerCodec::new);

    @Override
    public void serialize(Customer customer, DataOutputView target) throws IOException {
        byte[] bytes = CODEC.get().encode(customer);
        target.writeInt(bytes.length);
        target.write(bytes);
    }

    @Override
    public Customer deserialize(DataInputView source) throws IOException {
        byte[] bytes = new byte[source.readInt()];
        source.readFully(bytes);
        return CODEC.get().decode(bytes);
    }

    @Override
    public TypeSerializerSnapshot<Customer> snapshotConfiguration() {
        return new Snapshot();
    }

    /** Says in a checkpoint by what it was written. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<Customer> {
        public Snapshot() {
            super(CustomerSerializer::new);
        }
    }
}
