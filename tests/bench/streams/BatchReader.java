import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.google.protobuf.ByteString;
import com.google.protobuf.Internal.IntList;
import com.google.protobuf.Internal.LongList;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.List;
import odograph.raw.RecordBatchOuterClass;
import odograph.raw.RecordBatchOuterClass.Codec;
import odograph.raw.RecordBatchOuterClass.RecordBatch;
import odograph.raw.RecordBatchOuterClass.SignalColumn;

/** Reads messages of raw-data-topic: protobuf's generated code for the message, {@link Columns} for what is in it. */
final class BatchReader {
  private static final double[] POWERS = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

  private final Batch batch = new Batch();
  private final ZstdDecompressCtx zstd = new ZstdDecompressCtx();
  private long[] scratch = new long[64];

  /** Good until the next call. */
  Batch read(byte[] message) throws InvalidProtocolBufferException {
    RecordBatch in = RecordBatch.parseFrom(message);
    RecordBatchOuterClass.Columns columns;
    if (in.getCodec() == Codec.ZSTD) {
      byte[] packed = in.getColumns().toByteArray();
      byte[] unpacked = zstd.decompress(packed, (int) Zstd.getFrameContentSize(packed));
      columns = RecordBatchOuterClass.Columns.parseFrom(unpacked);
    } else {
      columns = RecordBatchOuterClass.Columns.parseFrom(in.getColumns());
    }
    batch.vehicleId = in.getVehicleId();
    batch.streamId = in.getStreamId();
    batch.streamHex = hex(in.getStreamId());
    batch.lane = in.getLaneValue();
    batch.boot = in.getBoot();
    batch.bootNonce = in.getBootNonce();
    batch.ruleSet = in.getRuleSet();
    batch.begin(in.getCount());
    if (scratch.length < in.getCount() + 1) scratch = new long[in.getCount() + 1];
    numbers(columns, in.getFirstN());
    times(columns);
    motion(columns);
    signals(columns);
    return batch;
  }

  private void numbers(RecordBatchOuterClass.Columns columns, int firstN) {
    int n = firstN;
    for (int i = 0; i < batch.count; ++i) {
      if (i > 0) n += 1 + (i - 1 < columns.getNGapCount() ? columns.getNGap(i - 1) : 0);
      batch.n[i] = n;
    }
  }

  private void times(RecordBatchOuterClass.Columns columns) {
    int count = batch.count;
    Columns.presence(ints(columns.getUtcAtList()), (columns.getPresentInAll() & 2) != 0, batch.hasUtc, count);
    Columns.secondDifferences(longs(columns.getUtcList()), batch.hasUtc, batch.utcMs, count);
    Columns.runs(ints(columns.getTimeQualityList()), batch.timeQuality, count);
    Columns.runs(ints(columns.getFlagsList()), batch.flags, count);
    Columns.runs(ints(columns.getReasonList()), batch.reason, count);
    Columns.runs(ints(columns.getModeList()), batch.mode, count);
  }

  private void motion(RecordBatchOuterClass.Columns columns) {
    int all = columns.getPresentInAll();
    int count = batch.count;
    boolean[] has = batch.hasPosition;
    Columns.presence(ints(columns.getPositionAtList()), (all & 4) != 0, has, count);
    Columns.secondDifferences(scratch, Columns.rice(columns.getLat(), scratch), has, batch.latE7, count);
    Columns.secondDifferences(scratch, Columns.rice(columns.getLon(), scratch), has, batch.lonE7, count);
    differences(columns.getAlt(), columns.getAltAtList(), (all & 8) != 0, batch.altCm);
    differences(columns.getSpeed(), columns.getSpeedAtList(), (all & 16) != 0, batch.speedCmps);
    differences(columns.getCourse(), columns.getCourseAtList(), (all & 32) != 0, batch.courseCdeg);
    Columns.presence(ints(columns.getHdopAtList()), (all & 64) != 0, batch.hdopCenti.has, count);
    Columns.runs(longs(columns.getHdopList()), batch.hdopCenti.has, batch.hdopCenti.value, count);
    Columns.presence(ints(columns.getSatellitesAtList()), (all & 128) != 0, batch.satellites.has, count);
    Columns.runs(longs(columns.getSatellitesList()), batch.satellites.has, batch.satellites.value, count);
  }

  private void differences(ByteString code, List<Integer> at, boolean all, Batch.Numbers numbers) {
    Columns.presence(ints(at), all, numbers.has, batch.count);
    Columns.firstDifferences(scratch, Columns.rice(code, scratch), numbers.has, numbers.value, batch.count);
  }

  private void signals(RecordBatchOuterClass.Columns columns) {
    if (batch.signals.length != columns.getSignalsCount()) batch.signals = new Batch.Signal[columns.getSignalsCount()];
    for (int s = 0; s < batch.signals.length; ++s) {
      SignalColumn in = columns.getSignals(s);
      Batch.Signal signal = batch.signals[s] = new Batch.Signal();
      signal.name = in.getName();
      signal.unit = in.getUnit();
      signal.decimals = in.getDecimals();
      signal.scale = POWERS[in.getDecimals()];
      signal.has = new boolean[batch.count];
      signal.mantissa = new long[batch.count];
      int values = in.getCount() != 0 ? in.getCount() : in.getMantissaCount();
      long gap = 0;
      long mantissa = 0;
      for (int i = 0, index = 0; i < values; ++i, ++index) {
        if (i < in.getGapCount()) gap += in.getGap(i);
        if (i < in.getMantissaCount()) mantissa += in.getMantissa(i);
        index += (int) gap;
        signal.has[index] = true;
        signal.mantissa[index] = mantissa;
      }
    }
  }

  /** What protobuf's lists of numbers are; so that no number is boxed. */
  private static IntList ints(List<Integer> list) {
    return (IntList) list;
  }

  private static LongList longs(List<Long> list) {
    return (LongList) list;
  }

  private static String hex(long value) {
    char[] digits = new char[16];
    for (int i = 0; i < 16; ++i) digits[i] = Character.forDigit((int) (value >>> 60 - 4 * i) & 15, 16);
    return new String(digits);
  }
}
