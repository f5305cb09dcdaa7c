#include "agent/uplink_options.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "lib/base/ids.h"

namespace odograph::agent {
namespace {

using config::Type;

/// As Kafka has it.
bool is_topic_name(std::string_view text) {
  constexpr std::size_t kCharsMax = 249;
  const auto allowed = [](char c) { return base::is_vehicle_id({&c, 1}); };
  return !text.empty() && text.size() <= kCharsMax && std::all_of(text.begin(), text.end(), allowed);
}

}  // namespace

std::vector<config::OptionSpec> kafka_options() {
  return {
      {.key = "kafka.topic",
       .type = Type::kText,
       .default_value = "raw-data-topic",
       .accepts = is_topic_name,
       .expected = "1 to 249 of A-Z a-z 0-9 . _ -",
       .aliases = {"topics", "subject", "queue"},
       .doc = "The topic that gets the records."},
      {.key = "kafka.send_interval",
       .type = Type::kDuration,
       .default_value = "1s",
       .min = "100ms",
       .max = "1h",
       .aliases = {"interval", "every", "linger"},
       .doc = "How long positions wait for company before a message is made of them. Alerts never wait."},
      {.key = "kafka.reconnect_backoff_max",
       .type = Type::kDuration,
       .default_value = "3min",
       .min = "1s",
       .max = "10min",
       .aliases = {"backoff", "retry", "reconnect", "reconnect_spread"},
       .doc =
           "Longest wait between two tries to reach brokers that are away. Each vehicle of a fleet has its own moment "
           "in this time: the default is for 10,000 vehicles on Amazon MSK, ten vehicles do with 5s."},
      {.key = "kafka.reconnect_after_end",
       .type = Type::kDuration,
       .default_value = "5s",
       .min = "1s",
       .max = "10min",
       .aliases = {"after_end", "reconnect_jitter"},
       .doc = "After brokers have hung up on it, as Amazon MSK does at the end of each session, a vehicle tries again "
              "at its "
              "own moment within this time, and no longer than kafka.reconnect_backoff_max. Where three brokers hang "
              "up on "
              "10,000 vehicles at once they get 900 tries a second each for some seconds, and refuse what is too much; "
              "with "
              "2min fewer than 100, but every end of a session then costs a vehicle up to so long, its alerts too."},
      {.key = "kafka.answer_timeout",
       .type = Type::kDuration,
       .default_value = "30s",
       .min = "2s",
       .max = "5min",
       .aliases = {"timeout", "request_timeout", "socket_timeout"},
       .doc = "A broker that leaves a request unanswered for so long counts as gone. Keep it above what a message of "
              "256 KiB takes on the slowest link."},
      {.key = "kafka.window",
       .type = Type::kBytes,
       .default_value = "2MiB",
       .min = "64KiB",
       .max = "64MiB",
       .aliases = {"in_flight", "batch_size"},
       .doc = "Most that is sent and not yet acknowledged."},
      {.key = "kafka.data_mb_per_month",
       .type = Type::kNumber,
       .default_value = "0",
       .unit = "MB/month",
       .min = "0",
       .max = "10000000",
       .aliases = {"budget", "data_budget", "data_budget_mb_per_month", "data_limit", "quota", "volume"},
       .doc =
           "Most that may go over the link in a calendar month (UTC), both ways, with TLS and the headers of TCP and "
           "IP; 0 for no limit. Before it is exceeded positions wait longer for company, and then are sampled less "
           "often; alerts and events are never held back; `status` tells. Not in a replay."},
  };
}

std::vector<config::OptionSpec> backlog_options() {
  return {
      {.key = "kafka.preview_interval",
       .type = Type::kDuration,
       .default_value = "10s",
       .min = "0s",
       .max = "1h",
       .doc = "While positions are more than 30 s behind, the newest one is told ahead of them once in this time; 0s: "
              "never."},
      {.key = "kafka.backlog_spread",
       .type = Type::kDuration,
       .default_value = "30s",
       .min = "0s",
       .max = "1h",
       .doc =
           "After half a minute or more without a broker each vehicle begins with its backlog at its own moment within "
           "this time. Alerts, events and previews do not wait."},
      {.key = "kafka.backlog_rate",
       .type = Type::kBytes,
       .default_value = "256KiB",
       .min = "0B",
       .max = "64MiB",
       .doc = "Bytes a second that such a backlog takes at most; 0B: no limit. Keep it above what the vehicle makes."},
  };
}

}  // namespace odograph::agent
