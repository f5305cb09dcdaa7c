#include "fleet/trips/polyline.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>

#include "fleet/eta/route.h"

namespace odograph::trips {
namespace {

constexpr char kFirst = '?';
constexpr char kLast = '~';
constexpr unsigned kBits = 5;
constexpr unsigned kMore = 1U << kBits;
constexpr unsigned kShiftMax = 35;  ///< 180 degrees in 1e-6 and a sign take 30 bits.
constexpr std::size_t kNumbersMax = 4;

double scale_of(Precision precision) { return precision == Precision::kFive ? 1e5 : 1e6; }

bool on_globe(const eta::Place& place) {
  return place.lat_deg >= -90 && place.lat_deg <= 90 && place.lon_deg >= -180 && place.lon_deg <= 180;
}

base::Error too_many() {
  return base::drop_error("more than " + std::to_string(eta::kPathPlacesMax) + " places in the path");
}

void append(std::string& out, std::int64_t step) {
  auto left = static_cast<std::uint64_t>(step) << 1;
  if (step < 0) left = ~left;
  for (; left >= kMore; left >>= kBits)
    out += static_cast<char>(static_cast<unsigned>(kFirst) + (kMore | static_cast<unsigned>(left & (kMore - 1))));
  out += static_cast<char>(static_cast<unsigned>(kFirst) + static_cast<unsigned>(left));
}

/// The next difference; takes its characters off the front of `text`.
base::Result<std::int64_t> take(std::string_view& text) {
  std::uint64_t sum = 0;
  for (unsigned shift = 0; !text.empty() && shift <= kShiftMax; shift += kBits) {
    const char one = text.front();
    if (one < kFirst || one > kLast) return base::drop_error("a character that no encoded polyline has");
    text.remove_prefix(1);
    const unsigned part = static_cast<unsigned>(one) - static_cast<unsigned>(kFirst);
    sum |= std::uint64_t{part & (kMore - 1)} << shift;
    if ((part & kMore) != 0) continue;
    return static_cast<std::int64_t>(sum >> 1) ^ -static_cast<std::int64_t>(sum & 1);
  }
  return base::drop_error("the encoded polyline is cut off");
}

void skip_blanks(std::string_view& text) {
  const auto first = std::find_if(text.begin(), text.end(), [](unsigned char one) { return std::isspace(one) == 0; });
  text.remove_prefix(static_cast<std::size_t>(first - text.begin()));
}

bool take_word(std::string_view& text, std::string_view word) {
  skip_blanks(text);
  const bool same = text.size() >= word.size() &&
                    std::equal(word.begin(), word.end(), text.begin(),
                               [](char a, unsigned char b) { return a == static_cast<char>(std::toupper(b)); });
  if (same) text.remove_prefix(word.size());
  return same;
}

std::optional<double> take_number(std::string_view& text) {
  skip_blanks(text);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

std::string encode_polyline(const std::vector<eta::Place>& path, Precision precision) {
  const double scale = scale_of(precision);
  std::string out;
  std::int64_t lat = 0;
  std::int64_t lon = 0;
  for (const eta::Place& place : path) {
    const std::int64_t next_lat = std::llround(place.lat_deg * scale);
    const std::int64_t next_lon = std::llround(place.lon_deg * scale);
    append(out, next_lat - lat);
    append(out, next_lon - lon);
    lat = next_lat;
    lon = next_lon;
  }
  return out;
}

base::Result<std::vector<eta::Place>> decode_polyline(std::string_view text, Precision precision) {
  const double scale = scale_of(precision);
  std::vector<eta::Place> path;
  std::int64_t lat = 0;
  std::int64_t lon = 0;
  while (!text.empty()) {
    const auto north = take(text);
    if (!north) return north.error();
    const auto east = take(text);
    if (!east) return east.error();
    lat += *north;
    lon += *east;
    path.push_back({static_cast<double>(lat) / scale, static_cast<double>(lon) / scale});
    if (!on_globe(path.back()))
      return base::drop_error("place " + std::to_string(path.size()) +
                              " of the path is not on the globe: is it encoded with another number of decimals?");
    if (path.size() > eta::kPathPlacesMax) return too_many();
  }
  return path;
}

base::Result<std::vector<eta::Place>> parse_wkt_line(std::string_view text) {
  const auto wrong = [](const std::string& why) { return base::drop_error("no LINESTRING (lon lat, ...): " + why); };
  take_word(text, "SRID=4326;");
  if (!take_word(text, "LINESTRING")) return wrong("another beginning");
  for (const std::string_view dimension : {"ZM", "Z", "M"}) {
    if (take_word(text, dimension)) break;
  }
  if (!take_word(text, "(")) return wrong("its opening bracket is missing");
  std::vector<eta::Place> path;
  while (true) {
    double numbers[kNumbersMax] = {};
    std::size_t count = 0;
    while (count < kNumbersMax) {
      const auto number = take_number(text);
      if (!number) break;
      numbers[count++] = *number;
    }
    path.push_back({numbers[1], numbers[0]});
    if (count < 2 || !on_globe(path.back()))
      return wrong("place " + std::to_string(path.size()) + " is not longitude and latitude in degrees");
    if (path.size() > eta::kPathPlacesMax) return too_many();
    if (take_word(text, ")")) break;
    if (!take_word(text, ",")) return wrong("no comma after place " + std::to_string(path.size()));
  }
  skip_blanks(text);
  if (!text.empty()) return wrong("something follows it");
  return path;
}

}  // namespace odograph::trips
