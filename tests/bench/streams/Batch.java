import java.util.Arrays;

/** A message of raw-data-topic, in columns; used again for the next one. What a record does not have is not set. */
final class Batch {
  static final int BULK = 3;

  /** A column of numbers that not every record has. */
  static final class Numbers {
    boolean[] has = new boolean[0];
    int[] value = new int[0];

    void grow(int count) {
      if (has.length >= count) return;
      has = new boolean[count];
      value = new int[count];
    }
  }

  /** A column of one signal. */
  static final class Signal {
    String name;
    String unit;
    int decimals;
    double scale;
    boolean[] has;
    long[] mantissa;
  }

  String vehicleId;
  long streamId;
  String streamHex;
  int lane;
  int boot;
  int bootNonce;
  long ruleSet;
  int count;

  int[] n = new int[0];
  boolean[] hasUtc = new boolean[0];
  long[] utcMs = new long[0];
  int[] timeQuality = new int[0];
  int[] flags = new int[0];
  int[] reason = new int[0];
  int[] mode = new int[0];
  boolean[] hasPosition = new boolean[0];
  int[] latE7 = new int[0];
  int[] lonE7 = new int[0];
  final Numbers altCm = new Numbers();
  final Numbers speedCmps = new Numbers();
  final Numbers courseCdeg = new Numbers();
  final Numbers hdopCenti = new Numbers();
  final Numbers satellites = new Numbers();
  Signal[] signals = new Signal[0];

  void begin(int records) {
    count = records;
    if (n.length < records) {
      n = new int[records];
      hasUtc = new boolean[records];
      utcMs = new long[records];
      timeQuality = new int[records];
      flags = new int[records];
      reason = new int[records];
      mode = new int[records];
      hasPosition = new boolean[records];
      latE7 = new int[records];
      lonE7 = new int[records];
    }
    for (Numbers each : Arrays.asList(altCm, speedCmps, courseCdeg, hdopCenti, satellites)) each.grow(records);
  }
}
