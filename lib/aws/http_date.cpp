#include <algorithm>
#include <array>
#include <string>

#include "lib/aws/http_client.h"

namespace odograph::aws {

std::optional<base::UtcTime> from_http_date(std::string_view text) {
  constexpr std::string_view kShape = "Www, 00 Mmm 0000 00:00:00 GMT";
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  if (text.size() != kShape.size() || text.substr(3, 2) != ", " || text[7] != ' ' || text[11] != ' ' ||
      text[16] != ' ' || text.substr(25) != " GMT") {
    return std::nullopt;
  }
  const auto* const month = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
  if (month == kMonths.end()) return std::nullopt;
  const std::string number = std::to_string(month - kMonths.begin() + 1);
  std::string rfc3339(text.substr(12, 4));
  rfc3339.append("-").append(2 - number.size(), '0').append(number).append("-").append(text.substr(5, 2));
  rfc3339.append("T").append(text.substr(17, 8)).append("Z");
  const auto time = base::from_rfc3339(rfc3339);
  if (!time) return std::nullopt;
  // A weekday that does not fit tells of a date that was put together by somebody else's clockwork.
  const std::chrono::weekday day{std::chrono::floor<std::chrono::days>(*time)};
  return kDays[day.c_encoding()] == text.substr(0, 3) ? time : std::nullopt;
}

}  // namespace odograph::aws
