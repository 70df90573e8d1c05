package segflow.peers.job;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Decodes records with Jackson's streaming parser: no tree, no reflection. */
public final class EventReader {
    private static final JsonFactory JSON = new JsonFactory();

    private final Event event = new Event();
    private String kind;
    private byte[] invoice, payment, credit, dispute, promise, plan;
    private boolean dated, inPounds = true;

    private EventReader() {}

    /** Null if the record cannot be used; an erasure if its value is null. */
    public static Event read(byte[] value) {
        if (value == null) return Event.erasure();
        try (JsonParser json = JSON.createParser(value)) {
            EventReader reader = new EventReader();
            reader.fields(json);
            return reader.finish();
        } catch (IOException | IllegalArgumentException unusable) {
            return null;
        }
    }

    private void fields(JsonParser json) throws IOException {
        if (json.nextToken() != JsonToken.START_OBJECT) throw new IllegalArgumentException("expected an object");
        for (String name; (name = json.nextFieldName()) != null; ) {
            if (json.nextToken() != JsonToken.VALUE_NULL) field(name, json);
        }
    }

    private void field(String name, JsonParser json) throws IOException {
        switch (name) {
            case "kind" -> kind = json.getText();
            case "event_id" -> event.eventId = json.getText();
            case "customer_id" -> event.customerId = json.getText();
            case "occurred_at" -> {
                event.at = instant(json);
                dated = true;
            }
            case "invoice_id" -> invoice = id(json);
            case "payment_id" -> payment = id(json);
            case "credit_note_id" -> credit = id(json);
            case "dispute_id" -> dispute = id(json);
            case "promise_id" -> promise = id(json);
            case "plan_id" -> plan = id(json);
            case "amount_minor" -> event.amount = json.getLongValue();
            case "currency" -> inPounds = json.getText().equals("GBP");
            case "due_date", "hold_until" -> event.day = day(json);
            case "discount_minor" -> event.discount = json.getLongValue();
            case "discount_until" -> event.discountDay = day(json);
            case "allocations" -> allocations(json);
            default -> json.skipChildren();
        }
    }

    private void allocations(JsonParser json) throws IOException {
        List<byte[]> names = new ArrayList<>();
        List<Long> parts = new ArrayList<>();
        while (json.nextToken() == JsonToken.START_OBJECT) {
            for (String name; (name = json.nextFieldName()) != null; ) {
                json.nextToken();
                switch (name) {
                    case "invoice_id" -> names.add(id(json));
                    case "amount_minor" -> parts.add(json.getLongValue());
                    default -> json.skipChildren();
                }
            }
        }
        event.names = names.toArray(byte[][]::new);
        event.parts = parts.stream().mapToLong(Long::longValue).toArray();
        if (event.names.length != event.parts.length) throw new IllegalArgumentException("expected an amount for each");
    }

    private Event finish() {
        if (kind == null || !dated || !inPounds || event.customerId == null || event.eventId == null) return null;
        event.kind = Kind.of(kind, payment != null);
        switch (event.kind) {
            case Kind.ISSUED, Kind.ADJUSTED, Kind.WRITTEN_OFF, Kind.RESTORED, Kind.VOIDED, Kind.HELD, Kind.RELEASED ->
                    about(invoice, null);
            case Kind.CREDITED -> about(credit, invoice);
            case Kind.RECEIVED, Kind.FAILED, Kind.REVERSED, Kind.REINSTATED ->
                    about(payment, event.names == null ? invoice : null);
            case Kind.OPENED, Kind.RESOLVED -> about(dispute, invoice);
            case Kind.MADE, Kind.AMENDED, Kind.CANCELLED -> about(promise, plan);
            case Kind.INBOUND, Kind.OTHER -> {
                return event;
            }
            default -> {
                return null;
            }
        }
        return event.subject != null && isWhole() ? event : null;
    }

    private void about(byte[] subject, byte[] ref) {
        event.subject = subject;
        event.ref = ref;
    }

    private boolean isWhole() {
        return switch (event.kind) {
            case Kind.ISSUED -> event.amount >= 0 && event.day != Event.NO_DAY;
            case Kind.RECEIVED, Kind.CREDITED -> event.amount > 0;
            case Kind.MADE, Kind.AMENDED -> event.amount > 0 && event.day != Event.NO_DAY;
            default -> true;
        };
    }

    private static byte[] id(JsonParser json) throws IOException {
        return json.getText().getBytes(StandardCharsets.UTF_8);
    }

    private static int day(JsonParser json) throws IOException {
        return Dates.day(json.getTextCharacters(), json.getTextOffset());
    }

    private static long instant(JsonParser json) throws IOException {
        if (json.currentToken() == JsonToken.VALUE_NUMBER_INT) return json.getLongValue();
        return Dates.instant(json.getTextCharacters(), json.getTextOffset(), json.getTextLength());
    }
}
