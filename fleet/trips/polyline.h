#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fleet/eta/trip.h"
#include "lib/base/result.h"

namespace odograph::trips {

/// How many decimals of a degree an encoded polyline keeps: 5 as most maps have it, 6 in trips-topic.
enum class Precision { kFive, kSix };

/// The encoded polyline of a path: https://developers.google.com/maps/documentation/utilities/polylinealgorithm.
std::string encode_polyline(const std::vector<eta::Place>& path, Precision precision);

/// The reverse. `kDrop` saying why: a character outside `?` to `~`, the text ends in a number, a place is not on the
/// globe (the usual sign of the wrong precision), or more than `eta::kPathPlacesMax` of them.
base::Result<std::vector<eta::Place>> decode_polyline(std::string_view text, Precision precision);

/// "LINESTRING (8.0 47.0, 8.1 47.0)": longitude first, heights are not looked at; as PostGIS and most maps write it, in
/// either case, with or without "SRID=4326;". `kDrop` as `decode_polyline`.
base::Result<std::vector<eta::Place>> parse_wkt_line(std::string_view text);

}  // namespace odograph::trips
