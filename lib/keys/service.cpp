#include "lib/keys/service.h"

#include <sys/un.h>

#include <utility>

#include "lib/base/ids.h"

namespace odograph::keys {

using config::Type;

std::vector<config::OptionSpec> metrics_options(std::string port) {
  return {
      {.key = "metrics.enabled",
       .type = Type::kBoolean,
       .default_value = "false",
       .aliases = {"enable", "on", "active"},
       .doc = "Serve Prometheus metrics on 127.0.0.1."},
      {.key = "metrics.port",
       .type = Type::kInteger,
       .default_value = std::move(port),
       .min = "0",
       .max = "65535",
       .aliases = {"listen", "address"},
       .doc = "Their port; 0 takes any free one and logs it."},
  };
}

config::OptionSpec log_level_option() {
  return {.key = "log.level",
          .default_value = "info",
          .one_of = {"debug", "info", "warning", "error"},
          .aliases = {"verbosity", "severity", "log_level"},
          .doc = "The least that is logged."};
}

config::OptionSpec id_option(std::string key, std::string doc, std::string example) {
  return {.key = std::move(key),
          .required = true,
          .accepts = base::is_vehicle_id,
          .expected = "1 to 64 of A-Z a-z 0-9 . _ -",
          .aliases = {"name", "label"},
          .doc = std::move(doc),
          .example = std::move(example)};
}

bool is_socket_path(std::string_view path) { return !path.empty() && path.size() < sizeof(sockaddr_un::sun_path); }

}  // namespace odograph::keys
