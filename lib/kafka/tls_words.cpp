#include "lib/kafka/tls_words.h"

#include <algorithm>
#include <array>
#include <utility>

namespace odograph::kafka {

std::string certificate_words(int code) {
  switch (code) {
    case 9: return "its certificate is not valid yet; is the clock of this machine right?";
    case 10: return "its certificate has expired; is the clock of this machine right?";
    case 18: return "its certificate is signed by itself, not by an authority of ca_file";
    case 2:
    case 19:
    case 20:
    case 21: return "its certificate is not signed by an authority of ca_file (without it, of the system's)";
    case 23: return "its certificate was revoked";
    case 62: return "its certificate is for another host name";
    case 64: return "its certificate is for another address";
    default: return "its certificate was not accepted: X.509 error " + std::to_string(code);
  }
}

std::optional<std::string> client_certificate_words(std::string_view text) {
  if (text.find("SSL alert number ") == std::string_view::npos) return std::nullopt;
  // In front of the number, because librdkafka may cut the end off.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kAlerts = {{
      {"alert bad certificate", "wants a client certificate; it got none, or a bad one (cert_file, key_file)"},
      {"certificate required", "wants a client certificate and got none (cert_file, key_file)"},
      {"alert handshake failure", "wants a client certificate, or another version of TLS"},
      {"alert certificate unknown", "does not know the authority that signed cert_file"},
      {"alert unknown ca", "does not know the authority that signed cert_file"},
      {"alert certificate expired", "says that the certificate in cert_file has expired"},
      {"alert certificate revoked", "says that the certificate in cert_file was revoked"},
  }};
  const auto known = std::find_if(kAlerts.begin(), kAlerts.end(),
                                  [&](const auto& alert) { return text.find(alert.first) != text.npos; });
  if (known == kAlerts.end()) return std::nullopt;
  return std::string{known->second};
}

std::string broker_in(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos || text.substr(0, scheme).find(' ') != std::string_view::npos) return {};
  text.remove_prefix(scheme + 3);
  return std::string{text.substr(0, text.find_first_of("/ "))};
}

}  // namespace odograph::kafka
