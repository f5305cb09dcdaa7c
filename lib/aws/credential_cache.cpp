#include "lib/aws/credential_cache.h"

#include <algorithm>
#include <utility>

namespace odograph::aws {
namespace {

using base::BootTime;
using base::Millis;

// A `Date` is in whole seconds, cut: the true time is up to this much later.
constexpr Millis kDateGrain{1'000};
constexpr Millis kRetryMin{1'000};

Millis part_of(Millis whole, double part) {
  return Millis{static_cast<Millis::rep>(static_cast<double>(whole.count()) * part)};
}

/// `first` doubled `times` over, at most `most`.
Millis doubled(Millis first, std::uint32_t times, Millis most) {
  Millis delay = first;
  for (std::uint32_t i = 0; i < times && delay < most; ++i) delay *= 2;
  return std::min(delay, most);
}

bool same_identity(const Credentials& a, const Credentials& b) {
  return a.access_key_id == b.access_key_id && a.secret_access_key == b.secret_access_key &&
         a.session_token == b.session_token;
}

}  // namespace

CredentialCache::CredentialCache(const RefreshRules& rules, BootTime start, std::uint64_t seed)
    : rules_(rules), start_(start), random_(seed), next_fetch_(start), asked_at_(start) {}

bool CredentialCache::is_due(BootTime now) const { return !is_asking_ && now >= next_fetch_; }

std::optional<BootTime> CredentialCache::next_fetch() const {
  if (is_asking_) return std::nullopt;
  return next_fetch_;
}

void CredentialCache::hurry(BootTime now) {
  const BootTime soonest = answered_at_ ? std::max(now, *answered_at_ + rules_.interval_min) : now;
  next_fetch_ = std::min(next_fetch_, soonest);
}

void CredentialCache::asked(BootTime now) {
  is_asking_ = true;
  asked_at_ = now;
}

base::Status CredentialCache::answered(base::Result<Credentials> answer, Moment now) {
  is_asking_ = false;
  answered_at_ = now.boot;
  std::optional<base::Error> error;
  std::optional<Millis> lifetime;
  if (!answer) {
    error = answer.error();
  } else if (const auto told = lifetime_of(*answer, now); !told) {
    error = told.error();
  } else {
    lifetime = *told;
  }
  if (error) {
    ++failures_;
    last_error_ = error->what;
    plan_retry(*error, now.boot);
    ++failures_in_row_;
    return *error;
  }
  ++fetches_;
  failures_in_row_ = 0;
  last_error_.clear();
  if (!held_ || !same_identity(*held_, *answer)) ++generation_;
  held_ = *answer;
  ends_ = lifetime ? std::optional(asked_at_ + *lifetime) : std::nullopt;
  plan_refresh(lifetime, now.boot);
  return {};
}

base::Result<std::optional<Millis>> CredentialCache::lifetime_of(const Credentials& credentials,
                                                                 const Moment& now) const {
  if (!credentials.expires) return std::optional<Millis>{};
  Millis lifetime = rules_.lifetime_assumed;
  if (credentials.answered) {
    lifetime = *credentials.expires - credentials.answered->date - kDateGrain;
  } else if (now.utc) {
    // From the moment of asking, which is where it is counted from.
    lifetime = *credentials.expires - (*now.utc - (now.boot - asked_at_));
  }
  if (asked_at_ + lifetime <= now.boot) {
    return base::retry_error(credentials.source + ": gave credentials that ended at " +
                             base::to_rfc3339(*credentials.expires));
  }
  return std::optional(std::min(lifetime, rules_.lifetime_max));
}

void CredentialCache::plan_refresh(std::optional<Millis> lifetime, BootTime now) {
  if (!lifetime) {
    next_fetch_ = now + between(part_of(rules_.reread, 1 - rules_.margin_jitter), rules_.reread);
    return;
  }
  const Millis margin = std::max(rules_.margin_min, part_of(*lifetime, rules_.margin_part));
  const Millis jittered = between(part_of(margin, 1 - rules_.margin_jitter), part_of(margin, 1 + rules_.margin_jitter));
  // What lives shorter than two margins is renewed at half its time: a second try must fit in.
  const Millis early = std::min(jittered, *lifetime / 2);
  next_fetch_ = std::max(asked_at_ + *lifetime - early, now + rules_.interval_min);
}

void CredentialCache::plan_retry(const base::Error& error, BootTime now) {
  if (error.action == base::Action::kStop) {
    const Millis most = doubled(rules_.stop_first, failures_in_row_, rules_.stop_max);
    next_fetch_ = now + between(most / 2, most);
    return;
  }
  const Millis most = doubled(rules_.retry_first, failures_in_row_, rules_.retry_max);
  next_fetch_ = now + between(std::min(kRetryMin, most), most);
}

Millis CredentialCache::between(Millis least, Millis most) {
  // Not uniform_int_distribution: its results differ from one library to the next, and tests pin them.
  const auto width = static_cast<std::uint64_t>(std::max(most - least, Millis{0}).count()) + 1;
  return least + Millis{static_cast<Millis::rep>(random_() % width)};
}

const Credentials* CredentialCache::usable(BootTime now) const {
  if (!held_ || (ends_ && now >= *ends_)) return nullptr;
  return &*held_;
}

std::optional<BootTime> CredentialCache::usable_until(BootTime now) const {
  return usable(now) == nullptr ? std::nullopt : ends_;
}

CredentialState CredentialCache::state(BootTime now) const {
  if (usable(now) != nullptr) return CredentialState::kUsable;
  return !held_ && now - start_ < rules_.first_wait_max ? CredentialState::kAwaited : CredentialState::kMissing;
}

CredentialStatus CredentialCache::status(BootTime now) const {
  CredentialStatus told;
  told.state = state(now);
  if (const Credentials* current = usable(now)) {
    told.access_key_id = current->access_key_id;
    told.source = current->source;
    if (ends_) told.valid_for = *ends_ - now;
  }
  told.next_fetch_in = is_asking_ || next_fetch_ <= now ? Millis{0} : next_fetch_ - now;
  told.fetches = fetches_;
  told.failures = failures_;
  told.failures_in_row = failures_in_row_;
  told.last_error = last_error_;
  return told;
}

}  // namespace odograph::aws
