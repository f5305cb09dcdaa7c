#pragma once

#include <cstdint>
#include <optional>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/model/record.h"

namespace odograph::sample {

enum class Mode { kSampled, kAll };

/// When a record is worth keeping; any one is enough.
struct Config {
  Mode mode = Mode::kSampled;
  base::Millis time{10'000};                ///< Since the last one kept. Above 0.
  std::int32_t distance_m = 100;            ///< From the reference. Above 0.
  std::int32_t angle_cdeg = 1500;           ///< Change of course, 1..18000, if ...
  std::int32_t angle_above_cmps = 139;      ///< ... faster than this (5 km/h) and ...
  std::int32_t angle_beyond_m = 10;         ///< ... further than this from the reference.
  std::int32_t speed_change_cmps = 278;     ///< 10 km/h, up or down. Above 0.
  base::Millis rest_time{300'000};          ///< In place of `time` at rest, not below it.
  std::int32_t rest_below_cmps = 28;        ///< 1 km/h.
  std::int32_t rest_radius_m = 15;          ///< Around the place where it came to rest, or ...
  std::int32_t rest_radius_m_per_hdop = 3;  ///< ... this times the HDOP, if that is more.
};

/// Nothing, or the first thing that is wrong with it (`kStop`).
base::Status validate(const Config& config);

/// What the next decision depends on; starts empty.
struct State {
  /// Of the last usable fix that was kept: what distance, angle and speed are compared with.
  struct Reference {
    model::Position position;
    std::optional<std::int32_t> course_cdeg;  ///< Only of one that moved; at rest a course means nothing.
    std::optional<std::int32_t> speed_cmps;
  };

  std::optional<base::BootTime> last_kept;
  std::optional<Reference> reference;
  std::optional<bool> had_fix;                ///< Nothing before a receiver told anything.
  std::optional<model::Position> rest_place;  ///< Where it came to rest, while it rests.
  bool rest_told = false;                     ///< A record at rest was kept.
};

struct Decision {
  std::uint32_t reason = 0;  ///< Bits of model::reason; 0: skip.
  State next;
};

/// Whether `record` is kept, and why. Pure: feed every record in order with the `next` of the one before.
///
/// `record` needs its `boot_time`. Usable is a fix with position and no flag of model::flag::kUnusable; only usable
/// fixes count for distance, angle, speed and rest, and become the reference. All others are kept by time. Kept too are
/// the first record, one with an event (or boot or loss report), and the first fix after a void one and the first void
/// one after a fix.
///
/// At rest is a usable fix below `rest_below_cmps` (one that tells no speed is not) within the radius of the place
/// where that began; it lasts through fixes that are not usable. The slower rate sets in once one record at rest was
/// kept, so that the last thing known of a vehicle that is then switched off is that it stands; from then on wandering
/// within the radius is no news.
Decision decide(const Config& config, const State& state, const model::Record& record);

}  // namespace odograph::sample
