import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * What committed messages are in topics, to tell whether two programs wrote the same.
 *
 * <p>Digest BROKERS TOPIC...: of each a line with its name, the number of messages, their bytes (keys, values and
 * headers), and a sum over all of them that their order does not change.
 */
public final class Digest {
  private static final Duration WAIT = Duration.ofMillis(500);
  private static final int WAITS_MAX = 40; // In a row, with nothing coming.

  private Digest() {}

  public static void main(String[] words) {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", words[0]);
    settings.put("isolation.level", "read_committed");
    settings.put("auto.offset.reset", "earliest");
    settings.put("key.deserializer", ByteArrayDeserializer.class);
    settings.put("value.deserializer", ByteArrayDeserializer.class);
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings)) {
      for (String topic : Arrays.asList(words).subList(1, words.length)) tell(consumer, topic);
    }
  }

  private static void tell(KafkaConsumer<byte[], byte[]> consumer, String topic) {
    List<TopicPartition> partitions =
        consumer.partitionsFor(topic).stream().map(each -> new TopicPartition(topic, each.partition())).toList();
    consumer.assign(partitions);
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    long count = 0;
    long bytes = 0;
    long sum = 0;
    int waits = 0;
    while (waits < WAITS_MAX && partitions.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
      var records = consumer.poll(WAIT);
      waits = records.isEmpty() ? waits + 1 : 0;
      for (ConsumerRecord<byte[], byte[]> record : records) {
        ++count;
        bytes += record.serializedKeySize() + Math.max(0, record.serializedValueSize());
        long hash = 31L * Arrays.hashCode(record.key()) + mixed(record.value());
        for (Header header : record.headers()) {
          bytes += header.key().length() + header.value().length;
          hash = 31 * hash + header.key().hashCode() + mixed(header.value());
        }
        hash = (hash ^ hash >>> 29) * 0xBF58476D1CE4E5B9L;
        sum += hash ^ hash >>> 32;
      }
    }
    System.out.println(topic + " " + count + " " + bytes + " " + Long.toHexString(sum));
  }

  private static long mixed(byte[] bytes) {
    long hash = 0xCBF29CE484222325L;
    for (byte each : bytes) hash = (hash ^ each) * 0x100000001B3L;
    return hash;
  }
}
