#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/console.h"
#include "lib/aws/credentials.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/config/values.h"

namespace odograph::agent {

/// What `odograph-agent token` is asked.
struct TokenArguments {
  enum class Show { kSummary, kRaw };
  ConfigArguments config;
  std::optional<std::string> host{};    ///< --host: a broker, with or without its port, instead of kafka.brokers.
  std::optional<std::string> region{};  ///< --region: instead of kafka.region.
  std::optional<std::string> at{};      ///< --at: a time in RFC 3339, instead of now.
  Show show = Show::kSummary;
};

/// The same with the configuration read; see `aws::choose_region` and `aws::MskTokenOrder`.
struct TokenQuestion {
  std::vector<std::string> brokers{};
  std::string region{};
  std::string signing_host{};
  std::optional<base::UtcTime> at{};
  TokenArguments::Show show = TokenArguments::Show::kSummary;
};

struct TokenAnswer {
  std::string text;     ///< For stdout: a summary without signature and session token, or the token alone.
  std::string warning;  ///< For stderr; may be empty.
};

/// The configuration with the defaults of a replay, as no vehicle has to be named to sign for it, and with host and
/// region in it, so that it is judged with them. Errors as `load_values`; `kStop` for a host or region that is none.
base::Result<config::Values> token_values(const TokenArguments& arguments);

/// `kStop` for arguments that are not sound.
base::Result<TokenQuestion> token_question(const TokenArguments& arguments, const config::Values& values);

/// Asks `provider` once, and `clock` unless the question has its own time. Errors as `aws::msk_token` has them.
base::Result<TokenAnswer> token_answer(const TokenQuestion& question, aws::CredentialProvider& provider,
                                       const base::Clock& clock);

/// All of it, printed: with the provider that the configuration chooses, as the agent would ask it, and the system's
/// clock. One fetch, within the provider's own deadline.
base::Status print_token(const TokenArguments& arguments);

}  // namespace odograph::agent
