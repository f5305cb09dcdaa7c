#include "agent/source_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "drivers/api/driver_table.h"
#include "lib/base/assert.h"

namespace odograph::agent {
namespace {

/// The values that an option takes, for a person.
std::string expected(const drivers::DriverOption& option) {
  std::string values;
  for (const auto value : option.one_of) values += (values.empty() ? "" : "|") + std::string(value);
  if (!values.empty()) return values;
  switch (option.type) {
    case drivers::OptionType::kText: return "TEXT";
    case drivers::OptionType::kBoolean: return "true|false";
    case drivers::OptionType::kInteger: break;
  }
  return fmt::format("a number from {} to {}", option.min, option.max);
}

}  // namespace

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

base::Result<DriverOptions> DriverOptions::typed(const drivers::DriverInfo& driver,
                                                 const std::vector<std::string>& typed) {
  DriverOptions made(driver);
  for (const auto& pair : typed) {
    const auto equals = std::min(pair.find('='), pair.size());
    const std::string key = pair.substr(0, equals);
    const auto option = std::find_if(driver.options.begin(), driver.options.end(),
                                     [&](const drivers::DriverOption& one) { return one.name == key; });
    if (option == driver.options.end()) {
      std::string names;
      for (const auto& one : driver.options) names += (names.empty() ? "" : ", ") + std::string(one.name);
      return base::stop_error(
          fmt::format("--option {}: driver {} has no option {}; there are: {}", pair, driver.name, key, names));
    }
    const auto value = equals < pair.size() ? read(*option, std::string_view(pair).substr(equals + 1)) : std::nullopt;
    if (!value) return base::stop_error(fmt::format("--option {}: expected {}={}", pair, key, expected(*option)));
    made.values_.find(key)->second = *value;
  }
  return made;
}

std::optional<DriverOptions::Value> DriverOptions::read(const drivers::DriverOption& option, std::string_view text) {
  switch (option.type) {
    case drivers::OptionType::kText: {
      const auto& allowed = option.one_of;
      if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), text) == allowed.end()) return std::nullopt;
      return std::string(text);
    }
    case drivers::OptionType::kBoolean: {
      if (text != "true" && text != "false") return std::nullopt;
      return text == "true";
    }
    case drivers::OptionType::kInteger: break;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = error == std::errc{} && end == text.data() + text.size();
  if (!is_whole || value < option.min || value > option.max) return std::nullopt;
  return value;
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

base::Result<const drivers::DriverInfo*> driver_called(std::string_view name) {
  if (const auto* driver = find_driver(name)) return driver;
  std::string names;
  for (const auto* driver : drivers::driver_table()) names += (names.empty() ? "" : ", ") + std::string(driver->name);
  return base::stop_error(fmt::format("no driver is called {}; there are: {}", name, names));
}

}  // namespace odograph::agent
