#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "lib/aws/credentials.h"
#include "lib/base/result.h"
#include "lib/base/time.h"

/// AWS Signature Version 4, pure: the same arguments give the same bytes, on any thread.
/// Source: AWS IAM User Guide, "Signature Version 4 for API requests".
namespace odograph::aws {

/// The SHA-256 of no bytes, for a request without a body.
inline constexpr std::string_view kEmptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// In place of a hash, where a service (S3) takes bodies that are not signed.
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
/// As long as a presigned request may be good.
inline constexpr std::chrono::seconds kPresignedLifetimeMax{7 * 24 * 3600};

/// A header, or a parameter of a query.
struct Field {
  std::string name;
  std::string value;
  friend bool operator==(const Field&, const Field&) = default;
};

/// What is signed of an HTTP request.
struct Request {
  std::string method = "GET";  ///< Upper case.
  std::string host;          ///< As in the `Host` header, in lower case; with its port unless that is the scheme's own.
  std::string path = "/";    ///< As it stands in the request line: `percent_encode_path` of the plain one.
  std::vector<Field> query;  ///< Plain, in any order.
  std::vector<Field>
      headers;  ///< What else to sign: `host`, `x-amz-date` and `x-amz-security-token` go without saying.
  std::string payload_sha256 = std::string(kEmptyPayload);  ///< `sha256_hex` of the body, or `kUnsignedPayload`.
};

/// How the path enters the signature.
enum class PathStyle {
  kNormalised,  ///< Normalised, and percent-encoded once more: every service but S3.
  kAsSent,      ///< S3, where `//` and `..` are part of a key.
};

/// When, where and for what a signature is good.
struct Scope {
  base::UtcTime time;   ///< Fractions of a second are cut off.
  std::string region;   ///< "eu-central-1"
  std::string service;  ///< "kafka-cluster", "s3", "sts"
  PathStyle path_style = PathStyle::kNormalised;
};

/// "20150830/us-east-1/service/aws4_request"; `scope.time` in the years 0 to 9999.
std::string credential_scope(const Scope& scope);

/// Whether these can sign at all; `kStop`, naming the part and the source but showing none of the three, if one is
/// empty or has characters that none has: a line break from a file, the secret where the id belongs.
base::Status check(const Credentials& credentials);

/// Headers to send with the request, besides those that were given.
struct SignedHeaders {
  std::vector<Field> headers;  ///< `x-amz-date`, `x-amz-security-token` where there is one, `authorization`.
  std::string string_to_sign;  ///< Holds no secret; services tell theirs when signatures differ.
};

/// Signs with an `Authorization` header. S3 wants the payload's hash as header `x-amz-content-sha256` too: put it among
/// `request.headers`. `kStop` for what cannot be sent so: credentials that `check` refuses, a host in upper case, a
/// path that is not encoded, a line break in a header.
base::Result<SignedHeaders> sign(const Request& request, const Scope& scope, const Credentials& credentials);

struct PresignedUrl {
  std::string url;  ///< `https`. As good as the identity itself while it lasts: keep it out of logs.
  std::string string_to_sign;
};

/// Signs with parameters in the query, which holds the session token too. `lifetime`: 1 s to `kPresignedLifetimeMax`.
/// Parameters stand in the order of their encoded names, `X-Amz-Signature` last. `kStop` as for `sign`.
base::Result<PresignedUrl> presign(const Request& request, const Scope& scope, const Credentials& credentials,
                                   std::chrono::seconds lifetime);

/// 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace odograph::aws
