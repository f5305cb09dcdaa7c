import java.util.Arrays;

/** One pack for all reports of a batch, written without a message in between, as the processor does it. */
final class PackBytes implements Reports {
  private static final int REPORT_MAX = 1 << 12;
  private static final String[] LANES = {"", "alert", "event", "bulk", "live"};

  private final Wire id = new Wire();
  private final Wire report = new Wire();
  private final Wire records = new Wire();
  private int count;
  private int firstAt;
  private byte[] packId;
  // What all reports of the batch begin with.
  private byte[] idFront;
  private byte[] idEnd;
  private byte[] vehicle;
  private byte[] stream;
  private byte[][] signals;

  private void begin(Batch batch) {
    idFront = Wire.text(batch.vehicleId + '/' + batch.streamHex + '/' + LANES[batch.lane] + '/');
    idEnd = Wire.text(batch.bootNonce == 0 ? "" : "/" + Integer.toUnsignedString(batch.bootNonce));
    vehicle = Wire.text(batch.vehicleId);
    stream = Wire.text(batch.streamHex);
    signals = new byte[batch.signals.length][];
    for (int i = 0; i < signals.length; ++i) {
      Wire front = new Wire();
      if (!batch.signals[i].name.isEmpty()) front.bytes(1, Wire.text(batch.signals[i].name));
      if (!batch.signals[i].unit.isEmpty()) front.bytes(2, Wire.text(batch.signals[i].unit));
      signals[i] = Arrays.copyOf(front.bytes, front.size);
    }
  }

  @Override
  public byte[] add(Batch batch, int i) {
    if (count == 0) begin(batch);
    long sequence = (long) batch.boot << 32 | batch.n[i];
    id.size = 0;
    id.room(idFront.length + 20 + idEnd.length);
    id.raw(idFront, idFront.length);
    id.decimal(sequence);
    id.raw(idEnd, idEnd.length);
    report.size = 0;
    report.room(REPORT_MAX);
    write(batch, i, sequence);
    records.room(REPORT_MAX);
    int size = 1 + lengthOf(id.size) + id.size + 1 + lengthOf(report.size) + report.size;
    records.head(1, size);
    if (count == 0) {
      firstAt = records.size;
      packId = Arrays.copyOf(id.bytes, id.size + 5);
      System.arraycopy(Wire.text("/pack"), 0, packId, id.size, 5);
    }
    records.head(1, id.size);
    records.raw(id.bytes, id.size);
    records.head(2, report.size);
    records.raw(report.bytes, report.size);
    ++count;
    return null;
  }

  @Override
  public byte[] end() {
    if (count == 0) return null;
    byte[] message;
    if (count == 1) {
      message = Arrays.copyOfRange(records.bytes, firstAt, records.size);
    } else {
      Wire front = id;
      front.size = 0;
      front.bytes(1, packId);
      front.head(5, records.size);
      message = Arrays.copyOf(front.bytes, front.size + records.size);
      System.arraycopy(records.bytes, 0, message, front.size, records.size);
    }
    records.size = 0;
    count = 0;
    return message;
  }

  private static int lengthOf(int value) {
    return (38 - Integer.numberOfLeadingZeros(value | 1)) / 7;
  }

  private void write(Batch batch, int i, long sequence) {
    report.bytes(1, vehicle);
    report.bytes(2, stream);
    report.number(3, batch.lane);
    report.number(4, sequence);
    if (batch.hasUtc[i]) time(batch.utcMs[i]);
    if (batch.timeQuality[i] != 0) report.number(6, batch.timeQuality[i]);
    places(8, batch.flags[i]);
    places(9, batch.reason[i]);
    if (batch.mode[i] != 0) report.number(10, batch.mode[i]);
    if (batch.hasPosition[i]) position(batch.latE7[i], batch.lonE7[i]);
    if (batch.altCm.has[i]) report.real(12, batch.altCm.value[i] / 100.0);
    if (batch.speedCmps.has[i]) report.real(13, batch.speedCmps.value[i] / 100.0);
    if (batch.courseCdeg.has[i]) report.real(14, batch.courseCdeg.value[i] / 100.0);
    if (batch.hdopCenti.has[i]) report.real(15, batch.hdopCenti.value[i] / 100.0);
    if (batch.satellites.has[i]) report.number(16, batch.satellites.value[i]);
    for (int s = 0; s < batch.signals.length; ++s) {
      if (batch.signals[s].has[i]) signal(batch.signals[s], signals[s], i);
    }
    if (batch.bootNonce != 0) report.fixed32(21, batch.bootNonce);
  }

  /** Below 128 bytes: its length is put there when it is known. */
  private int begin(int field) {
    report.head(field, 0);
    return report.size;
  }

  private void end(int at) {
    report.bytes[at - 1] = (byte) (report.size - at);
  }

  private void time(long ms) {
    int at = begin(5);
    long seconds = Math.floorDiv(ms, 1000L);
    int nanos = (int) Math.floorMod(ms, 1000L) * 1_000_000;
    if (seconds != 0) report.number(1, seconds);
    if (nanos != 0) report.number(2, nanos);
    end(at);
  }

  private void places(int field, int bits) {
    if (bits == 0) return;
    int at = begin(field);
    for (; bits != 0; bits &= bits - 1) report.varint(Integer.numberOfTrailingZeros(bits) + 1);
    end(at);
  }

  private void position(int latE7, int lonE7) {
    int at = begin(11);
    if (latE7 != 0) report.real(1, latE7 / 1e7);
    if (lonE7 != 0) report.real(2, lonE7 / 1e7);
    end(at);
  }

  private void signal(Batch.Signal signal, byte[] front, int i) {
    int at = begin(17);
    report.raw(front, front.length);
    if (signal.mantissa[i] != 0) report.real(3, signal.mantissa[i] / signal.scale);
    if (signal.decimals != 0) report.number(4, signal.decimals);
    end(at);
  }
}
