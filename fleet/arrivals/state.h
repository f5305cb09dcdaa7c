#pragma once

#include "fleet/arrivals/course.h"
#include "lib/base/result.h"
#include "proto/public/arrivals.pb.h"

namespace odograph::arrivals {

/// Exact both ways; equal memories give equal bytes.
void put(odograph::CourseState& out, const CourseMemory& memory);

/// `kDrop` if it is not what `put` makes: a number that is not finite, a list too long. Whether it fits its trip is
/// seen when the trip is known.
base::Result<CourseMemory> memory_of(const odograph::CourseState& from);

}  // namespace odograph::arrivals
