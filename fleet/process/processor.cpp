#include "fleet/process/processor.h"

#include <algorithm>
#include <optional>

#include "fleet/alerts/overspeed_alerts.h"
#include "fleet/process/dedupe.h"
#include "fleet/process/report.h"
#include "fleet/topics/topic_table.h"
#include "lib/base/ids.h"

namespace odograph::process {
namespace {

/// A vehicle has one stream; a second when its outbox had to be made anew.
constexpr std::size_t kStreamsMax = 4;

void note(Outcome& outcome, std::string line) {
  if (outcome.notes.size() < kNotesMax) outcome.notes.push_back(std::move(line));
}

rules::SpeedLimit with_limit(rules::SpeedLimitConfig config, std::int32_t limit_cmps) {
  config.limit_cmps = limit_cmps;
  return rules::SpeedLimit(std::move(config));
}

/// Event time: the record's UTC on the rule's time line.
rules::EventTime event_time(base::UtcTime utc) { return rules::EventTime(utc.time_since_epoch()); }

}  // namespace

struct Processor::Stream {
  Stream(std::uint64_t stream_id, Beginning beginning) : id(stream_id), gaps(beginning) {}

  std::uint64_t id;
  Dedupe dedupe;
  GapTracker gaps;
};

struct Processor::Vehicle {
  std::int32_t partition = 0;
  bool forgot_streams = false;
  std::vector<Stream> streams;                 ///< The one heard last at the end; at most kStreamsMax.
  std::optional<rules::SpeedLimit> overspeed;  ///< Made with the first record that the fleet has to judge.
  alerts::OverspeedAlerts alerts;
};

Processor::Processor(const ProcessorOptions& options) : rules_(options.rules), vehicles_(options.vehicles_max) {
  for (const auto& [vehicle, limit_cmps] : options.limits_cmps) {
    own_rules_.emplace(vehicle, with_limit(options.rules, limit_cmps));
  }
}

Processor::~Processor() = default;

void Processor::on_message(const kafka::Message& message, Outcome& outcome) {
  ++counters_.messages;
  const Beginning beginning = beginning_of(message);
  const auto batch = wire::decode(message.value);
  if (!batch) return dead_letter(message, batch.error().what, outcome);
  if (message.key != batch->header.vehicle_id) {
    return dead_letter(message, "the key is not the vehicle id " + batch->header.vehicle_id, outcome);
  }
  counters_.unknown_columns += batch->unknown_columns;
  on_batch(*batch, message.partition, beginning, outcome);
}

void Processor::on_revoked(std::int32_t partition) {
  vehicles_.erase_if([&](const Vehicle& vehicle) { return vehicle.partition == partition; });
  beginnings_.erase(partition);
  counters_.vehicles = vehicles_.size();
}

Beginning Processor::beginning_of(const kafka::Message& message) {
  // Only the very first offset proves that nothing was there before.
  const auto fresh = message.offset == 0 ? Beginning::kSeen : Beginning::kNotSeen;
  return beginnings_.emplace(message.partition, fresh).first->second;
}

void Processor::dead_letter(const kafka::Message& message, const std::string& reason, Outcome& outcome) {
  ++counters_.dead_letters;
  const std::string partition = std::to_string(message.partition);
  const std::string offset = std::to_string(message.offset);
  outcome.outputs.push_back({topics::kDeadLetter,
                             message.key,
                             message.value,
                             {{"reason", reason},
                              {"source_topic", message.topic},
                              {"source_partition", partition},
                              {"source_offset", offset}}});
  note(outcome, "dead letter: " + message.topic + " partition " + partition + " offset " + offset + ": " + reason);
}

void Processor::on_batch(const wire::RecordBatch& batch, std::int32_t partition, Beginning beginning,
                         Outcome& outcome) {
  const wire::BatchHeader& header = batch.header;
  Vehicle& vehicle = vehicles_[header.vehicle_id];
  vehicle.partition = partition;
  counters_.vehicles = vehicles_.size();
  counters_.vehicles_forgotten = vehicles_.forgotten();
  // Who was pushed out of memory may come back: from then on nobody is known to be new.
  if (vehicles_.forgotten() > 0) beginning = Beginning::kNotSeen;
  Stream& stream = stream_of(vehicle, header.stream_id, beginning);
  for (const model::Record& record : batch.records) {
    ++counters_.records;
    const Arrival arrival = stream.dedupe.admit(header.lane, {header.boot, header.boot_nonce}, record.n);
    if (arrival == Arrival::kRepeat) {
      ++counters_.repeats;
      continue;
    }
    if (arrival == Arrival::kReused) tell_reused(stream, header, outcome);
    if (arrival != Arrival::kLate) track_gaps(stream, header, record, outcome);
    outcome.outputs.push_back(
        {topics::kProcessedData, header.vehicle_id, to_report(header, record).SerializeAsString(), {}});
    ++counters_.reports;
    if (header.lane == model::Lane::kLive) ++counters_.live;
    evaluate(vehicle, header, record, outcome);
  }
}

Processor::Stream& Processor::stream_of(Vehicle& vehicle, std::uint64_t stream_id, Beginning beginning) {
  auto& streams = vehicle.streams;
  const auto found =
      std::find_if(streams.begin(), streams.end(), [&](const Stream& each) { return each.id == stream_id; });
  if (found != streams.end()) {
    std::rotate(found, found + 1, streams.end());
    return streams.back();
  }
  if (streams.size() >= kStreamsMax) {
    streams.erase(streams.begin());
    vehicle.forgot_streams = true;
    ++counters_.streams_forgotten;
  }
  streams.emplace_back(stream_id, vehicle.forgot_streams ? Beginning::kNotSeen : beginning);
  return streams.back();
}

void Processor::tell_reused(Stream& stream, const wire::BatchHeader& header, Outcome& outcome) {
  ++counters_.boots_reused;
  stream.gaps.on_taken_back(header.boot);
  note(outcome, "lying disk: vehicle " + header.vehicle_id + ", stream " + base::to_hex16(header.stream_id) +
                    ": boot " + std::to_string(header.boot) +
                    " begins anew, so its storage took back what it had said to be durable; what was not sent by then "
                    "is lost");
}

void Processor::track_gaps(Stream& stream, const wire::BatchHeader& header, const model::Record& record,
                           Outcome& outcome) {
  const GapCounts before = stream.gaps.counts();
  const std::uint64_t forgotten_before = stream.gaps.forgotten();
  std::vector<Gap> found;
  stream.gaps.on_record(header.lane, header.boot, record, found);
  // An explanation that comes late takes from the unexplained; unsigned arithmetic takes that in its stride.
  counters_.gaps_explained += stream.gaps.counts().explained - before.explained;
  counters_.gaps_unexplained += stream.gaps.counts().unexplained - before.unexplained;
  counters_.gap_entries_forgotten += stream.gaps.forgotten() - forgotten_before;
  if (record.loss && record.loss->reason == model::LossReason::kThinned) {
    counters_.records_thinned += record.loss->count;
    const auto error_m = static_cast<std::uint64_t>(std::max(record.loss->error_m, 0));
    counters_.thinned_error_m = std::max(counters_.thinned_error_m, error_m);
  }
  for (const Gap& gap : found) note(outcome, "unexplained gap: vehicle " + header.vehicle_id + ", " + to_string(gap));
}

void Processor::evaluate(Vehicle& vehicle, const wire::BatchHeader& header, const model::Record& record,
                         Outcome& outcome) {
  std::vector<model::RuleEvent> events;
  if (header.rule_set != 0) {
    const bool told = header.lane == model::Lane::kAlert || header.lane == model::Lane::kEvent;
    if (told && record.event) events.push_back(*record.event);
  } else if (header.lane == model::Lane::kBulk && record.utc) {
    if (!vehicle.overspeed) {
      const auto own = own_rules_.find(header.vehicle_id);
      vehicle.overspeed = own == own_rules_.end() ? rules_ : own->second;
    }
    events = vehicle.overspeed->on_record(event_time(*record.utc), record);
  } else if (header.lane == model::Lane::kBulk && record.position) {
    ++counters_.undated;
  }
  const alerts::Origin origin{header.vehicle_id, header.stream_id, header.boot, header.boot_nonce};
  for (const model::RuleEvent& event : events) {
    for (const odograph::Alert& alert : vehicle.alerts.on_event(origin, record, event)) {
      outcome.outputs.push_back({topics::kAlerts, header.vehicle_id, alert.SerializeAsString(), {}});
      switch (alert.state()) {
        case odograph::Alert::RAISED: ++counters_.alerts_raised; break;
        case odograph::Alert::UPDATED: ++counters_.alerts_updated; break;
        default: ++counters_.alerts_cleared; break;
      }
    }
  }
}

}  // namespace odograph::process
