#include "lib/wire/synthetic_drive.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <random>

namespace odograph::wire {
namespace {

constexpr double kMetresPerUnitOfLat = 0.011132;
constexpr double kMetresPerUnitOfLon = 0.0075;  // At 47.4 degrees north.
/// Of one fix, so that two differ by 0.15 m.
constexpr double kPositionNoiseM = 0.15 / std::numbers::sqrt2;

/// Own arithmetic on mt19937_64, because the standard's distributions differ between libraries.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }
  /// Near enough to normal: the sum of twelve.
  double noise(double sigma) {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum * sigma;
  }
  bool once_in(double seconds) { return uniform() * seconds < 1; }

 private:
  std::mt19937_64 engine_;
};

/// What the vehicle really does, one second at a time.
struct Vehicle {
  double north_m = 0;
  double east_m = 0;
  double alt_m = 430;
  double slope = 0;
  double speed_mps = 12;
  double wanted_mps = 14;
  double course_deg = 40;
  double turn_deg_per_s = 0;
  int turning_s = 0;

  void step(Dice& dice) {
    if (dice.once_in(40)) wanted_mps = dice.uniform() < 0.2 ? 0 : 8 + dice.uniform() * 17;
    speed_mps += std::clamp(wanted_mps - speed_mps, -1.5, 0.9);
    if (turning_s > 0) {
      --turning_s;
    } else {
      turn_deg_per_s = dice.once_in(4) ? dice.noise(4) : 0;
      turning_s = static_cast<int>(3 + dice.uniform() * 20);
    }
    if (speed_mps > 1) course_deg = std::fmod(course_deg + turn_deg_per_s + 360, 360);
    if (dice.once_in(30)) slope = dice.noise(0.02);
    alt_m += slope * speed_mps;
    const double radians = course_deg * std::numbers::pi / 180;
    north_m += speed_mps * std::cos(radians);
    east_m += speed_mps * std::sin(radians);
  }
};

std::int32_t rounded(double value) { return static_cast<std::int32_t>(std::lround(value)); }

model::Position noisy_position(const Vehicle& vehicle, Dice& dice) {
  const double north_m = vehicle.north_m + dice.noise(kPositionNoiseM);
  const double east_m = vehicle.east_m + dice.noise(kPositionNoiseM);
  return {473'700'000 + rounded(north_m / kMetresPerUnitOfLat), 85'400'000 + rounded(east_m / kMetresPerUnitOfLon)};
}

void add_signals(std::size_t second, Dice& dice, const std::vector<std::shared_ptr<const model::SignalDef>>& defs,
                 model::Record& record) {
  constexpr std::size_t kEverySeconds[] = {10, 10, 30, 30, 60};
  constexpr double kMiddle[] = {884, 1392, 645, 41, 213};
  constexpr double kNoise[] = {3, 2, 1, 2, 1};
  for (std::size_t i = 0; i < defs.size(); ++i) {
    if ((second + 3 * i) % kEverySeconds[i] != 0) continue;
    record.signals.push_back({defs[i], std::lround(kMiddle[i] + dice.noise(kNoise[i]))});
  }
}

}  // namespace

const std::vector<model::SignalDef>& drive_signals() {
  static const std::vector<model::SignalDef> kDefs = {{"coolant_temp", "degC", 1},
                                                      {"battery_voltage", "V", 2},
                                                      {"fuel_level", "%", 1},
                                                      {"cargo_temp", "degC", 1},
                                                      {"ambient_temp", "degC", 1}};
  return kDefs;
}

std::vector<model::Record> synthetic_drive(std::uint64_t seed, std::size_t count) {
  Dice dice(seed);
  Vehicle vehicle;
  std::vector<std::shared_ptr<const model::SignalDef>> defs;
  for (const model::SignalDef& def : drive_signals()) defs.push_back(std::make_shared<const model::SignalDef>(def));
  std::int32_t hdop = 90;
  std::int32_t satellites = 9;
  std::vector<model::Record> records(count);
  for (std::size_t i = 0; i < count; ++i) {
    vehicle.step(dice);
    if (dice.once_in(20)) hdop = std::clamp(hdop + rounded(dice.noise(6)), 60, 250);
    if (dice.once_in(12)) satellites = std::clamp(satellites + rounded(dice.noise(1)), 5, 14);
    model::Record& record = records[i];
    record.n = static_cast<std::uint32_t>(i + 1);
    const base::Millis since_start = std::chrono::seconds(i);
    record.boot_time = base::BootTime(base::Millis(42'137) + since_start + base::Millis(rounded(dice.noise(3))));
    record.utc = base::UtcTime(base::Millis(1'760'000'000'000) + since_start);
    record.time_quality = model::TimeQuality::kGnss;
    record.reason = model::reason::kTime;
    record.mode = model::FixMode::k3d;
    record.position = noisy_position(vehicle, dice);
    record.alt_cm = rounded((vehicle.alt_m + dice.noise(0.15)) * 100);
    record.speed_cmps = std::max(0, rounded(vehicle.speed_mps * 100 + dice.noise(5)));
    record.course_cdeg = (rounded(vehicle.course_deg * 100 + dice.noise(30)) + 36'000) % 36'000;
    record.hdop_centi = hdop;
    record.satellites = satellites;
    add_signals(i, dice, defs, record);
  }
  return records;
}

}  // namespace odograph::wire
