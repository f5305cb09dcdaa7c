#pragma once

#include <cstdint>
#include <optional>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace odograph::kafka {

/// When the next token is to be fetched. Pure: both clocks and all random bits (64 of them) are passed in.
///
/// It goes by time since boot alone. The wall clock is looked at only for its steps, because a token that was signed
/// with another time may be dead: librdkafka 2.0.2, which goes by the wall clock, asks for no token any more once that
/// was set back.
class TokenSchedule {
 public:
  /// Both clocks at one moment.
  struct Now {
    base::BootTime boot;
    std::optional<base::UtcTime> utc;  ///< Nothing where there is no wall clock.
  };

  /// A step of the wall clock up to this is none.
  static constexpr base::Millis kStepMin{30'000};
  /// A token is renewed after 0.4 to 0.6 of its life, but neither sooner nor later than this.
  static constexpr base::Millis kRenewMin{5'000};
  static constexpr base::Millis kRenewMax{480'000};
  /// After the first failure in a row, doubled for each that follows up to the second one; random up to twice as long.
  static constexpr base::Millis kAgainMin{5'000};
  static constexpr base::Millis kAgainMax{150'000};
  /// The same after `kStop`.
  static constexpr base::Millis kStoppedMin{30'000};
  static constexpr base::Millis kStoppedMax{450'000};
  /// A broker that refuses every token gets a new one no more often than this.
  static constexpr base::Millis kRefusedEvery{30'000};

  /// The next one is due if its time has come, or if the wall clock has stepped since the last fetch began.
  bool is_due(Now now) const;
  /// When it is due if no clock steps; in the past: at once.
  base::BootTime due() const { return due_; }

  void begin_fetch(Now now);
  void fetched(base::Millis lifetime, base::BootTime now, std::uint64_t random);
  void failed(base::Action action, base::BootTime now, std::uint64_t random);

  /// Whatever the next one is signed with or by is another: it is due at once.
  void renew() { due_ = {}; }
  /// A broker refused the token; while none can be fetched that is nothing new.
  void refused();

  unsigned failures() const { return failures_; }  ///< In a row.

 private:
  base::BootTime due_{};
  base::BootTime began_{};
  std::optional<base::Millis> offset_;  ///< From time since boot to the wall clock, when the last fetch began.
  unsigned failures_ = 0;
};

}  // namespace odograph::kafka
