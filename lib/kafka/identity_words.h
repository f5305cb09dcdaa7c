#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace odograph::kafka {

/// What is known of a client beside librdkafka's words about an error.
struct ErrorContext {
  std::string refusal{};   ///< Why the certificate of a broker was refused last, "host:port: why"; empty if none was.
  std::string identity{};  ///< Whose token it has, for people; empty if it needs or has none.
  std::string no_token{};  ///< Why it has no token, or no newer one; empty if all is well.
};

/// "identity AKID (environment) may not write to raw-data-topic" if `code` (an rd_kafka_resp_err_t) is of an
/// authorisation; nothing for any other. `attempt`: "write to raw-data-topic".
std::optional<std::string> denial_words(int code, const std::string& identity, const std::string& attempt);

/// The topic that a client was not allowed to add to its transaction, if librdkafka's `text` (2.0.2, "ADDPARTS") says
/// so; empty for any other, also for topics that were not added only because of that one.
std::string topic_denied_in(std::string_view text);

/// "no token: why" if librdkafka's `text` tells that it was given none; nothing for any other.
std::optional<std::string> no_token_words(std::string_view text);

/// Of a broker that did not take the token; `text` is librdkafka's. "no token: ..." if it was only an old one because
/// no newer one is to be had.
std::string refused_token_words(std::string_view text, const ErrorContext& context);

}  // namespace odograph::kafka
