#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/time.h"
#include "lib/config/values.h"
#include "lib/kafka/token_pusher.h"
#include "lib/service/metrics.h"

namespace odograph::agent {

/// As whom the configuration wants the broker to know this vehicle.
struct IdentityConfig {
  std::string provider;  ///< aws.credentials.
  std::string role;      ///< Role alias, or the role that is assumed; empty for neither.
  std::string thing;     ///< Empty: none is told.
};

/// The identity that Amazon MSK is shown, for status and metrics: never a secret, never a token.
struct IdentityStatus {
  IdentityConfig config{};
  std::string key_id{};                         ///< Shortened, "ASIA...WXYZ"; empty before the first credentials.
  std::string source{};                         ///< Who gave them: "iot:fleet".
  std::optional<base::Millis> credentials_for;  ///< Below zero once they are over; nothing if they do not end.
  std::optional<base::Millis> token_for;        ///< As above; nothing before the first token.
  std::optional<base::Millis> pushed_ago;       ///< When the newest token was given to the Kafka client.
  std::uint64_t tokens = 0;                     ///< Fetched so far.
  unsigned failures = 0;                        ///< In a row.
  std::string error{};                          ///< Why there is no token, or no newer one; empty if all is well.
  std::string doubt{};                          ///< Why the next one may not come.
};

/// Nothing where kafka.security is not tls_iam.
std::optional<IdentityConfig> identity_config(const config::Values& values);

IdentityStatus identity_status(const IdentityConfig& config, const kafka::TokenPusher::State& tokens,
                               base::BootTime now);

/// "ASIAEXAMPLEEXAMPLE01" -> "ASIA...LE01"; what is no longer than that stays.
std::string shortened(const std::string& key_id);

/// Of `status --json`, as one JSON object.
std::string to_json(const IdentityStatus& identity);

void put_metrics(const IdentityStatus& identity, service::Metrics& metrics);

}  // namespace odograph::agent
