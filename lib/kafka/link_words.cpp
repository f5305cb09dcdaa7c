#include "lib/kafka/link_words.h"

#include <algorithm>
#include <array>

namespace odograph::kafka {

namespace {

/// A part of librdkafka's line, and ours for it.
struct Known {
  std::string_view part;
  std::string_view words;
};

constexpr std::string_view kNothingComesBack = "nothing comes back: no link, or a firewall that drops packets";
constexpr std::string_view kConnectsOnly = "connects, and then nothing comes back: a middlebox, or a broker that hangs";
constexpr std::string_view kHangsUpOnTls = "hangs up on TLS: a listener without TLS, or something in between";
// A link that broke meanwhile is told in the same way, with "Local: " and why.
constexpr std::string_view kNoIam = "mechanism handshake failed: Broker: ";
constexpr std::string_view kTakesNoIam = "takes no IAM tokens: is the port right (9098)?";
constexpr std::string_view kGoneSilent = "went silent: what was sent is not answered";

// The first one that is found counts.
constexpr std::array kKnown = {
    // The first four bytes of an answer are its size; here they are "HTTP".
    Known{"Invalid response size 1213486160 ", "answers in HTTP: a captive portal, or no Kafka broker at that port"},
    Known{"Invalid response size ", "answers, but not as a Kafka broker does"},
    Known{":wrong version number", "answers, but not in TLS: a captive portal, or a listener without TLS"},
    Known{"SSL handshake failed: Disconnected", kHangsUpOnTls},
    Known{":unexpected eof while reading", kHangsUpOnTls},
    Known{"Disconnected while requesting ApiVersion",
          "hangs up on the first request: does it want TLS (kafka.security)?"},
    Known{kNoIam, kTakesNoIam},
    Known{"Temporary failure in name resolution", "its name cannot be looked up: no DNS server answers"},
    Known{"Name or service not known", "its name is not known to DNS"},
    Known{"No address associated with hostname", "its name has no address in DNS"},
    Known{"timed out in state CONNECT", kNothingComesBack},
    Known{"timed out in state ", kConnectsOnly},
    Known{"ApiVersionRequest failed: Local: Timed out", kConnectsOnly},
    Known{"request(s) timed out", kGoneSilent},
    // The kernel's, for what was sent and not acknowledged; and for a connection that it could not make.
    Known{"Receive failed: Connection timed out", kGoneSilent},
    Known{"Send failed: Connection timed out", kGoneSilent},
    Known{"Connection timed out", kNothingComesBack},
};

}  // namespace

std::optional<std::string_view> no_iam_words(std::string_view text) {
  if (text.find(kNoIam) == text.npos) return std::nullopt;
  return kTakesNoIam;
}

std::string link_words(std::string_view why) {
  // Where to is told before. "at [::1]:9092: ", so that the first colon with a space is the one.
  constexpr std::string_view kNotConnected = "Failed to connect to broker at ";
  const std::size_t colon = why.starts_with(kNotConnected) ? why.find(": ") : why.npos;
  if (colon != why.npos) why.remove_prefix(colon + 2);
  const auto* const known =
      std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& one) { return why.find(one.part) != why.npos; });
  return std::string{known == kKnown.end() ? why : known->words};
}

}  // namespace odograph::kafka
