#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "drivers/api/driver.h"
#include "lib/config/values.h"

namespace odograph::agent {

/// A driver's options out of one `[[source]]` table, or all at their defaults.
class DriverOptions final : public drivers::SourceOptions {
 public:
  /// Every option at its default; required ones are empty or zero.
  explicit DriverOptions(const drivers::DriverInfo& driver);
  /// What a person typed, "KEY=VALUE", over the defaults. `kStop` for an option that the driver does not have, or a
  /// value that it does not take.
  static base::Result<DriverOptions> typed(const drivers::DriverInfo& driver, const std::vector<std::string>& typed);
  /// As the configuration has them. `source`: one item of the group, validated.
  DriverOptions(const drivers::DriverInfo& driver, const config::Values& source);

  std::string text(std::string_view option) const override;
  std::int64_t integer(std::string_view option) const override;
  bool boolean(std::string_view option) const override;

 private:
  using Value = std::variant<std::string, std::int64_t, bool>;
  static std::optional<Value> read(const drivers::DriverOption& option, std::string_view text);

  std::map<std::string, Value, std::less<>> values_;
};

/// The driver of that name; null if there is none.
const drivers::DriverInfo* find_driver(std::string_view name);

/// The same for a name that a person typed: `kStop`, naming those there are.
base::Result<const drivers::DriverInfo*> driver_called(std::string_view name);

}  // namespace odograph::agent
