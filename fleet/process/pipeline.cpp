#include "fleet/process/pipeline.h"

#include <algorithm>

namespace odograph::process {
namespace {

constexpr base::Millis kWait{100};
/// Well below the time after which the group takes a member for dead.
constexpr base::Millis kHandOverMax{10'000};

std::string name_of(const kafka::TopicPartition& partition) {
  return partition.topic + '/' + std::to_string(partition.partition);
}

std::string names_of(const std::vector<kafka::TopicPartition>& partitions) {
  std::string names;
  for (const auto& each : partitions) names += (names.empty() ? "" : ", ") + name_of(each);
  return names;
}

}  // namespace

Pipeline::Pipeline(const PipelineOptions& options, std::unique_ptr<kafka::Consumer> consumer,
                   Sender::MakeProducer make_producer, const base::Clock& clock)
    : commit_interval_(options.commit_interval),
      clock_(clock),
      processor_(options.processor),
      sender_(std::move(make_producer)),
      consumer_(std::move(consumer)),
      commit_at_(clock.boot_now() + options.commit_interval) {}

base::Status Pipeline::step(Notes& notes) {
  const bool commit_due = !uncommitted_.empty() && clock_.boot_now() >= commit_at_;
  if (!commit_due) {
    if (pending_.empty() && sender_.has_room()) {
      if (auto status = read(notes); !status) return status;
    }
    process_pending(notes);
  }
  const bool waits = !sender_.is_empty() && (commit_due || !sender_.has_room());
  if (auto status = sender_.pump(clock_.boot_now(), waits ? kWait : base::Millis(0), notes.troubles); !status)
    return status;
  return commit_due && sender_.is_empty() ? commit(notes) : base::Status{};
}

base::Status Pipeline::read(Notes& notes) {
  std::vector<kafka::Message> messages;
  kafka::ConsumerEvents events;
  consumer_->poll(kWait, kMessagesMax, messages, events);
  std::move(messages.begin(), messages.end(), std::back_inserter(pending_));
  for (std::string& error : events.errors) notes.troubles.push_back("consumer: " + std::move(error));
  if (!events.assigned.empty()) notes.news.push_back("assigned: " + names_of(events.assigned));
  for (const auto& partition : events.assigned) behind_.insert({partition.topic, partition.partition});
  for (const auto& partition : events.ended) {
    if (behind_.erase({partition.topic, partition.partition}) > 0) {
      notes.news.push_back("read to the end: " + name_of(partition));
    }
  }
  return events.revoked.empty() ? base::Status{} : hand_over(events.revoked, notes);
}

void Pipeline::process_pending(Notes& notes) {
  for (; !pending_.empty() && sender_.has_room(); pending_.pop_front()) {
    const kafka::Message& message = pending_.front();
    Outcome outcome;
    processor_.on_message(message, outcome);
    for (Output& output : outcome.outputs) sender_.add(std::move(output));
    std::move(outcome.notes.begin(), outcome.notes.end(), std::back_inserter(notes.troubles));
    uncommitted_[{message.topic, message.partition}] = message.offset + 1;
  }
}

base::Status Pipeline::drain(base::Millis timeout, Notes& notes) {
  const base::BootTime end = clock_.boot_now() + timeout;
  while (!sender_.is_empty() && clock_.boot_now() < end) {
    if (auto status = sender_.pump(clock_.boot_now(), kWait, notes.troubles); !status) return status;
  }
  return {};
}

/// The partitions are still ours until the next poll: what was read is finished, or left to the next owner.
base::Status Pipeline::hand_over(const std::vector<kafka::TopicPartition>& revoked, Notes& notes) {
  notes.news.push_back("handing over: " + names_of(revoked));
  pending_.clear();  // Not processed, so not committed either: the next owner reads it.
  if (auto status = drain(kHandOverMax, notes); !status) return status;
  base::Status status;
  if (sender_.is_empty()) {
    status = commit(notes);
  } else {
    notes.troubles.emplace_back("handing over: not everything is written, the next owner writes some of it again");
  }
  uncommitted_.clear();
  behind_.clear();
  for (const auto& partition : revoked) processor_.on_revoked(partition.partition);
  return status;
}

base::Status Pipeline::commit(Notes& notes) {
  commit_at_ = clock_.boot_now() + commit_interval_;
  if (uncommitted_.empty()) return {};
  std::vector<kafka::TopicPartition> offsets;
  for (const auto& [key, offset] : uncommitted_) offsets.push_back({key.first, key.second, offset});
  auto status = consumer_->commit(offsets);
  if (status) {
    ++commits_;
    uncommitted_.clear();
    return {};
  }
  ++commits_failed_;
  notes.troubles.push_back(status.error().what);
  if (status.error().action == base::Action::kStop) return status;
  // The group went on without us: others do that work again, and the next poll tells what is ours.
  if (status.error().action == base::Action::kDrop) uncommitted_.clear();
  return {};
}

base::Status Pipeline::finish(base::Millis timeout, Notes& notes) {
  pending_.clear();
  if (auto status = drain(timeout, notes); !status) return status;
  if (!sender_.is_empty()) return base::retry_error("not everything could be written; it is written again next time");
  if (auto status = commit(notes); !status) return status;
  if (!uncommitted_.empty()) return base::retry_error("offsets not committed; some is written again next time");
  return {};
}

Counters Pipeline::counters() const {
  Counters counters = processor_.counters();
  counters.resends = sender_.counts().resends;
  counters.outputs_refused = sender_.counts().refused;
  counters.commits = commits_;
  counters.commits_failed = commits_failed_;
  return counters;
}

}  // namespace odograph::process
