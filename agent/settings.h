#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "agent/collect/pipeline.h"
#include "agent/identity_status.h"
#include "agent/outbox/outbox.h"
#include "agent/signing_clock.h"
#include "agent/traffic/data_keeper.h"
#include "agent/uplink/options.h"
#include "lib/base/result.h"
#include "lib/config/values.h"
#include "lib/kafka/producer.h"
#include "lib/service/log.h"

namespace odograph::agent {

/// The configuration in the words of the folders that it is for.
struct Settings {
  std::string vehicle_id;
  outbox::Options outbox;
  uplink::Options uplink;
  kafka::ProducerOptions producer;
  std::shared_ptr<SigningClock> signing_clock;  ///< By which the producer's tokens are signed.
  traffic::DataOptions data;
  std::optional<IdentityConfig> identity{};  ///< As whom the producer is known.
  collect::PipelineConfig pipeline;
  std::string status_socket;
  bool metrics = false;
  std::uint16_t metrics_port = 0;
  service::LogLevel log_level = service::LogLevel::kInfo;
};

/// What is of storage in it, but for the vehicle.
outbox::Options outbox_options(const config::Values& values, track::Setting setting);

/// `values` were validated against `options()`, whose relations refuse what does not fit together, at its line. `kStop`
/// for what they let through.
base::Result<Settings> settings(const config::Values& values, track::Setting setting);

}  // namespace odograph::agent
