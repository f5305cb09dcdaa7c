#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lib/rules/life.h"
#include "proto/public/alert.pb.h"

namespace odograph::alerts {

/// A rule's word about a vehicle as the message that others read. The rule's event time is UTC.
odograph::Alert to_alert(const std::string& vehicle_id, const rules::LifeEvent& event);

/// The headers of an alert's message: CloudEvents 1.0 in binary mode. `ce_id` is the alert's id and revision, so a
/// reader that sees it twice knows that it is the same; `ce_time` is there where the alert has a time.
/// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
std::vector<std::pair<std::string, std::string>> cloud_event_headers(const odograph::Alert& alert);

}  // namespace odograph::alerts
