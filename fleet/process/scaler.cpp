#include "fleet/process/scaler.h"

#include <algorithm>

#include "fleet/process/vehicle.h"
#include "fleet/topics/topic_table.h"
#include "proto/public/vehicle_state.pb.h"

namespace odograph::process {
namespace {

constexpr base::Millis kAnswerMax{10'000};
constexpr base::Millis kReadMax{120'000};  ///< Without a row.
constexpr base::Millis kWait{200};
constexpr std::size_t kRowsMax = 2'000;
/// A transaction that is larger takes too long.
constexpr std::size_t kTransactionBytesMax = 4 << 20;

const std::vector<std::string> kTopics = {topics::kRawData, topics::kProcessedData, topics::kAlerts,
                                          topics::kVehicleState, topics::kTrips};

}  // namespace

std::string stop_first(std::size_t members, const std::string& group) {
  const bool one = members == 1;
  return std::to_string(members) + (one ? " processor is" : " processors are") + " in group " + group + ": stop " +
         (one ? "it" : "them") + " first, and run this again";
}

std::string waits_for(std::size_t members, const std::string& group) {
  const bool one = members == 1;
  return "waiting until group " + group + " has given up " + std::to_string(members) +
         (one ? " member; stop it if it runs" : " members; stop those that run");
}

base::Status Scaler::run() {
  if (auto status = open(); !status) return status;
  if (auto status = check_topics(); !status) return status;
  if (auto status = wait_for_processors(); !status) return status;
  if (auto status = brokers_.producer->init(kAnswerMax); !status) return status;
  if (auto status = find_plan(); !status) return status;
  if (before_ == options_.partitions && begun_ms_ < 0) {
    caller_.tell("there are " + std::to_string(before_) + " partitions already; nothing to do");
    return {};
  }
  // From here on no processor works until the notes are written.
  if (auto status = write_plan(before_); !status) return status;
  if (auto status = brokers_.admin->add_partitions(kTopics, options_.partitions); !status) return status;
  caller_.tell("partitions: " + std::to_string(before_) + " before, " + std::to_string(options_.partitions) +
               " now; waiting " + std::to_string(options_.settle.count() / 1000) + " s until every vehicle knows");
  if (auto status = pause(options_.settle); !status) return status;
  // Handles that were there before learn of new partitions in their own time, and that may be minutes.
  if (auto status = open(); !status) return status;
  if (auto status = brokers_.producer->init(kAnswerMax); !status) return status;
  if (auto status = write_plan(options_.partitions); !status) return status;
  if (auto status = wait_for_processors(); !status) return status;
  for (const char* topic : {topics::kVehicleState, topics::kTrips}) {
    if (auto status = move_rows(topic, options_.partitions); !status) return status;
  }
  if (auto status = commit_beginnings(); !status) return status;
  return write_notes();
}

base::Status Scaler::open() {
  brokers_ = {};
  auto brokers = connect_();
  if (!brokers) return brokers.error();
  brokers_ = std::move(*brokers);
  return {};
}

base::Status Scaler::check_topics() {
  const auto states = brokers_.admin->describe(kTopics);
  if (!states) return states.error();
  before_ = options_.partitions;
  for (const kafka::TopicState& each : *states) {
    if (!each.exists)
      return base::stop_error("topic " + each.name + " does not exist; see odograph-fleet topics check");
    if (each.partitions > options_.partitions) {
      return base::stop_error(each.name + " has " + std::to_string(each.partitions) +
                              " partitions, and none can be taken away: tell that number or a larger one");
    }
    before_ = std::min(before_, each.partitions);
  }
  return {};
}

base::Status Scaler::wait_for_processors() {
  const base::BootTime end = caller_.clock.boot_now() + options_.patience;
  for (std::size_t told = 0;;) {
    const auto members = brokers_.admin->group_members(options_.group);
    if (!members && members.error().action == base::Action::kRetry && caller_.clock.boot_now() < end) {
      // The session may have ended just then.
      if (auto status = pause(base::Millis(1'000)); !status) return status;
      continue;
    }
    if (!members) return members.error();
    if (*members == 0) return {};
    if (caller_.clock.boot_now() >= end) {
      return base::stop_error(stop_first(*members, options_.group));
    }
    if (*members != told) {
      caller_.tell(waits_for(*members, options_.group));
    }
    told = *members;
    if (auto status = pause(base::Millis(1'000)); !status) return status;
  }
}

/// Waits, and answers nobody meanwhile.
base::Status Scaler::pause(base::Millis duration) {
  const base::BootTime end = caller_.clock.boot_now() + duration;
  while (caller_.clock.boot_now() < end) {
    if (caller_.stopped()) return base::stop_error("stopped; run it again, until then no processor works");
    std::vector<kafka::Message> none;
    kafka::ConsumerEvents events;
    brokers_.marks->poll(std::min(kWait, end - caller_.clock.boot_now()), 1, none, events);
  }
  return {};
}

/// What the notes say, and whether an earlier try was interrupted.
base::Status Scaler::find_plan() {
  std::string trouble;
  std::int32_t before = 0;
  const auto take = [&](kafka::Message&& row) {
    if (row.key == kScalingKey && row.tombstone) begun_ms_ = -1;
    if (row.key == kScalingKey && !row.tombstone) {
      odograph::VehicleState state;
      const bool is_read = state.ParseFromString(row.value);
      const bool is_ours = is_read && state.scaling().partitions() == options_.partitions;
      trouble = is_ours ? ""
                        : "an earlier run was to make " + std::to_string(state.scaling().partitions()) +
                              " partitions and did not end: finish that first";
      begun_ms_ = state.scaling().begun_ms();
      before = state.scaling().before();
    }
    if (row.key != note_key(row.partition) || row.tombstone) return;
    if (auto note = note_of(row.value)) notes_[row.partition] = *std::move(note);
  };
  if (auto status = read_rows(topics::kVehicleState, before_, take); !status) return status;
  if (begun_ms_ >= 0 && !trouble.empty()) return base::stop_error(trouble);
  if (begun_ms_ >= 0) before_ = before;
  for (const auto& [partition, note] : notes_) {
    if (note.inherited.empty()) continue;
    return base::stop_error("partition " + std::to_string(partition) +
                            " has not settled since the last time: let the processors run until it has");
  }
  return {};
}

base::Status Scaler::write_plan(std::int32_t partitions) {
  const auto now = caller_.clock.utc_now();
  if (begun_ms_ < 0) begun_ms_ = now ? now->time.time_since_epoch().count() : 0;
  odograph::VehicleState state;
  state.set_version(kStateVersion);
  state.mutable_scaling()->set_partitions(options_.partitions);
  state.mutable_scaling()->set_begun_ms(begun_ms_);
  state.mutable_scaling()->set_before(before_);
  const std::string bytes = state.SerializeAsString();
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    if (auto status = write({topics::kVehicleState, kScalingKey, bytes, {}, partition}); !status) return status;
  }
  return commit();
}

base::Result<std::map<std::int32_t, std::int64_t>> Scaler::ends(const std::string& topic, std::int32_t partitions) {
  std::map<std::int32_t, std::int64_t> ends;
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    const auto marks = brokers_.marks->watermarks(topic, partition, kAnswerMax);
    if (!marks) return marks.error();
    ends[partition] = marks->high;
  }
  return ends;
}

base::Status Scaler::read_rows(const std::string& topic, std::int32_t partitions, const TakeRow& take) {
  auto open = ends(topic, partitions);
  if (!open) return open.error();
  auto reader = brokers_.make_reader();
  if (!reader) return reader.error();
  std::vector<kafka::TopicPartition> from;
  for (const auto& [partition, end] : *open) from.push_back({topic, partition, -2});
  if (auto status = (*reader)->assign(from); !status) return status;
  const auto reached = [&](std::int32_t partition, std::int64_t next) {
    const auto found = open->find(partition);
    if (found != open->end() && next >= found->second) open->erase(found);
  };
  base::BootTime patience = caller_.clock.boot_now() + kReadMax;
  while (!open->empty()) {
    if (caller_.stopped()) return base::stop_error("stopped; run it again, until then no processor works");
    std::vector<kafka::Message> rows;
    kafka::ConsumerEvents events;
    (*reader)->poll(kWait, kRowsMax, rows, events);
    if (events.denied) return base::stop_error(*events.denied);
    if (!rows.empty()) patience = caller_.clock.boot_now() + kReadMax;
    for (kafka::Message& row : rows) {
      const auto [partition, next] = std::pair(row.partition, row.offset + 1);
      take(std::move(row));
      reached(partition, next);
    }
    for (const kafka::TopicPartition& each : events.ended) reached(each.partition, each.offset);
    if (caller_.clock.boot_now() >= patience) {
      return base::retry_error("read " + topic + ": " +
                               (events.errors.empty() ? "nothing comes" : events.errors.back()));
    }
  }
  return {};
}

base::Status Scaler::move_rows(const std::string& topic, std::int32_t partitions) {
  RowMoves moves(partitions, begun_ms_);
  const auto take = [&](kafka::Message&& row) { moves.add(std::move(row)); };
  if (auto status = read_rows(topic, partitions, take); !status) return status;
  std::size_t moved = 0;
  for (const RowMoves::Move& each : moves.take()) {
    if (!each.is_overtaken) {
      if (auto status = write({topic, each.key, each.value, {}, each.to}); !status) return status;
      ++moved;
    }
    if (auto status = write({topic, each.key, {}, {}, each.from}); !status) return status;
    if (written_bytes_ < kTransactionBytesMax) continue;
    if (auto status = commit(); !status) return status;
  }
  caller_.tell(topic + ": " + std::to_string(moved) + " rows are in their new partitions");
  return commit();
}

/// What was added is read from its first message on, however the group begins: it is of vehicles that are known.
base::Status Scaler::commit_beginnings() {
  std::vector<kafka::TopicPartition> added;
  for (std::int32_t partition = before_; partition < options_.partitions; ++partition) {
    added.push_back({topics::kRawData, partition, -1});
  }
  const auto committed = brokers_.offsets->committed(added, kAnswerMax);
  if (!committed) return committed.error();
  std::vector<kafka::TopicPartition> beginnings;
  for (const kafka::TopicPartition& each : *committed) {
    if (each.offset < 0) beginnings.push_back({each.topic, each.partition, 0});
  }
  return brokers_.offsets->commit(beginnings);
}

/// Of each partition what the group has not processed.
base::Result<std::vector<Inherited>> Scaler::backlog() {
  std::vector<kafka::TopicPartition> all;
  for (std::int32_t partition = 0; partition < options_.partitions; ++partition) {
    all.push_back({topics::kRawData, partition, -1});
  }
  const auto committed = brokers_.offsets->committed(all, kAnswerMax);
  if (!committed) return committed.error();
  std::vector<Inherited> backlog;
  for (const kafka::TopicPartition& each : *committed) {
    const auto marks = brokers_.marks->watermarks(topics::kRawData, each.partition, kAnswerMax);
    if (!marks) return marks.error();
    // A group that has never read a partition and begins with what comes has nothing to catch up with there.
    const bool is_new = each.offset < 0 && options_.begin == Begin::kLatest;
    backlog.push_back({each.partition, is_new ? marks->high : std::max(each.offset, marks->low), marks->high});
  }
  return backlog;
}

/// All of it in one transaction: with it the processors may work again.
base::Status Scaler::write_notes() {
  const auto left = backlog();
  if (!left) return left.error();
  bool all_seen = !notes_.empty();
  for (std::int32_t partition = 0; partition < before_; ++partition) {
    const auto known = notes_.find(partition);
    all_seen = all_seen && known != notes_.end() && known->second.beginning == Beginning::kSeen;
  }
  std::int64_t waiting = 0;
  for (std::int32_t partition = 0; partition < options_.partitions; ++partition) {
    PartitionNote note{all_seen ? Beginning::kSeen : Beginning::kNotSeen, options_.partitions, 0, {}};
    for (const Inherited& each : *left) {
      if (each.partition == partition) waiting += each.end - each.next;
      // What was added has never held anything but what belongs there.
      if (each.partition >= before_) continue;
      if (each.partition == partition) {
        note.left_to = each.end;
      } else if (each.end > each.next) {
        note.inherited.push_back(each);
      }
    }
    const std::string key = note_key(partition);
    const std::string bytes = to_bytes(note);
    if (auto status = write({topics::kVehicleState, key, bytes, {}, partition}); !status) return status;
    if (auto status = write({topics::kVehicleState, kScalingKey, {}, {}, partition}); !status) return status;
  }
  if (auto status = commit(); !status) return status;
  caller_.tell("done: " + std::to_string(waiting) + " messages wait; start the processors again");
  return {};
}

base::Status Scaler::write(const kafka::Outgoing& row) {
  if (written_bytes_ == 0) {
    if (auto status = brokers_.producer->begin(); !status) return status;
  }
  written_bytes_ += 1 + row.key.size() + row.value.size();
  const base::BootTime end = caller_.clock.boot_now() + kAnswerMax;
  for (;;) {
    auto status = brokers_.producer->send(row);
    if (status || status.error().action != base::Action::kRetry || caller_.clock.boot_now() >= end) return status;
  }
}

base::Status Scaler::commit() {
  if (written_bytes_ == 0) return {};
  if (auto status = brokers_.producer->flush(kAnswerMax); !status) return status;
  if (auto status = brokers_.producer->commit(kAnswerMax); !status) return status;
  written_bytes_ = 0;
  return {};
}

}  // namespace odograph::process
