// What `parse_trip` takes makes a route, and no position that `parse_position` takes breaks the way along it.
#include <cstdint>
#include <string_view>

#include "fleet/eta/progress.h"
#include "fleet/trips/read.h"
#include "lib/base/assert.h"

namespace odograph::trips {
namespace {

constexpr std::size_t kPositionsMax = 200;

void check(std::string_view text) {
  const std::size_t end = text.find('\n');
  auto trip = parse_trip(text.substr(0, end));
  eta::Knowledge knowledge;
  std::optional<eta::Progress> progress;
  if (trip) {
    auto made = eta::Progress::create(*std::move(trip));
    ODOGRAPH_ASSERT(made.has_value());
    progress.emplace(*std::move(made));
  }
  for (std::size_t i = 0; i < kPositionsMax && end != std::string_view::npos && !text.empty(); ++i) {
    const std::size_t next = text.find('\n');
    const auto told = parse_position(text.substr(0, next));
    if (told && progress) progress->observe(told->position, knowledge);
    text = next == std::string_view::npos ? std::string_view{} : text.substr(next + 1);
  }
  if (progress) progress->estimate(knowledge);
}

}  // namespace
}  // namespace odograph::trips

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  odograph::trips::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
