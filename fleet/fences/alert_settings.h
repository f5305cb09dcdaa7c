#pragma once

#include <cstdint>
#include <string>

#include "fleet/fences/fence.h"

namespace odograph::fences {

/// The durations among the properties of a feature, by the names that `[[rule]]` has for them.
struct DurationSetting {
  const char* name;
  base::Millis min;
  base::Millis& (*of)(FenceAlert& alert);
};
inline constexpr DurationSetting kDurationSettings[] = {
    {"crossing", base::Millis(0), [](FenceAlert& a) -> base::Millis& { return a.crossing; }},
    {"min_duration", base::Millis(0), [](FenceAlert& a) -> base::Millis& { return a.life.min_duration; }},
    {"clear_duration", base::Millis(0), [](FenceAlert& a) -> base::Millis& { return a.life.clear_duration; }},
    {"gap", base::Millis(1), [](FenceAlert& a) -> base::Millis& { return a.life.gap; }},
    {"update_interval", base::Millis(0), [](FenceAlert& a) -> base::Millis& { return a.life.update_interval; }},
    {"reopen", base::Millis(0), [](FenceAlert& a) -> base::Millis& { return a.life.reopen; }},
    {"flap_window", base::Millis(0), [](FenceAlert& a) -> base::Millis& { return a.life.flap_window; }},
    {"flap_stable", base::Millis(0), [](FenceAlert& a) -> base::Millis& { return a.life.flap_stable; }},
    {"expiry", base::Millis(0), [](FenceAlert& a) -> base::Millis& { return a.life.expiry; }},
};

/// The whole numbers.
struct NumberSetting {
  const char* name;
  std::int64_t max;  ///< From 0.
  std::int64_t (*read)(const FenceAlert& alert);
  void (*write)(FenceAlert& alert, std::int64_t value);
};
inline constexpr NumberSetting kNumberSettings[] = {
    {"hysteresis_m", kHysteresisMMax, [](const FenceAlert& a) { return std::int64_t{a.hysteresis_m}; },
     [](FenceAlert& a, std::int64_t value) { a.hysteresis_m = static_cast<std::int32_t>(value); }},
    {"count", kCountMax, [](const FenceAlert& a) { return std::int64_t{a.life.min_count}; },
     [](FenceAlert& a, std::int64_t value) {
       a.life.min_count = static_cast<std::uint32_t>(value);
       a.life.clear_count = a.life.min_count;
     }},
    {"flap_cycles", rules::kFlapCyclesMax, [](const FenceAlert& a) { return std::int64_t{a.life.flap_cycles}; },
     [](FenceAlert& a, std::int64_t value) { a.life.flap_cycles = static_cast<std::uint32_t>(value); }},
};

/// And the lists of names.
struct NamesSetting {
  const char* name;
  std::vector<std::string>& (*of)(FenceAlert& alert);
};
inline constexpr NamesSetting kNamesSettings[] = {
    {"vehicles", [](FenceAlert& a) -> std::vector<std::string>& { return a.vehicles; }},
    {"groups", [](FenceAlert& a) -> std::vector<std::string>& { return a.groups; }},
};

}  // namespace odograph::fences
