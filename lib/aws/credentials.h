#pragma once

#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace odograph::aws {

/// What the clock of the answering server said, from the answer's own `Date` header.
struct AnswerTime {
  base::UtcTime date;        ///< The server's time when it answered, in whole seconds.
  base::Millis round_trip;   ///< From the first byte asked to the last one heard: `date` lies inside it.
  bool is_verified = false;  ///< Over TLS from a host whose certificate was verified; only then may a clock follow it.
};

/// An AWS identity for a while. Never print the secret or the token: logs, status and errors name `access_key_id` only.
/// Wipes both when it dies (it is copied, never moved from), so that neither freed memory nor a core dump holds them
/// longer than the program does.
struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;             ///< Empty for long-term keys.
  std::optional<base::UtcTime> expires;  ///< By the issuer's clock; nothing for long-term keys.
  std::string source;                    ///< Which provider gave them, for people: "environment", "iot:fleet-role".
  std::optional<AnswerTime> answered;    ///< The issuer's clock at the answer; nothing where no server was asked.
  /// Why the next ones may not come, though these did: the certificate they were asked with is not what its files hold.
  std::string doubt{};

  ~Credentials();
};

/// Where an identity comes from. One thread at a time; a call may block up to the provider's own deadline.
class CredentialProvider {
 public:
  virtual ~CredentialProvider() = default;
  /// New credentials, or why there are none: `kRetry` when the source may recover, `kStop` when its configuration is
  /// wrong, here or in the cloud. There is no fall-through: a provider that was chosen and fails is an error.
  virtual base::Result<Credentials> fetch() = 0;
};

}  // namespace odograph::aws
