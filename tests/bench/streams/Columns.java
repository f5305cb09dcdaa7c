import com.google.protobuf.Internal.IntList;
import com.google.protobuf.Internal.LongList;
import java.util.Arrays;

/** How one column is read: the rules of proto/raw/record_batch.proto. */
final class Columns {
  private static final int ESCAPE_ONES = 12;
  private static final int LENGTH_BITS = 6;

  private Columns() {}

  /** Which records have a value. */
  static void presence(IntList at, boolean all, boolean[] has, int count) {
    Arrays.fill(has, 0, count, all);
    boolean present = false;
    int index = 0;
    for (int i = 0; i < at.size(); ++i, present = !present) {
      int end = index + at.getInt(i);
      if (present) Arrays.fill(has, index, end, true);
      index = end;
    }
    if (!at.isEmpty() && present) Arrays.fill(has, index, count, true);
  }

  static void secondDifferences(LongList in, boolean[] has, long[] out, int count) {
    long sum = 0;
    long difference = 0;
    boolean first = true;
    for (int i = 0, next = 0; i < count; ++i) {
      if (!has[i]) continue;
      if (next < in.size()) difference += in.getLong(next++);
      sum += difference;
      if (first) difference = 0;
      first = false;
      out[i] = sum;
    }
  }

  static void secondDifferences(long[] in, int told, boolean[] has, int[] out, int count) {
    long sum = 0;
    long difference = 0;
    boolean first = true;
    for (int i = 0, next = 0; i < count; ++i) {
      if (!has[i]) continue;
      if (next < told) difference += in[next++];
      sum += difference;
      if (first) difference = 0;
      first = false;
      out[i] = Math.toIntExact(sum);
    }
  }

  static void firstDifferences(long[] in, int told, boolean[] has, int[] out, int count) {
    long sum = 0;
    for (int i = 0, next = 0; i < count; ++i) {
      if (!has[i]) continue;
      if (next < told) sum += in[next++];
      out[i] = Math.toIntExact(sum);
    }
  }

  /** Runs of values. */
  static void runs(IntList in, int[] out, int count) {
    int index = 0;
    for (int i = 0; i < in.size(); i += 2) {
      int end = i + 1 < in.size() ? index + in.getInt(i + 1) : count;
      Arrays.fill(out, index, end, in.getInt(i));
      index = end;
    }
    if (in.isEmpty()) Arrays.fill(out, 0, count, 0);
  }

  /** Runs of differences, for those records that have a value. */
  static void runs(LongList in, boolean[] has, int[] out, int count) {
    int next = 0;
    long value = 0;
    long left = 0;
    for (int i = 0; i < count; ++i) {
      if (!has[i]) continue;
      if (left == 0) {
        if (next < in.size()) value += in.getLong(next++);
        left = next < in.size() ? in.getLong(next++) : Long.MAX_VALUE;
      }
      --left;
      out[i] = Math.toIntExact(value);
    }
  }

  /** Rice code; answers how many numbers came out. */
  static int rice(com.google.protobuf.ByteString code, long[] out) {
    if (code.isEmpty()) return 0;
    Bits bits = new Bits(code);
    int k = code.byteAt(0);
    int count = 0;
    for (;;) {
      int ones = Math.min(ESCAPE_ONES, Long.numberOfTrailingZeros(~bits.held));
      if (ones >= bits.count) return count;
      long value;
      if (ones == ESCAPE_ONES) {
        bits.take(ESCAPE_ONES);
        int length = (int) bits.take(LENGTH_BITS) + 1;
        value = bits.take(Math.min(length, 32));
        if (length > 32) value |= bits.take(length - 32) << 32;
      } else {
        bits.take(ones + 1);
        value = bits.take(k) | (long) ones << k;
      }
      out[count++] = (value >>> 1) ^ -(value & 1);
    }
  }

  /** Bits of a code, the lowest of each byte first. */
  private static final class Bits {
    private final com.google.protobuf.ByteString code;
    private int next = 1;
    private long held;
    private int count;

    Bits(com.google.protobuf.ByteString its) {
      code = its;
      refill();
    }

    long take(int bits) {
      long value = held & ((1L << bits) - 1);
      held >>>= bits;
      count -= bits;
      refill();
      return value;
    }

    private void refill() {
      for (; count <= 55 && next < code.size(); count += 8) held |= (code.byteAt(next++) & 0xFFL) << count;
    }
  }
}
