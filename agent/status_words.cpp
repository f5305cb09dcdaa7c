#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "agent/flash_words.h"
#include "agent/status.h"
#include "lib/service/human.h"

namespace odograph::agent {
namespace {

using nlohmann::json;

constexpr std::uint64_t kSuspiciousBytes = 1'000;  // some seconds of what a slow receiver says

std::string duration_of(const json& seconds) {
  return service::human_duration(base::Millis{static_cast<std::int64_t>(seconds.get<double>() * 1000)});
}

/// " since 3 min" while the medium hangs; else empty.
std::string hanging_since(const json& storage) {
  return storage.contains("hanging_s") ? " since " + duration_of(storage["hanging_s"]) : "";
}

/// Also from an agent that does not tell of it.
bool sends_from_memory(const json& storage) { return storage.value("sends_from_memory", false); }

/// What keeps the agent from its work, before how it sends: a person reads the first words. Empty while nothing does.
std::string hindrances(const json& status) {
  std::string words;
  const auto add = [&](const std::string& more) { words += more + "; "; };
  const auto trouble = status.at("storage").at("trouble").get<std::string>();
  if (!trouble.empty()) add("not storing: " + trouble + hanging_since(status.at("storage")));
  if (sends_from_memory(status.at("storage"))) add("sending from memory: nothing is durable");
  if (status.at("sources").empty()) add("nothing is read: no source is configured");
  for (const auto& source : status.at("sources")) {
    if (source.at("open").get<bool>() || !source.at("ended").get<std::string>().empty()) continue;
    add("source " + source.at("name").get<std::string>() + " is not open");
  }
  return words;
}

/// Nothing can be committed now.
bool is_down(const json& storage) {
  const auto state = storage.at("state").get<std::string>();
  return state != "ok" && state != "full";
}

/// "not sending: broker unreachable since 3 min; 41,212 records wait, oldest 2 d, room for 9 d"
std::string headline(const json& status) {
  const json& sending = status.at("sending");
  const json& storage = status.at("storage");
  const auto state = sending.at("state").get<std::string>();
  std::string line = hindrances(status) + (state == "not_sending" ? "not sending" : state);
  const auto waiting = status.at("records").at("waiting").get<std::uint64_t>();
  const bool waits_for_storage = is_down(storage) && !sends_from_memory(storage);
  if (state == "idle" && waiting > 0 && waits_for_storage) line += ": nothing is sent before it is stored";
  const auto reason = sending.at("reason").get<std::string>();
  if (!reason.empty()) line += ": " + reason;
  if (!reason.empty() && sending.contains("since_s")) line += " since " + duration_of(sending["since_s"]);
  line += waiting == 0 ? "; nothing waits"
                       : "; " + service::human_count(waiting) + (waiting == 1 ? " record waits" : " records wait");
  if (waiting > 0 && storage.contains("oldest_age_s")) line += ", oldest " + duration_of(storage["oldest_age_s"]);
  if (storage.contains("room_s")) return line + ", room for " + duration_of(storage["room_s"]);
  // What is on its way needs none.
  const bool may_need_room = state == "not_sending" || state == "paused";
  return waiting > 0 && may_need_room ? line + ", room not known yet" : line;
}

std::string storage_line(const json& storage) {
  const auto state = storage.at("state").get<std::string>();
  const auto trouble = storage.at("trouble").get<std::string>();
  return fmt::format("storage   {}{}; {} of {} used; stream {}, boot {}", state,
                     trouble.empty() ? "" : " (" + trouble + hanging_since(storage) + ")",
                     service::human_bytes(storage.at("used_bytes").get<std::uint64_t>()),
                     service::human_bytes(storage.at("cap_bytes").get<std::uint64_t>()),
                     storage.at("stream_id").get<std::string>(), storage.at("boot").get<std::uint32_t>());
}

/// "medium    slow: a commit took 2.3 s lately; 4 were refused"; nothing while it is quick and refuses none.
std::string medium_line(const json& storage) {
  constexpr double kSlowMs = 1'000;
  const json times = storage.value("commit_ms", json());
  std::string words;
  if (times.is_object() && times.at("longest").get<double>() >= kSlowMs) {
    words = "slow: a commit took " + duration_of(times["longest"].get<double>() / 1000) + " lately";
  }
  if (const auto refused = storage.value("commit_failures", std::uint64_t{0}); refused > 0) {
    words += fmt::format("{}{} of {} commits refused", words.empty() ? "" : "; ", service::human_count(refused),
                         service::human_count(refused + storage.at("commits").get<std::uint64_t>()));
  }
  return words.empty() ? words : "medium    " + words + "\n";
}

/// "room      37.0 MiB of the 256 MiB configured: the disk has no room for more"; nothing while all of it is held.
std::string room_line(const json& storage) {
  const auto reason = storage.at("reserved_reason").get<std::string>();
  if (reason.empty()) return {};
  if (storage.at("reserved").get<std::string>() == "none") {
    return "room      not held, so that a full disk stops storage: " + reason + "\n";
  }
  const auto cap = storage.at("cap_bytes").get<std::uint64_t>();
  const auto wanted = storage.at("wanted_cap_bytes").get<std::uint64_t>();
  if (cap >= wanted) return "room      " + reason + "\n";
  return fmt::format("room      {} of the {} configured: {}\n", service::human_bytes(cap), service::human_bytes(wanted),
                     reason);
}

/// "to keep to it positions are durable only after 60 s", or that it does not help; empty while nothing is done.
std::string flash_steps(const json& flash) {
  if (flash.at("step").get<std::size_t>() == 0) return {};
  const bool exceeds = flash.value("exceeds", false);
  std::string words = exceeds ? "; at this rate the limit will be exceeded, although" : "; to keep to it";
  words += " positions are durable only after " + duration_of(flash.at("commit_bulk_ms").get<double>() / 1000);
  const auto factor = flash.at("sampling_factor").get<int>();
  if (factor > 1) words += fmt::format(" and sampled {} times less often", factor);
  return words;
}

/// "flash     writes 3.1 GB/year of 20.0 allowed; to keep to it positions are durable only after 60 s"
std::string flash_line(const json& storage) {
  const json& flash = storage.at("flash");
  std::string line = "flash     writes " + flash_gb(flash.at("gb_per_year").get<double>()) + " GB/year";
  if (const auto limit = flash.at("limit_gb_per_year").get<double>(); limit > 0) {
    line += " of " + flash_gb(limit) + " allowed";
  }
  if (storage.contains("bytes_per_record")) {
    line += fmt::format(", {} a record",
                        service::human_bytes(static_cast<std::uint64_t>(storage["bytes_per_record"].get<double>())));
  }
  if (flash.contains("life_used_percent")) {
    line += fmt::format("; the eMMC tells that up to {} % of its life are used, reserve {}",
                        flash["life_used_percent"].get<int>(), flash.at("reserve").get<std::string>());
  }
  return line + flash_steps(flash);
}

/// "42 MB", "4.2 MB", "420 kB": of 10^6 bytes, as data plans are sold.
std::string plan_bytes(double bytes) {
  if (bytes < 1e6) return fmt::format("{:.0f} kB", bytes / 1e3);
  return fmt::format("{:.{}f} MB", bytes / 1e6, bytes < 1e7 ? 1 : 0);
}

/// "data      42 MB of 100 MB this month; at this rate 88 MB by its end"
std::string data_line(const json& data) {
  const auto used = data.at("month_bytes").get<double>();
  const auto limit = data.at("limit_bytes").get<double>();
  const auto counted = data.at("sent_bytes").get<double>() + data.at("received_bytes").get<double>() +
                       data.at("header_bytes").get<double>();
  if (!data.at("month_is_known").get<bool>() && limit == 0) {
    return "data      " + plan_bytes(counted) + " since the start";
  }
  std::string line = "data      " + plan_bytes(used);
  if (limit > 0) line += " of " + plan_bytes(limit);
  if (data.at("month_is_known").get<bool>()) {
    line += " this month; at this rate " + plan_bytes(data.at("forecast_bytes").get<double>()) + " by its end";
  } else {
    line += "; of which month is not known yet";
  }
  if (limit > 0 && used >= limit) line += "; the limit is exceeded";
  if (const auto trouble = data.at("trouble").get<std::string>(); !trouble.empty()) {
    line += "; the account is not kept: " + trouble;
  }
  if (data.at("step").get<std::size_t>() == 0) return line;
  line += "; to keep to it positions are sent every " + duration_of(data.at("send_after_ms").get<double>() / 1000);
  const auto factor = data.at("sampling_factor").get<int>();
  if (factor > 1) line += fmt::format(" and sampled {} times less often", factor);
  return line;
}

/// "durability: best effort: /data is mounted nobarrier (ext4)"; nothing while it is full, or unknown.
std::string durability_line(const json& storage) {
  if (storage.at("durability").get<std::string>() != "best_effort") return {};
  return "durability: best effort: " + storage.at("durability_reason").get<std::string>() + "\n";
}

/// What was found broken and what became of it; nothing if nothing was.
std::string rot_line(const json& rot) {
  const auto count = [&](const char* key) { return rot.at(key).get<std::uint64_t>(); };
  std::string line;
  const auto add = [&](const std::string& words) { line += (line.empty() ? "rot       " : "; ") + words; };
  const auto waiting = count("waiting");
  if (waiting > 0) {
    add(fmt::format("{} broken {} being salvaged, the newest in {}", waiting, waiting == 1 ? "file is" : "files are",
                    rot.value("put_aside", std::string("quarantine"))));
  }
  if (const auto outcome = rot.value("outcome", std::string()); !outcome.empty()) add(outcome);
  if (count("quarantines") > 0) add(fmt::format("{} put aside since the start", count("quarantines")));
  if (count("salvaged_records") > 0) {
    add(service::human_count(count("salvaged_records")) + " records salvaged");
  }
  if (count("lost_records") > 0) add(service::human_count(count("lost_records")) + " told as lost with them");
  if (count("crc_failures") > 0) add(service::human_count(count("crc_failures")) + " broken chunks found");
  const auto logs = [&](const char* key) {
    const auto number = count(key);
    return fmt::format("{} write-ahead {}", number, number == 1 ? "log" : "logs");
  };
  if (count("wals_mended") > 0) add(logs("wals_mended") + " put right");
  if (count("wals_put_aside") > 0) add(logs("wals_put_aside") + " put aside");
  if (const auto again = count("files_made_again"); again > 0) {
    add(fmt::format("{} unfinished {} made again", again, again == 1 ? "file was" : "files were"));
  }
  if (const auto removed = rot.value("files_removed", std::uint64_t{0}); removed > 0) {
    add(fmt::format("{} removed by somebody while in use, {} of them copied in time",
                    removed == 1 ? "1 file was" : std::to_string(removed) + " files were",
                    rot.value("files_rescued", std::uint64_t{0})));
  }
  return line.empty() ? line : line + "\n";
}

std::string readings_words(const json& source) {
  const auto readings = source.at("readings").get<std::uint64_t>();
  const auto bytes = source.at("bytes").get<std::uint64_t>();
  const bool is_open = source.at("open").get<bool>();
  if (is_open && bytes == 0) return "nothing has come yet";
  if (source.at("sentences").get<std::uint64_t>() == 0 && bytes >= kSuspiciousBytes) {
    const std::string size = service::human_bytes(bytes);
    return is_open ? size + " have come and no sentence: is it another baud rate or protocol?"
                   : "no sentence in " + size;
  }
  return service::human_count(readings) + (readings == 1 ? " reading" : " readings");
}

std::string source_line(const json& source) {
  const auto trouble = source.at("trouble").get<std::string>();
  std::string line = fmt::format("source    {}: ", source.at("name").get<std::string>());
  const auto ended = source.at("ended").get<std::string>();
  line += !ended.empty() ? ended : source.at("open").get<bool>() ? "open" : "not open";
  if (!trouble.empty()) line += " (" + trouble + ")";
  line += ", " + readings_words(source);
  if (source.contains("last_reading_age_s")) line += ", last " + duration_of(source["last_reading_age_s"]) + " ago";
  const auto bad = source.at("bad_checksum").get<std::uint64_t>() + source.at("malformed").get<std::uint64_t>();
  if (bad > 0) line += fmt::format("; {} unusable sentences", service::human_count(bad));
  const auto late = source.value("late", std::uint64_t{0});
  if (late > 0) line += fmt::format("; {} for instants that were told before", service::human_count(late));
  return line;
}

std::string loss_line(const json& lost) {
  std::string line;
  for (const auto& [reason, count] : lost.items()) {
    if (count.get<std::uint64_t>() == 0) continue;
    line += fmt::format("{}{} {}", line.empty() ? "lost      " : ", ", service::human_count(count.get<std::uint64_t>()),
                        reason);
  }
  return line;
}

std::string report_line(const json& report) {
  const auto trouble = report.at("trouble").get<std::string>();
  const auto untold = report.at("untold").get<std::uint64_t>();
  std::string line = fmt::format("report    {} lines", service::human_count(report.at("lines").get<std::uint64_t>()));
  if (untold > 0) line += fmt::format(", {} ranges not told", service::human_count(untold));
  return trouble.empty() ? line : line + " (" + trouble + ")";
}

/// Empty also for an agent that does not tell of its metrics.
std::string metrics_trouble(const json& status) {
  return status.value("metrics", json::object()).value("trouble", std::string());
}

/// "identity  ASIA...WXYZ from iot:fleet, thing truck-17, for 54 min; token of 2 min ago, for 13 min"
std::string identity_line(const json& identity) {
  const auto text = [&](const char* key) { return identity.at(key).get<std::string>(); };
  const auto left = [](const json& of, const char* key) -> std::string {
    if (!of.contains(key)) return "";
    return of[key].get<double>() > 0 ? ", for " + duration_of(of[key]) : ", over";
  };
  std::string line = "identity  ";
  if (text("source").empty()) {
    line += "none yet from " + text("provider");
    if (!text("role").empty()) line += ", role " + text("role");
  } else {
    line += text("access_key") + " from " + text("source");
  }
  if (!text("thing").empty()) line += ", thing " + text("thing");
  line += left(identity, "credentials_expire_in_s");
  const json& token = identity.at("token");
  if (token.contains("pushed_ago_s")) {
    line += "; token of " + duration_of(token["pushed_ago_s"]) + " ago" + left(token, "expires_in_s");
  }
  if (!text("error").empty()) {
    line += (text("source").empty() ? ": " : "; no newer one: ") + text("error");
  } else if (!text("doubt").empty()) {
    line += "; the last renewal: " + text("doubt");
  }
  return line;
}

std::string words(const json& status) {
  const json& records = status.at("records");
  std::string text = headline(status) + "\n";
  text += fmt::format("vehicle   {}, agent {}, up {}, time from {}\n", status.at("vehicle_id").get<std::string>(),
                      status.at("version").get<std::string>(), duration_of(status.at("uptime_s")),
                      status.at("time_quality").get<std::string>());
  if (const auto before = status.value("vehicle_before", std::string()); !before.empty()) {
    text += "vehicle   it was " + before + " before this start; records made as that are sent as that\n";
  }
  if (status.contains("position") && status["position"].contains("lat")) {
    const json& position = status["position"];
    text += fmt::format("position  {:.5f} {:.5f}", position.at("lat").get<double>(), position.at("lon").get<double>());
    if (position.contains("speed")) text += fmt::format(", {:.0f} km/h", position["speed"].get<double>() * 3.6);
    text += "\n";
  }
  text += fmt::format("records   {} made, {} durable, {} acknowledged\n",
                      service::human_count(records.at("made").get<std::uint64_t>()),
                      service::human_count(records.at("durable").get<std::uint64_t>()),
                      service::human_count(records.at("acked").get<std::uint64_t>()));
  if (const auto lost = loss_line(records.at("lost")); !lost.empty()) text += lost + "\n";
  if (const auto error = status.at("sending").at("error").get<std::string>(); !error.empty()) {
    text += "link      last error: " + error + "\n";
  }
  text += data_line(status.at("data")) + "\n";
  if (status.contains("identity")) text += identity_line(status["identity"]) + "\n";
  text += storage_line(status.at("storage")) + "\n" + room_line(status.at("storage"));
  text += medium_line(status.at("storage"));
  text += flash_line(status.at("storage")) + "\n";
  text += durability_line(status.at("storage")) + rot_line(status.at("storage").at("rot"));
  if (status.at("sources").empty()) text += "source    none is configured ([[source]]): nothing will be read\n";
  for (const auto& source : status.at("sources")) text += source_line(source) + "\n";
  if (const auto why = metrics_trouble(status); !why.empty()) text += "metrics   not served, " + why + "\n";
  if (status.contains("commit_report")) text += report_line(status["commit_report"]) + "\n";
  if (status.contains("replay")) {
    text += fmt::format("replay    {}: {:.0f} %\n", status["replay"].at("file").get<std::string>(),
                        status["replay"].at("progress").get<double>() * 100);
  }
  return text;
}

}  // namespace

base::Result<std::string> to_words(std::string_view text) {
  try {
    return words(json::parse(text));
  } catch (const json::exception& refused) {
    return base::drop_error(fmt::format("this is no status document: {}", refused.what()));
  }
}

}  // namespace odograph::agent
