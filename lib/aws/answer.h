#pragma once

#include <string>
#include <string_view>

#include "lib/aws/credentials.h"
#include "lib/aws/http_client.h"
#include "lib/base/result.h"

namespace odograph::aws {

/// What one kind of JSON answer calls its fields.
struct JsonNames {
  std::string_view object;  ///< The member that holds the fields; empty: they stand at the top.
  std::string_view id;
  std::string_view secret;
  std::string_view token;
  std::string_view expiration;
};
inline constexpr JsonNames kIotNames = {"credentials", "accessKeyId", "secretAccessKey", "sessionToken", "expiration"};
/// Of the container endpoint and of the instance metadata.
inline constexpr JsonNames kEndpointNames = {"", "AccessKeyId", "SecretAccessKey", "Token", "Expiration"};
inline constexpr JsonNames kProcessNames = {"", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"};

/// Longest of any field of an answer.
constexpr std::size_t kFieldBytesMax = 16UL * 1024;

/// Temporary credentials from a JSON object: all four fields there, plain text, the expiration RFC 3339. `kRetry` with
/// what was missing or wrong, never with a value.
base::Result<Credentials> parse_json_answer(std::string_view body, const JsonNames& names);

/// The same of a `credential_process`: token and expiration may be left out, `Version` must be 1 (`kStop` if it is
/// another number).
base::Result<Credentials> parse_process_answer(std::string_view body);

/// STS's XML: the `Credentials` inside `<ACTIONResponse><ACTIONResult>`.
base::Result<Credentials> parse_sts_answer(std::string_view body, std::string_view action);

/// Long-term or temporary keys as a person writes them into a file or variable: `kStop` with what is malformed.
base::Status check_keys(const Credentials& keys);

/// One answer judged: `status` and the parser's verdict become credentials with `answered` and `source` set, or one
/// line.
struct AnswerOrigin {
  std::string provider;  ///< "iot:fleet-role", the `source` of the credentials.
  std::string endpoint;  ///< The URL asked, for errors.
};
/// Turns `parsed` into the provider's result: the error gets provider and endpoint, and credentials that the answer's
/// own `Date` shows as expired are refused (`kRetry`).
base::Result<Credentials> accept_answer(base::Result<Credentials> parsed, const HttpAnswer& answer,
                                        const AnswerOrigin& origin);

/// The error for an answer that was not 200. `kRetry` for 408, 425, 429, 5xx and a throttled, expired or skewed request
/// by its code; else `kStop`: the configuration is wrong, here or in the cloud. It has the server's own code and the
/// first line of its message, cut, without words that may be secret.
base::Error refusal(const HttpAnswer& answer, const AnswerOrigin& origin);

/// `text` with `?` for every byte that is not printable ASCII: a name from a file does not steer a terminal.
std::string printable(std::string_view text);

/// "iot:fleet-role: https://...: " before the error's own words, and all of it printable.
base::Error named(const base::Error& error, const AnswerOrigin& origin);

/// One line for people from what somebody else wrote: first line, printable ASCII, at most 200 bytes, and every word of
/// 32 bytes and more that is no ARN replaced, as it may be a token.
std::string harmless(std::string_view text);

}  // namespace odograph::aws
