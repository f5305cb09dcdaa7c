#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/fences/fence.h"
#include "lib/base/result.h"

namespace odograph::fences {

inline constexpr std::size_t kDocumentBytesMax = 64UL << 20;

/// One feature: what is to hold from a time on.
struct FencePut {
  std::string id;
  std::optional<base::UtcTime> valid_from;  ///< Absent: the feature does not say.
  std::optional<rules::Fence> area;         ///< Absent: the geometry is null, the fence ends.
  std::optional<FenceAlert> alert;
};

/// What a file of fences holds.
struct FenceFile {
  std::vector<FencePut> fences;
  std::vector<std::string> unused;  ///< Names of properties that are not looked at, once each, sorted.
};

/// A GeoJSON document (RFC 7946): a FeatureCollection, or one Feature. docs/alerts.md has the properties.
///
/// `kDrop` with "NAME: feature NUMBER (ID): MEMBER: what was found, what is expected" for each feature with a fault, up
/// to `trips::kToldErrorsMax`; features are counted from 1.
base::Result<FenceFile> parse_fences(std::string_view text, const std::string& name);

/// The same of files, plain or gzip, looked at as one: a fence that comes twice for the same time is an error. `kStop`
/// if one cannot be read.
base::Result<FenceFile> read_fences(const std::vector<std::filesystem::path>& files);

/// A document that `parse_fences` takes, a feature a line, each version with its `valid_from`.
std::string to_geojson(const std::map<std::string, FenceRow>& rows);

}  // namespace odograph::fences
