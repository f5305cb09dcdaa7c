#include "agent/status.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "lib/base/ids.h"

namespace odograph::agent {
namespace {

using nlohmann::json;

const char* to_string(Sending sending) {
  switch (sending) {
    case Sending::kSending: return "sending";
    case Sending::kIdle: return "idle";
    case Sending::kNotSending: return "not_sending";
    case Sending::kPaused: return "paused";
  }
  return "unknown";
}

double seconds(base::Millis duration) { return static_cast<double>(duration.count()) / 1000.0; }

json lane_json(const outbox::Stats::PerLane& lane) {
  return {{"made", lane.made},
          {"durable", lane.durable},
          {"acked", lane.acked},
          {"from_memory", lane.from_memory},
          {"waiting", lane.stored + lane.in_ring},
          {"lost",
           {{"ring_full", lane.ring_full},
            {"evicted", lane.evicted},
            {"thinned", lane.thinned},
            {"corrupt", lane.corrupt}}}};
}

json rot_json(const outbox::Stats& outbox) {
  return {{"quarantines", outbox.quarantines},
          {"waiting", outbox.quarantines_waiting},
          {"salvaged_chunks", outbox.salvaged_chunks},
          {"salvaged_records", outbox.salvaged_records},
          {"lost_records", outbox.salvage_lost_records},
          {"crc_failures", outbox.crc_failures},
          {"scanned_bytes", outbox.scanned_bytes},
          {"wals_mended", outbox.repairs.wals_mended},
          {"wals_put_aside", outbox.repairs.wals_put_aside},
          {"files_made_again", outbox.repairs.files_made_again},
          {"files_removed", outbox.repairs.files_removed},
          {"files_rescued", outbox.repairs.files_rescued},
          {"directories_made_again", outbox.repairs.directories_made_again},
          {"put_aside", outbox.quarantined},
          {"outcome", outbox.salvage_outcome}};
}

/// Of the latest commits or checkpoints; null before the first.
json times_json(const outbox::MediumTime& time) {
  if (time.count == 0) return nullptr;
  const auto ms = [](std::chrono::microseconds took) { return static_cast<double>(took.count()) / 1000; };
  return {{"median", ms(time.median)}, {"p99", ms(time.p99)}, {"longest", ms(time.longest)}};
}

json storage_json(const Snapshot& snapshot) {
  const auto& outbox = snapshot.outbox;
  json storage = {{"state", outbox::to_string(outbox.state)},
                  {"trouble", outbox.trouble},
                  {"sends_from_memory", outbox.sends_from_memory},
                  {"stream_id", base::to_hex16(outbox.stream_id)},
                  {"boot", outbox.boot},
                  {"used_bytes", outbox.used_bytes},
                  {"cap_bytes", outbox.cap_bytes},
                  {"wanted_cap_bytes", outbox.wanted_cap_bytes},
                  {"reserved", outbox::to_string(outbox.reserved)},
                  {"reserved_reason", outbox.reserved_reason},
                  {"commits", outbox.commits},
                  {"commit_failures", outbox.commit_failures},
                  {"commit_ms", times_json(outbox.commit_time)},
                  {"checkpoint_ms", times_json(outbox.checkpoint_time)},
                  {"wal_pages", outbox.wal_pages},
                  {"bytes_written", outbox.bytes_written},
                  {"durable_lag_ms", outbox.durable_lag.value_or(base::Millis{0}).count()},
                  {"durability", durability_word(outbox)},
                  {"durability_reason", outbox.durability_reason},
                  {"rot", rot_json(outbox)}};
  if (const auto bytes = bytes_per_record(outbox)) storage["bytes_per_record"] = *bytes;
  if (outbox.hanging_for) storage["hanging_s"] = seconds(*outbox.hanging_for);
  const auto& flash = outbox.flash;
  storage["flash"] = {{"gb_per_year", flash.gb_per_year},
                      {"limit_gb_per_year", flash.limit_gb_per_year},
                      {"step", flash.step},
                      {"commit_bulk_ms", flash.bulk_interval.count()},
                      {"sampling_factor", flash.sampling_factor},
                      {"bytes", flash.bytes},
                      {"exceeds", flash.exceeds()}};
  if (snapshot.device_bytes) storage["flash"]["device_bytes"] = *snapshot.device_bytes;
  if (const auto& wear = snapshot.flash_wear) {
    storage["flash"]["life_used_percent"] = wear->life_used_percent;
    storage["flash"]["reserve"] = to_string(wear->reserve);
  }
  if (const auto age = oldest_age(snapshot)) storage["oldest_age_s"] = seconds(*age);
  if (const auto room = room_for(snapshot)) storage["room_s"] = seconds(*room);
  return storage;
}

json report_json(const outbox::CommitReportStats& report) {
  return {{"lines", report.lines}, {"joined", report.joined}, {"untold", report.untold}, {"trouble", report.trouble}};
}

json previews_json(const uplink::Stats::Previews& previews) {
  return {{"sent", previews.sent},
          {"stored", previews.stored},
          {"bytes", previews.bytes},
          {"dropped", {{"no_time", previews.no_time}, {"failed", previews.failed}, {"refused", previews.refused}}}};
}

json data_json(const traffic::DataForecast& data) {
  return {{"sent_bytes", data.counted.sent},
          {"received_bytes", data.counted.received},
          {"header_bytes", data.counted.headers},
          {"connections", data.counted.connections},
          {"month_bytes", data.month_bytes},
          {"month_is_known", data.month_is_known},
          {"forecast_bytes", std::round(data.forecast_bytes)},
          {"limit_bytes", std::round(data.limit_bytes)},
          {"step", data.step},
          {"send_after_ms", data.taken().send_after.count()},
          {"sampling_factor", data.taken().sampling_factor},
          {"trouble", data.trouble}};
}

json sources_json(const Snapshot& snapshot) {
  json sources = json::array();
  for (const auto& source : snapshot.sources) {
    json one = {{"name", source.name},
                {"open", source.open},
                {"trouble", source.trouble},
                {"ended", source.ended},
                {"readings", source.readings},
                {"reopened", source.reopened},
                {"bytes", source.counters.bytes},
                {"sentences", source.counters.sentences},
                {"bad_checksum", source.counters.bad_checksum},
                {"no_checksum", source.counters.no_checksum},
                {"too_long", source.counters.too_long},
                {"malformed", source.counters.malformed},
                {"late", source.counters.late},
                {"unknown_type", source.counters.unknown_type},
                {"garbage_bytes", source.counters.garbage_bytes}};
    if (source.last_reading) one["last_reading_age_s"] = seconds(snapshot.now - *source.last_reading);
    sources.push_back(std::move(one));
  }
  return sources;
}

json position_json(const model::Record& fix) {
  json position = json::object();
  if (fix.utc) position["time"] = base::to_rfc3339(*fix.utc);
  if (fix.position) {
    position["lat"] = fix.position->lat_e7 / 1e7;
    position["lon"] = fix.position->lon_e7 / 1e7;
  }
  if (fix.speed_cmps) position["speed"] = *fix.speed_cmps / 100.0;
  if (fix.course_cdeg) position["track"] = *fix.course_cdeg / 100.0;
  return position;
}

}  // namespace

std::optional<base::Millis> room_for(const Snapshot& snapshot) {
  constexpr std::uint64_t kRecordsNeeded = 100;
  constexpr base::Millis kUptimeNeeded = std::chrono::seconds{10};
  // Seven pages: the tables of a file without a record.
  constexpr std::uint64_t kEmptyFileBytes = 7 * 4096;
  std::uint64_t made = 0;
  std::uint64_t stored = 0;
  for (const auto& lane : snapshot.outbox.lanes) {
    made += lane.made;
    stored += lane.stored;
  }
  const auto& outbox = snapshot.outbox;
  if (stored < kRecordsNeeded || made == 0 || snapshot.uptime < kUptimeNeeded) return std::nullopt;
  const auto taken = outbox.used_bytes - std::min(outbox.used_bytes, kEmptyFileBytes);
  const double bytes_per_record = static_cast<double>(std::max(taken, stored)) / static_cast<double>(stored);
  const double records_per_s = static_cast<double>(made) / seconds(snapshot.uptime);
  const double free_bytes = static_cast<double>(outbox.cap_bytes - std::min(outbox.cap_bytes, outbox.used_bytes));
  return base::Millis{static_cast<std::int64_t>(1000 * free_bytes / (bytes_per_record * records_per_s))};
}

const char* durability_word(const outbox::Stats& stats) {
  if (stats.durability != outbox::Durability::kFull) return "best_effort";
  const bool is_storing = stats.state == outbox::State::kOk || stats.state == outbox::State::kFull;
  return is_storing ? "full" : "unknown";
}

std::optional<base::Millis> oldest_age(const Snapshot& snapshot) {
  if (!snapshot.outbox.oldest_utc || !snapshot.time) return std::nullopt;
  return std::max(base::Millis{0}, *snapshot.time - *snapshot.outbox.oldest_utc);
}

std::optional<double> bytes_per_record(const outbox::Stats& stats) {
  std::uint64_t durable = 0;
  for (const auto& lane : stats.lanes) durable += lane.durable;
  if (durable == 0) return std::nullopt;
  return static_cast<double>(stats.flash.bytes) / static_cast<double>(durable);
}

std::string to_json(const Snapshot& snapshot) {
  json lanes = json::object();
  outbox::Stats::PerLane all;
  for (std::size_t i = 0; i < snapshot.outbox.lanes.size(); ++i) {
    const auto& lane = snapshot.outbox.lanes[i];
    lanes[model::to_string(model::kStoredLanes[i])] = lane_json(lane);
    all.made += lane.made;
    all.durable += lane.durable;
    all.acked += lane.acked;
    all.from_memory += lane.from_memory;
    all.stored += lane.stored;
    all.in_ring += lane.in_ring;
    all.ring_full += lane.ring_full;
    all.evicted += lane.evicted;
    all.thinned += lane.thinned;
    all.corrupt += lane.corrupt;
  }
  json sending = {{"state", to_string(snapshot.sending)},
                  {"reason", snapshot.sending_reason},
                  {"error", snapshot.link_error},
                  {"sent_records", snapshot.sent_records},
                  {"repeated_records", snapshot.repeated_records},
                  {"sent_bytes", snapshot.sent_bytes},
                  {"poisoned_records", snapshot.poisoned_records},
                  {"disconnects", snapshot.disconnects},
                  {"previews", previews_json(snapshot.previews)}};
  if (snapshot.sending_since) sending["since_s"] = seconds(*snapshot.sending_since);
  json document = {{"version", snapshot.version},
                   {"vehicle_id", snapshot.vehicle_id},
                   {"vehicle_before", snapshot.outbox.vehicle_before},
                   {"uptime_s", seconds(snapshot.uptime)},
                   {"time_quality", model::to_string(snapshot.time_quality)},
                   {"sending", std::move(sending)},
                   {"records", lane_json(all)},
                   {"lanes", std::move(lanes)},
                   {"data", data_json(snapshot.data)},
                   {"storage", storage_json(snapshot)},
                   {"sources", sources_json(snapshot)},
                   {"metrics", {{"trouble", snapshot.metrics_trouble}}}};
  if (snapshot.time) document["time"] = base::to_rfc3339(*snapshot.time);
  if (snapshot.identity) document["identity"] = json::parse(to_json(*snapshot.identity));
  if (snapshot.last_fix) document["position"] = position_json(*snapshot.last_fix);
  if (snapshot.outbox.commit_report) document["commit_report"] = report_json(*snapshot.outbox.commit_report);
  if (snapshot.replay) {
    document["replay"] = {{"file", snapshot.replay->file},
                          {"progress", snapshot.replay->progress},
                          {"durable", snapshot.replay->durable}};
  }
  // Device paths may hold anything; what is no UTF-8 is replaced rather than thrown over.
  return document.dump(2, ' ', false, json::error_handler_t::replace);
}

}  // namespace odograph::agent
