#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace odograph::service {

/// One metric of a line: its unit is one of CloudWatch's ("Count", "Seconds", "None").
struct EmfMetric {
  std::string name;
  std::string unit;
  double value = 0;
};

/// One line in CloudWatch's embedded metric format.
struct EmfLine {
  std::string name_space;
  base::UtcTime time{};
  std::vector<std::pair<std::string, std::string>> dimensions;  ///< At most kEmfDimensionsMax.
  std::vector<EmfMetric> metrics;                               ///< At most kEmfMetricsMax.
};
inline constexpr std::size_t kEmfDimensionsMax = 30;
inline constexpr std::size_t kEmfMetricsMax = 100;

/// One JSON object without line break. What is no number is left out, since the format has no word for it; so is what
/// is beyond CloudWatch's limits.
std::string to_json(const EmfLine& line);

/// Where such lines go: standard output, or a file that whoever reads it follows.
class EmfFile {
 public:
  /// When the file would grow beyond it, it becomes PATH.1 (an earlier one is replaced) and begins anew.
  static constexpr std::uint64_t kBytesMax = 16 << 20;

  /// Without `path`: standard output.
  explicit EmfFile(std::optional<std::filesystem::path> path, std::uint64_t bytes_max = kBytesMax)
      : path_(std::move(path)), bytes_max_(bytes_max) {}

  /// Appends `line` and a line break, whole. `kRetry`, naming the file, if it cannot be written.
  base::Status write(const std::string& line) const;

 private:
  std::optional<std::filesystem::path> path_;
  std::uint64_t bytes_max_;
};

}  // namespace odograph::service
