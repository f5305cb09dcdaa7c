#include "fleet/process/restorer.h"

#include <algorithm>
#include <utility>

#include "fleet/topics/topic_table.h"

namespace odograph::process {
namespace {

constexpr std::size_t kRowsMax = 2'000;

/// An error only if it is the end of all.
base::Status load(const kafka::Message& row, Processor& processor, std::vector<std::string>& troubles) {
  auto status = processor.load(row);
  if (status || status.error().action == base::Action::kStop) return status;
  troubles.push_back(status.error().what + "; it begins anew");
  return {};
}

}  // namespace

base::Result<std::unique_ptr<Restorer>> Restorer::begin(std::unique_ptr<kafka::Consumer> reader,
                                                        const std::map<std::int32_t, kafka::Watermarks>& ends) {
  std::map<std::int32_t, std::int64_t> open;
  std::vector<kafka::TopicPartition> partitions;
  for (const auto& [partition, marks] : ends) {
    if (marks.high <= marks.low) continue;
    open[partition] = marks.high;
    partitions.push_back({topics::kVehicleState, partition, marks.low});
  }
  if (!partitions.empty()) {
    if (auto status = reader->assign(partitions); !status) return status.error();
  }
  return std::unique_ptr<Restorer>(new Restorer(std::move(reader), std::move(open)));
}

base::Status Restorer::step(base::Millis timeout, Processor& processor, std::vector<std::string>& troubles) {
  if (is_done()) return {};
  std::vector<kafka::Message> rows;
  kafka::ConsumerEvents events;
  reader_->poll(timeout, kRowsMax, rows, events);
  for (std::string& error : events.errors) troubles.push_back("state: " + std::move(error));
  for (kafka::Message& row : rows) {
    const kafka::TopicPartition next{row.topic, row.partition, row.offset + 1};
    if (auto status = take(row, processor, troubles); !status) return status;
    if (auto status = reached(next, processor, troubles); !status) return status;
  }
  // The end of a partition may be control records, which nobody is shown.
  for (const kafka::TopicPartition& each : events.ended) {
    if (auto status = reached(each, processor, troubles); !status) return status;
  }
  return {};
}

base::Status Restorer::take(kafka::Message& row, Processor& processor, std::vector<std::string>& troubles) {
  ++rows_;
  bytes_ += row.key.size() + row.value.size();
  // Behind the end nothing is waited for.
  if (!open_.contains(row.partition)) return load(row, processor, troubles);
  Row& newest = newest_[row.partition][std::move(row.key)];
  newest.offset = row.offset;
  newest.value = row.value;  // Into the room of the one before.
  newest.tombstone = row.tombstone;
  return {};
}

base::Status Restorer::reached(const kafka::TopicPartition& next, Processor& processor,
                               std::vector<std::string>& troubles) {
  const auto found = open_.find(next.partition);
  if (found == open_.end() || next.offset < found->second) return {};
  open_.erase(found);
  Rows rows = std::exchange(newest_[next.partition], {});
  std::vector<std::pair<std::int64_t, Rows::const_iterator>> order;
  order.reserve(rows.size());
  for (auto row = rows.cbegin(); row != rows.cend(); ++row) order.emplace_back(row->second.offset, row);
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [offset, at] : order) {
    // Each goes as soon as it is loaded: the vehicles take its room.
    auto row = rows.extract(at);
    kafka::Message message;
    message.partition = next.partition;
    message.offset = offset;
    message.key = std::move(row.key());
    message.value = std::move(row.mapped().value);
    message.tombstone = row.mapped().tombstone;
    if (auto status = load(message, processor, troubles); !status) return status;
  }
  return {};
}

}  // namespace odograph::process
