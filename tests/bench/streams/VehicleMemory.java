import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;

/** What is known of a vehicle between two messages. */
final class VehicleMemory {
  private static final int LANES = 3;
  private static final int BYTES_MAX = 320;
  private static final int UNUSABLE = 0b101_1011_1000;

  long streamId;
  // Of each stored lane: the boot that it is at, and the last number of it.
  final int[] boot = new int[LANES];
  final int[] nonce = new int[LANES];
  final int[] last = new int[LANES];
  long missing;

  // Where it is.
  long timeMs;
  long believedMs;
  int latE7;
  int lonE7;
  int speedCmps;
  int courseCdeg;
  int flags;

  // The speed rule; see Overspeed.
  long newestMs;
  boolean episode;
  boolean active;
  long aboveFirstMs;
  long aboveMs;
  long peakMs;
  int peakCmps;
  int peakLatE7;
  int peakLonE7;
  long toldMs;
  int toldPeakCmps;
  boolean below;
  long belowFirstMs;
  long belowMs;
  // The alert that is open.
  int revision;
  String alertId = "";

  /** True if this record has not been here before; then it is remembered. */
  boolean admit(int lane, int itsBoot, int itsNonce, int n) {
    if (lane > LANES) return true;
    int at = lane - 1;
    if (boot[at] == itsBoot && nonce[at] == itsNonce) {
      if (Integer.compareUnsigned(n, last[at]) <= 0) return false;
      missing += n - last[at] - 1;
    } else if (boot[at] > itsBoot) {
      return false;
    }
    boot[at] = itsBoot;
    nonce[at] = itsNonce;
    last[at] = n;
    return true;
  }

  void move(Batch batch, int i) {
    if (!batch.hasUtc[i]) return;
    if (batch.timeQuality[i] >= 2) believedMs = Math.max(believedMs, batch.utcMs[i]);
    if (batch.utcMs[i] <= timeMs) return;
    timeMs = batch.utcMs[i];
    if (!batch.hasPosition[i] || isUnusable(batch.flags[i])) return;
    latE7 = batch.latE7[i];
    lonE7 = batch.lonE7[i];
    speedCmps = batch.speedCmps.has[i] ? batch.speedCmps.value[i] : 0;
    courseCdeg = batch.courseCdeg.has[i] ? batch.courseCdeg.value[i] : 0;
    flags = batch.flags[i];
  }

  /** Bits of proto/README.md: HDOP_BAD, JUMP, LATCHED, SIMULATED, TIME_UNCERTAIN, TIME_BACKWARDS. */
  static boolean isUnusable(int flags) {
    return (flags & UNUSABLE) != 0;
  }

  /** As bytes for the store and its changelog: fixed places, which is the least work there is. */
  static final class Serde implements org.apache.kafka.common.serialization.Serde<VehicleMemory> {
    private final ByteBuffer scratch = ByteBuffer.allocate(BYTES_MAX);

    @Override
    public Serializer<VehicleMemory> serializer() {
      return (topic, vehicle) -> vehicle == null ? null : toBytes(vehicle);
    }

    @Override
    public Deserializer<VehicleMemory> deserializer() {
      return (topic, bytes) -> bytes == null ? null : fromBytes(ByteBuffer.wrap(bytes));
    }

    private synchronized byte[] toBytes(VehicleMemory v) {
      ByteBuffer out = scratch.clear();
      out.putLong(v.streamId);
      for (int i = 0; i < LANES; ++i) out.putInt(v.boot[i]).putInt(v.nonce[i]).putInt(v.last[i]);
      out.putLong(v.missing).putLong(v.timeMs).putLong(v.believedMs).putInt(v.latE7).putInt(v.lonE7);
      out.putInt(v.speedCmps).putInt(v.courseCdeg).putInt(v.flags).putLong(v.newestMs);
      out.put((byte) ((v.episode ? 1 : 0) | (v.active ? 2 : 0) | (v.below ? 4 : 0)));
      out.putLong(v.aboveFirstMs).putLong(v.aboveMs).putLong(v.peakMs).putInt(v.peakCmps);
      out.putInt(v.peakLatE7).putInt(v.peakLonE7).putLong(v.toldMs).putInt(v.toldPeakCmps);
      out.putLong(v.belowFirstMs).putLong(v.belowMs).putInt(v.revision);
      out.put(v.alertId.getBytes(StandardCharsets.ISO_8859_1));
      byte[] bytes = new byte[out.position()];
      out.flip().get(bytes);
      return bytes;
    }

    private static VehicleMemory fromBytes(ByteBuffer in) {
      VehicleMemory v = new VehicleMemory();
      v.streamId = in.getLong();
      for (int i = 0; i < LANES; ++i) {
        v.boot[i] = in.getInt();
        v.nonce[i] = in.getInt();
        v.last[i] = in.getInt();
      }
      v.missing = in.getLong();
      v.timeMs = in.getLong();
      v.believedMs = in.getLong();
      v.latE7 = in.getInt();
      v.lonE7 = in.getInt();
      v.speedCmps = in.getInt();
      v.courseCdeg = in.getInt();
      v.flags = in.getInt();
      v.newestMs = in.getLong();
      byte bits = in.get();
      v.episode = (bits & 1) != 0;
      v.active = (bits & 2) != 0;
      v.below = (bits & 4) != 0;
      v.aboveFirstMs = in.getLong();
      v.aboveMs = in.getLong();
      v.peakMs = in.getLong();
      v.peakCmps = in.getInt();
      v.peakLatE7 = in.getInt();
      v.peakLonE7 = in.getInt();
      v.toldMs = in.getLong();
      v.toldPeakCmps = in.getInt();
      v.belowFirstMs = in.getLong();
      v.belowMs = in.getLong();
      v.revision = in.getInt();
      v.alertId = new String(in.array(), in.position(), in.remaining(), StandardCharsets.ISO_8859_1);
      return v;
    }
  }
}
