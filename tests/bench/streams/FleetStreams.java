import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.Stores;

/**
 * The processor's job as a Kafka Streams program with exactly-once v2, for ./dev bench fleet.
 *
 * <p>FleetStreams BROKERS STORE STATE_DIRECTORY LIMIT_CMPS REPORTS; STORE: memory or rocksdb; REPORTS: single, generated
 * or bytes, see Reports. Prints how many records it has processed whenever that has changed, until it is stopped.
 */
public final class FleetStreams {
  static final String PROCESSED = "streams-processed";
  static final String ALERTS = "streams-alerts";
  private static final String RAW = "raw-data-topic";
  private static final long TELL_EVERY_MS = 20;

  private FleetStreams() {}

  static Topology topology(String store, int limitCmps, String reports) {
    KeyValueBytesStoreSupplier supplier =
        store.equals("memory")
            ? Stores.inMemoryKeyValueStore(FleetProcessor.STORE)
            : Stores.persistentKeyValueStore(FleetProcessor.STORE);
    Topology topology = new Topology();
    topology.addSource("raw", new StringDeserializer(), new ByteArrayDeserializer(), RAW);
    topology.addProcessor("fleet", () -> new FleetProcessor(limitCmps, reports), "raw");
    topology.addStateStore(
        Stores.keyValueStoreBuilder(supplier, Serdes.String(), new VehicleMemory.Serde())
            .withCachingEnabled() // Not the default of the Processor API; without it Streams takes more than twice as long.
            .withLoggingEnabled(Map.of()),
        "fleet");
    topology.addSink("processed", PROCESSED, new StringSerializer(), new ByteArraySerializer(), "fleet");
    topology.addSink("alerts", ALERTS, new StringSerializer(), new ByteArraySerializer(), "fleet");
    return topology;
  }

  static Properties settings(String brokers, String stateDirectory) {
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "streams");
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 500); // As the processor has it.
    settings.put(StreamsConfig.STATE_DIR_CONFIG, stateDirectory);
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    // Static membership, so that a restart waits for nobody's session to end.
    settings.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), "streams-0");
    return settings;
  }

  public static void main(String[] words) throws InterruptedException {
    KafkaStreams streams =
        new KafkaStreams(topology(words[1], Integer.parseInt(words[3]), words[4]), settings(words[0], words[2]));
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  streams.close(Duration.ofSeconds(30));
                  stopped.countDown();
                }));
    streams.start();
    long told = -1;
    while (stopped.getCount() > 0) {
      long records = FleetProcessor.records();
      if (records != told) System.out.println(told = records);
      Thread.sleep(TELL_EVERY_MS);
    }
  }
}
