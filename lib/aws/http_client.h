#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/aws/credentials.h"
#include "lib/aws/secret.h"
#include "lib/base/result.h"
#include "lib/base/socket_meter.h"
#include "lib/base/time.h"

namespace odograph::aws {

class ClientIdentity;

/// How long a request may take: to a connection with TLS, and altogether.
struct HttpLimits {
  base::Millis connect{10'000};
  base::Millis deadline{20'000};
};

/// What the connection to a server is made with.
struct HttpTls {
  std::string ca_file;           ///< PEM; empty: what OpenSSL trusts by default.
  std::string certificate_file;  ///< PEM, the client's with its chain; empty: none.
  std::string key;               ///< PEM file, or a URI that OpenSSL can load: "pkcs11:...", "handle:..." (TPM).
};

/// One question. Header values and body may be secret; the URL may not, as errors name it.
struct HttpRequest {
  std::string method = "GET";  ///< "GET", "PUT" or "POST".
  std::string url;             ///< "https://..." or "http://...", without user and password.
  std::vector<std::pair<std::string, SecretString>> headers;
  SecretString body;  ///< Of a POST.
  HttpTls tls;
  std::string proxy;  ///< "http://host:port"; empty: none. Never used for loopback and link-local addresses.
  HttpLimits limits;
};

constexpr std::size_t kHttpBodyBytesMax = 64UL * 1024;
constexpr std::size_t kHttpHeaderBytesMax = 32UL * 1024;

/// What came back, whatever the status.
struct HttpAnswer {
  int status = 0;
  SecretString body;
  std::optional<AnswerTime> time;  ///< Nothing if there was no sound `Date` header.
  /// The client certificate that was shown is not the one in its files any more: why those cannot serve. Else empty.
  std::string doubt{};
};

/// The seam to the network. Redirects are answers like others and never followed.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// `kRetry` if no whole answer came within limits: name, connection, TLS, time, size. `kStop` if the request itself
  /// cannot be made: its URL, a header, a certificate or key file. The error names what failed, not whom was asked.
  virtual base::Result<HttpAnswer> send(const HttpRequest& request) = 0;
};

/// libcurl. Each request has its own connection, so that changed certificate files count from the next one on; while
/// they are no pair, the last one that was stays in use. TLS 1.2 or newer, certificate and host name always verified.
/// Any thread.
class CurlHttpClient final : public HttpClient {
 public:
  /// `meter` counts what goes over its connections, but those to AWS's link-local hosts; null: nobody does.
  explicit CurlHttpClient(std::shared_ptr<base::SocketMeter> meter = nullptr);
  base::Result<HttpAnswer> send(const HttpRequest& request) override;

 private:
  const std::shared_ptr<base::SocketMeter> meter_;
  std::shared_ptr<ClientIdentity> identity_;  // OpenSSL is nothing for whoever includes this.
};

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, IMF-fixdate); nothing if it is anything else.
std::optional<base::UtcTime> from_http_date(std::string_view text);

}  // namespace odograph::aws
