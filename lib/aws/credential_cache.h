#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>

#include "lib/aws/credentials.h"
#include "lib/base/result.h"
#include "lib/base/time.h"

namespace odograph::aws {

/// When credentials are renewed and how failures are followed up.
struct RefreshRules {
  base::Millis margin_min{300'000};       ///< Renewed at least this long before they end ...
  double margin_part = 0.1;               ///< ... or this part of their lifetime, if that is longer ...
  double margin_jitter = 0.2;             ///< ... give or take this part of the margin, so that a fleet spreads.
  base::Millis lifetime_max{43'200'000};  ///< An answer that promises more than AWS gives (12 h) is not believed.
  /// Taken for the lifetime where an expiry is told but no clock to read it by: the shortest that AWS gives.
  base::Millis lifetime_assumed{900'000};
  base::Millis reread{900'000};  ///< Keys without expiry are looked up again after this; they may have been changed.
  base::Millis interval_min{60'000};  ///< Between two successful fetches.
  base::Millis retry_first{5'000};    ///< After `kRetry`: up to this, doubled with each failure in a row ...
  base::Millis retry_max{
      300'000};  ///< ... up to this, each time anywhere between a second and the whole ("full jitter").
  base::Millis stop_first{60'000};  ///< After `kStop`, where a person has to mend something: half to all of this ...
  base::Millis stop_max{900'000};   ///< ... doubled up to this.
  base::Millis first_wait_max{30'000};  ///< How long after the start the first credentials are awaited in patience.
};

/// One moment by two clocks.
struct Moment {
  base::BootTime boot;
  std::optional<base::UtcTime> utc;  ///< Nothing while no plausible time is known.
};

enum class CredentialState {
  kAwaited,  ///< None yet, and the start is less than `first_wait_max` ago.
  kUsable,
  kMissing,  ///< None, or those there were have ended.
};

/// For `status` and metrics. Nothing in it is secret.
struct CredentialStatus {
  CredentialState state = CredentialState::kAwaited;
  std::string access_key_id;              ///< Empty without usable credentials.
  std::string source;                     ///< As above.
  std::optional<base::Millis> valid_for;  ///< Nothing for keys that do not end.
  base::Millis next_fetch_in{0};          ///< 0: due, or under way.
  std::uint64_t fetches = 0;              ///< That gave credentials.
  std::uint64_t failures = 0;
  std::uint32_t failures_in_row = 0;
  std::string last_error;  ///< Of the failures in a row; empty after a success.
};

/// Keeps an identity alive: decides when its provider is asked, and until when its last answer is good.
///
/// All deadlines are on the boot clock. An answer's lifetime is its expiry minus the answer's own `Date`, counted from
/// the moment it was asked for, so that neither a clock that is years off nor one that steps matters. What is still
/// good stays in use however often a renewal fails.
///
/// Pure: the caller brings the time and asks the provider. One thread.
class CredentialCache {
 public:
  /// `seed` spreads the vehicles of a fleet: from the kernel's random source, another on each.
  CredentialCache(const RefreshRules& rules, base::BootTime start, std::uint64_t seed);

  /// True if the provider should be asked now. One question at a time: false between `asked` and `answered`.
  bool is_due(base::BootTime now) const;
  /// When it will be due, for the caller's timer; nothing while a question is under way.
  std::optional<base::BootTime> next_fetch() const;
  /// Makes it due now: a broker refused the identity, or a person asked. Not sooner than `interval_min` after the last
  /// answer, good or bad, so that a broker's refusals do not become a flood.
  void hurry(base::BootTime now);

  /// The provider is being asked.
  void asked(base::BootTime now);
  /// What it gave. Returns the error that was met, be it the provider's or that the credentials had ended already.
  base::Status answered(base::Result<Credentials> answer, Moment now);

  /// Good for use at `now`; nullptr if there are none. Until the next call of a member that is not const.
  const Credentials* usable(base::BootTime now) const;
  /// Until when; nothing without usable ones, or if they do not end. What is signed with them dies then, too.
  std::optional<base::BootTime> usable_until(base::BootTime now) const;
  /// Counts up with each new identity or new secret of the old one: the caller signs anew when it changes.
  std::uint64_t generation() const { return generation_; }

  CredentialState state(base::BootTime now) const;
  CredentialStatus status(base::BootTime now) const;

 private:
  base::Result<std::optional<base::Millis>> lifetime_of(const Credentials& credentials, const Moment& now) const;
  void plan_refresh(std::optional<base::Millis> lifetime, base::BootTime now);
  void plan_retry(const base::Error& error, base::BootTime now);
  base::Millis between(base::Millis least, base::Millis most);

  RefreshRules rules_;
  base::BootTime start_;
  std::mt19937_64 random_;
  std::optional<Credentials> held_;
  std::optional<base::BootTime> ends_;  // Of `held_`; nothing if they do not end.
  base::BootTime next_fetch_;
  base::BootTime asked_at_;
  bool is_asking_ = false;
  std::optional<base::BootTime> answered_at_;
  std::uint64_t generation_ = 0;
  std::uint64_t fetches_ = 0;
  std::uint64_t failures_ = 0;
  std::uint32_t failures_in_row_ = 0;
  std::string last_error_;
};

}  // namespace odograph::aws
