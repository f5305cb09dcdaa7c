#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>

#include "lib/aws/client_identity.h"
#include "lib/aws/http_client.h"
#include "lib/aws/url.h"

namespace odograph::aws {
namespace {

struct HandleDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, HandleDeleter>;

struct HeaderListDeleter {
  void operator()(curl_slist* list) const {
    for (curl_slist* at = list; at != nullptr; at = at->next) wipe_bytes(at->data, std::string_view(at->data).size());
    curl_slist_free_all(list);
  }
};
using HeaderList = std::unique_ptr<curl_slist, HeaderListDeleter>;

/// What the callbacks fill.
struct Reception {
  SecretString body;
  std::size_t header_bytes = 0;
  std::optional<base::UtcTime> date;
  const char* overrun = nullptr;  // Which bound was passed.
  SSL_CTX* identity = nullptr;
};

std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* context) {
  auto& reception = *static_cast<Reception*>(context);
  if (reception.body.size() + size * count > kHttpBodyBytesMax) {
    reception.overrun = "body";
    return 0;
  }
  reception.body.append(bytes, size * count);
  return size * count;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char one, unsigned char other) { return std::tolower(one) == std::tolower(other); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return text;
}

std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* context) {
  auto& reception = *static_cast<Reception*>(context);
  const std::string_view line(bytes, size * count);
  reception.header_bytes += line.size();
  if (reception.header_bytes > kHttpHeaderBytesMax) {
    reception.overrun = "header";
    return 0;
  }
  // Another status line: what came before was an interim answer (a proxy's, or 100).
  if (line.substr(0, 5) == "HTTP/") reception.date.reset();
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos && equals_ignoring_case(line.substr(0, colon), "date")) {
    reception.date = from_http_date(trimmed(line.substr(colon + 1)));
  }
  return size * count;
}

CURLcode on_ssl_context(CURL* /*handle*/, void* ssl_context, void* context) {
  SSL_CTX* mine = static_cast<Reception*>(context)->identity;
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(mine, &chain);
  const int taken = SSL_CTX_use_cert_and_key(static_cast<SSL_CTX*>(ssl_context), SSL_CTX_get0_certificate(mine),
                                             SSL_CTX_get0_privatekey(mine), chain, 1);
  return taken == 1 ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

/// curl_easy_setopt is variadic: an option that this libcurl lacks shows only in what it returns.
class Options {
 public:
  explicit Options(CURL* handle) : handle_(handle) {}
  template <class T>
  void set(CURLoption option, T value) {
    const CURLcode code = curl_easy_setopt(handle_, option, value);
    if (first_failure_ == CURLE_OK) first_failure_ = code;
  }
  CURLcode first_failure() const { return first_failure_; }

 private:
  CURL* handle_;
  CURLcode first_failure_ = CURLE_OK;
};

base::Result<HeaderList> make_headers(const HttpRequest& request) {
  // "Expect" would cost a round trip that nobody here asks for.
  HeaderList list(curl_slist_append(nullptr, "Expect:"));
  for (const auto& [name, value] : request.headers) {
    const bool splits = std::any_of(value.begin(), value.end(),
                                    [](char one) { return static_cast<unsigned char>(one) < 0x20 || one == 0x7F; });
    if (splits) return base::stop_error("the value of header " + name + " has a control character in it");
    SecretString line(name);
    line += ": ";
    line += value;
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) return base::retry_error("no memory for a header");
    static_cast<void>(list.release());
    list.reset(longer);
  }
  return list;
}

void set_bounds(Options& options, const HttpLimits& limits) {
  options.set(CURLOPT_NOSIGNAL, 1L);
  options.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect.count()));
  options.set(CURLOPT_TIMEOUT_MS, static_cast<long>(limits.deadline.count()));
  // Without this a name server that does not answer keeps us beyond the deadline, until its thread gives up.
  options.set(CURLOPT_QUICK_EXIT, 1L);
  options.set(CURLOPT_MAXFILESIZE, static_cast<long>(kHttpBodyBytesMax));
  options.set(CURLOPT_FOLLOWLOCATION, 0L);
}

void set_security(Options& options, const HttpRequest& request, const UrlParts& url) {
  options.set(CURLOPT_PROTOCOLS_STR, url.scheme.c_str());
  options.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  options.set(CURLOPT_SSL_VERIFYPEER, 1L);
  options.set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!request.tls.ca_file.empty()) {
    options.set(CURLOPT_CAINFO, request.tls.ca_file.c_str());
    // Else the system's folder of authorities would count beside the pinned ones.
    options.set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  // An empty text also switches off http_proxy and its like from the environment.
  const bool direct = is_loopback(url.host) || is_aws_link_local(url.host);
  options.set(CURLOPT_PROXY, direct ? "" : request.proxy.c_str());
}

void set_question(Options& options, const HttpRequest& request, curl_slist* headers) {
  options.set(CURLOPT_URL, request.url.c_str());
  options.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  options.set(CURLOPT_USERAGENT, "odograph");
  options.set(CURLOPT_HTTPHEADER, headers);
  if (request.method == "POST") {
    options.set(CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
    options.set(CURLOPT_POSTFIELDS, request.body.c_str());
  } else {
    options.set(CURLOPT_HTTPGET, 1L);
    options.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
}

void set_reception(Options& options, Reception& reception) {
  options.set(CURLOPT_WRITEFUNCTION, on_body);
  options.set(CURLOPT_WRITEDATA, static_cast<void*>(&reception));
  options.set(CURLOPT_HEADERFUNCTION, on_header);
  options.set(CURLOPT_HEADERDATA, static_cast<void*>(&reception));
  if (reception.identity != nullptr) {
    options.set(CURLOPT_SSL_CTX_FUNCTION, on_ssl_context);
    options.set(CURLOPT_SSL_CTX_DATA, static_cast<void*>(&reception));
  }
}

curl_socket_t on_open(void* meter, curlsocktype /*purpose*/, curl_sockaddr* address) {
  return static_cast<base::SocketMeter*>(meter)->open(address->family, address->socktype, address->protocol);
}

int on_close(void* meter, curl_socket_t fd) { return static_cast<base::SocketMeter*>(meter)->close(fd); }

/// What a cloud's own host answers there went over no link.
void set_meter(Options& options, base::SocketMeter* meter, const UrlParts& url) {
  if (meter == nullptr || is_aws_link_local(url.host)) return;
  options.set(CURLOPT_OPENSOCKETFUNCTION, on_open);
  options.set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(meter));
  options.set(CURLOPT_CLOSESOCKETFUNCTION, on_close);
  options.set(CURLOPT_CLOSESOCKETDATA, static_cast<void*>(meter));
}

/// A PKCS#11 key where OpenSSL has only its older engine for it: libcurl finds that by the name in the URI.
void set_engine_identity(Options& options, const HttpTls& tls) {
  options.set(CURLOPT_SSLCERT, tls.certificate_file.c_str());
  options.set(CURLOPT_SSLKEYTYPE, "ENG");
  options.set(CURLOPT_SSLKEY, tls.key.c_str());
  // In place of a question at the terminal, for a token that wants a PIN and whose URI names none.
  options.set(CURLOPT_KEYPASSWD, "");
}

/// What the server has against the client's certificate, which was shown. TLS 1.3 lets it say so only once the client
/// holds the connection for made; what libcurl makes of that depends on which of the two is quicker. Nothing if it is
/// about anything else.
std::optional<std::string> certificate_refusal(CURLcode code, std::string_view detail, const std::string& file) {
  const std::string refused = "the credential endpoint refused the client certificate " + file;
  constexpr std::string_view kAlert = " alert ";
  constexpr std::array<std::string_view, 8> kAbout = {"bad certificate",      "certificate unknown",    "unknown ca",
                                                      "certificate expired",  "certificate revoked",    "access denied",
                                                      "certificate required", "unsupported certificate"};
  if (const auto at = detail.find(kAlert); at != std::string_view::npos) {
    const std::string_view alert = detail.substr(at + kAlert.size());
    for (const std::string_view about : kAbout) {
      if (alert.starts_with(about)) return refused + ": " + std::string{about};
    }
    return std::nullopt;
  }
  const bool hung_up = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING;
  if (!hung_up && !detail.starts_with("getpeername() failed")) return std::nullopt;
  return refused + ", or went away: it hung up without a word";
}

base::Error failure(CURLcode code, const Reception& reception, const char* detail) {
  if (reception.overrun != nullptr || code == CURLE_FILESIZE_EXCEEDED) {
    const bool is_header = reception.overrun != nullptr && std::string_view(reception.overrun) == "header";
    return base::retry_error(is_header ? "the answer's header is larger than " + std::to_string(kHttpHeaderBytesMax) +
                                             " bytes"
                                       : "the answer is larger than " + std::to_string(kHttpBodyBytesMax) + " bytes");
  }
  std::string what = *detail == '\0' ? curl_easy_strerror(code) : detail;
  std::replace(what.begin(), what.end(), '\n', ' ');
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNKNOWN_OPTION:
    case CURLE_NOT_BUILT_IN:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED: return base::stop_error(what);
    case CURLE_PEER_FAILED_VERIFICATION:
      return base::retry_error(what +
                               " (a wrong clock here, a captive portal or proxy on the way, or a wrong CA file)");
    default: return base::retry_error(what);
  }
}

}  // namespace

CurlHttpClient::CurlHttpClient(std::shared_ptr<base::SocketMeter> meter)
    : meter_(std::move(meter)), identity_(std::make_shared<ClientIdentity>()) {}

base::Result<HttpAnswer> CurlHttpClient::send(const HttpRequest& request) {
  const auto url = split_url(request.url);
  if (!url) return url.error();
  const auto headers = make_headers(request);
  if (!headers) return headers.error();

  Reception reception;
  ClientIdentity::Loaded identity;
  const bool has_identity = !request.tls.certificate_file.empty() || !request.tls.key.empty();
  const bool by_engine = has_identity && key_home(request.tls.key) == KeyHome::kEngine;
  if (has_identity && !by_engine) {
    auto loaded = identity_->load(request.tls);
    if (!loaded) return loaded.error();
    identity = std::move(*loaded);
    reception.identity = identity.context.get();
  }

  const Handle handle(curl_easy_init());
  if (!handle) return base::retry_error("libcurl made no handle");
  std::array<char, CURL_ERROR_SIZE> detail{};
  Options options(handle.get());
  options.set(CURLOPT_ERRORBUFFER, detail.data());
  set_bounds(options, request.limits);
  set_security(options, request, *url);
  set_question(options, request, headers->get());
  set_reception(options, reception);
  set_meter(options, meter_.get(), *url);
  if (by_engine) set_engine_identity(options, request.tls);
  if (options.first_failure() != CURLE_OK) return failure(options.first_failure(), reception, detail.data());

  const CURLcode code = curl_easy_perform(handle.get());
  if (code != CURLE_OK) {
    curl_off_t handshake_us = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_APPCONNECT_TIME_T, &handshake_us);
    if (has_identity && reception.overrun == nullptr && (handshake_us > 0 || code == CURLE_SSL_CONNECT_ERROR)) {
      const auto refused = certificate_refusal(code, detail.data(), request.tls.certificate_file);
      if (refused) return base::retry_error(*refused);
    }
    return failure(code, reception, detail.data());
  }

  HttpAnswer answer;
  long status = 0;
  curl_off_t began_us = 0;
  curl_off_t ended_us = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(handle.get(), CURLINFO_PRETRANSFER_TIME_T, &began_us);
  curl_easy_getinfo(handle.get(), CURLINFO_TOTAL_TIME_T, &ended_us);
  answer.status = static_cast<int>(status);
  answer.body = std::move(reception.body);
  answer.doubt = std::move(identity.doubt);
  if (reception.date) {
    answer.time = AnswerTime{*reception.date, base::Millis{(ended_us - began_us + 999) / 1000}, url->scheme == "https"};
  }
  return answer;
}

}  // namespace odograph::aws
