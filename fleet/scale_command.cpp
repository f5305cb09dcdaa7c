#include "fleet/scale_command.h"

#include <ostream>

#include "fleet/process/scaler.h"
#include "fleet/topics/topic_table.h"
#include "lib/keys/link.h"
#include "lib/service/signals.h"

namespace odograph::fleet {
namespace {

constexpr char kClientId[] = "odograph-fleet-scale";

base::Result<process::ScaleBrokers> connect_all(const process::ConnectOptions& options) {
  kafka::ConsumerOptions reader{.brokers = options.brokers, .client_id = kClientId, .security = options.security};
  kafka::ConsumerOptions marks = reader;
  marks.isolation = kafka::ConsumerOptions::Isolation::kAll;
  kafka::ConsumerOptions offsets = reader;
  offsets.group = options.group;
  auto admin = kafka::Admin::create({.brokers = options.brokers, .client_id = kClientId, .security = options.security});
  if (!admin) return admin.error();
  auto asks = kafka::Consumer::create(offsets);
  if (!asks) return asks.error();
  auto sees_all = kafka::Consumer::create(marks);
  if (!sees_all) return sees_all.error();
  auto producer = kafka::TransactionalProducer::create({.brokers = options.brokers,
                                                        .client_id = kClientId,
                                                        .security = options.security,
                                                        .transactional_id = options.group + "-scale",
                                                        .message_bytes_max = 2'000'000});
  if (!producer) return producer.error();
  return process::ScaleBrokers{std::move(*admin), std::move(*asks), std::move(*sees_all),
                               [reader] { return kafka::Consumer::create(reader); }, std::move(*producer)};
}

}  // namespace

base::Status run_scale(const ScaleCommand& command, std::ostream& out) {
  if (auto status = topics::validate({.partitions = command.partitions, .replication = 1}); !status) return status;
  const auto signals = service::Signals::create();
  if (!signals) return signals.error();
  const auto values = load_config(command.source);
  if (!values) return values.error();
  const auto settings = process_settings(*values);
  if (!settings) return settings.error();
  const base::RealClock clock;
  const process::ScaleOptions options{.group = settings->connect.group,
                                      .partitions = command.partitions,
                                      .settle = std::chrono::seconds(command.settle_s),
                                      .patience = settings->connect.session_timeout + base::Millis(5'000),
                                      .begin = settings->pipeline.begin};
  process::Scaler scaler(options, [&] { return connect_all(settings->connect); },
                         {.tell = [&](const std::string& line) { out << line << std::endl; },
                          .stopped = [&] { return signals->next() == service::Signal::kStop; },
                          .clock = clock});
  return scaler.run();
}

}  // namespace odograph::fleet
