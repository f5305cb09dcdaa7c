#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/api/decoder.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/base/unique_fd.h"

namespace odograph::drivers {

/// One data source on the vehicle.
///
/// A driver translates; it does not decide. It has no thread, no reconnect loop and no log, and learns the time only
/// through its arguments: the collector waits on the descriptor and the deadline, calls, and owns the back-off. All
/// calls come from one thread.
class Driver {
 public:
  virtual ~Driver() = default;

  /// Opens the device, non-blocking. Called again after `read` failed with `kRetry`; forgets whatever was half
  /// received before.
  virtual base::Result<base::UniqueFd> open() = 0;

  /// Appends what `fd` offers right now, without waiting for more. `kRetry` if the device is gone, `kStop` if nothing
  /// more will ever come (the end of a file); what was appended before that is still good.
  virtual base::Status read(int fd, base::BootTime now, Batch& batch) = 0;

  /// When the driver next wants `on_deadline` (an epoch to close after silence, a poll to send); nothing if never.
  virtual std::optional<base::BootTime> next_deadline() const { return std::nullopt; }
  virtual base::Status on_deadline(int /*fd*/, base::BootTime /*now*/, Batch& /*batch*/) { return {}; }

  /// What it has seen since it was made; never reset.
  virtual DecoderCounters counters() const = 0;
};

/// One `[[source]]` of the configuration as the driver sees it: its options by name, already validated and with the
/// defaults filled in.
class SourceOptions {
 public:
  virtual ~SourceOptions() = default;
  virtual std::string text(std::string_view option) const = 0;
  virtual std::int64_t integer(std::string_view option) const = 0;
  virtual bool boolean(std::string_view option) const = 0;
};

enum class OptionType { kText, kInteger, kBoolean };

/// An option of a driver, for validation and for the generated documentation.
struct DriverOption {
  std::string_view name;  ///< snake_case, the unit last: "silence_ms".
  OptionType type;
  std::string_view default_value;  ///< As written in TOML, text without quotes; empty with `required`.
  bool required = false;
  std::int64_t min = 0;  ///< kInteger: smallest and largest value.
  std::int64_t max = 0;
  std::span<const std::string_view> one_of;  ///< kText: the allowed values; empty for any.
  std::string_view doc;                      ///< One or two sentences.
  /// What others call it, for the hint at an unknown key.
  std::span<const std::string_view> aliases{};
};

/// What a driver folder exports.
struct DriverInfo {
  std::string_view name;
  std::string_view summary;  ///< One line for `odograph-agent drivers`.
  std::span<const DriverOption> options;
  /// `kStop` if the options contradict each other; the device is not touched before `open`.
  base::Result<std::unique_ptr<Driver>> (*make_driver)(const SourceOptions& options);
  /// For recordings: `decode` and `replay`.
  std::unique_ptr<Decoder> (*make_decoder)(const SourceOptions& options);
};

}  // namespace odograph::drivers
