#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "lib/model/record.h"

namespace odograph::powercut {

/// What becomes of bulk records first (`outbox::Options::hold`).
enum class Bulk { kStored, kSent };

/// What else happens beside cuts, kills and changes that fail.
enum class Weather {
  kFair,
  kRough,  ///< Reads, openings, and flushes by themselves fail; clocks jump by decades. Seeds mean other runs then.
  /// Flushes by themselves fail in most processes, their pages are marked clean, and a third of the processes are
  /// killed: what leads to a cache that shows what the medium does not have.
  kFlushes,
};
inline constexpr std::pair<std::string_view, Weather> kWeathers[] = {
    {"fair", Weather::kFair}, {"rough", Weather::kRough}, {"flushes", Weather::kFlushes}};

/// As `--weather` calls it.
const char* name_of(Weather weather);

/// The record number `serial` of `lane`: everything in it follows from these three, and `alt_cm` is the serial.
model::Record record_of(model::Lane lane, std::uint32_t serial, Weather weather);

}  // namespace odograph::powercut
