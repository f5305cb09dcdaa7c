import com.google.protobuf.Timestamp;
import odograph.Processed.Position;
import odograph.Processed.ProcessedRecord;
import odograph.Processed.Signal;
import odograph.Processed.VehicleReport;

/** A record as processed-data-topic has it; the same bytes as the processor's. */
final class Report {
  private static final String[] LANES = {"", "alert", "event", "bulk", "live"};

  private Report() {}

  static Timestamp timestamp(long ms) {
    return Timestamp.newBuilder()
        .setSeconds(Math.floorDiv(ms, 1000L))
        .setNanos((int) Math.floorMod(ms, 1000L) * 1_000_000)
        .build();
  }

  static Position position(int latE7, int lonE7) {
    return Position.newBuilder().setLat(latE7 / 1e7).setLon(lonE7 / 1e7).build();
  }

  static ProcessedRecord of(Batch batch, int i) {
    long sequence = (long) batch.boot << 32 | batch.n[i];
    String id = batch.vehicleId + '/' + batch.streamHex + '/' + LANES[batch.lane] + '/' + sequence;
    if (batch.bootNonce != 0) id += "/" + Integer.toUnsignedString(batch.bootNonce);
    VehicleReport.Builder report =
        VehicleReport.newBuilder()
            .setVehicleId(batch.vehicleId)
            .setStreamId(batch.streamHex)
            .setLaneValue(batch.lane)
            .setSequence(sequence)
            .setBootNonce(batch.bootNonce)
            .setTimeQualityValue(batch.timeQuality[i])
            .setModeValue(batch.mode[i]);
    if (batch.hasUtc[i]) report.setTime(timestamp(batch.utcMs[i]));
    for (int bits = batch.flags[i], place = 1; bits != 0; bits >>>= 1, ++place) {
      if ((bits & 1) != 0) report.addFlagsValue(place);
    }
    for (int bits = batch.reason[i], place = 1; bits != 0; bits >>>= 1, ++place) {
      if ((bits & 1) != 0) report.addReasonValue(place);
    }
    if (batch.hasPosition[i]) report.setPosition(position(batch.latE7[i], batch.lonE7[i]));
    if (batch.altCm.has[i]) report.setAltitudeM(batch.altCm.value[i] / 100.0);
    if (batch.speedCmps.has[i]) report.setSpeedMps(batch.speedCmps.value[i] / 100.0);
    if (batch.courseCdeg.has[i]) report.setCourseDeg(batch.courseCdeg.value[i] / 100.0);
    if (batch.hdopCenti.has[i]) report.setHdop(batch.hdopCenti.value[i] / 100.0);
    if (batch.satellites.has[i]) report.setSatellites(batch.satellites.value[i]);
    for (Batch.Signal signal : batch.signals) {
      if (signal.has[i]) report.addSignals(signal(signal, i));
    }
    return ProcessedRecord.newBuilder().setId(id).setReport(report).build();
  }

  private static Signal signal(Batch.Signal signal, int i) {
    return Signal.newBuilder()
        .setName(signal.name)
        .setUnit(signal.unit)
        .setValue(signal.mantissa[i] / signal.scale)
        .setDecimals(signal.decimals)
        .build();
  }
}
