package segflow.peers.flink;

import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import segflow.peers.job.Event;
import segflow.peers.job.EventCodec;

/** {@link EventCodec} for Flink. */
public final class EventSerializer extends BytesSerializer<Event> {
    @Override
    public void serialize(Event event, DataOutputView target) throws IOException {
        EventCodec.write(event, target);
    }

    @Override
    public Event deserialize(DataInputView source) throws IOException {
        return EventCodec.read(source);
    }

    @Override
    public TypeSerializerSnapshot<Event> snapshotConfiguration() {
        return new Snapshot();
    }

    /** Says in a checkpoint by what it was written. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<Event> {
        public Snapshot() {
            super(EventSerializer::new);
        }
    }
}
