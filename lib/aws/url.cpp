#include "lib/aws/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <memory>

#include "lib/aws/encoding.h"
#include "lib/base/url_password.h"

namespace odograph::aws {
namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

/// A part of `url`; empty if it has none.
std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  const std::unique_ptr<char, void (*)(void*)> owner(text, curl_free);
  return text;
}

/// An address as text in its one canonical form; empty if it is none.
std::string canonical_v6(std::string_view host) {
  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_pton(AF_INET6, std::string(host).c_str(), &address) != 1) return {};
  return inet_ntop(AF_INET6, &address, text.data(), text.size()) == nullptr ? std::string{} : std::string(text.data());
}

}  // namespace

base::Result<UrlParts> split_url(const std::string& url) {
  const std::unique_ptr<CURLU, UrlDeleter> parsed(curl_url());
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return base::stop_error("'" + base::without_password(url) + "' is not a URL");
  }
  UrlParts parts{part_of(parsed.get(), CURLUPART_SCHEME), part_of(parsed.get(), CURLUPART_HOST)};
  if (parts.scheme != "http" && parts.scheme != "https") {
    return base::stop_error("'" + base::without_password(url) + "' begins with neither https:// nor http://");
  }
  if (!part_of(parsed.get(), CURLUPART_USER).empty() || !part_of(parsed.get(), CURLUPART_PASSWORD).empty()) {
    // The URL goes into errors, so this error leaves it out.
    return base::stop_error("a URL with a user or a password at host '" + parts.host + "' is refused");
  }
  if (parts.host.size() > 2 && parts.host.front() == '[') parts.host = parts.host.substr(1, parts.host.size() - 2);
  std::transform(parts.host.begin(), parts.host.end(), parts.host.begin(),
                 [](char one) { return one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one; });
  return parts;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost") return true;
  in_addr v4{};
  if (inet_pton(AF_INET, std::string(host).c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24U) == 127;
  return canonical_v6(host) == "::1";
}

bool is_aws_link_local(std::string_view host) {
  if (host == "169.254.169.254" || host == "169.254.170.2" || host == "169.254.170.23") return true;
  const std::string v6 = canonical_v6(host);
  return v6 == "fd00:ec2::254" || v6 == "fd00:ec2::23";
}

SecretString form_body(const std::vector<FormField>& fields) {
  SecretString body;
  for (const auto& [name, value] : fields) {
    if (!body.empty()) body += '&';
    append_percent_encoded(body, name);
    body += '=';
    append_percent_encoded(body, value);
  }
  return body;
}

}  // namespace odograph::aws
