// Whatever a function is handed, it is read whole or refused in one short line, and what was read fits the limits.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fleet/lambda/answer_json.h"
#include "fleet/lambda/base64.h"
#include "fleet/lambda/carried_function.h"
#include "fleet/lambda/msk_event.h"
#include "lib/base/assert.h"

namespace odograph::lambda {
namespace {

void check_base64(std::string_view text) {
  ODOGRAPH_ASSERT(from_base64(to_base64(text)) == std::string(text));
  if (const auto bytes = from_base64(text)) ODOGRAPH_ASSERT(to_base64(*bytes) == text);
}

void check_event(std::string_view text) {
  const auto event = parse_msk_event(text);
  if (!event) {
    ODOGRAPH_ASSERT(event.error().action == base::Action::kDrop);
    ODOGRAPH_ASSERT(!event.error().what.empty() && event.error().what.size() < 400);
    return;
  }
  ODOGRAPH_ASSERT(event->messages.size() <= kEventRecordsMax && event->states.size() <= kEventStatesMax);
  for (const kafka::Message& message : event->messages) {
    ODOGRAPH_ASSERT(message.partition >= 0 && message.offset >= 0 && message.topic == "raw-data-topic");
  }
  const auto answer = CarriedFunction({}).invoke(*event);
  if (answer) ODOGRAPH_ASSERT(to_json(*answer).has_value());
}

}  // namespace
}  // namespace odograph::lambda

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  odograph::lambda::check_base64(text);
  odograph::lambda::check_event(text);
  return 0;
}
