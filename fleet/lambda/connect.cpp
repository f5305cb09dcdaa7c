#include "fleet/lambda/connect.h"

namespace odograph::lambda {
namespace {

constexpr char kClientId[] = "odograph-lambda";
/// As librdkafka refuses it before a broker does: what a dead letter takes, and some headers.
constexpr std::size_t kMessageBytesMax = (1 << 20) + (128 << 10);

kafka::ConsumerOptions reader_options(const process::ConnectOptions& options,
                                      kafka::ConsumerOptions::Isolation isolation) {
  return {.brokers = options.brokers,
          .client_id = kClientId,
          .security = options.security,
          .isolation = isolation,
          .overrides = options.overrides};
}

}  // namespace

base::Result<KeptConnections> connect(const process::ConnectOptions& options) {
  using Isolation = kafka::ConsumerOptions::Isolation;
  KeptConnections connections;
  auto marks = kafka::Consumer::create(reader_options(options, Isolation::kAll));
  if (!marks) return marks.error();
  connections.marks = std::move(*marks);
  connections.make_reader = [reader = reader_options(options, Isolation::kCommitted)] {
    return kafka::Consumer::create(reader);
  };
  kafka::TransactionalOptions producer;
  producer.brokers = options.brokers;
  producer.client_id = kClientId;
  producer.security = options.security;
  // The batch is there as a whole: nothing is gained by waiting for more.
  producer.linger = base::Millis(0);
  producer.message_bytes_max = kMessageBytesMax;
  producer.overrides = options.overrides;
  connections.make_producer = [producer, group = options.group](std::int32_t partition) {
    kafka::TransactionalOptions own = producer;
    own.transactional_id = group + "-lambda-" + std::to_string(partition);
    return kafka::TransactionalProducer::create(own);
  };
  return connections;
}

}  // namespace odograph::lambda
