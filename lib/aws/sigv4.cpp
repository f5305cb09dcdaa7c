#include "lib/aws/sigv4.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <optional>
#include <utility>

#include "lib/aws/encoding.h"
#include "lib/base/assert.h"

namespace odograph::aws {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kAccessKeyCharsMax = 128;
using Hash = std::array<unsigned char, kHashBytes>;
using SortedFields = std::map<std::string, std::string, std::less<>>;

std::string hex(const Hash& hash) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : hash) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 0xF];
  }
  return out;
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Hash sha256(std::string_view bytes) {
  Hash out{};
  unsigned size = 0;
  // Only an OpenSSL without SHA-256 fails here, and with such a one there is no TLS either.
  ODOGRAPH_ASSERT(EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, EVP_sha256(), nullptr) == 1);
  ODOGRAPH_ASSERT(size == out.size());
  return out;
}

/// A key of the chain; leaves nothing behind in memory.
struct Key {
  Hash bytes{};
  Key() = default;
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  ~Key() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

void hmac(std::string_view key, std::string_view text, Hash& out) {
  std::size_t size = 0;
  ODOGRAPH_ASSERT(EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key.data(), key.size(), bytes_of(text),
                            text.size(), out.data(), out.size(), &size) != nullptr);
  ODOGRAPH_ASSERT(size == out.size());
}

void hmac(const Key& key, std::string_view text, Hash& out) {
  hmac({reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()}, text, out);
}

/// In integers throughout: a 32-bit `time_t` would end in 2038.
std::chrono::year_month_day day_of(base::UtcTime time) { return std::chrono::floor<std::chrono::days>(time); }

std::string date(base::UtcTime time) {
  const auto day = day_of(time);
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d%02u%02u", static_cast<int>(day.year()),
                static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  return text.data();
}

std::string date_time(base::UtcTime time) {
  const std::chrono::hh_mm_ss clock{time - std::chrono::floor<std::chrono::days>(time)};
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "T%02d%02d%02dZ", static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return date(time) + text.data();
}

// --- What can be signed ----------------------------------------------------------------------------------------------

bool all_of(std::string_view text, bool (*allowed)(char)) { return std::all_of(text.begin(), text.end(), allowed); }
bool is_visible(char c) { return c > ' ' && c < '\x7f'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_word(char c) { return is_digit(c) || is_lower(c) || is_upper(c) || c == '_'; }
bool is_label(char c) { return is_digit(c) || is_lower(c) || c == '-'; }
bool is_in_host(char c) { return is_label(c) || c == '.' || c == ':' || c == '[' || c == ']'; }
// `char` has a sign on x86 and none on ARM.
bool is_beyond_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool is_in_path(char c) { return (is_visible(c) || c == ' ' || is_beyond_ascii(c)) && c != '?' && c != '#'; }
bool is_in_header(char c) { return c == '\t' || c == ' ' || is_visible(c) || is_beyond_ascii(c); }
bool is_in_header_name(char c) { return is_word(c) || c == '-' || c == '.'; }

base::Error refused(const std::string& what) { return base::stop_error("signing for AWS: " + what); }

base::Status check(const Scope& scope) {
  const int year = static_cast<int>(day_of(scope.time).year());
  if (year < 0 || year > 9999) return refused("the time is in the year " + std::to_string(year));
  if (scope.region.empty() || !all_of(scope.region, is_label)) {
    return refused("\"" + scope.region + "\" is no region");
  }
  if (scope.service.empty() || !all_of(scope.service, is_label)) {
    return refused("\"" + scope.service + "\" is no service");
  }
  return {};
}

base::Status check_path(const std::string& path, PathStyle style) {
  if (path.empty() || path.front() != '/' || !all_of(path, is_in_path)) {
    return refused("\"" + path + "\" is no path: it begins with / and has no query in it");
  }
  if (style == PathStyle::kAsSent && !is_percent_encoded_path(path)) {
    return refused("the path \"" + path + "\" is not percent-encoded");
  }
  return {};
}

base::Status check(const Request& request) {
  if (request.method.empty() || !all_of(request.method, is_upper)) {
    return refused("\"" + request.method + "\" is no method");
  }
  if (request.host.empty() || !all_of(request.host, is_in_host)) {
    return refused("\"" + request.host + "\" is no host in lower case");
  }
  if (request.payload_sha256 != kUnsignedPayload &&
      (request.payload_sha256.size() != 2 * kHashBytes ||
       !all_of(request.payload_sha256, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }))) {
    return refused("the payload's hash is not 64 lower-case hex digits");
  }
  for (const Field& header : request.headers) {
    if (header.name.empty() || !all_of(header.name, is_in_header_name)) {
      return refused("\"" + header.name + "\" is no header's name");
    }
    if (!all_of(header.value, is_in_header)) {
      return refused("header " + header.name + " has a line break or other control character");
    }
  }
  return {};
}

base::Status check(const Request& request, const Scope& scope, const Credentials& credentials) {
  if (auto sound = aws::check(credentials); !sound) return sound;
  if (auto sound = check(scope); !sound) return sound;
  if (auto sound = check_path(request.path, scope.path_style); !sound) return sound;
  return check(request);
}

// --- The canonical request -------------------------------------------------------------------------------------------

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

/// Without blanks at its ends, and with one for each run of them.
std::string trimmed(std::string_view value) {
  std::string out;
  bool blank = false;
  for (const char c : value) {
    if (c == ' ' || c == '\t') {
      blank = !out.empty();
      continue;
    }
    if (std::exchange(blank, false)) out += ' ';
    out += c;
  }
  return out;
}

/// Headers of one name in the order in which they came.
SortedFields sorted_headers(const std::vector<Field>& headers, const std::string& host) {
  SortedFields sorted{{"host", host}};
  for (const Field& header : headers) {
    const auto [at, fresh] = sorted.try_emplace(lower_case(header.name), trimmed(header.value));
    if (!fresh) at->second += "," + trimmed(header.value);
  }
  return sorted;
}

/// Of the encoded names, and of one name the encoded values: in the order of their bytes, which differs from that of
/// the plain ones.
std::string canonical_query(const std::vector<Field>& query) {
  std::vector<std::pair<std::string, std::string>> encoded;
  encoded.reserve(query.size());
  for (const Field& one : query) encoded.emplace_back(percent_encode(one.name), percent_encode(one.value));
  std::sort(encoded.begin(), encoded.end());
  std::string out;
  for (const auto& [name, value] : encoded) out += (out.empty() ? "" : "&") + name + "=" + value;
  return out;
}

std::string names_of(const SortedFields& headers) {
  std::string out;
  for (const auto& [name, value] : headers) out += (out.empty() ? "" : ";") + name;
  return out;
}

std::string canonical_request(const Request& request, const std::string& query, const SortedFields& headers,
                              PathStyle path_style) {
  const std::string path =
      path_style == PathStyle::kAsSent ? request.path : percent_encode_path(normalised_path(request.path));
  std::string out = request.method + "\n" + path + "\n" + query + "\n";
  for (const auto& [name, value] : headers) out += name + ":" + value + "\n";
  return out + "\n" + names_of(headers) + "\n" + request.payload_sha256;
}

std::string string_to_sign(const Scope& scope, const std::string& canonical) {
  return std::string(kAlgorithm) + "\n" + date_time(scope.time) + "\n" + credential_scope(scope) + "\n" +
         sha256_hex(canonical);
}

std::string signature(const Scope& scope, const std::string& secret, const std::string& text) {
  std::string first = "AWS4" + secret;
  Key of_date;
  Key of_region;
  Key of_service;
  Key of_request;
  hmac(first, date(scope.time), of_date.bytes);
  OPENSSL_cleanse(first.data(), first.size());
  hmac(of_date, scope.region, of_region.bytes);
  hmac(of_region, scope.service, of_service.bytes);
  hmac(of_service, "aws4_request", of_request.bytes);
  Hash out{};
  hmac(of_request, text, out);
  return hex(out);
}

/// The first of `given` that we add ourselves; nothing if none is.
std::optional<std::string> collision(const std::vector<Field>& given, const std::vector<std::string_view>& ours) {
  for (const Field& one : given) {
    const std::string name = lower_case(one.name);
    for (const std::string_view our : ours) {
      if (name == our) return one.name;
    }
  }
  return std::nullopt;
}

const std::vector<std::string_view>& our_headers() {
  static const std::vector<std::string_view> kNames{"host", "x-amz-date", "x-amz-security-token", "authorization"};
  return kNames;
}

const std::vector<std::string_view>& our_parameters() {
  static const std::vector<std::string_view> kNames{"x-amz-algorithm",     "x-amz-credential", "x-amz-date",
                                                    "x-amz-expires",       "x-amz-signature",  "x-amz-signedheaders",
                                                    "x-amz-security-token"};
  return kNames;
}

}  // namespace

std::string sha256_hex(std::string_view bytes) { return hex(sha256(bytes)); }

base::Status check(const Credentials& credentials) {
  const std::string from = credentials.source.empty() ? "" : " from " + credentials.source;
  // None of the three is shown: what stands where the id belongs may be the secret.
  if (credentials.access_key_id.empty()) return refused("the access key id" + from + " is empty");
  if (credentials.access_key_id.size() > kAccessKeyCharsMax || !all_of(credentials.access_key_id, is_word)) {
    return refused("the access key id" + from + " is none: 1 to 128 letters and digits");
  }
  if (credentials.secret_access_key.empty()) return refused("the secret access key" + from + " is empty");
  if (!all_of(credentials.secret_access_key, is_visible)) {
    return refused("the secret access key" + from + " has a blank, line break or other character that none has");
  }
  if (!all_of(credentials.session_token, is_visible)) {
    return refused("the session token" + from + " has a blank, line break or other character that none has");
  }
  return {};
}

std::string credential_scope(const Scope& scope) {
  return date(scope.time) + "/" + scope.region + "/" + scope.service + "/aws4_request";
}

base::Result<SignedHeaders> sign(const Request& request, const Scope& scope, const Credentials& credentials) {
  if (const auto sound = check(request, scope, credentials); !sound) return sound.error();
  if (const auto name = collision(request.headers, our_headers())) {
    return refused("header " + *name + " is given twice");
  }
  SignedHeaders made;
  made.headers.push_back({"x-amz-date", date_time(scope.time)});
  if (!credentials.session_token.empty()) made.headers.push_back({"x-amz-security-token", credentials.session_token});
  std::vector<Field> all = request.headers;
  all.insert(all.end(), made.headers.begin(), made.headers.end());
  const SortedFields headers = sorted_headers(all, request.host);
  made.string_to_sign =
      string_to_sign(scope, canonical_request(request, canonical_query(request.query), headers, scope.path_style));
  made.headers.push_back(
      {"authorization", std::string(kAlgorithm) + " Credential=" + credentials.access_key_id + "/" +
                            credential_scope(scope) + ", SignedHeaders=" + names_of(headers) +
                            ", Signature=" + signature(scope, credentials.secret_access_key, made.string_to_sign)});
  return made;
}

base::Result<PresignedUrl> presign(const Request& request, const Scope& scope, const Credentials& credentials,
                                   std::chrono::seconds lifetime) {
  if (const auto sound = check(request, scope, credentials); !sound) return sound.error();
  if (lifetime < std::chrono::seconds{1} || lifetime > kPresignedLifetimeMax) {
    return refused("a lifetime of " + std::to_string(lifetime.count()) + " s is not within 1 s to 7 days");
  }
  if (const auto name = collision(request.query, our_parameters())) {
    return refused("parameter " + *name + " is given twice");
  }
  if (const auto name = collision(request.headers, our_headers())) {
    return refused("header " + *name + " is given twice");
  }
  const SortedFields headers = sorted_headers(request.headers, request.host);
  std::vector<Field> parameters = request.query;
  parameters.push_back({"X-Amz-Algorithm", std::string(kAlgorithm)});
  parameters.push_back({"X-Amz-Credential", credentials.access_key_id + "/" + credential_scope(scope)});
  parameters.push_back({"X-Amz-Date", date_time(scope.time)});
  parameters.push_back({"X-Amz-Expires", std::to_string(lifetime.count())});
  parameters.push_back({"X-Amz-SignedHeaders", names_of(headers)});
  // An empty one would be signed as "X-Amz-Security-Token=", and that is another request.
  if (!credentials.session_token.empty()) parameters.push_back({"X-Amz-Security-Token", credentials.session_token});
  const std::string query = canonical_query(parameters);
  PresignedUrl made;
  made.string_to_sign = string_to_sign(scope, canonical_request(request, query, headers, scope.path_style));
  made.url = "https://" + request.host + request.path + "?" + query +
             "&X-Amz-Signature=" + signature(scope, credentials.secret_access_key, made.string_to_sign);
  return made;
}

}  // namespace odograph::aws
