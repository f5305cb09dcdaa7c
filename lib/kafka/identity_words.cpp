#include "lib/kafka/identity_words.h"

#include <librdkafka/rdkafka.h>

#include "lib/kafka/classify.h"
#include "lib/kafka/link_words.h"
#include "lib/kafka/tls_words.h"

namespace odograph::kafka {

namespace {

constexpr std::string_view kNoToken = "no token: ";
constexpr std::string_view kNotGiven = "Failed to acquire SASL OAUTHBEARER token: ";
constexpr std::string_view kNotAllowed = "Broker: Topic authorization failed";
constexpr std::string_view kRefusal = "SASL authentication error: ";
constexpr std::string_view kRefusedClient = "broker refused the client: ";

std::string who(const std::string& identity) { return identity.empty() ? "this client" : "identity " + identity; }

/// A broker's own words: what RFC 7628 has as {"status":"..."}, or plain text. Without librdkafka's " (after 3ms ...".
std::string_view told_by_broker(std::string_view text) {
  if (const auto after = text.rfind(" (after "); after != std::string_view::npos) text = text.substr(0, after);
  constexpr std::string_view kStatus = R"({"status":")";
  if (!text.starts_with(kStatus)) return text;
  text.remove_prefix(kStatus.size());
  return text.substr(0, text.find('"'));
}

}  // namespace

std::optional<std::string> denial_words(int code, const std::string& identity, const std::string& attempt) {
  const std::string may_not = who(identity) + " may not ";
  switch (code) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED: return one_line(may_not + attempt);
    // Of the first request of an idempotent producer too, before any topic is named.
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return one_line(may_not + attempt + ": the cluster does not let it");
    default: return std::nullopt;
  }
}

std::string topic_denied_in(std::string_view text) {
  constexpr std::string_view kNotAdded = "Failed to add partition \"";
  const auto at = text.find(kNotAdded);
  if (at == std::string_view::npos || !text.ends_with(kNotAllowed)) return {};
  text.remove_prefix(at + kNotAdded.size());
  return std::string{text.substr(0, text.find('"'))};
}

std::optional<std::string> no_token_words(std::string_view text) {
  const auto at = text.find(kNotGiven);
  if (at == std::string_view::npos) return std::nullopt;
  return one_line(std::string{kNoToken} + std::string{text.substr(at + kNotGiven.size())});
}

std::string refused_token_words(std::string_view text, const ErrorContext& context) {
  const std::string broker = broker_in(text);
  // No token was shown, so none is to blame.
  if (auto words = no_iam_words(text)) {
    return one_line(std::string{kRefusedClient} + (broker.empty() ? "" : broker + ": ") + std::string{*words});
  }
  if (!context.no_token.empty()) return one_line(std::string{kNoToken} + context.no_token);
  const auto at = text.find(kRefusal);
  const std::string_view told = at == std::string_view::npos ? text : text.substr(at + kRefusal.size());
  std::string line{kRefusedClient};
  if (!broker.empty()) line += broker + ": ";
  if (!context.identity.empty()) line += "token of " + context.identity + ": ";
  return one_line(line + std::string{told_by_broker(told)});
}

}  // namespace odograph::kafka
