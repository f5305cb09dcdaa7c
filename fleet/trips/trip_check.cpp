#include "fleet/trips/trip_check.h"

#include <array>

namespace odograph::trips {
namespace {

constexpr unsigned kContinuationMask = 0xC0;
constexpr unsigned kContinuation = 0x80;
constexpr std::uint32_t kSurrogateFirst = 0xD800;
constexpr std::uint32_t kSurrogateLast = 0xDFFF;
constexpr std::uint32_t kCodePointMax = 0x10FFFF;

/// Lead bytes by length: what the high bits are, and the least code point that needs as many bytes.
struct Lead {
  unsigned mask;
  unsigned bits;
  std::uint32_t least;
};
constexpr std::array<Lead, 4> kLeads = {
    {{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}}};

/// Bytes of the character at the front; 0 if it is no UTF-8 or a control character.
std::size_t character_size(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
  for (std::size_t more = 0; more < kLeads.size(); ++more) {
    const Lead& lead = kLeads[more];
    if ((byte(0) & lead.mask) != lead.bits) continue;
    if (text.size() <= more) return 0;
    std::uint32_t code = byte(0) & ~lead.mask;
    for (std::size_t i = 1; i <= more; ++i) {
      if ((byte(i) & kContinuationMask) != kContinuation) return 0;
      code = code << 6 | (byte(i) & ~kContinuationMask);
    }
    const bool control = code < 0x20 || code == 0x7f;
    const bool surrogate = code >= kSurrogateFirst && code <= kSurrogateLast;
    return control || surrogate || code < lead.least || code > kCodePointMax ? 0 : more + 1;
  }
  return 0;
}

}  // namespace

bool is_text(std::string_view text, std::size_t size_max) {
  if (text.empty() || text.size() > size_max) return false;
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

void check_stop(const eta::Trip& trip, const eta::PlannedStop& stop, const Complain& complain) {
  if (stop.planned_departure < stop.planned_arrival) complain("planned_departure", "before planned_arrival");
  if (stop.window_start && stop.window_end && *stop.window_end < *stop.window_start)
    complain("window_end", "before window_start");
  const bool first = trip.stops.empty();
  if (!first && stop.sequence <= trip.stops.back().sequence)
    complain("sequence", "not above that of the stop before; stops are listed in driving order");
  if (stop.planned_arrival < (first ? trip.start_time : trip.stops.back().planned_departure))
    complain("planned_arrival", first ? "before start_time" : "before the planned_departure of the stop before");
}

}  // namespace odograph::trips
