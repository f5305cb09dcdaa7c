#include "agent/identity_status.h"

#include <nlohmann/json.hpp>

namespace odograph::agent {
namespace {

double seconds(base::Millis duration) { return static_cast<double>(duration.count()) / 1000.0; }

std::string text_or_empty(const config::Values& values, const char* key) {
  return values.has(key) ? values.text(key) : std::string{};
}

}  // namespace

std::optional<IdentityConfig> identity_config(const config::Values& values) {
  if (values.text("kafka.security") != "tls_iam") return std::nullopt;
  IdentityConfig config{values.text("aws.credentials"), {}, {}};
  const bool is_iot = config.provider == "iot";
  if (is_iot) config.thing = text_or_empty(values, "aws.iot_thing_name");
  config.role = text_or_empty(values, "aws.role_arn");
  if (config.role.empty())
    config.role = text_or_empty(values, is_iot ? "aws.iot_role_alias" : "aws.web_identity_role_arn");
  return config;
}

IdentityStatus identity_status(const IdentityConfig& config, const kafka::TokenPusher::State& tokens,
                               base::BootTime now) {
  IdentityStatus status{.config = config,
                        .key_id = shortened(tokens.key_id),
                        .source = tokens.source,
                        .credentials_for = std::nullopt,
                        .token_for = std::nullopt,
                        .pushed_ago = std::nullopt,
                        .tokens = tokens.fetched,
                        .failures = tokens.failures,
                        .error = tokens.error,
                        .doubt = tokens.doubt};
  if (tokens.credentials_until) status.credentials_for = *tokens.credentials_until - now;
  if (tokens.good_until) status.token_for = *tokens.good_until - now;
  if (tokens.fetched_at) status.pushed_ago = now - *tokens.fetched_at;
  return status;
}

std::string shortened(const std::string& key_id) {
  constexpr std::size_t kShown = 4;
  constexpr std::size_t kWholeMax = 11;
  if (key_id.size() <= kWholeMax) return key_id;
  return key_id.substr(0, kShown) + "..." + key_id.substr(key_id.size() - kShown);
}

std::string to_json(const IdentityStatus& identity) {
  using nlohmann::json;
  json token = {{"pushed", identity.tokens}, {"failures", identity.failures}};
  if (identity.token_for) token["expires_in_s"] = seconds(*identity.token_for);
  if (identity.pushed_ago) token["pushed_ago_s"] = seconds(*identity.pushed_ago);
  json document = {{"provider", identity.config.provider},
                   {"role", identity.config.role},
                   {"thing", identity.config.thing},
                   {"access_key", identity.key_id},
                   {"source", identity.source},
                   {"token", std::move(token)},
                   {"error", identity.error},
                   {"doubt", identity.doubt}};
  if (identity.credentials_for) document["credentials_expire_in_s"] = seconds(*identity.credentials_for);
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

void put_metrics(const IdentityStatus& identity, service::Metrics& metrics) {
  metrics.set_counter({"odograph_tokens_total", "Tokens for the broker that were signed and pushed.", {}},
                      static_cast<double>(identity.tokens));
  metrics.set_gauge({"odograph_token_failures", "Tries in a row that gave no token; 0 while all is well.", {}},
                    identity.failures);
  if (identity.token_for) {
    metrics.set_gauge({"odograph_token_expires_seconds", "Until the newest token is over; below 0 once it is.", {}},
                      seconds(*identity.token_for));
  }
  if (identity.credentials_for) {
    metrics.set_gauge(
        {"odograph_credentials_expire_seconds", "Until the AWS credentials are over; renewed some minutes before.", {}},
        seconds(*identity.credentials_for));
  }
}

}  // namespace odograph::agent
