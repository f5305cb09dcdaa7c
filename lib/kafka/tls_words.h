#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace odograph::kafka {

/// Why a broker's certificate was not accepted, in plain words; `code` is OpenSSL's X509_V_ERR_* (man openssl-verify).
std::string certificate_words(int code);

/// What the broker has against this client, if librdkafka's `text` tells of a TLS alert about the client's certificate
/// (RFC 8446, 6.2); nothing for any other text.
std::optional<std::string> client_certificate_words(std::string_view text);

/// The broker that librdkafka's `text` begins with, as "host:port"; empty if it names none.
std::string broker_in(std::string_view text);

}  // namespace odograph::kafka
