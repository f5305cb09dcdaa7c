#include "fleet/process/restorer.h"

#include "fleet/topics/topic_table.h"

namespace odograph::process {
namespace {

constexpr std::size_t kRowsMax = 2'000;

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
  for (const kafka::Message& row : rows) {
    ++rows_;
    bytes_ += row.key.size() + row.value.size();
    if (auto status = processor.load(row); !status) {
      if (status.error().action == base::Action::kStop) return status;
      troubles.push_back(status.error().what + "; it begins anew");
    }
    reached(row.partition, row.offset + 1);
  }
  // The end of a partition may be control records, which nobody is shown.
  for (const kafka::TopicPartition& each : events.ended) reached(each.partition, each.offset);
  return {};
}

void Restorer::reached(std::int32_t partition, std::int64_t next) {
  const auto found = open_.find(partition);
  if (found != open_.end() && next >= found->second) open_.erase(found);
}

}  // namespace odograph::process
