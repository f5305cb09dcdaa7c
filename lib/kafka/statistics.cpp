#include "lib/kafka/statistics.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "lib/kafka/classify.h"

namespace odograph::kafka {

bool has_broker_up(std::string_view statistics) {
  using nlohmann::json;
  const json document = json::parse(statistics, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return false;
  const auto brokers = document.find("brokers");
  if (brokers == document.end() || !brokers->is_object()) return false;
  return std::any_of(brokers->begin(), brokers->end(), [](const json& broker) {
    const auto state = broker.is_object() ? broker.find("state") : broker.end();
    // UPDATE is a connection that learns the broker's name; logical brokers (a group's coordinator) have states too,
    // but a connection is a connection.
    return broker.is_object() && state != broker.end() && (*state == "UP" || *state == "UPDATE");
  });
}

LinkState LinkWatch::after_look(LinkState link, std::string_view statistics) {
  const bool is_up = has_broker_up(statistics);
  const bool is_outage = !is_up && downs_ >= kDownMax;
  downs_ = is_up ? 0 : std::min(downs_ + 1, kDownMax + 1);
  if (is_up) link = after_answer(std::move(link));
  if (!is_outage) return link;
  if (link.connected) ++link.disconnects;
  link.connected = false;
  link.ending = LinkState::Ending::kNone;
  if (link.last_error.empty()) link.last_error = "broker unreachable: no connection";
  return link;
}

}  // namespace odograph::kafka
