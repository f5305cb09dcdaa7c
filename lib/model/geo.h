#pragma once

#include <cstdint>

#include "lib/model/reading.h"

namespace odograph::model {

/// Metres between two positions on a sphere of 6,371,008.8 m (haversine); within 0.6 % of the ellipsoid.
double distance_m(const Position& a, const Position& b);

/// The smaller angle between two courses, 0..18000 hundredths of a degree.
std::int32_t course_difference_cdeg(std::int32_t a_cdeg, std::int32_t b_cdeg);

}  // namespace odograph::model
