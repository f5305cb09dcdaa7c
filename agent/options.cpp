#include "agent/options.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/source_options.h"
#include "agent/uplink_options.h"
#include "drivers/api/driver_table.h"
#include "lib/config/values.h"
#include "lib/keys/link.h"
#include "lib/keys/msk.h"
#include "lib/keys/service.h"
#include "lib/keys/speed_limit.h"

namespace odograph::agent {
namespace {

using config::Misfit;
using config::OptionSpec;
using config::Reload;
using config::Type;
using config::Values;

/// What a running agent takes over.
std::vector<OptionSpec> on_reload(std::vector<OptionSpec> options) {
  for (auto& option : options) option.reload = Reload::kOnReload;
  return options;
}

bool is_not_empty(std::string_view text) { return !text.empty(); }

std::vector<OptionSpec> vehicle_options(Purpose purpose) {
  auto id = keys::id_option("vehicle.id", "Who this is. The key of every message: keep it for the vehicle's life.",
                            "truck-17");
  if (purpose == Purpose::kReplay) {
    id.required = false;
    id.default_value = "replay";
  }
  return {std::move(id)};
}

std::vector<OptionSpec> storage_options(Purpose purpose) {
  const auto commit = [](std::string lane, std::string default_value, std::string doc) {
    return OptionSpec{.key = "storage.commit_" + std::move(lane),
                      .type = Type::kDuration,
                      .default_value = std::move(default_value),
                      .min = "1ms",
                      .max = "10min",
                      .doc = std::move(doc)};
  };
  return {
      {.key = "storage.directory",
       .type = Type::kPath,
       .default_value = purpose == Purpose::kReplay ? "odograph-replay" : "/var/lib/odograph",
       .accepts = is_not_empty,
       .expected = "a path",
       .aliases = {"path", "dir", "folder", "file", "database", "data_dir"},
       .doc = "Where records wait until a broker has them. One agent per directory."},
      {.key = "storage.cap",
       .type = Type::kBytes,
       .default_value = "256MiB",
       .min = "8MiB",
       .max = "8GiB",
       .aliases = {"max_size", "size", "limit", "quota", "capacity", "max"},
       .doc = "Most that the buffer takes of the disk, held from the start where it can be; beyond it the oldest "
              "positions go, and their loss is told."},
      commit("alert", "20ms", "An alert is durable after this long at the latest, and sent only then."),
      commit("event", "250ms", "The same for events."),
      commit("bulk", "1s", "The same for positions and signals; a longer time writes less to the flash."),
      {.key = "storage.flash_gb_per_year",
       .type = Type::kNumber,
       .default_value = "0",
       .unit = "GB/year",
       .min = "0",
       .max = "100000",
       .doc =
           "Most that may be written to the flash; 0 for no limit. Before it is exceeded positions are committed less "
           "often, every 10 min at last, so that a power cut can lose more of them and a broker gets them later, "
           "with previews ahead of them (kafka.preview_interval), and then sampled less often; `status` tells. Not in "
           "a replay."},
      {.key = "storage.flash_file_system",
       .type = Type::kBytes,
       .default_value = "20KiB",
       .min = "0B",
       .max = "1MiB",
       .doc = "What the file system is reckoned to write of its own, with its journal, for a commit that comes by "
              "itself; as measured on ext4. Counts towards that limit."},
      {.key = "storage.hold",
       .type = Type::kBoolean,
       .default_value = "false",
       .doc =
           "Send positions first and store only what no broker has acknowledged within storage.commit_bulk: next to "
           "nothing is written while the link is good. Choose a commit_bulk longer than kafka.send_interval. Not in a "
           "replay nor with --commit-report."},
      {.key = "storage.no_time_limit",
       .type = Type::kDuration,
       .default_value = purpose == Purpose::kReplay ? "10s" : "24h",
       .min = "1s",
       .max = "30d",
       .doc = "Records of a boot that never learns the time wait this long for it, then go without."},
  };
}

std::vector<OptionSpec> track_options() {
  return {
      {.key = "track.hdop_warn",
       .type = Type::kNumber,
       .default_value = "5",
       .min = "0.5",
       .max = "90",
       .doc = "Fixes with a greater HDOP are flagged hdop_warn."},
      {.key = "track.hdop_bad",
       .type = Type::kNumber,
       .default_value = "10",
       .min = "0.5",
       .max = "90",
       .doc = "Fixes with a greater HDOP are flagged hdop_bad; rules and sampling leave them out."},
      {.key = "track.week_repair",
       .type = Type::kText,
       .default_value = "auto",
       .one_of = {"auto", "off"},
       .doc = "Receivers whose week counter rolled over tell a date 1024 weeks off: auto repairs it. Always off in a "
              "replay."},
  };
}

std::vector<OptionSpec> sampling_options() {
  const auto option = [](std::string name, Type type, std::string default_value, std::string doc) {
    return OptionSpec{.key = "sampling." + std::move(name),
                      .type = type,
                      .default_value = std::move(default_value),
                      .reload = Reload::kOnReload,
                      .doc = std::move(doc)};
  };
  std::vector<OptionSpec> options = {
      option("mode", Type::kText, "adaptive", "adaptive keeps what the limits below ask for; all keeps every epoch."),
      option("interval", Type::kDuration, "10s", "Keep one after this long."),
      option("distance_m", Type::kInteger, "100", "Keep one after this far."),
      option("angle_deg", Type::kInteger, "15", "Keep one when the course has turned this much."),
      option("speed_change_kmh", Type::kInteger, "10", "Keep one when the speed has changed this much."),
      option("rest_interval", Type::kDuration, "5min", "Keep one after this long while the vehicle stands."),
  };
  const auto range = [&](std::size_t index, std::string unit, std::string min, std::string max) {
    options[index].unit = std::move(unit);
    options[index].min = std::move(min);
    options[index].max = std::move(max);
  };
  options[0].one_of = {"adaptive", "all"};
  options[1].aliases = {"every", "period", "rate", "time"};
  options[2].aliases = {"meters"};
  options[4].aliases = {"speed_kmh"};
  range(1, "", "100ms", "24h");
  range(2, "m", "1", "100000");
  range(3, "degrees", "1", "180");
  range(4, "km/h", "1", "300");
  range(5, "", "1s", "24h");
  return options;
}

std::vector<OptionSpec> rule_options() {
  return on_reload(keys::rule_options(
      "The vehicle's own speed limit. Without it and without zones the fleet's processor watches the speed."));
}

std::vector<OptionSpec> status_options(Purpose purpose) {
  return {
      {.key = "status.socket",
       .type = Type::kPath,
       .default_value = purpose == Purpose::kReplay ? "odograph-replay/agent.sock" : "/run/odograph/agent.sock",
       .accepts = keys::is_socket_path,
       .expected = "a path of at most 107 bytes",
       .aliases = {"path", "file", "listen"},
       .doc = "Unix socket that `odograph-agent status` asks."},
  };
}

OptionSpec driver_option(const drivers::DriverOption& option) {
  OptionSpec spec{.key = std::string(option.name), .doc = std::string(option.doc)};
  spec.type = option.type == drivers::OptionType::kText      ? Type::kText
              : option.type == drivers::OptionType::kInteger ? Type::kInteger
                                                             : Type::kBoolean;
  spec.required = option.required;
  if (option.required) {
    spec.example = option.default_value.empty() ? "/dev/ttyUSB0" : std::string(option.default_value);
  } else {
    spec.default_value = std::string(option.default_value);
  }
  if (option.type == drivers::OptionType::kInteger) {
    spec.min = std::to_string(option.min);
    spec.max = std::to_string(option.max);
  }
  for (const auto& value : option.one_of) spec.one_of.emplace_back(value);
  for (const auto& alias : option.aliases) spec.aliases.emplace_back(alias);
  return spec;
}

config::GroupSpec source_group() {
  config::GroupSpec group{.key = "source",
                          .doc = "A device that is read; one table each.",
                          .count_max = 32,
                          .selector = "driver",
                          .unique = "name",
                          .aliases = {"sources", "gps", "input", "receiver", "device", "sensor"}};
  group.options = {
      {.key = "name",
       .required = true,
       .aliases = {"id", "label"},
       .doc = "How status and logs call it.",
       .example = "gps"},
      {.key = "driver",
       .required = true,
       .aliases = {"type", "kind", "protocol"},
       .doc = "Who reads it.",
       .example = "nmea"},
  };
  for (const auto* driver : drivers::driver_table()) {
    config::VariantSpec variant{.name = std::string(driver->name), .doc = std::string(driver->summary)};
    for (const auto& option : driver->options) variant.options.push_back(driver_option(option));
    group.variants.push_back(std::move(variant));
  }
  return group;
}

config::GroupSpec zone_group() {
  auto group = keys::zone_group();
  group.options = on_reload(std::move(group.options));
  return group;
}

std::vector<config::SectionSpec> sections() {
  return {{"vehicle", "Who this is.", {"truck", "asset"}},
          {"kafka", "Where records go.", {"broker", "brokers", "server", "mqtt", "uplink"}},
          {"aws", "As whom Amazon MSK takes it (kafka.security = tls_iam).", {"iam", "amazon", "msk"}},
          {"storage", "Where records wait until a broker has them.", {"outbox", "buffer", "database", "spool"}},
          {"track", "What makes a fix doubtful. Doubtful fixes are flagged, never dropped.", {"quality"}},
          {"sampling", "Which fixes are kept. Any one of the limits is enough.", {"sample", "samples"}},
          {"rules", "What the vehicle itself watches.", {"alerts", "limits"}},
          {"status", "For `odograph-agent status`.", {}},
          {"metrics", "For Prometheus.", {"prometheus"}},
          {"log", "Goes to stderr, or to the journal.", {"logging", "logger"}}};
}

std::vector<Misfit> check_hdop(const Values& values, std::size_t) {
  if (values.number("track.hdop_bad") >= values.number("track.hdop_warn")) return {};
  return {{"track.hdop_bad", fmt::format("expected at least track.hdop_warn, which is {}, found {}",
                                         values.number("track.hdop_warn"), values.number("track.hdop_bad"))}};
}

std::vector<Misfit> check_rest(const Values& values, std::size_t) {
  if (values.duration("sampling.rest_interval") >= values.duration("sampling.interval")) return {};
  return {{"sampling.rest_interval", "expected at least sampling.interval: at rest there is less to tell"}};
}

/// What the source's driver has against its options; it names the option first.
std::vector<Misfit> check_source(const Values& values, std::size_t item) {
  const Values source = values.item("source", item);
  const auto* driver = find_driver(source.text("driver"));
  const auto made = driver->make_driver(DriverOptions(*driver, source));
  if (made) return {};
  const std::string& what = made.error().what;
  for (const auto& option : driver->options) {
    const std::string name(option.name);
    if (what.starts_with(name + " ")) return {{config::item_key("source", item, name), what.substr(name.size() + 1)}};
  }
  return {{config::item_key("source", item, "driver"), what}};
}

/// What only shows when values are taken together. With them every folder takes its settings.
std::vector<config::Relation> relations() {
  std::vector<config::Relation> all = {
      {.keys = {"track.hdop_warn", "track.hdop_bad"}, .check = check_hdop},
      {.keys = {"sampling.interval", "sampling.rest_interval"}, .check = check_rest},
      {.group = "source", .check = check_source},
  };
  for (auto& more : {keys::link_relations(), keys::msk_relations(), keys::rule_relations()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace

config::Schema options(Purpose purpose) {
  config::Schema schema{.title = "Configuration of odograph-agent. Any key can also be given as --set KEY=VALUE.",
                        .sections = sections()};
  const auto add = [&](std::vector<OptionSpec> more) {
    for (auto& option : more) schema.options.push_back(std::move(option));
  };
  add(vehicle_options(purpose));
  add(keys::link_options({.name = "vehicle", .file = "vehicle"}));
  add(keys::msk_options());
  add(kafka_options());
  add(backlog_options());
  add(storage_options(purpose));
  add(track_options());
  add(sampling_options());
  add(rule_options());
  add(status_options(purpose));
  add(keys::metrics_options("9464"));
  add(on_reload({keys::log_level_option()}));
  schema.groups = {source_group(), zone_group()};
  schema.relations = relations();
  return schema;
}

}  // namespace odograph::agent
