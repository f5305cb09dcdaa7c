#pragma once

#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace odograph::kafka {

/// A SASL/OAUTHBEARER token, with which a client shows who it is.
struct Token {
  std::string value;         ///< As good as the identity itself while it lasts: keep it out of logs.
  std::string principal;     ///< Whose it is, for people: "AKIDEXAMPLE (environment)".
  base::Millis lifetime{0};  ///< From when `fetch` was called. No instant, because clocks step.
  // For people, where the source knows.
  std::string key_id{};                                ///< Of the credentials it is signed with: "AKIDEXAMPLE".
  std::string source{};                                ///< Who gave those: "environment", "iot:fleet".
  std::optional<base::Millis> credentials_lifetime{};  ///< As `lifetime`; nothing for credentials that do not end.
  std::string doubt{};                                 ///< Why the next ones may not come; empty if all is well.
};

/// Where tokens come from; lib/aws makes those for MSK.
class TokenSource {
 public:
  virtual ~TokenSource() = default;
  /// One thread at a time. May block, up to the source's own deadline. `kRetry` if the source may recover by itself,
  /// `kStop` if somebody has to mend something; asked again after either, after `kStop` less often.
  virtual base::Result<Token> fetch() = 0;
  /// A broker refused the last one; on the same thread, before the next `fetch`.
  virtual void refused() {}
};

}  // namespace odograph::kafka
