#include "agent/token_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <system_error>

#include "agent/build_info.h"
#include "lib/aws/msk_token.h"
#include "lib/aws/region.h"
#include "lib/base/ids.h"
#include "lib/config/notation.h"
#include "lib/keys/msk.h"

namespace odograph::agent {
namespace {

std::string line(const char* name, const std::string& value) { return fmt::format("{:<9} {}\n", name, value); }

std::string clock_words(const TokenQuestion& question, const base::SystemUtc& now) {
  if (question.at) return "not asked: --at";
  return now.synchronised ? "synchronised" : "not synchronised: compare issued with the true time";
}

std::string identity_words(const aws::Credentials& credentials) {
  return fmt::format("{} from {}{}, {}", credentials.access_key_id, credentials.source,
                     credentials.session_token.empty() ? "" : ", with a session token",
                     credentials.expires ? "until " + base::to_rfc3339(*credentials.expires) : "without an expiry");
}

std::string summary(const aws::MskToken& token, const aws::Credentials& credentials) {
  const bool cut = token.expires - token.issued < aws::kMskTokenLifetime;
  std::string out = line("host", token.host) + line("scope", token.scope);
  out += line("identity", identity_words(credentials));
  out += line("issued", base::to_rfc3339(token.issued));
  out += line("expires",
              fmt::format("{}, after {} s{}", base::to_rfc3339(token.expires),
                          std::chrono::duration_cast<std::chrono::seconds>(token.expires - token.issued).count(),
                          cut ? ": with the credentials" : ""));
  out += line("token", fmt::format("{} characters; --raw prints it", token.token.size()));
  return out;
}

/// As kafka.brokers has it. Which port does not matter to a token.
std::optional<std::string> broker_of(const std::string& host) {
  for (const std::string& broker : {host, host + ":9098"}) {
    if (base::is_host_port(broker)) return broker;
  }
  return std::nullopt;
}

}  // namespace

base::Result<config::Values> token_values(const TokenArguments& arguments) {
  ConfigArguments config = arguments.config;
  std::error_code unreadable;
  if (!config.file && std::filesystem::exists(kConfigFile, unreadable)) config.file = kConfigFile;
  if (arguments.host) {
    const auto broker = broker_of(*arguments.host);
    if (!broker) return base::stop_error("--host: expected a host such as b-1.example:9098, found " + *arguments.host);
    config.overrides.push_back("kafka.brokers=[" + config::quote(*broker) + "]");
  }
  if (arguments.region) {
    if (!aws::is_region(*arguments.region)) {
      return base::stop_error("--region: expected an AWS region such as eu-central-1, found " + *arguments.region);
    }
    config.overrides.push_back("kafka.region=" + *arguments.region);
  }
  return load_values(config, Purpose::kReplay);
}

base::Result<TokenQuestion> token_question(const TokenArguments& arguments, const config::Values& values) {
  TokenQuestion question{.show = arguments.show};
  if (arguments.host) {
    question.brokers = {*arguments.host};
  } else if (values.origin("kafka.brokers").from != config::Origin::From::kDefault) {
    question.brokers = values.text_list("kafka.brokers");
  }
  if (values.has("kafka.region")) question.region = values.text("kafka.region");
  if (values.has("kafka.signing_host")) question.signing_host = values.text("kafka.signing_host");
  if (arguments.at) {
    question.at = base::from_rfc3339(*arguments.at);
    if (!question.at) {
      return base::stop_error("--at: expected a time such as 2026-11-23T06:00:00Z, found " + *arguments.at);
    }
  }
  return question;
}

base::Result<TokenAnswer> token_answer(const TokenQuestion& question, aws::CredentialProvider& provider,
                                       const base::Clock& clock) {
  const auto region = aws::choose_region(question.region, question.brokers);
  if (!region) return region.error();
  const auto now = question.at ? base::SystemUtc{*question.at, false} : clock.utc_now();
  if (!now) return base::retry_error("there is no clock to sign by");
  const auto credentials = provider.fetch();
  if (!credentials) return credentials.error();
  const auto token = aws::msk_token({.region = region->name,
                                     .signing_host = question.signing_host,
                                     .user_agent = "odograph-agent/" + version(),
                                     .now = now->time,
                                     .earliest = build_date()},
                                    *credentials);
  if (!token) return token.error();
  if (question.show == TokenArguments::Show::kRaw) return TokenAnswer{token->token + "\n", region->warning};
  return TokenAnswer{
      line("region", region->name + (region->from.empty() ? ", as set" : ", from the name of " + region->from)) +
          summary(*token, *credentials) + line("clock", clock_words(question, *now)),
      region->warning};
}

base::Status print_token(const TokenArguments& arguments) {
  const auto values = token_values(arguments);
  if (!values) return values.error();
  const auto question = token_question(arguments, *values);
  if (!question) return question.error();
  const auto provider = keys::credential_provider(*values, {"odograph-agent/" + version(), build_date()});
  if (!provider) return provider.error();
  const auto answered = token_answer(*question, **provider, base::RealClock());
  if (!answered) return answered.error();
  if (!answered->warning.empty()) std::fprintf(stderr, "odograph-agent: %s\n", answered->warning.c_str());
  std::fwrite(answered->text.data(), 1, answered->text.size(), stdout);
  return {};
}

}  // namespace odograph::agent
