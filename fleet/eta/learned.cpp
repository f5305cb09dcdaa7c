#include "fleet/eta/learned.h"

namespace odograph::eta {
namespace {

constexpr std::string_view kName = "odograph-eta ";
constexpr std::string_view kVersion = "1";
constexpr std::size_t kLineMax = 64 * 1024;

base::Status read_line(Learned& learned, std::string_view line) {
  if (line.size() > kLineMax) return base::drop_error("longer than " + std::to_string(kLineMax) + " bytes");
  if (Profile::owns(line)) return learned.profile.read_line(line);
  if (Dwell::owns(line)) return learned.dwell.read_line(line);
  if (Bands::owns(line)) return learned.bands.read_line(line);
  return base::drop_error("its first word is none of plan, fleet, cell, dwells, dwell, widths, band");
}

}  // namespace

std::string to_text(const Learned& learned) {
  std::string text = std::string(kName) + std::string(kVersion) + '\n';
  learned.profile.write(text);
  learned.dwell.write(text);
  learned.bands.write(text);
  return text;
}

base::Result<Learned> from_text(std::string_view text) {
  Learned learned;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos)
      return base::drop_error("line " + std::to_string(number) + ": it is cut off before its end");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (number == 1) {
      if (line.substr(0, kName.size()) != kName)
        return base::drop_error("line 1: this is no profile, which begins with '" + std::string(kName) + "1'");
      if (line.substr(kName.size()) != kVersion)
        return base::stop_error("line 1: version '" + std::string(line.substr(kName.size())) +
                                "', this program reads 1");
      continue;
    }
    if (auto status = read_line(learned, line); !status)
      return base::Error{status.error().action, "line " + std::to_string(number) + ": " + status.error().what};
    if (text.empty()) return learned;
  }
  return base::drop_error("line 1: nothing is learnt in it");
}

}  // namespace odograph::eta
