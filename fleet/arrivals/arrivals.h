#pragma once

#include <memory>
#include <string_view>

#include "fleet/vehicle/module.h"

namespace odograph::arrivals {

/// The module that says when vehicles arrive: stop events, estimates (proto/public/processed.proto) and what is learnt
/// of the roads.
///
/// Stop events, learning and news for other modules are made of the bulk lane in its order; the estimates that are
/// written, of the newest event time of any lane, so that a backlog does not move them backwards. Each fact is told
/// once: at a stop event, when an arrival moved by more than 30 s and 5 % of the time to go, else every minute.
///
/// Positions whose flags say that they are of no use, and records without UTC, are passed over.
std::unique_ptr<vehicle::Factory> make_factory();

/// Of `odograph.VehicleState`.
inline constexpr std::uint32_t kStateField = 20;

}  // namespace odograph::arrivals
