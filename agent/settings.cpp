#include "agent/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "agent/build_info.h"
#include "lib/base/ids.h"
#include "lib/keys/link.h"
#include "lib/keys/msk.h"
#include "lib/keys/speed_limit.h"
#include "lib/rules/units.h"

namespace odograph::agent {
namespace {

constexpr base::Millis kAsksGateEvery{1000};

std::int32_t centi(double value) { return static_cast<std::int32_t>(std::lround(value * 100)); }

/// Nothing where the vehicle watches nothing itself.
std::optional<rules::SpeedLimitConfig> speed_limit(const config::Values& values) {
  auto config = keys::speed_limit_of(values);
  if (!config.limit_cmps && config.zones.empty()) return std::nullopt;
  return config;
}

sample::Config sampling(const config::Values& values) {
  sample::Config config;
  config.mode = values.text("sampling.mode") == "all" ? sample::Mode::kAll : sample::Mode::kSampled;
  config.time = values.duration("sampling.interval");
  config.distance_m = static_cast<std::int32_t>(values.integer("sampling.distance_m"));
  config.angle_cdeg = static_cast<std::int32_t>(values.integer("sampling.angle_deg") * 100);
  config.speed_change_cmps = rules::cmps_from_kmh(values.integer("sampling.speed_change_kmh"));
  config.rest_time = values.duration("sampling.rest_interval");
  return config;
}

track::Config tracking(const config::Values& values, track::Setting setting) {
  track::Config config;
  config.setting = setting;
  const bool repair = setting == track::Setting::kLive && values.text("track.week_repair") == "auto";
  config.week_repair = repair ? track::WeekRepair::kAuto : track::WeekRepair::kOff;
  config.build_date = build_date();
  config.hdop_warn_centi = centi(values.number("track.hdop_warn"));
  config.hdop_bad_centi = centi(values.number("track.hdop_bad"));
  return config;
}

}  // namespace

outbox::Options outbox_options(const config::Values& values, track::Setting setting) {
  outbox::Options options;
  options.directory = values.path("storage.directory");
  options.cap_bytes = values.bytes("storage.cap");
  options.commit_after = {values.duration("storage.commit_alert"), values.duration("storage.commit_event"),
                          values.duration("storage.commit_bulk")};
  if (setting == track::Setting::kLive) options.hold = values.boolean("storage.hold");
  options.send_from_memory = setting == track::Setting::kLive;
  // A recording's days go by in minutes.
  if (setting == track::Setting::kLive) options.flash_gb_per_year = values.number("storage.flash_gb_per_year");
  options.file_system_bytes = values.bytes("storage.flash_file_system");
  options.no_time_limit = values.duration("storage.no_time_limit");
  options.agent_version = version();
  return options;
}

namespace {

traffic::DataOptions data_budget(const config::Values& values, track::Setting setting) {
  traffic::DataOptions options;
  // A recording's months go by in minutes.
  if (setting != track::Setting::kLive) return options;
  options.limit_bytes = values.number("kafka.data_mb_per_month") * 1e6;
  options.file = values.path("storage.directory") / "data.account";
  return options;
}

/// What `made` already has goes into it: the clock to sign by, the meter.
base::Result<kafka::ProducerOptions> producer(const config::Values& values, const Settings& made) {
  auto security =
      keys::secured(values, {"odograph-agent/" + version(), build_date(), made.signing_clock, made.data.meter});
  if (!security) return security.error();
  kafka::ProducerOptions options;
  options.brokers = keys::brokers_of(values);
  options.client_id = "odograph-" + values.text("vehicle.id");
  // The uplink has merged already; what it sends is to go.
  options.linger = std::chrono::milliseconds{5};
  const kafka::ReconnectLimits limits{.spread = values.duration("kafka.reconnect_backoff_max"),
                                      .after_end = values.duration("kafka.reconnect_after_end")};
  options.gate = std::make_shared<kafka::ConnectGate>(limits, values.text("vehicle.id"), &base::random_u64);
  // The gate decides; librdkafka only asks it, so often that a vehicle's moment is not missed by much.
  options.reconnect_backoff_max = kAsksGateEvery;
  options.answer_timeout = values.duration("kafka.answer_timeout");
  options.security = std::move(*security);
  options.meter = made.data.meter;
  return options;
}

base::Status named(std::string_view keys, const base::Status& status) {
  if (status) return {};
  return base::stop_error(fmt::format("{}: {}", keys, status.error().what));
}

}  // namespace

base::Result<Settings> settings(const config::Values& values, track::Setting setting) {
  Settings made;
  made.vehicle_id = values.text("vehicle.id");
  made.outbox = outbox_options(values, setting);
  made.outbox.vehicle_id = made.vehicle_id;
  made.signing_clock = std::make_shared<SigningClock>(std::make_unique<base::RealClock>());
  made.data = data_budget(values, setting);
  auto made_producer = producer(values, made);
  if (!made_producer) return made_producer.error();
  made.producer = std::move(*made_producer);
  made.identity = identity_config(values);
  made.pipeline = {.track = tracking(values, setting), .sample = sampling(values), .speed_limit = speed_limit(values)};
  if (const auto status = named("track", track::validate(made.pipeline.track)); !status) return status.error();
  if (const auto status = named("sampling", sample::validate(made.pipeline.sample)); !status) return status.error();
  if (made.pipeline.speed_limit) {
    const auto status = named("rules, zone", rules::validate(*made.pipeline.speed_limit));
    if (!status) return status.error();
  }
  made.uplink.vehicle_id = made.vehicle_id;
  made.uplink.topic = values.text("kafka.topic");
  // A stop may take 5 s in all: a last commit, this, and closing the file.
  made.uplink.flush_max = std::chrono::seconds{2};
  made.uplink.send_after[2] = values.duration("kafka.send_interval");
  made.uplink.watchdog = 10 * values.duration("kafka.answer_timeout");
  made.uplink.window_bytes_max = values.bytes("kafka.window");
  if (const auto every = values.duration("kafka.preview_interval"); every > base::Millis{0}) {
    made.uplink.preview = uplink::PreviewLimits{.every = every};
  }
  made.uplink.pace.spread = values.duration("kafka.backlog_spread");
  made.uplink.pace.bytes_per_s = values.bytes("kafka.backlog_rate");
  made.status_socket = values.path("status.socket");
  made.metrics = values.boolean("metrics.enabled");
  made.metrics_port = static_cast<std::uint16_t>(values.integer("metrics.port"));
  made.log_level = *service::parse_log_level(values.text("log.level"));
  return made;
}

}  // namespace odograph::agent
