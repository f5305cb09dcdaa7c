#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "fleet/trips/trip_check.h"
#include "lib/base/result.h"
#include "lib/base/time.h"

namespace odograph::trips {

/// A JSON object whose fields are asked for by name and kind. The first thing that is wrong is kept as its complaint;
/// what is asked after that gives defaults.
class Object {
 public:
  /// `path`: what to put before the names of fields: "stops[3].", or nothing.
  Object(const nlohmann::json& json, std::string path);

  double number(const char* name, Range range);
  std::optional<double> optional_number(const char* name, Range range);
  std::uint32_t whole(const char* name, std::uint32_t most);
  /// 1 to `size_max` bytes without control characters.
  std::string text(const char* name, std::size_t size_max);
  base::UtcTime time(const char* name);
  std::optional<base::UtcTime> optional_time(const char* name);
  /// An empty array where it is missing or something else.
  const nlohmann::json& array(const char* name);
  /// The coordinates of a line: the array itself, or those of a GeoJSON LineString, or of a Feature that is one. Empty
  /// as `array`.
  const nlohmann::json& line(const char* name);

  void complain(const std::string& field, const std::string& why);
  const std::optional<base::Error>& complaint() const { return complaint_; }

 private:
  const nlohmann::json* find(const char* name);
  const nlohmann::json* require(const char* name);

  const nlohmann::json& json_;
  std::string path_;
  std::optional<base::Error> complaint_;
};

/// `kDrop` if it is no JSON, or none whose outermost value is an object; nesting deeper than 16 is refused.
base::Result<nlohmann::json> parse_object(std::string_view text);

/// The same for any value, and with the number of the line where it goes wrong: it is a document of many.
base::Result<nlohmann::json> parse_document(std::string_view text);

}  // namespace odograph::trips
