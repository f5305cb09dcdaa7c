#pragma once

#include <string>
#include <string_view>

namespace odograph::alerts {

/// The namespace of all alert ids; the same as in proto/public/alert.proto and proto/README.md, for ever.
inline constexpr char kAlertNamespace[] = "0d06ea9b-5f1c-4c1e-9a57-1e6f0b7c2d43";

/// What makes an episode the one that it is.
struct Episode {
  std::string_view vehicle_id;
  std::string_view rule;   ///< "overspeed"
  std::string_view scope;  ///< The zone's id; empty for the vehicle itself.
  std::string_view start;  ///< Ms since 1970 as decimal digits.
};

/// UUIDv5 (RFC 4122, SHA-1) over `vehicle_id|rule|scope|start`: 36 lower-case characters.
std::string alert_id(const Episode& episode);

}  // namespace odograph::alerts
