#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/socket_meter.h"
#include "lib/base/time.h"

namespace odograph::traffic {

/// The rate at which data flow is averaged over about this long: the working days and the weekend of a vehicle;
inline constexpr base::Millis kDataAverage = std::chrono::days{7};
/// and over this at the least, so that a first hour is not taken for a day.
inline constexpr base::Millis kDataAverageMin = std::chrono::days{1};
/// A wall clock that jumps forward further than this is believed for no more than this.
inline constexpr base::Millis kDataGapMax = std::chrono::days{31};
/// The account is saved once a quarter of what this process counted is not, within these two: a drive of which the end
/// is lost with the power is counted nearly whole, and a long one costs the flash little.
inline constexpr std::uint64_t kDataSaveBytesMin = 8 << 10;
inline constexpr std::uint64_t kDataSaveBytesMax = 512 << 10;

/// Bytes over the link in a calendar month (UTC); outlives the process.
struct DataAccount {
  std::optional<std::chrono::year_month> month;  ///< Nothing before a clock has first told it.
  std::uint64_t bytes = 0;                       ///< Of that month.
  /// Counted while no clock was to be believed; they go to the month that is told next.
  std::uint64_t undated_bytes = 0;
  /// The month before, in case a clock that told the next one was wrong.
  std::optional<std::chrono::year_month> before;
  std::uint64_t before_bytes = 0;

  double recent_bytes = 0;           ///< Decays with kDataAverage.
  base::Millis recent_age{0};        ///< Calendar time that it covers, from its first byte on.
  std::optional<base::UtcTime> utc;  ///< When it was last brought up to date, where that is known.
  friend bool operator==(const DataAccount&, const DataAccount&) = default;

  /// As far as can be known of the present month.
  std::uint64_t used() const { return bytes + undated_bytes; }
};

/// The account `awake` later, with `bytes` more; `utc`: where the calendar is known. A new month begins with nothing; a
/// month that was told wrongly gives its bytes back to the one before.
DataAccount counted(DataAccount account, base::Millis awake, std::optional<base::UtcTime> utc, std::uint64_t bytes);

/// What the month comes to by its end at the rate of the last days; of 30 days where no month is known.
double forecast_bytes(const DataAccount& account);

/// One line of ASCII, with a checksum. `margin_bytes` are added by `from_line`: what may have been counted and not
/// saved before the power went.
std::string to_line(const DataAccount& account, std::uint64_t margin_bytes);
/// `kDrop` if it is no such line, or a broken one.
base::Result<DataAccount> from_line(std::string_view line);

/// What is done to send less. Most bytes of a message are the same for one record as for a hundred, so that first
/// positions wait for more company, which takes nothing from them but time. Only then are there fewer.
struct DataStep {
  double from = 0;             ///< Share of the limit that the forecast has come to, 0..
  base::Millis send_after{0};  ///< Positions wait this long at the least. Alerts and events are never held back.
  int sampling_factor = 1;     ///< Fixes are kept this many times less often, by time and by distance.
};

/// In ascending order; the first is what was configured. They begin below the limit, since the rate follows slowly.
inline constexpr DataStep kDataSteps[] = {
    {0, base::Millis{0}, 1},         {0.80, base::Millis{10'000}, 1}, {0.86, base::Millis{60'000}, 1},
    {0.91, base::Millis{60'000}, 2}, {0.95, base::Millis{60'000}, 4}, {0.98, base::Millis{300'000}, 8},
};
/// A step ends once the forecast is this much of the limit below its beginning.
inline constexpr double kDataStepHysteresis = 0.05;

/// Which of kDataSteps is to be taken when the forecast is `share` of the limit and `step` is what is taken now.
std::size_t plan_data_step(std::size_t step, double share);

/// As `status` tells it. Of 10^6 bytes a MB, headers of IP and TCP included.
struct DataForecast {
  base::TcpBytes counted;  ///< Since the start of this process.
  std::uint64_t month_bytes = 0;
  double forecast_bytes = 0;
  double limit_bytes = 0;       ///< 0: none.
  bool month_is_known = false;  ///< Else `month_bytes` are of an unknown time.
  std::size_t step = 0;         ///< Of kDataSteps.
  std::string trouble;          ///< Why the account is not kept on the disk; empty while it is, or need not be.

  const DataStep& taken() const { return kDataSteps[step]; }
};

/// Keeps the account and the step; saving is another's. One thread.
class DataBudget {
 public:
  /// 0: no limit, only an account.
  explicit DataBudget(double limit_bytes) : limit_bytes_(limit_bytes) {}

  /// Takes up the account of the boot before, once; what this process has counted already is added to it.
  void load(const DataAccount& account);
  /// `total`: what this process has counted so far. `utc`: where the calendar is known.
  void note(base::BootTime now, std::optional<base::UtcTime> utc, const base::TcpBytes& total);

  bool wants_saving() const { return unsaved_bytes_ >= save_after(); }
  /// What to save; counts as saved. With the margin for what is not saved any more if the process ends at once, or
  /// without at its orderly end.
  std::string saved(std::uint64_t margin_bytes);
  /// About what is lost if the process ends without saving: half of what makes it save.
  std::uint64_t margin() const { return save_after() / 2; }

  const DataAccount& account() const { return account_; }
  DataForecast forecast() const;

 private:
  std::uint64_t save_after() const;

  double limit_bytes_;
  DataAccount account_;
  std::size_t step_ = 0;
  std::optional<base::BootTime> noted_;
  base::TcpBytes total_;
  std::uint64_t unsaved_bytes_ = 0;
};

}  // namespace odograph::traffic
