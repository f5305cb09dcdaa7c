#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/console.h"
#include "lib/aws/credentials.h"
#include "lib/base/result.h"
#include "lib/base/time.h"

namespace odograph::agent {

/// What `odograph-agent token` is asked; empty is not given.
struct TokenArguments {
  enum class Show { kSummary, kRaw };
  ConfigArguments config;
  std::string host;    ///< --host: a broker, instead of kafka.brokers.
  std::string region;  ///< --region: instead of kafka.region.
  std::string at;      ///< --at: a time in RFC 3339, instead of now.
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

/// `kStop` for arguments or a configuration that are not sound.
base::Result<TokenQuestion> token_question(const TokenArguments& arguments);

/// Asks `provider` once, and `clock` unless the question has its own time. Errors as `aws::msk_token` has them.
base::Result<TokenAnswer> token_answer(const TokenQuestion& question, aws::CredentialProvider& provider,
                                       const base::Clock& clock);

/// All of it: with the environment's credentials and the system's clock, printed.
base::Status print_token(const TokenArguments& arguments);

}  // namespace odograph::agent
