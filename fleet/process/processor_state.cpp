// The part of Processor that holds the vehicles and keeps them in vehicle-state-topic.

#include <algorithm>
#include <utility>

#include "fleet/process/processor.h"
#include "fleet/topics/topic_table.h"

namespace odograph::process {
namespace {

/// What the modules know of the vehicle.
std::string module_bytes(const Vehicle& vehicle) {
  std::string bytes;
  for (const Plugged& plugged : vehicle.modules) plugged.module->save(bytes);
  return bytes;
}

}  // namespace

Vehicle& Processor::vehicle_of(Partition& partition, std::string_view vehicle_id, Outcome& outcome) {
  if (Vehicle* known = partition.vehicles.find(vehicle_id)) return *known;
  if (counters_.vehicles >= vehicles_max_) forget_oldest(partition, outcome);
  Vehicle& vehicle = add_vehicle(partition, vehicle_id);
  partition.rows.of(vehicle_id, [&](const vehicle::TableRow& row) { tell_row(vehicle, row, outcome); });
  return vehicle;
}

Vehicle& Processor::add_vehicle(Partition& partition, std::string_view vehicle_id) {
  Vehicle& vehicle = partition.vehicles.add(vehicle_id);
  vehicle.id = (*partition.vehicles.begin()).first;
  vehicle.partition = partition.number;
  for (const auto& factory : factories_) {
    vehicle.modules.push_back({factory->state_field(), factory->make(vehicle_id)});
  }
  ++counters_.vehicles;
  return vehicle;
}

void Processor::forget(Partition& partition, std::string_view vehicle_id) {
  Vehicle* vehicle = partition.vehicles.find(vehicle_id);
  if (vehicle == nullptr) return;
  for (const Stream& stream : vehicle->streams) counters_.gaps_unexplained -= stream.gaps.counts().unexplained;
  std::erase(touched_, vehicle);
  unschedule(partition, *vehicle);
  partition.vehicles.erase(vehicle_id);
  --counters_.vehicles;
}

void Processor::forget_oldest(Partition& wanted, Outcome& outcome) {
  Partition* partition = &wanted;
  for (auto& [number, each] : partitions_) {
    if (partition->vehicles.size() == 0) partition = &each;
  }
  const std::string id = partition->vehicles.oldest().first;
  outcome.outputs.push_back({topics::kVehicleState, id, std::nullopt, {}, partition->number});
  forget(*partition, id);
  // Who was pushed out may come back: from then on nobody is known to be new.
  partition->beginning = Beginning::kNotSeen;
  partition->noted = false;
  ++counters_.vehicles_forgotten;
}

void Processor::touch(Vehicle& vehicle) {
  if (std::exchange(vehicle.touched, true)) return;
  touched_.push_back(&vehicle);
}

void Processor::on_vehicle_row(std::int32_t number, const vehicle::TableRow& row, Outcome& outcome) {
  if (factories_.empty()) return;
  Partition& partition = partition_of(number);
  partition.rows.put(row);
  Vehicle* vehicle = partition.vehicles.find(row.key);
  if (vehicle == nullptr) return;
  const std::string before = module_bytes(*vehicle);
  const std::size_t outputs = outcome.outputs.size();
  tell_row(*vehicle, row, outcome);
  // Every row comes again whenever work on a partition begins: most change nothing, and are no reason to write.
  if (outcome.outputs.size() != outputs || module_bytes(*vehicle) != before) touch(*vehicle);
  reschedule(partition, *vehicle);
}

void Processor::tell_row(Vehicle& vehicle, const vehicle::TableRow& row, Outcome& outcome) {
  outcome.trip_news.clear();
  const std::size_t outputs = outcome.outputs.size();
  for (const Plugged& plugged : vehicle.modules) plugged.module->on_table(row, outcome);
  count_alerts(outcome, outputs);
}

void Processor::on_shared_row(const vehicle::TableRow& row) {
  for (const auto& factory : factories_) factory->on_shared_row(row);
}

std::optional<std::string> Processor::other_group() const {
  if (group_.empty()) return std::nullopt;
  for (const auto& [number, partition] : partitions_) {
    if (!partition.note.group.empty() && partition.note.group != group_) return partition.note.group;
  }
  return std::nullopt;
}

void Processor::save(Outcome& outcome) {
  for (const auto& factory : factories_) factory->before_commit(outcome);
  for (auto& [number, partition] : partitions_) {
    if (!partition.beginning || std::exchange(partition.noted, true)) continue;
    partition.note.beginning = *partition.beginning;
    if (!group_.empty()) partition.note.group = group_;
    outcome.outputs.push_back({topics::kVehicleState, note_key(number), to_bytes(partition.note), {}, number});
  }
  for (Vehicle* vehicle : touched_) {
    vehicle->touched = false;
    outcome.outputs.push_back(
        {topics::kVehicleState, std::string(vehicle->id), to_bytes(*vehicle), {}, vehicle->partition});
  }
  touched_.clear();
}

base::Status Processor::load(const kafka::Message& row) {
  Partition& partition = partition_of(row.partition);
  if (row.key == note_key(row.partition)) {
    auto note = note_of(row.value);
    if (!note) return note.error();
    partition.note = *std::move(note);
    partition.beginning = partition.note.beginning;
    // Of an older version, or by `topics scale`: whoever works with it writes his name.
    partition.noted = group_.empty() || partition.note.group == group_;
    return {};
  }
  if (row.key == kScalingKey) {
    partition.is_scaling = !row.tombstone;
    return {};
  }
  if (row.key.empty() || row.key.front() == '/') return {};  // A note of other times.
  forget(partition, row.key);                                // A later row stands for the earlier ones.
  if (row.tombstone) return {};
  Vehicle& vehicle = add_vehicle(partition, row.key);
  const Rule& rule = rule_of(row.key);
  if (auto status = from_bytes(row.value, {rule.rule, rule.hash}, vehicle); !status) {
    vehicle.streams.clear();  // Not counted yet.
    forget(partition, row.key);
    return status;
  }
  for (const Stream& stream : vehicle.streams) counters_.gaps_unexplained += stream.gaps.counts().unexplained;
  if (vehicle.live.believed && (!partition.stream_time || *vehicle.live.believed > *partition.stream_time)) {
    partition.stream_time = vehicle.live.believed;
  }
  reschedule(partition, vehicle);
  return {};
}

}  // namespace odograph::process
