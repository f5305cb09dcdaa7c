#include "agent/metrics.h"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace odograph::agent {
namespace {

void put_lane(const std::string& lane, const outbox::Stats::PerLane& stats, service::Metrics& metrics) {
  const auto counter = [&](const char* name, const char* help, std::uint64_t value) {
    metrics.set_counter({name, help, {{"lane", lane}}}, static_cast<double>(value));
  };
  counter("odograph_records_made_total", "Records that the pipeline made.", stats.made);
  counter("odograph_records_durable_total", "Records committed to storage by this process.", stats.durable);
  counter("odograph_records_acked_total", "Records that the broker has acknowledged.", stats.acked);
  counter("odograph_records_from_memory_total", "Of the acknowledged ones, those that were in no file at any time.",
          stats.from_memory);
  metrics.set_gauge(
      {"odograph_records_waiting", "Records in memory and storage that no broker has acknowledged.", {{"lane", lane}}},
      static_cast<double>(stats.stored + stats.in_ring));
  const std::pair<const char*, std::uint64_t> losses[] = {{"ring_full", stats.ring_full},
                                                          {"evicted", stats.evicted},
                                                          {"thinned", stats.thinned},
                                                          {"corrupt", stats.corrupt}};
  for (const auto& [reason, count] : losses) {
    metrics.set_counter(
        {"odograph_records_lost_total", "Records that will never be sent.", {{"lane", lane}, {"reason", reason}}},
        static_cast<double>(count));
  }
}

void put_source(const collect::SourceHealth& source, service::Metrics& metrics) {
  const std::map<std::string, std::string> labels = {{"source", source.name}};
  metrics.set_gauge({"odograph_source_open", "1 while the device is open.", labels}, source.open ? 1 : 0);
  metrics.set_counter({"odograph_source_readings_total", "Readings that the driver made.", labels},
                      static_cast<double>(source.readings));
  metrics.set_counter({"odograph_source_reopened_total", "Times that the device was opened again.", labels},
                      static_cast<double>(source.reopened));
  const auto& counters = source.counters;
  const std::pair<const char*, std::uint64_t> refusals[] = {{"bad_checksum", counters.bad_checksum},
                                                            {"no_checksum", counters.no_checksum},
                                                            {"too_long", counters.too_long},
                                                            {"malformed", counters.malformed},
                                                            {"late", counters.late}};
  for (const auto& [reason, count] : refusals) {
    metrics.set_counter({"odograph_source_refused_total",
                         "Sentences or frames that could not be used.",
                         {{"source", source.name}, {"reason", reason}}},
                        static_cast<double>(count));
  }
}

void put_previews(const uplink::Stats::Previews& previews, service::Metrics& metrics) {
  metrics.set_counter({"odograph_previews_sent_total", "Newest states sent ahead of a backlog.", {}},
                      static_cast<double>(previews.sent));
  const std::pair<const char*, std::uint64_t> drops[] = {
      {"no_time", previews.no_time}, {"failed", previews.failed}, {"refused", previews.refused}};
  for (const auto& [reason, count] : drops) {
    metrics.set_counter({"odograph_previews_dropped_total",
                         "Previews that were not made or not stored; the readings come in bulk.",
                         {{"reason", reason}}},
                        static_cast<double>(count));
  }
}

void put_data(const traffic::DataForecast& data, service::Metrics& metrics) {
  const std::pair<const char*, std::uint64_t> ways[] = {
      {"sent", data.counted.sent}, {"received", data.counted.received}, {"headers", data.counted.headers}};
  for (const auto& [way, bytes] : ways) {
    metrics.set_counter({"odograph_link_bytes_total",
                         "Bytes over the link: of TCP's payload either way, and about what its headers take.",
                         {{"way", way}}},
                        static_cast<double>(bytes));
  }
  metrics.set_counter({"odograph_link_connections_total", "Connections begun.", {}},
                      static_cast<double>(data.counted.connections));
  const auto gauge = [&](const char* name, const char* help, double value) {
    metrics.set_gauge({name, help, {}}, value);
  };
  gauge("odograph_data_month_bytes", "Bytes over the link in this calendar month (UTC), of earlier starts too.",
        static_cast<double>(data.month_bytes));
  gauge("odograph_data_forecast_bytes", "What the month comes to at the rate of the last days.", data.forecast_bytes);
  gauge("odograph_data_limit_bytes", "What it may come to; 0 for no limit.", data.limit_bytes);
  gauge("odograph_data_step", "What is done to keep to it: 0 nothing, 1 and 2 rarer messages, 3 to 5 rarer positions.",
        static_cast<double>(data.step));
}

void put_rot(const outbox::Stats& outbox, service::Metrics& metrics) {
  const auto counter = [&](const char* name, const char* help, std::uint64_t value) {
    metrics.set_counter({name, help, {}}, static_cast<double>(value));
  };
  metrics.set_gauge({"odograph_storage_durability_full",
                     "0 where a power cut may lose what was reported as durable, and while nothing is stored.",
                     {}},
                    durability_word(outbox) == std::string_view("full") ? 1 : 0);
  metrics.set_gauge({"odograph_storage_quarantines_waiting", "Broken buffer files that wait for salvage.", {}},
                    static_cast<double>(outbox.quarantines_waiting));
  counter("odograph_storage_quarantines_total", "Broken buffer files that were put aside.", outbox.quarantines);
  counter("odograph_storage_salvaged_chunks_total", "Chunks handed on out of broken files.", outbox.salvaged_chunks);
  counter("odograph_storage_salvaged_records_total", "Records in them.", outbox.salvaged_records);
  counter("odograph_storage_salvage_lost_records_total", "Records of broken files that were told as lost.",
          outbox.salvage_lost_records);
  counter("odograph_storage_crc_failures_total", "Stored chunks whose checksum did not hold.", outbox.crc_failures);
  counter("odograph_storage_scanned_bytes_total", "Bytes that the background scan for rot has read.",
          outbox.scanned_bytes);
  counter("odograph_storage_wals_mended_total", "Write-ahead logs that had rotted and were put right bit for bit.",
          outbox.repairs.wals_mended);
  counter("odograph_storage_wals_put_aside_total",
          "Write-ahead logs that had lost something to rot, or whose database was gone.",
          outbox.repairs.wals_put_aside);
  counter("odograph_storage_files_made_again_total", "Buffer files that were cut short while they were first made.",
          outbox.repairs.files_made_again);
  counter("odograph_storage_files_removed_total", "Buffer files that somebody removed while they were in use.",
          outbox.repairs.files_removed);
  counter("odograph_storage_files_rescued_total", "Of these, files whose records could be copied.",
          outbox.repairs.files_rescued);
}

void put_times(const std::string& name, const std::string& work, const outbox::MediumTime& time,
               service::Metrics& metrics) {
  if (time.count == 0) return;
  const std::string help =
      "Time that the latest " + std::to_string(outbox::kMediumTimesKept) + " " + work + " took, by quantile.";
  const std::pair<const char*, std::chrono::microseconds> quantiles[] = {
      {"0.5", time.median}, {"0.99", time.p99}, {"1", time.longest}};
  for (const auto& [quantile, took] : quantiles) {
    metrics.set_gauge({name, help, {{"quantile", quantile}}}, static_cast<double>(took.count()) / 1e6);
  }
}

void put_medium(const outbox::Stats& outbox, service::Metrics& metrics) {
  using State = outbox::State;
  for (const State state : {State::kStarting, State::kOk, State::kFull, State::kDegradedRam, State::kReadonly,
                            State::kRecovering, State::kHanging}) {
    metrics.set_gauge(
        {"odograph_storage_state", "1 for the state that storage is in.", {{"state", outbox::to_string(state)}}},
        outbox.state == state ? 1 : 0);
  }
  metrics.set_gauge({"odograph_storage_sends_from_memory",
                     "1 while no file can be had and records are sent from memory: nothing is durable.",
                     {}},
                    outbox.sends_from_memory ? 1 : 0);
  metrics.set_gauge({"odograph_storage_hanging_seconds",
                     "How long a call to the medium has not come back; 0 unless the state is hanging.",
                     {}},
                    static_cast<double>(outbox.hanging_for.value_or(base::Millis{0}).count()) / 1000);
  metrics.set_counter({"odograph_storage_commit_failures_total",
                       "Tries of a commit that the medium refused; their records are tried again.",
                       {}},
                      static_cast<double>(outbox.commit_failures));
  put_times("odograph_storage_commit_seconds", "commits", outbox.commit_time, metrics);
  metrics.set_counter({"odograph_storage_checkpoints_total", "Times that the log was taken into the database.", {}},
                      static_cast<double>(outbox.checkpoint_time.count));
  put_times("odograph_storage_checkpoint_seconds", "checkpoints", outbox.checkpoint_time, metrics);
  metrics.set_gauge({"odograph_storage_wal_pages", "Pages in the write-ahead log, not in the database yet.", {}},
                    outbox.wal_pages);
  metrics.set_gauge({"odograph_storage_boot", "Number of this boot in the buffer file.", {}}, outbox.boot);
}

void put_flash(const Snapshot& snapshot, service::Metrics& metrics) {
  const auto gauge = [&](const char* name, const char* help, double value) {
    metrics.set_gauge({name, help, {}}, value);
  };
  const auto counter = [&](const char* name, const char* help, std::uint64_t value) {
    metrics.set_counter({name, help, {}}, static_cast<double>(value));
  };
  const auto& flash = snapshot.outbox.flash;
  counter("odograph_flash_bytes_total", "Bytes that went to the flash, with what the file system is reckoned to add.",
          flash.bytes);
  if (const auto bytes = bytes_per_record(snapshot.outbox)) {
    gauge("odograph_storage_bytes_per_record", "Of these for each record that became durable.", *bytes);
  }
  gauge("odograph_flash_gb_per_year", "What a year comes to at the present rate of writing, in GB of 10^9 bytes.",
        flash.gb_per_year);
  gauge("odograph_flash_limit_gb_per_year", "What may be written in a year; 0 for no limit.", flash.limit_gb_per_year);
  gauge("odograph_flash_step", "What is done to keep to it: 0 nothing, 1 to 5 rarer commits, 6 and 7 rarer positions.",
        static_cast<double>(flash.step));
  if (snapshot.device_bytes) {
    counter("odograph_flash_device_bytes_total", "Bytes that the device was given to write, whoever wrote them.",
            *snapshot.device_bytes);
  }
  if (const auto& wear = snapshot.flash_wear) {
    gauge("odograph_flash_life_used_ratio", "Of the eMMC's life, at the most, as it tells itself; 1.1 beyond it.",
          wear->life_used_percent / 100.0);
    gauge("odograph_flash_reserve_state", "Of its spare blocks: 0 untold, 1 normal, 2 warning, 3 urgent.",
          static_cast<double>(wear->reserve));
  }
}

}  // namespace

void put_metrics(const Snapshot& snapshot, service::Metrics& metrics) {
  for (std::size_t i = 0; i < snapshot.outbox.lanes.size(); ++i) {
    put_lane(model::to_string(model::kStoredLanes[i]), snapshot.outbox.lanes[i], metrics);
  }
  for (const auto& source : snapshot.sources) put_source(source, metrics);
  const auto gauge = [&](const char* name, const char* help, double value) {
    metrics.set_gauge({name, help, {}}, value);
  };
  const auto counter = [&](const char* name, const char* help, std::uint64_t value) {
    metrics.set_counter({name, help, {}}, static_cast<double>(value));
  };
  const bool reachable = snapshot.sending == Sending::kSending || snapshot.sending == Sending::kIdle;
  gauge("odograph_link_up", "1 while a broker answers and takes records.", reachable ? 1 : 0);
  counter("odograph_link_disconnects_total", "Connections that ended.", snapshot.disconnects);
  counter("odograph_sent_bytes_total", "Payload bytes given to the Kafka client, repeats included.",
          snapshot.sent_bytes);
  counter("odograph_sent_records_total", "Records given to the Kafka client, repeats included.", snapshot.sent_records);
  counter("odograph_repeated_records_total", "Records sent again for want of an acknowledgement.",
          snapshot.repeated_records);
  counter("odograph_poisoned_records_total", "Records that the broker never takes, given up; the log says why.",
          snapshot.poisoned_records);
  put_previews(snapshot.previews, metrics);
  put_data(snapshot.data, metrics);
  if (snapshot.identity) put_metrics(*snapshot.identity, metrics);
  gauge("odograph_storage_ok", "1 while storage is in good order.",
        snapshot.outbox.state == outbox::State::kOk ? 1 : 0);
  gauge("odograph_storage_used_bytes", "Bytes of the buffer file in use.",
        static_cast<double>(snapshot.outbox.used_bytes));
  gauge("odograph_storage_cap_bytes", "The most that it may take.", static_cast<double>(snapshot.outbox.cap_bytes));
  gauge("odograph_storage_wanted_cap_bytes", "The most that it may take by its configuration.",
        static_cast<double>(snapshot.outbox.wanted_cap_bytes));
  gauge("odograph_storage_reserved", "Of its room on the disk, whatever others write there: 0 none, 1 part, 2 whole.",
        static_cast<double>(snapshot.outbox.reserved));
  counter("odograph_storage_written_bytes_total", "Bytes that SQLite wrote to its files.",
          snapshot.outbox.bytes_written);
  put_flash(snapshot, metrics);
  gauge("odograph_storage_durable_lag_seconds", "Age of the oldest record that is not durable yet, 0 if every one is.",
        static_cast<double>(snapshot.outbox.durable_lag.value_or(base::Millis{0}).count()) / 1000.0);
  counter("odograph_storage_commits_total", "Commits.", snapshot.outbox.commits);
  put_medium(snapshot.outbox, metrics);
  put_rot(snapshot.outbox, metrics);
  if (const auto age = oldest_age(snapshot)) {
    gauge("odograph_records_oldest_age_seconds", "Age of the oldest record that waits, where its time is known.",
          static_cast<double>(age->count()) / 1000.0);
  }
  gauge("odograph_time_quality", "0 none, 1 rtc, 2 ntp, 3 gnss.", static_cast<double>(snapshot.time_quality));
}

}  // namespace odograph::agent
