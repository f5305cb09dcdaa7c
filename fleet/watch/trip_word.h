#pragma once

#include <optional>

#include "fleet/vehicle/outcome.h"
#include "lib/rules/rule.h"

namespace odograph::watch {

/// What rules are told of a trip's news. Absent where it is of no concern to them, or an estimate without its times.
std::optional<rules::TripWord> trip_word(const vehicle::TripNews& news);

}  // namespace odograph::watch
