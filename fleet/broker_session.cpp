#include "fleet/broker_session.h"

#include "fleet/config_options.h"
#include "lib/keys/link.h"
#include "lib/service/signals.h"

namespace odograph::fleet {

int with_broker(const ConfigSource& source, const std::string& client_id,
                const std::function<base::Status(const dispatch::Broker&)>& work) {
  const auto signals = service::Signals::create();
  if (!signals) return fail(signals.error());
  const auto values = load_config(source);
  if (!values) return fail(values.error());
  const auto secured = security(*values);
  if (!secured) return fail(secured.error());
  const std::string brokers = keys::brokers_of(*values);
  const auto admin = kafka::Admin::create({.brokers = brokers, .client_id = client_id, .security = *secured});
  if (!admin) return fail(admin.error());
  const auto consumer = kafka::Consumer::create({.brokers = brokers, .client_id = client_id, .security = *secured});
  if (!consumer) return fail(consumer.error());
  const auto producer = kafka::Producer::create(
      {.brokers = brokers, .client_id = client_id, .security = *secured, .linger = std::chrono::milliseconds{5}});
  if (!producer) return fail(producer.error());
  const auto status =
      work({**admin, **consumer, producer->get(), [&signals] { return signals->next() == service::Signal::kStop; }});
  return status ? 0 : fail(status.error());
}

}  // namespace odograph::fleet
