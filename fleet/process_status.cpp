#include "fleet/process_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "lib/service/human.h"

namespace odograph::fleet {
namespace {

using nlohmann::json;
using Doing = process::Work::Doing;

/// Below it a processor keeps up: some commits' worth.
constexpr double kBehindSeconds = 10;
constexpr std::size_t kPartitionLinesMax = 5;

const char* to_string(Doing doing) {
  switch (doing) {
    case Doing::kWaiting: return "waiting";
    case Doing::kRestoring: return "restoring";
    case Doing::kSettling: return "settling";
    case Doing::kWorking: return "working";
    case Doing::kPaused: return "paused";
  }
  return "unknown";
}

double seconds(base::Millis duration) { return static_cast<double>(duration.count()) / 1000; }

json latency_json(const process::Latency& latency) {
  json recent = {{"count", latency.recent.count()}};
  for (const auto& [name, share] : {std::pair("p50_s", 0.5), std::pair("p90_s", 0.9), std::pair("p99_s", 0.99)}) {
    const auto bound = latency.recent.bound_of(share);
    // Null: more than any bound.
    if (bound) recent[name] = std::isfinite(*bound) ? json(*bound) : json(nullptr);
  }
  return {{"count", latency.all.count()}, {"sum_s", latency.all.sum()}, {"recent", std::move(recent)}};
}

json lag_json(const process::Work& work) {
  json partitions = json::array();
  for (const process::PartitionLag& each : work.lags) {
    json one = {{"partition", each.partition}, {"next", each.next}, {"waiting", each.waiting}};
    if (each.behind) one["behind_s"] = seconds(*each.behind);
    partitions.push_back(std::move(one));
  }
  const Backlog backlog = backlog_of(work);
  json lag = {{"messages", backlog.messages}, {"partitions", std::move(partitions)}};
  if (backlog.behind) lag["behind_s"] = seconds(*backlog.behind);
  return lag;
}

std::uint64_t count(const json& status, const char* name) { return status.at(name).get<std::uint64_t>(); }
std::string count_words(const json& status, const char* name) { return service::human_count(count(status, name)); }

std::string duration_words(double duration_s) {
  if (duration_s < 2) return fmt::format("{:g} s", duration_s);
  return service::human_duration(base::Millis{std::llround(duration_s * 1000)});
}

/// "1 message waits", "41,212 messages wait"
std::string wait_words(const json& lag) {
  const auto messages = lag.at("messages").get<std::uint64_t>();
  if (messages == 0) return "nothing waits";
  return service::human_count(messages) + (messages == 1 ? " message waits" : " messages wait");
}

std::string headline(const json& status) {
  const auto doing = status.at("doing").get<std::string>();
  if (doing == "waiting") return "waiting: no partition is assigned to this instance; is there one for each?";
  if (doing == "restoring") return "restoring: the state of its vehicles is read, and nothing is processed meanwhile";
  if (doing == "settling")
    return "settling: partitions were added, and what vehicles sent to their old ones comes first";
  if (doing == "paused") {
    return fmt::format("paused: {}; next try in {}", status.at("refused").at("what").get<std::string>(),
                       duration_words(std::ceil(status.at("refused").at("next_try_s").get<double>())));
  }
  if (const auto failures = status.at("failures").get<int>(); failures > 0) {
    return fmt::format("failing: nothing was committed in {}; trouble tells why",
                       failures == 1 ? "the last try" : fmt::format("the last {} tries", failures));
  }
  const json& lag = status.at("lag");
  const auto messages = lag.at("messages").get<std::uint64_t>();
  if (messages == 0) return "keeping up: nothing waits";
  if (lag.contains("behind_s") && lag["behind_s"].get<double>() < kBehindSeconds) {
    return "keeping up: " + wait_words(lag) + ", none for longer than " +
           duration_words(std::ceil(lag["behind_s"].get<double>()));
  }
  const auto waits = [](const json& each) { return each.at("waiting").get<std::int64_t>() > 0; };
  const json& partitions = lag.at("partitions");
  std::string line = "behind: " + wait_words(lag) +
                     fmt::format(" in {} of {} partitions", std::count_if(partitions.begin(), partitions.end(), waits),
                                 partitions.size());
  if (lag.contains("behind_s")) line += ", the oldest for about " + duration_words(lag["behind_s"].get<double>());
  return line;
}

/// "half within 0.5 s, 90 % within 2 s"
std::string share_words(const json& latency) {
  const json& recent = latency.at("recent");
  if (recent.at("count").get<std::uint64_t>() == 0) return "nothing lately";
  const auto within = [&](const char* name) {
    return recent.at(name).is_null() ? std::string("longer than 7 d")
                                     : "within " + duration_words(recent.at(name).get<double>());
  };
  return "half " + within("p50_s") + ", 90 % " + within("p90_s");
}

/// The partitions that are furthest behind, one a line; nothing where none waits.
std::string lag_lines(const json& lag) {
  std::vector<json> waiting;
  for (const json& each : lag.at("partitions")) {
    if (each.at("waiting").get<std::int64_t>() > 0) waiting.push_back(each);
  }
  std::stable_sort(waiting.begin(), waiting.end(), [](const json& a, const json& b) {
    return a.at("waiting").get<std::int64_t>() > b.at("waiting").get<std::int64_t>();
  });
  std::string lines;
  for (std::size_t i = 0; i < std::min(waiting.size(), kPartitionLinesMax); ++i) {
    const json& each = waiting[i];
    lines += fmt::format("lag       partition {}: {} wait", each.at("partition").get<int>(),
                         service::human_count(each.at("waiting").get<std::uint64_t>()));
    if (each.contains("behind_s")) lines += ", for about " + duration_words(each["behind_s"].get<double>());
    lines += "\n";
  }
  if (waiting.size() > kPartitionLinesMax) {
    lines += fmt::format("lag       and {} partitions more\n", waiting.size() - kPartitionLinesMax);
  }
  return lines;
}

std::string words(const json& status) {
  const auto text = [&](const char* key) { return status.at(key).get<std::string>(); };
  std::string lines = headline(status) + "\n";
  lines += fmt::format("processor {}of group {} at {}, up {}; {} partitions\n",
                       text("instance").empty() ? "" : text("instance") + " ", text("group"), text("brokers"),
                       duration_words(status.at("uptime_s").get<double>()), count(status, "partitions"));
  const json& latency = status.at("latency");
  lines += "latency   from the event until it was committed: " + share_words(latency.at("event")) + "\n";
  lines += "latency   from the broker's log until then: " + share_words(latency.at("append")) + "\n";
  lines += lag_lines(status.at("lag"));
  lines += fmt::format("records   {} of {} vehicles, {} repeats dropped; missing {} explained, {} unexplained\n",
                       count_words(status, "records"), count_words(status, "vehicles"), count_words(status, "repeats"),
                       count_words(status, "gaps_explained"), count_words(status, "gaps_unexplained"));
  lines += fmt::format("alerts    {} raised, {} updated, {} cleared\n", count_words(status, "alerts_raised"),
                       count_words(status, "alerts_updated"), count_words(status, "alerts_cleared"));
  lines += fmt::format("commits   {} done, {} aborted and done again; state restored {} times, the last in {} ms\n",
                       count_words(status, "commits"), count_words(status, "aborts"), count_words(status, "restores"),
                       count_words(status, "restore_ms"));
  if (count(status, "dead_letters") > 0) lines += "letters   " + count_words(status, "dead_letters") + " unreadable\n";
  if (status.contains("trouble")) {
    lines += fmt::format("trouble   {} ago: {}\n", duration_words(status["trouble"].at("age_s").get<double>()),
                         status["trouble"].at("what").get<std::string>());
  }
  return lines;
}

}  // namespace

Backlog backlog_of(const process::Work& work) {
  Backlog backlog;
  for (const process::PartitionLag& each : work.lags) {
    if (each.waiting == 0) continue;
    backlog.messages += each.waiting;
    ++backlog.partitions;
    if (!each.behind) backlog.behind.reset();
    if (backlog.behind) backlog.behind = std::max(*backlog.behind, *each.behind);
  }
  return backlog;
}

std::string to_json(const ProcessStatus& status) {
  json document = json::parse(process::to_json(status.counters));
  document["doing"] = to_string(status.work.doing);
  document["failures"] = status.work.failures;
  if (status.work.doing == Doing::kPaused) {
    document["refused"] = {{"what", status.work.refusal}, {"next_try_s", seconds(status.work.next_try)}};
  }
  document["brokers"] = status.brokers;
  document["group"] = status.group;
  document["instance"] = status.instance;
  document["uptime_s"] = seconds(status.uptime);
  document["lag"] = lag_json(status.work);
  document["latency"] = {{"event", latency_json(status.work.event)}, {"append", latency_json(status.work.append)}};
  if (!status.trouble.empty()) {
    document["trouble"] = {{"what", status.trouble}, {"age_s", seconds(status.trouble_age)}};
  }
  return document.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

base::Result<std::string> to_words(std::string_view text) {
  try {
    return words(json::parse(text));
  } catch (const json::exception& refused) {
    return base::drop_error(fmt::format("this is no processor's status: {}", refused.what()));
  }
}

}  // namespace odograph::fleet
