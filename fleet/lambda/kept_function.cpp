#include "fleet/lambda/kept_function.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "fleet/process/pipeline.h"
#include "fleet/process/restorer.h"
#include "fleet/topics/topic_table.h"

namespace odograph::lambda {
namespace {

/// A first try that meets an environment which went on without us, and one with the state read anew.
constexpr int kTries = 2;
constexpr base::Millis kTakeOverMax{10'000};
constexpr base::Millis kPoll{200};

kafka::Outgoing outgoing(const vehicle::Output& output) {
  return {output.topic, output.key, output.value ? std::string_view(*output.value) : std::string_view{}, output.headers,
          output.partition};
}

/// Who read the event would read it again and again.
void leave_out_what_no_broker_takes(vehicle::Outcome& outcome) {
  const std::size_t most = process::PipelineOptions{}.output_bytes_max;
  std::erase_if(outcome.outputs, [&](const vehicle::Output& output) {
    const std::size_t bytes = output.key.size() + (output.value ? output.value->size() : 0);
    if (bytes <= most) return false;
    vehicle::note(outcome, "write to " + output.topic + ": " + std::to_string(bytes) + " B of " + output.key +
                               " are more than any broker takes; given up");
    return true;
  });
}

}  // namespace

base::Result<Answer> KeptFunction::invoke(const MskEvent& event) {
  if (!event.states.empty()) {
    return base::drop_error("event: state: this function keeps its state in vehicle-state-topic (lambda.state)");
  }
  Answer answer{.messages = event.messages.size(), .outputs = {}, .states = {}, .notes = {}};
  const std::span<const kafka::Message> messages(event.messages);
  for (std::size_t begin = 0; begin < messages.size();) {
    const std::int32_t partition = messages[begin].partition;
    std::size_t end = begin;
    while (end < messages.size() && messages[end].partition == partition) ++end;
    if (auto status = work(partition, messages.subspan(begin, end - begin), answer); !status) return status.error();
    begin = end;
  }
  return answer;
}

base::Status KeptFunction::work(std::int32_t partition, std::span<const kafka::Message> messages, Answer& answer) {
  base::Status status;
  for (int tried = 0; tried < kTries; ++tried) {
    status = hold(partition, answer.notes);
    if (!status) break;
    vehicle::Outcome outcome;
    for (const kafka::Message& message : messages) process(*processor_, message, outcome);
    processor_->save(outcome);
    leave_out_what_no_broker_takes(outcome);
    kafka::TransactionalProducer& producer = *held_[partition].producer;
    const std::uint64_t disturbances = producer.disturbances();
    status = commit(producer, outcome);
    const bool doubtful = producer.disturbances() != disturbances;
    // A handle that may have asked twice must not meet another transaction.
    if (!status || doubtful) drop(partition);
    if (!status) {
      // Whatever it is to the producer, the next invocation brings all of it again.
      status = base::retry_error(status.error().what);
      answer.notes.push_back(status.error().what + "; the state is read anew");
      continue;
    }
    std::erase_if(outcome.outputs, [](const auto& output) { return output.topic == topics::kVehicleState; });
    answer.outputs.insert(answer.outputs.end(), std::make_move_iterator(outcome.outputs.begin()),
                          std::make_move_iterator(outcome.outputs.end()));
    answer.notes.insert(answer.notes.end(), outcome.notes.begin(), outcome.notes.end());
    return {};
  }
  return base::Error{status.error().action, "partition " + std::to_string(partition) + ": " + status.error().what};
}

/// A producer that has the partition's name, and the state as it was when it got it.
base::Status KeptFunction::hold(std::int32_t partition, std::vector<std::string>& notes) {
  if (const auto found = held_.find(partition); found != held_.end()) {
    found->second.used = ++uses_;
    return {};
  }
  if (held_.size() >= kPartitionsHeldMax) {
    const auto oldest = std::min_element(held_.begin(), held_.end(),
                                         [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
    drop(oldest->first);
  }
  auto producer = connections_.make_producer(partition);
  if (!producer) return producer.error();
  if (auto status = (*producer)->init(kTakeOverMax); !status) return status;
  // Only now: whoever had the name before cannot write behind what is read.
  auto status = restore(partition, notes);
  if (status) status = check_scaled();
  if (!status) {
    processor_->drop(partition);
    return status;
  }
  held_[partition] = {std::move(*producer), ++uses_};
  return {};
}

/// Where partitions were added: what the notes of the state say about it.
base::Status KeptFunction::check_scaled() const {
  if (processor_->is_scaling()) {
    return base::stop_error("odograph-fleet topics scale is under way, or was interrupted: run it again first");
  }
  if (!processor_->inherited().empty()) {
    return base::stop_error(
        "partitions were added while records of the old ones were not processed yet: run odograph-fleet process until "
        "they are");
  }
  return {};
}

base::Status KeptFunction::restore(std::int32_t partition, std::vector<std::string>& notes) {
  const auto marks = connections_.marks->watermarks(topics::kVehicleState, partition, kAnswerMax);
  if (!marks && marks.error().action == base::Action::kDrop) {
    return base::stop_error(marks.error().what + "; see odograph-fleet topics check");
  }
  if (!marks) return marks.error();
  auto reader = connections_.make_reader();
  if (!reader) return reader.error();
  auto restorer = process::Restorer::begin(std::move(*reader), {{partition, *marks}});
  if (!restorer) return restorer.error();
  const base::BootTime end = clock_.boot_now() + kRestoreMax;
  while (!(*restorer)->is_done()) {
    if (auto status = (*restorer)->step(kPoll, *processor_, notes); !status) return status;
    if (clock_.boot_now() >= end && !(*restorer)->is_done()) {
      return base::retry_error("read the state back: not done after " + std::to_string(kRestoreMax.count() / 1000) +
                               " s, " + std::to_string((*restorer)->rows()) + " rows so far");
    }
  }
  return {};
}

base::Status KeptFunction::commit(kafka::TransactionalProducer& producer, vehicle::Outcome& outcome) {
  if (auto status = producer.begin(); !status) return status;
  if (auto status = write(producer, outcome); !status) return status;
  if (auto status = producer.flush(kAnswerMax); !status) return status;
  return producer.commit(kAnswerMax);
}

base::Status KeptFunction::write(kafka::TransactionalProducer& producer, vehicle::Outcome& outcome) {
  const base::BootTime end = clock_.boot_now() + kAnswerMax;
  for (const vehicle::Output& output : outcome.outputs) {
    for (;;) {
      auto status = producer.send(outgoing(output));
      if (status) break;
      if (status.error().action != base::Action::kRetry || clock_.boot_now() >= end) return status;
    }
  }
  return {};
}

/// What is in memory may be ahead of what is committed, or behind it.
void KeptFunction::drop(std::int32_t partition) {
  held_.erase(partition);
  processor_->drop(partition);
}

}  // namespace odograph::lambda
