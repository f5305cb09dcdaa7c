#pragma once

#include <string>
#include <string_view>

#include "fleet/fences/fence.h"
#include "lib/base/result.h"

namespace odograph::fences {

/// The value of a message of geofences-topic (proto/public/geofence.proto).
std::string to_message(const FenceRow& row);

/// The reverse, checked whole: what comes out can be judged by. `kDrop`, naming the field, if it is no such message, or
/// of another fence than `fence_id`, its key.
base::Result<FenceRow> from_message(const std::string& fence_id, std::string_view value);

/// Nothing, or the first thing that is wrong with its versions ("versions[2].radius_m: ...", `kDrop`).
base::Status validate(const FenceRow& row);

}  // namespace odograph::fences
