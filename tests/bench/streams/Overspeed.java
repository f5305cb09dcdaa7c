import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.UUID;
import odograph.AlertOuterClass.Alert;
import odograph.Processed.Severity;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * The overspeed rule without zones, and its alerts: lib/rules/speed_limit.h with the defaults of the processor, but
 * without the guard against flapping, and without the plausibility of a fix, which the bench's drives never lack.
 */
final class Overspeed {
  private static final int HYSTERESIS_CMPS = 83;
  private static final long CLEAR_MS = 10_000;
  private static final long GAP_MS = 60_000;
  private static final long UPDATE_MS = 60_000;
  private static final UUID NAMESPACE = UUID.fromString("0d06ea9b-5f1c-4c1e-9a57-1e6f0b7c2d43");
  private static final DateTimeFormatter RFC_3339 =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private final int limitCmps;

  Overspeed(int limit) {
    limitCmps = limit;
  }

  /** The alert that comes of record {@code i}; null if none does. */
  Alert onRecord(VehicleMemory v, Batch batch, int i) {
    if (!batch.hasPosition[i] || !batch.speedCmps.has[i] || VehicleMemory.isUnusable(batch.flags[i])) return null;
    long time = batch.utcMs[i];
    if (v.newestMs != 0 && time <= v.newestMs) return null;
    Alert alert = inScope(v, batch, i, time);
    v.newestMs = time;
    return alert;
  }

  private Alert inScope(VehicleMemory v, Batch batch, int i, long time) {
    int speed = batch.speedCmps.value[i];
    if (speed <= limitCmps && !(v.episode && v.active)) {
      v.episode = false;
      return null;
    }
    if (!v.episode) begin(v, time);
    if (speed > v.peakCmps) {
      v.peakCmps = speed;
      v.peakMs = time;
      v.peakLatE7 = batch.latE7[i];
      v.peakLonE7 = batch.lonE7[i];
    }
    if (v.active) return whileActive(v, batch, i, time);
    v.active = true; // No time that it has to be held.
    return tell(v, batch, i, Alert.State.RAISED);
  }

  private static void begin(VehicleMemory v, long time) {
    v.episode = true;
    v.active = false;
    v.below = false;
    v.aboveFirstMs = time;
    v.peakCmps = 0;
  }

  private Alert whileActive(VehicleMemory v, Batch batch, int i, long time) {
    if (batch.speedCmps.value[i] >= limitCmps - HYSTERESIS_CMPS) {
      v.below = false;
    } else if (!v.below) {
      v.below = true;
      v.belowFirstMs = time;
      v.belowMs = 0;
    } else if (time - v.newestMs <= GAP_MS) {
      v.belowMs += time - v.newestMs;
    }
    if (v.below && v.belowMs >= CLEAR_MS) {
      Alert cleared = tell(v, batch, i, Alert.State.CLEARED);
      v.episode = false;
      return cleared;
    }
    boolean due = time - v.toldMs >= UPDATE_MS;
    return v.peakCmps > v.toldPeakCmps && due ? tell(v, batch, i, Alert.State.UPDATED) : null;
  }

  private Alert tell(VehicleMemory v, Batch batch, int i, Alert.State state) {
    v.toldMs = batch.utcMs[i];
    v.toldPeakCmps = v.peakCmps;
    if (state == Alert.State.RAISED) {
      v.revision = 0;
      v.alertId = id(batch.vehicleId + "|overspeed||" + v.aboveFirstMs);
    }
    Alert.Builder alert =
        Alert.newBuilder()
            .setAlertId(v.alertId)
            .setRevision(++v.revision)
            .setState(state)
            .setVehicleId(batch.vehicleId)
            .setRule("overspeed")
            .setSeverity(severity(v.peakCmps))
            .setStartTime(Report.timestamp(v.aboveFirstMs))
            .setTime(Report.timestamp(batch.utcMs[i]))
            .setUnit("m/s")
            .setLimit(limitCmps / 100.0)
            .setValue(batch.speedCmps.value[i] / 100.0)
            .setPeak(v.peakCmps / 100.0)
            .setPeakTime(Report.timestamp(v.peakMs))
            .setPeakPosition(Report.position(v.peakLatE7, v.peakLonE7))
            .setPosition(Report.position(batch.latE7[i], batch.lonE7[i]));
    if (state == Alert.State.CLEARED) {
      alert.setEndTime(Report.timestamp(v.belowFirstMs)).setReason(Alert.Reason.RECOVERED);
      v.alertId = "";
    }
    return alert.build();
  }

  private Severity severity(int peakCmps) {
    long percent = peakCmps * 100L;
    if (percent >= limitCmps * 140L) return Severity.CRITICAL;
    return percent >= limitCmps * 120L ? Severity.MAJOR : Severity.WARNING;
  }

  /** A UUID of version 5. */
  private static String id(String name) {
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      sha1.update(
          ByteBuffer.allocate(16)
              .putLong(NAMESPACE.getMostSignificantBits())
              .putLong(NAMESPACE.getLeastSignificantBits())
              .array());
      ByteBuffer hash = ByteBuffer.wrap(sha1.digest(name.getBytes(StandardCharsets.UTF_8)));
      long high = hash.getLong() & ~0xF000L | 0x5000L;
      long low = hash.getLong() & 0x3FFF_FFFF_FFFF_FFFFL | 0x8000_0000_0000_0000L;
      return new UUID(high, low).toString();
    } catch (NoSuchAlgorithmException error) {
      throw new IllegalStateException(error);
    }
  }

  static RecordHeaders cloudEvent(Alert alert) {
    long ms = alert.getTime().getSeconds() * 1000 + alert.getTime().getNanos() / 1_000_000;
    RecordHeaders headers = new RecordHeaders();
    add(headers, "ce_specversion", "1.0");
    add(headers, "ce_id", alert.getAlertId() + ':' + alert.getRevision());
    add(headers, "ce_source", "/odograph/fleet");
    add(headers, "ce_type", "fleet.alert." + alert.getRule() + ".v1");
    add(headers, "ce_subject", alert.getVehicleId());
    add(headers, "content-type", "application/protobuf");
    add(headers, "ce_time", RFC_3339.format(Instant.ofEpochMilli(ms)));
    return headers;
  }

  private static void add(RecordHeaders headers, String name, String value) {
    headers.add(name, value.getBytes(StandardCharsets.UTF_8));
  }
}
