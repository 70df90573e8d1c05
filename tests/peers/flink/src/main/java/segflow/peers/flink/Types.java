package segflow.peers.flink;

import org.apache.flink.api.common.serialization.SerializerConfig;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import segflow.peers.job.Customer;
import segflow.peers.job.Event;

/** How values are encoded: by hand, so that nothing goes through reflection or Kryo. */
final class Types<T> extends TypeInformation<T> {
    static final TypeInformation<Event> EVENT = new Types<>(Event.class, new EventSerializer());
    static final TypeInformation<Customer> CUSTOMER = new Types<>(Customer.class, new CustomerSerializer());

    private final Class<T> type;
    private final TypeSerializer<T> serializer;

    private Types(Class<T> type, TypeSerializer<T> serializer) {
        this.type = type;
        this.serializer = serializer;
    }

    @Override
    public boolean isBasicType() {
        return false;
    }

    @Override
    public boolean isTupleType() {
        return false;
    }

    @Override
    public int getArity() {
        return 1;
    }

    @Override
    public int getTotalFields() {
        return 1;
    }

    @Override
    public Class<T> getTypeClass() {
        return type;
    }

    @Override
    public boolean isKeyType() {
        return false;
    }

    @Override
    public TypeSerializer<T> createSerializer(SerializerConfig config) {
        return serializer;
    }

    @Override
    public String toString() {
        return type.getSimpleName();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Types<?> types && types.type == type;
    }

    @Override
    public int hashCode() {
        return type.hashCode();
    }

    @Override
    public boolean canEqual(Object other) {
        return other instanceof Types;
    }
}
