#include "tests/powercut/records.h"

#include <memory>

#include "tests/powercut/dice.h"

namespace odograph::powercut {

const char* name_of(Weather weather) {
  for (const auto& [name, one] : kWeathers) {
    if (one == weather) return name.data();
  }
  return "unknown";
}

model::Record record_of(model::Lane lane, std::uint32_t serial, Weather weather) {
  static const auto kDef = std::make_shared<const model::SignalDef>(model::SignalDef{"engine_rpm", "rpm", 0});
  Dice dice(static_cast<std::uint64_t>(lane) << 32 | serial);
  model::Record record;
  record.boot_time = base::BootTime{base::Millis{1000 + static_cast<std::int64_t>(serial) * 10}};
  if (dice.percent(30)) {
    record.utc = base::UtcTime{base::Millis{1'700'000'000'000 + static_cast<std::int64_t>(serial) * 10}};
    record.time_quality = model::TimeQuality::kGnss;
  }
  Dice jumps(~(static_cast<std::uint64_t>(lane) << 32 | serial));
  if (record.utc && weather == Weather::kRough && jumps.percent(20)) {
    *record.utc += std::chrono::days{jumps.between(-20 * 365, 20 * 365)};
  }
  record.reason = model::reason::kTime;
  record.mode = model::FixMode::k3d;
  record.position = model::Position{static_cast<std::int32_t>(dice.between(-900'000'000, 900'000'000)),
                                    static_cast<std::int32_t>(dice.between(-1'800'000'000, 1'800'000'000))};
  record.alt_cm = static_cast<std::int32_t>(serial);
  // Noise does not compress: some chunks take several pages.
  const std::uint64_t signals = dice.percent(10) ? dice.below(100) : dice.below(3);
  for (std::uint64_t i = 0; i < signals; ++i) record.signals.push_back({kDef, dice.between(-(1LL << 50), 1LL << 50)});
  return record;
}

}  // namespace odograph::powercut
