#include "fleet/process/pipeline.h"

#include <algorithm>

#include "fleet/topics/topic_table.h"

namespace odograph::process {
namespace {

constexpr base::Millis kWait{100};
/// For the brokers' word on a transaction; together well below its time-out, and below the group's patience.
constexpr base::Millis kAnswerMax{5'000};
constexpr base::Millis kTakeOverMax{2'000};
constexpr base::Millis kWallClockEvery{1'000};
/// Outputs after which the clock is asked again: that costs a good part of what an output does.
constexpr std::size_t kOutputsPerLook = 32;

std::string names_of(const std::set<std::int32_t>& partitions) {
  std::string names;
  for (const std::int32_t each : partitions) names += (names.empty() ? "" : ", ") + std::to_string(each);
  return std::string(topics::kRawData) + (partitions.size() == 1 ? " partition " : " partitions ") + names;
}

std::size_t size_of(const Output& output) {
  std::size_t bytes = output.key.size() + (output.value ? output.value->size() : 0);
  for (const auto& [name, value] : output.headers) bytes += name.size() + value.size();
  return bytes;
}

bool is_memory(const std::string& topic) { return topic == topics::kVehicleState || topic == topics::kSegmentProfile; }

void append(std::vector<std::string>& to, std::vector<std::string> lines) {
  std::move(lines.begin(), lines.end(), std::back_inserter(to));
}

}  // namespace

Pipeline::Pipeline(const PipelineOptions& options, Connections connections, const base::Clock& clock)
    : options_(options),
      clock_(clock),
      connections_(std::move(connections)),
      processor_(options.processor),
      policy_(options.commit_interval) {}

base::Status Pipeline::step(Notes& notes) {
  look_at_credentials();
  if (auto status = ready_producer(notes); !status) return status;
  const bool works = state_ == State::kWorking;
  std::vector<kafka::Message>& messages = incoming_;
  messages.clear();
  kafka::ConsumerEvents events;
  const bool restoring = state_ == State::kRestoring || state_ == State::kSettling;
  connections_.raw->poll(restoring ? base::Millis(0) : kWait, kMessagesMax, messages, events);
  // Before the state is back nothing can be done with them; they are read again from where the work begins.
  if (!works) messages.clear();
  if (!events.lost.empty()) messages.clear();
  if (auto status = process(messages, notes); !status) return status;
  if (auto status = follow(events, notes); !status) return status;
  if (clock_.boot_now() < pause_until_ || !taken_over_) return {};
  if (state_ == State::kToRestore) return begin_restore(notes);
  if (state_ == State::kRestoring) return restore(notes);
  if (state_ == State::kSettling) return settle(notes);
  if (auto status = call_modules(notes); !status) return status;
  return policy_.is_due(clock_.boot_now()) ? commit(notes) : base::Status{};
}

/// A producer that has the name, or nothing yet: then it is tried again with the next step.
base::Status Pipeline::ready_producer(Notes& notes) {
  if (taken_over_ || clock_.boot_now() < pause_until_) return {};
  if (!producer_) {
    auto made = connections_.make_producer(*connections_.raw);
    if (!made) return made.error();
    producer_ = std::move(*made);
  }
  const auto status = producer_->init(kTakeOverMax);
  append(notes.troubles, producer_->take_log_lines());
  if (!status) return recover(Phase::kTakeOver, status.error(), notes);
  taken_over_ = true;
  return {};
}

base::Status Pipeline::follow(const kafka::ConsumerEvents& events, Notes& notes) {
  for (const std::string& error : events.errors) notes.troubles.push_back("consumer: " + error);
  if (events.fatal) return base::stop_error("consumer: " + *events.fatal);
  if (!events.gone.empty()) {
    return base::stop_error("read " + names_of({events.gone.front().partition}) + ": offset " +
                            std::to_string(events.gone.front().offset) + " is not in the log any more");
  }
  for (const kafka::TopicPartition& each : events.ended) {
    caught_up_.insert(each.partition);
    fresh_.on_end(each);
    if (behind_.erase(each.partition) > 0) {
      notes.news.push_back("read to the end: " + names_of({each.partition}));
    }
  }
  if (!events.assigned.empty()) {
    for (const kafka::TopicPartition& each : events.assigned) assigned_.insert(each.partition);
    notes.news.push_back("assigned: " + names_of(assigned_));
    ++counted_.rebalances;
    state_ = State::kToRestore;
  }
  if (!events.lost.empty()) {
    notes.troubles.push_back("lost: " + names_of(assigned_) + "; what was not committed is done again by others");
    drop_assignment();
    return recover(Phase::kWrite, base::drop_error("the group went on without this instance"), notes);
  }
  if (events.revoked.empty()) return {};
  notes.news.push_back("handing over: " + names_of(assigned_));
  const bool works = state_ == State::kWorking || state_ == State::kSettling;
  auto status = works ? commit(notes) : base::Status{};
  drop_assignment();
  return status;
}

base::Status Pipeline::begin_restore(Notes& notes) {
  restore_began_ = clock_.boot_now();
  std::map<std::int32_t, kafka::Watermarks> ends;
  const bool kept = options_.memory == Memory::kKept;
  for (const std::int32_t partition : kept ? assigned_ : std::set<std::int32_t>{}) {
    const auto marks = connections_.marks->watermarks(topics::kVehicleState, partition, kAnswerMax);
    if (!marks) return retry(marks.error(), notes);
    ends[partition] = *marks;
  }
  auto tables = TableReader::begin(options_.tables, assigned_, *connections_.marks, connections_.make_reader);
  if (!tables) return retry(tables.error(), notes);
  auto reader = connections_.make_reader();
  if (!reader) return reader.error();
  auto restorer = Restorer::begin(std::move(*reader), ends);
  if (!restorer) return retry(restorer.error(), notes);
  restorer_ = std::move(*restorer);
  tables_ = std::move(*tables);
  state_ = State::kRestoring;
  return restore(notes);
}

base::Status Pipeline::restore(Notes& notes) {
  if (auto status = restorer_->step(kWait, processor_, notes.troubles); !status) return status;
  tables_->step(restorer_->is_done() ? kWait : base::Millis(0), notes.troubles);
  return restorer_->is_done() && tables_->is_complete() ? begin_work(notes) : base::Status{};
}

/// Only now, so that what the state was restored from is not older than the offsets.
base::Status Pipeline::begin_work(Notes& notes) {
  if (processor_.is_scaling()) {
    return base::stop_error("odograph-fleet topics scale is under way, or was interrupted: run it again first");
  }
  if (const auto other = processor_.other_group()) {
    return base::stop_error("vehicle-state-topic is kept by group " + *other + ", and this is " +
                            options_.processor.group + ": both would write all outputs and each other's states");
  }
  std::vector<kafka::TopicPartition> partitions;
  for (const std::int32_t each : assigned_) partitions.push_back({topics::kRawData, each, -1});
  const auto committed = connections_.raw->committed(partitions, kAnswerMax);
  if (!committed) return retry(committed.error(), notes);
  std::map<std::int32_t, std::int64_t> next;
  for (kafka::TopicPartition& each : partitions) {
    const auto at = std::find_if(committed->begin(), committed->end(),
                                 [&](const auto& other) { return other.partition == each.partition; });
    const auto start = start_of(at == committed->end() ? each : *at, notes);
    if (!start) return start.error().action == base::Action::kRetry ? retry(start.error(), notes) : start.error();
    each.offset = *start;
    next[each.partition] = *start;
    fresh_.on_begin(each.partition, *start);
  }
  next_ = std::move(next);
  if (!processor_.inherited().empty()) return begin_settling(notes);
  if (auto status = connections_.raw->assign(partitions); !status) return retry(status.error(), notes);
  behind_ = assigned_;
  const base::Millis took = clock_.boot_now() - restore_began_;
  ++counted_.restores;
  counted_.restore_ms = static_cast<std::uint64_t>(took.count());
  counted_.restored_rows += restorer_->rows();
  notes.news.push_back("restored: " + std::to_string(processor_.counters().vehicles) + " vehicles from " +
                       std::to_string(restorer_->rows()) + " rows in " + std::to_string(took.count()) + " ms, " +
                       std::to_string(tables_->rows()) + " rows of tables");
  restorer_.reset();
  state_ = State::kWorking;
  missing_ = 0;
  return call_modules(notes);
}

/// Where the work on a partition begins; what is lost with it is told.
base::Result<std::int64_t> Pipeline::start_of(const kafka::TopicPartition& committed, Notes& notes) {
  const auto marks = connections_.marks->watermarks(topics::kRawData, committed.partition, kAnswerMax);
  if (!marks) return marks.error();
  const std::string name = names_of({committed.partition});
  if (committed.offset > marks->high) {
    return base::stop_error(name + " ends at " + std::to_string(marks->high) + ", but " +
                            std::to_string(committed.offset) +
                            " was committed: has the topic been made anew? Then choose another kafka.group, and empty "
                            "vehicle-state-topic");
  }
  if (committed.offset >= marks->low) return committed.offset;
  // Once only: what came since and was not committed is not to be passed over.
  if (committed.offset < 0 && options_.begin == Begin::kLatest) {
    return began_.try_emplace(committed.partition, marks->high).first->second;
  }
  if (committed.offset >= 0) {
    counted_.messages_gone += static_cast<std::uint64_t>(marks->low - committed.offset);
    notes.troubles.push_back(name + ": offsets " + std::to_string(committed.offset) + " to " +
                             std::to_string(marks->low - 1) + " were deleted before they were processed");
  }
  return marks->low;
}

base::Status Pipeline::process(std::vector<kafka::Message>& messages, Notes& notes) {
  Outcome outcome;  // Of one message after the other, so that its lists keep their memory.
  base::BootTime now = clock_.boot_now();
  std::size_t outputs = 0;  // Since then.
  auto next = next_.end();  // Of a partition that is among those that moved.
  for (kafka::Message& message : messages) {
    const bool is_marked = next != next_.end() && next->first == message.partition;
    if (!is_marked) next = next_.find(message.partition);
    if (next == next_.end()) continue;
    if (message.offset < next->second) {
      // Nothing of ours asks for it: a fault of the client or the brokers, and a repeat.
      ++counted_.rewinds;
      notes.troubles.push_back("read " + names_of({message.partition}) + ": offset " + std::to_string(message.offset) +
                               " came after " + std::to_string(next->second - 1) + "; left out");
      next = next_.end();
      continue;
    }
    outcome.outputs.clear();
    outcome.notes.clear();
    processor_.on_message(message, outcome);
    next->second = message.offset + 1;
    fresh_.on_message(message, processor_.newest_event());
    if (!is_marked) {
      moved_.insert(message.partition);
      caught_up_.erase(message.partition);
    }
    outputs += 1 + outcome.outputs.size();
    if (outputs >= kOutputsPerLook) {
      now = clock_.boot_now();
      outputs = 0;
    }
    policy_.add(now, 0);
    if (auto status = write(outcome, now, notes); !status) return recover(Phase::kWrite, status.error(), notes);
    if (policy_.is_due(now)) {
      if (auto status = commit(notes); !status || state_ != State::kWorking) return status;
      next = next_.end();
      now = clock_.boot_now();
    }
  }
  return {};
}

/// Rows of tables; and the time, only where a partition is read to its end: what is not heard of while a backlog is
/// read may be in the backlog.
base::Status Pipeline::call_modules(Notes& notes) {
  if (state_ != State::kWorking && state_ != State::kSettling) return {};
  Outcome outcome;
  tables_->step(base::Millis(0), notes.troubles);
  tables_->hand_over(processor_, outcome);
  if (const auto utc = clock_.utc_now(); utc && clock_.boot_now() >= wall_clock_at_) {
    wall_clock_at_ = clock_.boot_now() + kWallClockEvery;
    for (const std::int32_t partition : caught_up_) processor_.on_wall_clock(partition, utc->time, outcome);
  }
  auto status = write(outcome, clock_.boot_now(), notes);
  return status ? status : recover(Phase::kWrite, status.error(), notes);
}

base::Status Pipeline::write(Outcome& outcome, base::BootTime now, Notes& notes) {
  append(notes.troubles, std::move(outcome.notes));
  for (Output& output : outcome.outputs) {
    if (options_.memory == Memory::kProcess && is_memory(output.topic)) continue;
    const std::size_t bytes = size_of(output);
    if (bytes > options_.output_bytes_max) {
      ++counted_.outputs_refused;
      notes.troubles.push_back("write to " + output.topic + ": " + std::to_string(bytes) + " B of " + output.key +
                               " are more than any broker takes; given up");
      continue;
    }
    policy_.add(now, bytes);
    if (auto status = send(std::move(output)); !status) return status;
  }
  return {};
}

base::Status Pipeline::send(Output&& output) {
  if (!in_transaction_) {
    if (auto status = producer_->begin(); !status) return status;
    in_transaction_ = true;
  }
  const kafka::Outgoing message{std::move(output.topic), output.key,
                                output.value ? std::string_view(*output.value) : std::string_view{},
                                std::move(output.headers), output.partition};
  auto status = producer_->send(message);
  if (status || status.error().action != base::Action::kRetry) return status;
  const base::BootTime end = clock_.boot_now() + kAnswerMax;
  while (!status && status.error().action == base::Action::kRetry && clock_.boot_now() < end) {
    status = producer_->send(message);
  }
  return status;
}

base::Status Pipeline::commit(Notes& notes) {
  if (!policy_.has_work()) return {};
  Outcome states;
  processor_.save(states);
  Phase phase = Phase::kWrite;
  auto status = write(states, clock_.boot_now(), notes);
  const std::uint64_t disturbances = producer_->disturbances();
  if (status) status = end_transaction(phase);
  if (!status) return recover(phase, status.error(), notes);
  in_transaction_ = false;
  ++counted_.commits;
  if (const auto utc = clock_.utc_now()) fresh_.on_commit(utc->time, clock_.boot_now());
  fences_ = 0;
  missing_ = 0;
  pauses_.committed();
  refusal_.clear();
  moved_.clear();
  policy_.reset();
  append(notes.troubles, producer_->take_log_lines());
  if (producer_->disturbances() != disturbances) {
    // Committed, but perhaps asked for twice: the second request must not meet the next transaction.
    notes.troubles.emplace_back("commit: a connection broke meanwhile; going on with a new producer");
    drop_producer();
    if (auto made = ready_producer(notes); !made) return made;
    if (!taken_over_) begin_anew();
  }
  return {};
}

base::Status Pipeline::end_transaction(Phase& phase) {
  if (!in_transaction_) {
    if (auto status = producer_->begin(); !status) return status;
    in_transaction_ = true;
  }
  if (auto status = producer_->flush(kAnswerMax); !status) return status;
  std::vector<kafka::TopicPartition> offsets;
  for (const std::int32_t partition : moved_) offsets.push_back({topics::kRawData, partition, next_[partition]});
  if (!offsets.empty()) {
    phase = Phase::kOffsets;
    if (auto status = producer_->send_offsets(offsets, connections_.raw->group(), kAnswerMax); !status) return status;
  }
  phase = Phase::kCommit;
  return producer_->commit(kAnswerMax);
}

base::Status Pipeline::finish(Notes& notes) {
  if (state_ != State::kWorking || !policy_.has_work()) return {};
  const std::uint64_t commits = counted_.commits;
  if (auto status = commit(notes); !status) return status;
  if (counted_.commits == commits) return base::retry_error("not committed; it is done again next time");
  return {};
}

}  // namespace odograph::process
