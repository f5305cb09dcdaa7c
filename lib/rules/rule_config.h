#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lib/model/record.h"
#include "lib/rules/fence.h"
#include "lib/rules/life.h"

namespace odograph::rules {

/// A signal outside of a range: temperatures, supply, batteries. Thousandths of the signal's unit.
struct RangeConfig {
  std::string signal;
  std::optional<std::int64_t> min_milli;
  std::optional<std::int64_t> max_milli;
  std::int64_t hysteresis_milli = 500;
  std::optional<std::int64_t> at_once_milli;  ///< Beyond by more: raised without waiting.
  std::string door_signal;                    ///< While above 0 it has to hold for `door_duration`.
  base::Millis door_duration{900'000};
  std::optional<base::Millis> critical_after;
  model::Severity severity = model::Severity::kMajor;
};

/// A sensor that cannot be believed: no reading, the same to the last bit, a jump, out of its range.
struct SensorConfig {
  std::string signal;
  base::Millis missing{600'000};
  base::Millis stuck{21'600'000};  ///< 0: may stay the same for ever.
  std::optional<std::int64_t> jump_milli;
  std::optional<std::int64_t> min_milli;
  std::optional<std::int64_t> max_milli;
  model::Severity severity = model::Severity::kMinor;
};

struct GeofenceConfig {
  enum class When { kInside, kOutside };
  std::shared_ptr<const FenceArea> area;
  When when = When::kInside;
  std::int32_t hysteresis_m = 25;
  base::Millis crossing{120'000};  ///< Two fixes further apart say nothing of the way between them.
  model::Severity severity = model::Severity::kInfo;
};

struct HarshConfig {
  std::int32_t acceleration_cmps2 = 300;
  std::int32_t braking_cmps2 = 400;
  std::int32_t cornering_cmps2 = 440;
  std::int32_t min_cmps = 277;            ///< Acceleration and braking: the faster of the two speeds.
  std::int32_t cornering_min_cmps = 833;  ///< The slower of the two.
  base::Millis pair_max{2'000};           ///< Two fixes further apart say nothing.
  std::string forward_signal;             ///< m/s2, forward positive; instead of the speeds.
  std::string sideways_signal;            ///< m/s2; instead of the courses.
  std::uint32_t major_count = 3;          ///< So many in `major_window`: major.
  base::Millis major_window{600'000};
};

struct IdlingConfig {
  std::int32_t rest_cmps = 55;     ///< Below: at rest.
  std::int32_t moving_cmps = 138;  ///< From here on: moving.
  std::string ignition_signal = "ignition";
  std::string rpm_signal = "engine_rpm";
  base::Millis valid{600'000};  ///< A word about the engine counts for so long.
  model::Severity severity = model::Severity::kMinor;
};

struct OfflineConfig {
  base::Millis after{600'000};     ///< The greater of this and three times `interval`.
  base::Millis interval{0};        ///< At which the vehicle means to send.
  std::int32_t moving_cmps = 138;  ///< From here on it was moving when it was lost: major.
};

struct PositionConfig {
  std::int32_t satellites_min = 5;  ///< Of the last fix: with fewer the sky was not good.
  std::string supply_signal;        ///< Only while it is at least `supply_min_milli`.
  std::int64_t supply_min_milli = 0;
  model::Severity severity = model::Severity::kMajor;
};

/// A level that falls while the vehicle is at rest.
struct FuelConfig {
  std::string signal;
  std::int64_t drop_milli = 8'000;
  base::Millis window{300'000};
  std::int32_t rest_cmps = 55;
  model::Severity severity = model::Severity::kMajor;
};

/// Off the planned line.
struct RouteConfig {
  model::Severity severity = model::Severity::kMinor;
};

/// How long before an arrival word of a delay is wanted: until then there is time to wait for certainty. Nearer, P50
/// alone decides; at one and a half times that, P10 has to be late too; and so on in proportion, up to twice it.
inline constexpr base::Millis kNotice{660'000};

struct DelayConfig {
  base::Millis raise{300'000};  ///< Later than due by more.
  base::Millis clear{120'000};  ///< By less.
  base::Millis major{900'000};
  base::Millis critical{1'800'000};
  base::Millis notice = kNotice;  ///< Below a second: P50 alone decides, however far ahead.
};

struct AtRiskConfig {
  base::Millis late{300'000};     ///< Expected later than due by more: that is a delay,
  base::Millis notice = kNotice;  ///< once it is as certain as `DelayConfig` asks for.
};

/// One rule as somebody wrote it down, and for whom.
struct RuleSpec {
  RuleKind kind = RuleKind::kTemperature;
  bool enabled = true;  ///< False: those whom it concerns go without.
  LifeConfig life;
  std::variant<RangeConfig, SensorConfig, GeofenceConfig, HarshConfig, IdlingConfig, OfflineConfig, PositionConfig,
               FuelConfig, RouteConfig, DelayConfig, AtRiskConfig>
      config;
  std::vector<std::string> vehicles;                      ///< Named one by one.
  std::vector<std::string> groups;                        ///< With both lists empty: all vehicles.
  std::vector<std::shared_ptr<const FenceArea>> only_in;  ///< Not empty: elsewhere it does not hold.
  std::vector<std::shared_ptr<const FenceArea>> except_in;
};

/// What a rule of that kind watches: the signal or the fence; empty where there is one of the kind.
std::string subject(const RuleSpec& spec);

}  // namespace odograph::rules
