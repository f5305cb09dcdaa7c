#include "lib/kafka/classify.h"

#include <librdkafka/rdkafka.h>

#include <utility>

#include "lib/kafka/link_words.h"
#include "lib/kafka/sockets.h"
#include "lib/kafka/tls_words.h"

namespace odograph::kafka {

namespace {

constexpr std::size_t kLineBytesMax = 300;
constexpr std::string_view kUnreachable = "broker unreachable: ";
constexpr std::string_view kNotTrusted = "broker not trusted: ";
constexpr std::string_view kRefused = "broker refused the client: ";
constexpr std::string_view kNoToken = "no token: ";

bool names_a_cause(std::string_view error) {
  return error.starts_with(kUnreachable) || error.starts_with(kNotTrusted) || error.starts_with(kRefused) ||
         error.starts_with(kNoToken);
}

/// librdkafka's "host:9092/bootstrap: Connect to ipv4#10.0.0.1:9092 failed: Connection refused (after 0ms in state
/// CONNECT, 1 identical error(s) suppressed)" as "host:9092: Connection refused": what changes from try to try is left
/// out, so that the same trouble has the same words, and what is known of it is told. Text of any other shape stays as
/// it is.
std::string plain(std::string_view text) {
  if (const auto after = text.rfind(" (after "); after != std::string_view::npos && text.ends_with(')')) {
    text = text.substr(0, after);
  }
  const auto colon = text.find(": ");
  if (colon == std::string_view::npos) return one_line(text);
  std::string_view broker = text.substr(0, colon);
  std::string_view why = text.substr(colon + 2);
  const auto slash = broker.rfind('/');
  if (slash != std::string_view::npos) {
    const std::string_view id = broker.substr(slash + 1);
    const bool number = !id.empty() && id.find_first_not_of("0123456789") == std::string_view::npos;
    if (number || id == "bootstrap") broker = broker.substr(0, slash);
  }
  constexpr std::string_view kFailed = " failed: ";
  if (const auto failed = why.find(kFailed); why.starts_with("Connect to ") && failed != std::string_view::npos) {
    why = why.substr(failed + kFailed.size());
  }
  if (const auto scheme = broker.find("://"); scheme != std::string_view::npos) broker.remove_prefix(scheme + 3);
  return one_line(std::string{broker} + ": " + link_words(why));
}

void lose(LinkState& link) {
  if (link.connected) ++link.disconnects;
  link.connected = false;
  link.ending = LinkState::Ending::kNone;
}

/// Of a connection, or of a try to make one while there is none.
void note_cause(LinkState& link) {
  if (link.ending == LinkState::Ending::kSilent) return lose(link);
  if (link.connected) link.ending = LinkState::Ending::kCause;
}

/// Of an error that ended a connection, or a try to make one.
std::string connection_error(std::string_view text, std::string_view refusal) {
  if (!refusal.empty() && text.find("certificate verify failed") != std::string_view::npos) {
    return std::string{kNotTrusted} + one_line(refusal);
  }
  if (const auto words = client_certificate_words(text)) {
    return std::string{kRefused} + broker_in(text) + " " + *words;
  }
  if (no_iam_words(text)) return refused_token_words(text, {});
  return std::string{kUnreachable} + plain(text);
}

}  // namespace

Delivery::Outcome outcome_of(int code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
    case RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER:  // The broker has it from an earlier try.
      return Delivery::Outcome::kStored;

    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD: return Delivery::Outcome::kPoison;

    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
    case RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE:
    case RD_KAFKA_RESP_ERR_SECURITY_DISABLED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE:
    // A broker refuses time stamps too far from its own; the machine's clock is wrong, not the message.
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP: return Delivery::Outcome::kPause;

    default: return Delivery::Outcome::kAgain;
  }
}

LinkState after_error(LinkState link, int code, std::string_view text, const ErrorContext& context) {
  // No try at all: what is known stays.
  if (is_held_back(text)) return link;
  const std::string line = plain(text);
  switch (code) {
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
      if (link.connected && link.ending != LinkState::Ending::kCause) {
        link.ending = LinkState::Ending::kSilent;
        break;
      }
      lose(link);
      // All that fails has told its cause before, but for a connection that the other side closes: a listener that
      // wants TLS does so, and a balancer without a broker behind it.
      if (!names_a_cause(link.last_error)) {
        link.last_error = std::string{kUnreachable} + "hangs up without a word; is kafka.security right?";
      }
      break;
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR__BAD_MSG:  // Whoever answers speaks something else.
      link.last_error = connection_error(text, context.refusal);
      note_cause(link);
      break;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
      if (auto words = no_token_words(text)) {
        // Of no connection: those that are there stay.
        link.last_error = std::move(*words);
        break;
      }
      link.last_error = refused_token_words(text, context);
      ++link.refusals;
      note_cause(link);
      break;
    case RD_KAFKA_RESP_ERR__FATAL:
      link.fatal = true;
      link.last_error = "fatal: " + line;
      break;
    default: link.last_error = line; break;
  }
  return link;
}

LinkState after_answer(LinkState link) {
  link.connected = true;
  link.refusals = 0;
  link.ending = LinkState::Ending::kNone;
  return link;
}

base::Action action_of(int code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR__FATAL: return base::Action::kStop;

    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR_INVALID_REQUEST:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    // The group has moved on without this member: what it did is somebody else's to do again.
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST: return base::Action::kDrop;

    default: return base::Action::kRetry;
  }
}

std::string one_line(std::string_view text) {
  std::string line{text.substr(0, kLineBytesMax)};
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return line;
}

}  // namespace odograph::kafka
