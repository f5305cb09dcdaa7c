#include "lib/kafka/iam_token_source.h"

#include <algorithm>
#include <utility>

#include "lib/aws/msk_token.h"

namespace odograph::kafka {

IamTokenSource::IamTokenSource(Order order, Parts parts)
    : order_(std::move(order)), parts_(std::move(parts)), cache_({}, parts_.clock->boot_now(), parts_.seed) {}

base::Result<Token> IamTokenSource::fetch() {
  const base::BootTime began = parts_.clock->boot_now();
  if (cache_.is_due(began)) renew_credentials();
  const base::BootTime now = parts_.clock->boot_now();
  const aws::Credentials* credentials = cache_.usable(now);
  if (credentials == nullptr) return last_error_;
  const auto utc = time_.at(now, parts_.clock->utc_now());
  if (!utc) return base::retry_error("there is no clock to sign by");
  const auto made = aws::msk_token({.region = order_.region,
                                    .signing_host = order_.signing_host,
                                    .user_agent = order_.user_agent,
                                    .now = *utc,
                                    .earliest = order_.earliest},
                                   *credentials);
  if (!made) return made.error();
  base::Millis lifetime = made->lifetime;
  if (const auto until = cache_.usable_until(now)) lifetime = std::min(lifetime, *until - now);
  Token token{made->token, credentials->access_key_id + " (" + credentials->source + ")", lifetime + (now - began)};
  token.key_id = credentials->access_key_id;
  token.source = credentials->source;
  if (const auto until = cache_.usable_until(now)) token.credentials_lifetime = *until - began;
  // A renewal that failed, or one that may not succeed the next time.
  const std::string failed = cache_.status(now).last_error;
  token.doubt = failed.empty() ? credentials->doubt : failed;
  return token;
}

void IamTokenSource::refused() { cache_.hurry(parts_.clock->boot_now()); }

void IamTokenSource::renew_credentials() {
  cache_.asked(parts_.clock->boot_now());
  auto answer = parts_.provider->fetch();
  const base::BootTime received = parts_.clock->boot_now();
  if (answer && answer->answered && answer->answered->is_verified) {
    time_.told(answer->answered->date, answer->answered->round_trip, received);
  }
  const aws::Moment moment{received, time_.at(received, parts_.clock->utc_now())};
  // What there was before stays in use as long as it is good, whatever becomes of this.
  if (const auto taken = cache_.answered(std::move(answer), moment); !taken) last_error_ = taken.error();
}

}  // namespace odograph::kafka
