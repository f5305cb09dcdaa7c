#pragma once

#include <vector>

#include "lib/base/ids.h"
#include "lib/config/schema.h"
#include "lib/config/values.h"

namespace odograph::config {

inline std::vector<OptionSpec> test_options() {
  return {
      {.key = "log_level",
       .default_value = "info",
       .one_of = {"debug", "info", "error"},
       .reload = Reload::kOnReload,
       .doc = "What is logged."},
      {.key = "vehicle.id",
       .required = true,
       .accepts = base::is_vehicle_id,
       .expected = "1 to 64 of A-Z a-z 0-9 . _ -",
       .doc = "Who this is.",
       .example = "truck-17"},
      {.key = "kafka.brokers", .type = Type::kTextList, .default_value = R"(["localhost:9092"])", .doc = "Where to."},
      {.key = "kafka.spares",
       .type = Type::kTextList,
       .min = "2",
       .doc = "Where else.",
       .example = R"(["a:1", "b:1"])"},
      {.key = "kafka.linger",
       .type = Type::kDuration,
       .default_value = "50ms",
       .min = "1ms",
       .max = "1min",
       .reload = Reload::kOnReload,
       .doc = "How long a message waits for company."},
      {.key = "kafka.tls.ca_file", .type = Type::kPath, .doc = "Whom to trust.", .example = "/etc/ssl/ca.pem"},
      {.key = "outbox.cap",
       .type = Type::kBytes,
       .default_value = "256MiB",
       .min = "8MiB",
       .max = "8GiB",
       .aliases = {"max_size"},
       .doc = "Room on the disk."},
      {.key = "rules.limit_kmh",
       .type = Type::kNumber,
       .default_value = "120.0",
       .unit = "km/h",
       .min = "1",
       .max = "400",
       .reload = Reload::kOnReload,
       .doc = "The vehicle's limit."},
      {.key = "rules.accuracy_gate", .type = Type::kBoolean, .default_value = "true", .doc = "Leave bad fixes out."},
      {.key = "metrics.port",
       .type = Type::kInteger,
       .default_value = "0",
       .min = "0",
       .max = "65535",
       .doc = "Where metrics are told; 0 for nowhere."},
  };
}

inline std::vector<GroupSpec> test_groups() {
  const OptionSpec baud{.key = "baud",
                        .type = Type::kInteger,
                        .default_value = "9600",
                        .unit = "baud",
                        .min = "300",
                        .max = "921600",
                        .doc = "Speed of the line."};
  return {
      {.key = "source",
       .doc = "A device.",
       .count_max = 3,
       .options = {{.key = "driver", .required = true, .doc = "What it speaks.", .example = "nmea"}},
       .selector = "driver",
       .variants =
           {{"nmea",
             "A GNSS receiver.",
             {{.key = "device", .type = Type::kPath, .required = true, .doc = "Its port.", .example = "/dev/ttyUSB0"},
              baud}},
            {"gpio",
             "A contact.",
             {{.key = "line", .type = Type::kInteger, .default_value = "4", .doc = "Its number."}}}}},
      {.key = "zone",
       .doc = "A polygon with a limit.",
       .options = {{.key = "id", .required = true, .doc = "Its name.", .example = "school"},
                   {.key = "limit_kmh",
                    .type = Type::kNumber,
                    .default_value = "30.0",
                    .unit = "km/h",
                    .min = "1",
                    .reload = Reload::kOnReload,
                    .doc = "Its limit."},
                   {.key = "outline",
                    .type = Type::kPositions,
                    .required = true,
                    .doc = "Its corners.",
                    .example = "[[47.1, 8.2], [47.1, 8.3], [47.2, 8.3]]"}},
       .unique = "id"},
  };
}

/// The zone's limit must not be above the vehicle's, which must not be above 200 where the gate is off.
inline std::vector<Relation> test_relations() {
  return {
      {.keys = {"rules.limit_kmh", "rules.accuracy_gate"},
       .check = [](const Values& values, std::size_t) -> std::vector<Misfit> {
         if (values.boolean("rules.accuracy_gate") || values.number("rules.limit_kmh") <= 200) return {};
         return {{"rules.limit_kmh", "expected at most 200 without rules.accuracy_gate"}};
       }},
      {.keys = {"rules.limit_kmh"},
       .group = "zone",
       .check = [](const Values& values, std::size_t item) -> std::vector<Misfit> {
         const std::string key = item_key("zone", item, "limit_kmh");
         if (values.number(key) <= values.number("rules.limit_kmh")) return {};
         return {{key, "expected at most rules.limit_kmh"}};
       }},
  };
}

/// A small agent: one option of every type, a group with variants, and one without.
inline Schema test_schema() {
  Schema schema;
  schema.title = "An agent for tests.";
  schema.sections = {{"kafka", "Where records go."}, {"outbox", "What waits."}};
  schema.options = test_options();
  schema.groups = test_groups();
  schema.relations = test_relations();
  return schema;
}

}  // namespace odograph::config
