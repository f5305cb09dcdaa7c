#include "fleet/process/partition_note.h"

#include "fleet/process/vehicle.h"
#include "lib/kafka/partitioner.h"
#include "proto/public/vehicle_state.pb.h"

namespace odograph::process {

std::string note_key(std::int32_t partition) { return '/' + std::to_string(partition); }

std::string to_bytes(const PartitionNote& note) {
  odograph::VehicleState state;
  state.set_version(kStateVersion);
  odograph::PartitionNote& told = *state.mutable_note();
  told.set_seen_from_start(note.beginning == Beginning::kSeen);
  told.set_partitions(note.partitions);
  told.set_left_to(note.left_to);
  for (const Inherited& each : note.inherited) {
    auto& inherited = *told.add_inherited();
    inherited.set_partition(each.partition);
    inherited.set_next(each.next);
    inherited.set_end(each.end);
  }
  told.set_group(note.group);
  return state.SerializeAsString();
}

base::Result<PartitionNote> note_of(std::string_view bytes) {
  odograph::VehicleState state;
  if (!state.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return base::drop_error("note of a partition: no message of its kind");
  }
  const odograph::PartitionNote& told = state.note();
  PartitionNote note{.beginning = told.seen_from_start() ? Beginning::kSeen : Beginning::kNotSeen,
                     .partitions = told.partitions(),
                     .left_to = told.left_to(),
                     .inherited = {},
                     .group = told.group()};
  for (const auto& each : told.inherited()) note.inherited.push_back({each.partition(), each.next(), each.end()});
  return note;
}

std::int32_t place_of(std::string_view key, std::int32_t partitions, std::int32_t found_in) {
  return partitions <= 0 || key.empty() ? found_in : kafka::partition_of(key, partitions);
}

}  // namespace odograph::process
