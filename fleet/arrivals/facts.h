#pragma once

#include <string>

#include "fleet/eta/progress.h"
#include "fleet/vehicle/outcome.h"

namespace odograph::arrivals {

/// Makes the messages of processed-data-topic, and what other modules are told beside them. Ids are made of the trip,
/// the stop and event time alone.

/// One that came of an event; `progress` is as the position that brought it left it.
void add_stop_event(const eta::Progress& progress, const eta::StopEvent& event, vehicle::Outcome& outcome);

/// The estimate of one stop as a message.
void add_estimate(const eta::Progress& progress, const eta::Estimate& estimate, vehicle::Outcome& outcome);

/// That the vehicle stands at a stop, if it does: all three times are those of its arrival.
void add_stay(const eta::Progress& progress, vehicle::Outcome& outcome);

/// The same estimate for the modules behind this one.
void add_estimate_news(const eta::Progress& progress, const eta::Estimate& estimate, vehicle::Outcome& outcome);

/// News of the trip as a whole.
void add_trip_news(vehicle::TripNews::Kind kind, const std::string& trip_id, base::UtcTime at,
                   vehicle::Outcome& outcome);

/// The trip has other stops than before; `progress` is of the new revision.
void add_revision_news(const eta::Progress& progress, base::UtcTime at, vehicle::Outcome& outcome);

}  // namespace odograph::arrivals
