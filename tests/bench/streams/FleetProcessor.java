import com.google.protobuf.InvalidProtocolBufferException;
import java.util.concurrent.atomic.AtomicLong;
import odograph.AlertOuterClass.Alert;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** From a message of raw-data-topic to processed records, alerts and the state of its vehicle. */
final class FleetProcessor implements Processor<String, byte[], String, byte[]> {
  static final String STORE = "vehicles";
  private static final AtomicLong RECORDS = new AtomicLong();

  private final Overspeed rule;
  private final Reports reports;
  private final BatchReader reader = new BatchReader();
  private ProcessorContext<String, byte[]> context;
  private KeyValueStore<String, VehicleMemory> vehicles;

  FleetProcessor(int limitCmps, String form) {
    rule = new Overspeed(limitCmps);
    reports = Reports.of(form);
  }

  /** Of all tasks. */
  static long records() {
    return RECORDS.get();
  }

  @Override
  public void init(ProcessorContext<String, byte[]> its) {
    context = its;
    vehicles = its.getStateStore(STORE);
  }

  @Override
  public void process(Record<String, byte[]> message) {
    Batch batch;
    try {
      batch = reader.read(message.value());
    } catch (InvalidProtocolBufferException error) {
      throw new IllegalStateException(error); // A dead letter; the benchmark writes none.
    }
    VehicleMemory vehicle = vehicles.get(message.key());
    if (vehicle == null) vehicle = new VehicleMemory();
    vehicle.streamId = batch.streamId;
    for (int i = 0; i < batch.count; ++i) {
      if (!vehicle.admit(batch.lane, batch.boot, batch.bootNonce, batch.n[i])) continue;
      tell(reports.add(batch, i), message);
      if (batch.ruleSet == 0 && batch.lane == Batch.BULK && batch.hasUtc[i]) {
        Alert alert = rule.onRecord(vehicle, batch, i);
        if (alert != null) tell(alert, message);
      }
      vehicle.move(batch, i);
    }
    tell(reports.end(), message);
    vehicles.put(message.key(), vehicle);
    RECORDS.addAndGet(batch.count);
  }

  private void tell(byte[] reports, Record<String, byte[]> message) {
    if (reports == null) return;
    context.forward(new Record<>(message.key(), reports, message.timestamp()), "processed");
  }

  private void tell(Alert alert, Record<String, byte[]> message) {
    RecordHeaders headers = Overspeed.cloudEvent(alert);
    context.forward(new Record<>(message.key(), alert.toByteArray(), message.timestamp(), headers), "alerts");
  }
}
