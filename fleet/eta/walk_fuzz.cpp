// A random walk: a plan and positions made of the fuzzer's bytes. Estimates are ordered and in the future, the same
// bytes give the same estimates, and what was learnt survives being written and read.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "fleet/eta/progress.h"
#include "fleet/eta/test_plans.h"
#include "lib/base/assert.h"

namespace odograph::eta {
namespace {

/// Takes numbers off the front; zeros at the end.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  int next() {
    if (bytes_.empty()) return 0;
    const auto value = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return value;
  }
  int next_signed() { return next() - 128; }

 private:
  std::string_view bytes_;
};

Trip make_trip(Bytes& bytes) {
  Corners path = {{0, 0}};
  const int corners = 1 + bytes.next() % 12;
  for (int i = 0; i < corners; ++i) {
    const double east_m = path.back().first + bytes.next_signed() * 8;
    path.emplace_back(east_m, path.back().second + bytes.next_signed() * 8);
  }
  std::vector<StopAt> stops;
  const int wanted = 1 + bytes.next() % 4;
  double planned_s = 0;
  std::size_t corner = 0;
  for (int i = 0; i < wanted; ++i) {
    corner = std::min(corner + static_cast<std::size_t>(bytes.next() % 4), path.size() - 1);
    const auto& [east_m, north_m] = path[corner];
    planned_s += 60 + bytes.next() * 4;
    stops.push_back({east_m, north_m, planned_s});
  }
  return plan(path, stops);
}

Position make_position(Bytes& bytes, const Position& before) {
  const int how = bytes.next();
  Position position = before;
  position.time += base::Millis{bytes.next_signed() * (how % 3 == 0 ? 10'000 : 250) + 20'000};
  position.place.lat_deg += bytes.next_signed() * 1e-5;
  position.place.lon_deg += bytes.next_signed() * 1e-5;
  if (how % 16 == 0) position.place = {bytes.next_signed() * 0.7, bytes.next_signed() * 1.4};
  position.speed_mps.reset();
  position.track_deg.reset();
  if (how % 2 == 0) position.speed_mps = bytes.next() / 8.0;
  if (how % 4 == 0) position.track_deg = bytes.next() * 1.4;
  return position;
}

void check(const Progress& progress, const Knowledge& knowledge) {
  const auto estimates = progress.estimate(knowledge);
  ODOGRAPH_ASSERT(estimates == progress.estimate(knowledge));
  ODOGRAPH_ASSERT(estimates == progress.estimate_of_step(knowledge));
  for (std::size_t i = 0; i < estimates.size(); ++i) {
    const Estimate& one = estimates[i];
    ODOGRAPH_ASSERT(one.p10 <= one.p50 && one.p50 <= one.p90);
    ODOGRAPH_ASSERT(one.p10 >= *progress.as_of());
    if (i > 0) ODOGRAPH_ASSERT(one.p50 >= estimates[i - 1].p50 && one.stop == estimates[i - 1].stop + 1);
  }
}

void walk(std::string_view input) {
  Bytes bytes(input);
  auto made = Progress::create(make_trip(bytes));
  if (!made) return;
  Progress progress = *std::move(made);
  Knowledge knowledge;
  Position position{moment(0), at(0, 0), std::nullopt, std::nullopt};
  while (!bytes.empty()) {
    position = make_position(bytes, position);
    const auto before = progress.as_of();
    for (const StopEvent& event : progress.observe(position, knowledge)) {
      ODOGRAPH_ASSERT(event.time <= position.time && event.stood_s >= 0);
    }
    if (before) ODOGRAPH_ASSERT(progress.as_of() >= before);
    check(progress, knowledge);
  }
  const std::string text = to_text(knowledge.learned);
  const auto again = from_text(text);
  ODOGRAPH_ASSERT(again.has_value());
  ODOGRAPH_ASSERT(to_text(*again) == text);
}

}  // namespace
}  // namespace odograph::eta

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  odograph::eta::walk(bytes);
  (void)odograph::eta::from_text(bytes).has_value();
  return 0;
}
