#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "drivers/api/driver.h"
#include "lib/config/values.h"

namespace odograph::agent {

/// A driver's options out of one `[[source]]` table, or all at their defaults.
class DriverOptions final : public drivers::SourceOptions {
 public:
  /// Every option at its default; required ones are empty or zero.
  explicit DriverOptions(const drivers::DriverInfo& driver);
  /// As the configuration has them. `source`: one item of the group, validated.
  DriverOptions(const drivers::DriverInfo& driver, const config::Values& source);

  std::string text(std::string_view option) const override;
  std::int64_t integer(std::string_view option) const override;
  bool boolean(std::string_view option) const override;

 private:
  std::map<std::string, std::variant<std::string, std::int64_t, bool>, std::less<>> values_;
};

/// The driver of that name; null if there is none.
const drivers::DriverInfo* find_driver(std::string_view name);

}  // namespace odograph::agent
