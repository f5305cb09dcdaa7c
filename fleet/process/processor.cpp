#include "fleet/process/processor.h"

#include <algorithm>
#include <utility>

#include "fleet/alerts/life_alerts.h"
#include "fleet/topics/topic_table.h"
#include "lib/base/ids.h"
#include "proto/public/alert.pb.h"

namespace odograph::process {
namespace {

using vehicle::note;
using vehicle::Wake;

/// Event time: the record's UTC on the rule's time line.
rules::EventTime event_time(base::UtcTime utc) { return rules::EventTime(utc.time_since_epoch()); }

}  // namespace

Processor::Processor(const ProcessorOptions& options)
    : rule_(options.rules),
      guard_(options.guard),
      vehicles_max_(options.vehicles_max),
      group_(options.group),
      reports_(options.reports) {
  for (const auto& [vehicle, limit_cmps] : options.limits_cmps) {
    rules::SpeedLimitConfig own = options.rules;
    own.limit_cmps = limit_cmps;
    own_rules_.emplace(vehicle, own);
  }
}

Processor::~Processor() = default;

void Processor::plug_in(std::unique_ptr<vehicle::Factory> factory) { factories_.push_back(std::move(factory)); }

void Processor::on_message(const kafka::Message& message, Outcome& outcome) {
  ++counters_.messages;
  newest_event_.reset();
  Partition& partition = partition_of(message.partition);
  // Only the very first offset proves that nothing was there before.
  if (!partition.beginning) partition.beginning = message.offset == 0 ? Beginning::kSeen : Beginning::kNotSeen;
  if (is_left(partition, message)) {
    ++counters_.messages_moved;
  } else {
    take(message, outcome);
  }
}

void Processor::take(const kafka::Message& message, Outcome& outcome) {
  const auto batch = wire::decode(message.value);
  if (!batch) return dead_letter(message, batch.error().what, outcome);
  if (message.key != batch->header.vehicle_id) {
    return dead_letter(message, "the key is not the vehicle id " + batch->header.vehicle_id, outcome);
  }
  counters_.unknown_columns += batch->unknown_columns;
  on_batch(*batch, message, outcome);
}

void Processor::drop(std::int32_t number) {
  const auto found = partitions_.find(number);
  if (found == partitions_.end()) return;
  std::erase_if(touched_, [&](const Vehicle* each) { return each->partition == number; });
  for (const auto& [id, vehicle] : found->second.vehicles) {
    for (const Stream& stream : vehicle.streams) counters_.gaps_unexplained -= stream.gaps.counts().unexplained;
  }
  counters_.vehicles -= found->second.vehicles.size();
  partitions_.erase(found);
}

Partition& Processor::partition_of(std::int32_t number) {
  return partitions_.try_emplace(number, number).first->second;
}

const Processor::Rule& Processor::rule_of(std::string_view vehicle_id) const {
  const auto own = own_rules_.find(vehicle_id);
  return own == own_rules_.end() ? rule_ : own->second;
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

void Processor::on_batch(const wire::RecordBatch& batch, const kafka::Message& message, Outcome& outcome) {
  const wire::BatchHeader& header = batch.header;
  Partition& partition = partition_of(message.partition);
  Vehicle& vehicle = vehicle_of(partition, header.vehicle_id, outcome);
  touch(vehicle);
  vehicle.source_offset = message.offset;
  Stream& stream = stream_of(vehicle, header.stream_id, *partition.beginning);
  const vehicle::Context context{header, message.partition, message.offset};
  reports_.begin(header);
  for (const model::Record& record : batch.records) {
    ++counters_.records;
    const Arrival arrival = stream.dedupe.admit(header.lane, {header.boot, header.boot_nonce}, record.n);
    if (arrival == Arrival::kRepeat) {
      ++counters_.repeats;
      continue;
    }
    if (arrival == Arrival::kReused) tell_reused(stream, header, outcome);
    if (arrival != Arrival::kLate) track_gaps(stream, header, record, outcome);
    if (is_far_ahead(record, message)) {
      tell_ahead(vehicle, record, outcome);
      report(header, record, outcome);
      continue;
    }
    const bool is_told_now = is_believed(record) && (record.flags & model::flag::kReplayed) == 0;
    if (is_told_now && (!newest_event_ || *record.utc > *newest_event_)) newest_event_ = record.utc;
    advance(partition, record, outcome);
    on_record(vehicle, context, record, outcome);
  }
  reports_.end(outcome);
  reschedule(partition, vehicle);
}

void Processor::report(const wire::BatchHeader& header, const model::Record& record, Outcome& outcome) {
  reports_.add(record, outcome);
  ++counters_.reports;
  if (header.lane == model::Lane::kLive) ++counters_.live;
}

void Processor::tell_ahead(Vehicle& vehicle, const model::Record& record, Outcome& outcome) {
  ++counters_.ahead;
  if (std::exchange(vehicle.told_ahead, true)) return;
  note(outcome, "time ahead: vehicle " + std::string(vehicle.id) + " says that it is " + base::to_rfc3339(*record.utc) +
                    ", more than a day after the broker got that; such records are reported, and nothing goes by them");
}

void Processor::on_record(Vehicle& vehicle, const vehicle::Context& context, const model::Record& record,
                          Outcome& outcome) {
  const wire::BatchHeader& header = context.header;
  const bool is_live = header.lane == model::Lane::kLive;
  report(header, record, outcome);
  evaluate(vehicle, header, record, outcome);
  const bool is_newest = vehicle.live.move(record);
  outcome.trip_news.clear();
  const std::size_t outputs = outcome.outputs.size();
  for (const Plugged& plugged : vehicle.modules) {
    if (!is_live) plugged.module->on_history(context, record, outcome);
    if (is_newest) plugged.module->on_live(context, record, outcome);
  }
  count_alerts(outcome, outputs);
}

Stream& Processor::stream_of(Vehicle& vehicle, std::uint64_t stream_id, Beginning beginning) {
  auto& streams = vehicle.streams;
  const auto found =
      std::find_if(streams.begin(), streams.end(), [&](const Stream& each) { return each.id == stream_id; });
  if (found != streams.end()) {
    std::rotate(found, found + 1, streams.end());
    return streams.back();
  }
  if (streams.size() >= kStreamsMax) {
    counters_.gaps_unexplained -= streams.front().gaps.counts().unexplained;
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
  if (header.lane == model::Lane::kBulk && record.utc) {
    write(vehicle.alerts.on_time(*record.utc), header.vehicle_id, outcome);
  }
  std::vector<model::RuleEvent> events;
  if (header.rule_set != 0) {
    const bool told = header.lane == model::Lane::kAlert || header.lane == model::Lane::kEvent;
    if (told && record.event) events.push_back(*record.event);
  } else if (header.lane == model::Lane::kBulk && record.utc) {
    const Rule& rule = rule_of(header.vehicle_id);
    if (vehicle.rule_set != 0 && vehicle.rule_set != rule.hash) {
      write(vehicle.alerts.on_other_rules(record), header.vehicle_id, outcome);
    }
    vehicle.rule_set = rule.hash;
    if (!vehicle.overspeed) vehicle.overspeed = rule.rule;
    events = vehicle.overspeed->on_record(event_time(*record.utc), record);
  } else if (header.lane == model::Lane::kBulk && record.position) {
    ++counters_.undated;
  }
  if (events.empty()) return;
  const alerts::Origin origin{header.vehicle_id, header.stream_id, header.boot, header.boot_nonce};
  for (const model::RuleEvent& event : events) {
    write(vehicle.alerts.on_event(guard_, origin, record, event), header.vehicle_id, outcome);
  }
}

void Processor::write(const std::vector<odograph::Alert>& alerts, const std::string& vehicle_id, Outcome& outcome) {
  for (const odograph::Alert& alert : alerts) {
    outcome.outputs.push_back(
        {topics::kAlerts, vehicle_id, alert.SerializeAsString(), alerts::cloud_event_headers(alert)});
    count(alert);
  }
}

void Processor::count(const odograph::Alert& alert) {
  switch (alert.state()) {
    case odograph::Alert::RAISED: ++counters_.alerts_raised; break;
    case odograph::Alert::UPDATED: ++counters_.alerts_updated; break;
    default: ++counters_.alerts_cleared; break;
  }
}

void Processor::count_alerts(const Outcome& outcome, std::size_t from) {
  for (std::size_t i = from; i < outcome.outputs.size(); ++i) {
    const Output& output = outcome.outputs[i];
    odograph::Alert alert;
    if (output.topic == topics::kAlerts && output.value && alert.ParseFromString(*output.value)) count(alert);
  }
}

/// Time goes on before the record is looked at: what was due by then comes first.
void Processor::advance(Partition& partition, const model::Record& record, Outcome& outcome) {
  if (time_stands_ || !is_believed(record) || (partition.stream_time && *record.utc <= *partition.stream_time)) return;
  partition.stream_time = record.utc;
  wake(partition, {*record.utc, Wake::By::kStreamTime}, outcome);
}

void Processor::on_wall_clock(std::int32_t number, base::UtcTime now, Outcome& outcome) {
  const auto found = partitions_.find(number);
  if (found != partitions_.end()) wake(found->second, {now, Wake::By::kWallClock}, outcome);
}

void Processor::wake(Partition& partition, const Wake& now, Outcome& outcome) {
  const bool by_stream = now.by == Wake::By::kStreamTime;
  WakeList& list = by_stream ? partition.by_stream_time : partition.by_wall_clock;
  const std::size_t outputs = outcome.outputs.size();
  while (Vehicle* vehicle = list.due(now.at)) {
    touch(*vehicle);
    outcome.trip_news.clear();
    const base::UtcTime asked = (by_stream ? vehicle->stream_wake : vehicle->wall_wake)->at;
    for (const Plugged& plugged : vehicle->modules) {
      const std::optional<Wake> wants = plugged.module->wake();
      if (wants && wants->by == now.by && wants->at <= now.at) plugged.module->on_time(now, outcome);
    }
    reschedule(partition, *vehicle);
    // A module that asks for the same time again would be called for ever.
    const std::optional<Wake>& next = by_stream ? vehicle->stream_wake : vehicle->wall_wake;
    ODOGRAPH_ASSERT(!next || next->at > asked);
  }
  count_alerts(outcome, outputs);
}

}  // namespace odograph::process
