#pragma once

// Private to this folder: what ends connections, in words that a person can act on.

#include <optional>
#include <string>
#include <string_view>

namespace odograph::kafka {

/// librdkafka's words for why a connection ended or did not come about (2.0.2, rdkafka_broker.c and
/// rdkafka_transport.c), without the broker's name in front, as what happened and what it mostly is: "the connection
/// timed out: ..." The same trouble has the same words, whatever state it was found in. What is not known, or clear
/// enough, stays as it is.
std::string link_words(std::string_view why);

/// Of a listener that knows nothing of OAUTHBEARER: one for TLS alone, or for passwords. Anywhere in `text`; nothing
/// for any other.
std::optional<std::string_view> no_iam_words(std::string_view text);

}  // namespace odograph::kafka
