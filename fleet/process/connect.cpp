#include "fleet/process/connect.h"

#include "fleet/process/loose_producer.h"
#include "fleet/topics/topic_table.h"
#include "lib/base/ids.h"
#include "lib/kafka/token_pusher.h"

namespace odograph::process {
namespace {

constexpr char kClientId[] = "odograph-fleet";
/// A commit does not wait for it, as it flushes. Until then larger requests are fewer, and polls for room too.
constexpr base::Millis kLinger{50};
/// As librdkafka refuses it before a broker does: what a dead letter takes, and some headers.
constexpr std::size_t kMessageBytesMax = (1 << 20) + (128 << 10);

/// The newest name that nobody else has: without a name of its own an instance is a stranger after every start.
std::string name_of(const ConnectOptions& options) {
  const std::string instance = options.instance.empty() ? base::to_hex16(base::random_u64()) : options.instance;
  return options.group + '-' + instance;
}

kafka::ConsumerOptions reader_options(const ConnectOptions& options, kafka::ConsumerOptions::Isolation isolation) {
  return {.brokers = options.brokers,
          .client_id = kClientId,
          .security = options.security,
          .isolation = isolation,
          .overrides = options.overrides};
}

kafka::ConsumerOptions group_options(const ConnectOptions& options) {
  kafka::ConsumerOptions group = reader_options(options, kafka::ConsumerOptions::Isolation::kCommitted);
  group.group = options.group;
  group.group_instance_id = options.instance;
  group.start = kafka::ConsumerOptions::Start::kCaller;
  const auto session_ms = options.session_timeout.count();
  // Ten heartbeats may get lost before the group gives an instance up.
  group.overrides.insert(group.overrides.begin(), {{"session.timeout.ms", std::to_string(session_ms)},
                                                   {"heartbeat.interval.ms", std::to_string(session_ms / 10)}});
  return group;
}

Connections::MakeProducer transactional(const ConnectOptions& options) {
  kafka::TransactionalOptions producer;
  producer.brokers = options.brokers;
  producer.client_id = kClientId;
  producer.security = options.security;
  producer.transactional_id = name_of(options);
  producer.linger = kLinger;
  producer.message_bytes_max = kMessageBytesMax;
  producer.overrides = options.overrides;
  return [producer](kafka::Consumer&) { return kafka::TransactionalProducer::create(producer); };
}

Connections::MakeProducer loose(const ConnectOptions& options) {
  kafka::ProducerOptions producer;
  producer.brokers = options.brokers;
  producer.client_id = kClientId;
  producer.security = options.security;
  producer.linger = kLinger;
  producer.message_bytes_max = kMessageBytesMax;
  // Beside the cluster and in small numbers, unlike the vehicles: quick to come back, and many small messages.
  producer.overrides = {{"queue.buffering.max.messages", "20000"},
                        {"retry.backoff.ms", "100"},
                        {"reconnect.backoff.ms", "100"},
                        {"reconnect.backoff.max.ms", "5000"},
                        {"socket.connection.setup.timeout.ms", "5000"}};
  producer.overrides.insert(producer.overrides.end(), options.overrides.begin(), options.overrides.end());
  return [producer](kafka::Consumer& raw) -> base::Result<std::unique_ptr<kafka::TransactionalProducer>> {
    auto made = kafka::Producer::create(producer);
    if (!made) return made.error();
    return std::unique_ptr<kafka::TransactionalProducer>(std::make_unique<LooseProducer>(
        std::move(*made), [&raw](const std::vector<kafka::TopicPartition>& offsets) { return raw.commit(offsets); }));
  };
}

}  // namespace

base::Result<Connections> connect(const ConnectOptions& options) {
  Connections connections;
  auto raw = kafka::Consumer::create(group_options(options));
  if (!raw) return raw.error();
  if (auto status = (*raw)->subscribe({topics::kRawData}); !status) return status.error();
  auto marks = kafka::Consumer::create(reader_options(options, kafka::ConsumerOptions::Isolation::kAll));
  if (!marks) return marks.error();
  connections.raw = std::move(*raw);
  connections.marks = std::move(*marks);
  connections.make_reader = [reader = reader_options(options, kafka::ConsumerOptions::Isolation::kCommitted)] {
    return kafka::Consumer::create(reader);
  };
  connections.make_producer = options.guarantee == Guarantee::kExactlyOnce ? transactional(options) : loose(options);
  if (options.security.tokens) {
    connections.credentials = [tokens = options.security.tokens] { return tokens->state().key_id; };
  }
  return connections;
}

}  // namespace odograph::process
