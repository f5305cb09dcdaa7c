#include "agent/source_options.h"

#include <charconv>

#include "drivers/api/driver_table.h"
#include "lib/base/assert.h"

namespace odograph::agent {

DriverOptions::DriverOptions(const drivers::DriverInfo& driver) {
  for (const auto& option : driver.options) {
    const std::string_view notation = option.default_value;
    switch (option.type) {
      case drivers::OptionType::kText: values_.emplace(option.name, std::string(notation)); break;
      case drivers::OptionType::kBoolean: values_.emplace(option.name, notation == "true"); break;
      case drivers::OptionType::kInteger: {
        std::int64_t value = 0;
        std::from_chars(notation.data(), notation.data() + notation.size(), value);
        values_.emplace(option.name, value);
        break;
      }
    }
  }
}

DriverOptions::DriverOptions(const drivers::DriverInfo& driver, const config::Values& source) : DriverOptions(driver) {
  for (const auto& option : driver.options) {
    if (!source.has(option.name)) continue;
    auto& value = values_.find(option.name)->second;
    switch (option.type) {
      case drivers::OptionType::kText: value = source.text(option.name); break;
      case drivers::OptionType::kBoolean: value = source.boolean(option.name); break;
      case drivers::OptionType::kInteger: value = source.integer(option.name); break;
    }
  }
}

std::string DriverOptions::text(std::string_view option) const {
  const auto found = values_.find(option);
  ODOGRAPH_ASSERT(found != values_.end());
  return std::get<std::string>(found->second);
}

std::int64_t DriverOptions::integer(std::string_view option) const {
  const auto found = values_.find(option);
  ODOGRAPH_ASSERT(found != values_.end());
  return std::get<std::int64_t>(found->second);
}

bool DriverOptions::boolean(std::string_view option) const {
  const auto found = values_.find(option);
  ODOGRAPH_ASSERT(found != values_.end());
  return std::get<bool>(found->second);
}

const drivers::DriverInfo* find_driver(std::string_view name) {
  for (const auto* driver : drivers::driver_table()) {
    if (driver->name == name) return driver;
  }
  return nullptr;
}

}  // namespace odograph::agent
