#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "lib/rules/test_words.h"
#include "lib/rules/vehicle_rules.h"

namespace odograph::rules {

/// For tests: one rule of each kind, and calls at random that all of them have something to say about.

// Own arithmetic on the generator's bits: the distributions of the standard library differ between libraries.
inline std::int32_t up_to(std::mt19937& random, std::int32_t last) {
  return static_cast<std::int32_t>(random() % static_cast<std::uint32_t>(last + 1));
}

inline std::shared_ptr<const FenceArea> yard() {
  static const auto kYard = std::make_shared<const FenceArea>(Fence{"yard", {}, {470'000'000, 80'000'000}, 500});
  return kYard;
}

inline RuleSpec spec_of(RuleKind kind, LifeConfig life, decltype(RuleSpec::config) config) {
  return {.kind = kind, .life = life, .config = std::move(config)};
}

/// One of each kind, impatient enough that short drives say much.
inline std::vector<RuleSpec> all_specs() {
  const LifeConfig quick{.min_duration = std::chrono::seconds(5),
                         .clear_duration = std::chrono::seconds(5),
                         .flap_window = std::chrono::seconds(200),
                         .flap_stable = std::chrono::seconds(30),
                         .expiry = std::chrono::seconds(300)};
  const LifeConfig moment{
      .clear_duration = std::chrono::seconds(0), .reopen = std::chrono::seconds(0), .flap_cycles = 0};
  std::vector<RuleSpec> specs = {
      spec_of(RuleKind::kTemperature, quick,
              RangeConfig{.signal = "cargo",
                          .min_milli = 2'000,
                          .max_milli = 8'000,
                          .at_once_milli = 2'000,
                          .door_signal = "door",
                          .critical_after = std::chrono::seconds(60)}),
      spec_of(RuleKind::kPower, quick, RangeConfig{.signal = "supply", .min_milli = 9'000}),
      spec_of(RuleKind::kSensorFault, moment,
              SensorConfig{.signal = "cargo",
                           .missing = std::chrono::seconds(20),
                           .stuck = std::chrono::seconds(8),
                           .jump_milli = 5'000}),
      spec_of(RuleKind::kGeofence, quick, GeofenceConfig{.area = yard()}),
      spec_of(RuleKind::kHarshMotion, moment, HarshConfig{}),
      spec_of(RuleKind::kIdling, quick, IdlingConfig{}),
      spec_of(RuleKind::kOffline, moment, OfflineConfig{.after = std::chrono::seconds(20)}),
      spec_of(RuleKind::kPositionLost, quick, PositionConfig{}),
      spec_of(RuleKind::kFuel, moment, FuelConfig{.signal = "supply", .drop_milli = 2'000}),
      spec_of(RuleKind::kOffRoute, quick, RouteConfig{}),
      spec_of(RuleKind::kDelay, quick, DelayConfig{}),
      spec_of(RuleKind::kAtRisk, quick, AtRiskConfig{}),
  };
  specs[5].except_in = {yard()};
  return specs;
}

inline std::shared_ptr<const RuleSet> set_of(std::vector<RuleSpec> specs) {
  RuleSet set;
  for (RuleSpec& spec : specs) set.push_back(std::make_shared<const RuleSpec>(std::move(spec)));
  return std::make_shared<const RuleSet>(std::move(set));
}

/// One call of the rules.
struct Call {
  enum class What { kRecord, kTrip, kHeard, kWall, kStream } what = What::kRecord;
  EventTime time;
  model::Record record;
  TripWord word;
};

inline model::Record random_record(std::mt19937& random, std::int32_t& north_m, std::int32_t& speed_cmps) {
  speed_cmps = std::clamp(speed_cmps + up_to(random, 900) - 450, 0, 3'000);
  if (up_to(random, 5) == 0) speed_cmps = 0;
  north_m = std::clamp(north_m + (up_to(random, 1) == 0 ? -1 : 1) * speed_cmps / 50, -900, 900);
  model::Record record = up_to(random, 6) == 0 ? no_fix() : fix(north_m, speed_cmps / 100.0);
  record.course_cdeg = up_to(random, 9'000);
  if (up_to(random, 9) == 0) record.flags = model::flag::kHdopBad;
  if (up_to(random, 2) != 0) record = with(record, "cargo", 10 + up_to(random, 90) / 10 * 10);
  if (up_to(random, 2) == 0) record = with(record, "supply", 85 + up_to(random, 40));
  if (up_to(random, 9) == 0) record = with(record, "door", up_to(random, 1), 0);
  if (up_to(random, 3) == 0) record = with(record, "ignition", up_to(random, 3) == 0 ? 0 : 1, 0);
  return record;
}

inline TripWord random_word(std::mt19937& random, EventTime time) {
  using Kind = TripWord::Kind;
  const Kind kinds[] = {Kind::kEstimate, Kind::kEstimate, Kind::kEstimate, Kind::kEstimate,
                        Kind::kArrived,  Kind::kOffRoute, Kind::kOnRoute,  Kind::kEnded};
  const EventTime p50 = at(5'000 + up_to(random, 1'500) - 500);
  return {kinds[up_to(random, 40) < 37 ? up_to(random, 3) : 4 + up_to(random, 3)],
          "t1",
          "stop" + std::to_string(up_to(random, 1)),
          time,
          at(5'000),
          p50 - std::chrono::seconds(60),
          p50,
          p50 + std::chrono::seconds(60)};
}

inline std::vector<Call> random_calls(std::mt19937& random, int count) {
  std::vector<Call> calls;
  EventTime time = at(1'000);
  std::int32_t north_m = 600;
  std::int32_t speed_cmps = 0;
  for (int i = 0; i < count; ++i) {
    time += base::Millis(up_to(random, 30) == 0 ? up_to(random, 60'000) : up_to(random, 2'000));
    Call call{.time = time, .record = random_record(random, north_m, speed_cmps), .word = random_word(random, time)};
    const std::int32_t dice = up_to(random, 19);
    call.what = dice < 12   ? Call::What::kRecord
                : dice < 16 ? Call::What::kTrip
                : dice < 17 ? Call::What::kHeard
                : dice < 19 ? Call::What::kWall
                            : Call::What::kStream;
    if (up_to(random, 15) == 0) call.time -= std::chrono::seconds(up_to(random, 30));
    calls.push_back(std::move(call));
  }
  return calls;
}

inline void make(VehicleRules& rules, const Call& call, std::vector<LifeEvent>& told) {
  switch (call.what) {
    case Call::What::kRecord: return rules.on_record(call.time, call.record, told);
    case Call::What::kTrip: return rules.on_trip(call.word, told);
    case Call::What::kHeard: return rules.on_heard(call.time);
    case Call::What::kWall: return rules.on_wall_clock(call.time, told);
    case Call::What::kStream: return rules.on_stream_time(call.time, told);
  }
}

inline std::string saved(const VehicleRules& rules) {
  std::string bytes;
  rules.save(bytes);
  return bytes;
}

}  // namespace odograph::rules
