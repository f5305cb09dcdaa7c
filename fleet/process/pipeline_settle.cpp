// What comes before a partition's own messages where vehicles have come to it: see docs/decisions/0017.

#include "fleet/process/pipeline.h"
#include "fleet/topics/topic_table.h"

namespace odograph::process {
namespace {

constexpr base::Millis kWait{100};

}  // namespace

base::Status Pipeline::begin_settling(Notes& notes) {
  std::vector<kafka::TopicPartition> partitions;
  for (const Inherited& each : processor_.inherited()) {
    const auto marks = connections_.marks->watermarks(topics::kRawData, each.partition, base::Millis(5'000));
    if (!marks) return retry(marks.error(), notes);
    // Deleted meanwhile, or none at all: nothing will come that moves it on.
    processor_.on_inherited_read({each.partition, std::min(marks->low, each.end), 0});
    if (marks->low < each.end)
      partitions.push_back({topics::kRawData, each.partition, std::max(marks->low, each.next)});
  }
  notes.news.push_back("vehicles have come from " + std::to_string(partitions.size()) +
                       " other partitions; what they sent there comes first");
  auto reader = connections_.make_reader();
  if (!reader) return reader.error();
  if (auto status = (*reader)->assign(partitions); !status) return retry(status.error(), notes);
  heir_ = std::move(*reader);
  state_ = State::kSettling;
  // The trips come with the vehicles: what they sent is judged by them.
  if (auto status = call_modules(notes); !status || state_ != State::kSettling) return status;
  return settle(notes);
}

base::Status Pipeline::settle(Notes& notes) {
  std::vector<kafka::Message> messages;
  kafka::ConsumerEvents events;
  if (!processor_.inherited().empty()) heir_->poll(kWait, kMessagesMax, messages, events);
  for (const std::string& error : events.errors) notes.troubles.push_back("consumer: " + error);
  for (const kafka::Message& message : messages) {
    Outcome outcome;
    processor_.on_inherited(message, outcome);
    const base::BootTime now = clock_.boot_now();
    policy_.add(now, 0);
    if (auto status = write(outcome, now, notes); !status) return recover(Phase::kWrite, status.error(), notes);
  }
  for (const kafka::TopicPartition& each : events.ended) processor_.on_inherited_read({each.partition, each.offset, 0});
  const bool is_done = processor_.inherited().empty();
  // Their own offsets, which stay where they are: by these the brokers know whether the partitions are still ours.
  moved_ = assigned_;
  policy_.add(clock_.boot_now(), 0);
  if (is_done || policy_.is_due(clock_.boot_now())) {
    if (auto status = commit(notes); !status || state_ != State::kSettling) return status;
  }
  if (!is_done) return {};
  heir_.reset();
  return begin_work(notes);
}

}  // namespace odograph::process
