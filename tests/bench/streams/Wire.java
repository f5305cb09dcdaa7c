import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Protobuf's wire format, into an array that is used again. */
final class Wire {
  byte[] bytes = new byte[1 << 12];
  int size;

  /** Before anything is written: so many bytes may follow. */
  void room(int more) {
    if (bytes.length - size < more) bytes = Arrays.copyOf(bytes, 2 * (size + more));
  }

  static byte[] text(String ascii) {
    return ascii.getBytes(StandardCharsets.ISO_8859_1);
  }

  void varint(long value) {
    for (; (value & ~0x7FL) != 0; value >>>= 7) bytes[size++] = (byte) (value | 0x80);
    bytes[size++] = (byte) value;
  }

  void raw(byte[] from, int count) {
    System.arraycopy(from, 0, bytes, size, count);
    size += count;
  }

  void number(int field, long value) {
    varint(field << 3);
    varint(value);
  }

  void real(int field, double value) {
    varint(field << 3 | 1);
    littleEndian(Double.doubleToRawLongBits(value), 8);
  }

  void fixed32(int field, int value) {
    varint(field << 3 | 5);
    littleEndian(value, 4);
  }

  void head(int field, int length) {
    varint(field << 3 | 2);
    varint(length);
  }

  void bytes(int field, byte[] value) {
    head(field, value.length);
    raw(value, value.length);
  }

  void decimal(long value) {
    int digits = 1;
    for (long rest = value; rest >= 10; rest /= 10) ++digits;
    for (int at = size + digits - 1; at >= size; --at, value /= 10) bytes[at] = (byte) ('0' + value % 10);
    size += digits;
  }

  private void littleEndian(long value, int count) {
    for (int i = 0; i < count; ++i, value >>>= 8) bytes[size++] = (byte) value;
  }
}
