#include "fleet/process/table_reader.h"

#include <utility>

namespace odograph::process {
namespace {

constexpr std::size_t kRowsMax = 2'000;
constexpr base::Millis kAnswerMax{5'000};

std::vector<kafka::TopicPartition> all_of(const Tables& tables, const std::set<std::int32_t>& partitions) {
  std::vector<kafka::TopicPartition> all;
  for (const std::string& topic : tables.shared) all.push_back({topic, 0, 0});
  for (const std::string& topic : tables.of_vehicles) {
    for (const std::int32_t partition : partitions) all.push_back({topic, partition, 0});
  }
  return all;
}

}  // namespace

base::Result<std::unique_ptr<TableReader>> TableReader::begin(const Tables& tables,
                                                              const std::set<std::int32_t>& partitions,
                                                              kafka::Consumer& marks, const MakeReader& make) {
  std::unique_ptr<TableReader> tables_reader(new TableReader(tables));
  std::vector<kafka::TopicPartition> all = all_of(tables, partitions);
  if (all.empty()) return tables_reader;
  for (kafka::TopicPartition& each : all) {
    const auto ends = marks.watermarks(each.topic, each.partition, kAnswerMax);
    if (!ends) return ends.error();
    each.offset = ends->low;
    if (ends->high > ends->low) tables_reader->open_[{each.topic, each.partition}] = ends->high;
  }
  auto reader = make();
  if (!reader) return reader.error();
  tables_reader->reader_ = std::move(*reader);
  if (auto status = tables_reader->reader_->assign(all); !status) return status.error();
  return tables_reader;
}

void TableReader::step(base::Millis timeout, std::vector<std::string>& troubles) {
  if (!reader_) return;
  std::vector<kafka::Message> rows;
  kafka::ConsumerEvents events;
  reader_->poll(timeout, kRowsMax, rows, events);
  for (std::string& error : events.errors) troubles.push_back("tables: " + std::move(error));
  rows_ += rows.size();
  for (kafka::Message& row : rows) {
    const TopicAndPartition where{row.topic, row.partition};
    const std::int64_t next = row.offset + 1;
    if (told_) {
      later_.push_back(std::move(row));
    } else {
      newest_.insert_or_assign(Key{is_of_vehicles(row), row.topic, row.partition, row.key}, std::move(row));
    }
    reached(where, next);
  }
  // The end of a partition may be control records, which nobody is shown.
  for (const kafka::TopicPartition& each : events.ended) reached({each.topic, each.partition}, each.offset);
}

void TableReader::hand_over(Processor& processor, vehicle::Outcome& outcome) {
  if (!is_complete()) return;
  for (const auto& [key, row] : std::exchange(newest_, {})) tell(row, processor, outcome);
  for (const kafka::Message& row : std::exchange(later_, {})) tell(row, processor, outcome);
  told_ = true;
}

void TableReader::tell(const kafka::Message& row, Processor& processor, vehicle::Outcome& outcome) const {
  vehicle::TableRow told{row.topic, row.key, std::nullopt};
  if (!row.tombstone) told.value = row.value;
  if (is_of_vehicles(row)) {
    processor.on_vehicle_row(row.partition, told, outcome);
  } else {
    processor.on_shared_row(told);
  }
}

void TableReader::reached(const TopicAndPartition& where, std::int64_t next) {
  const auto found = open_.find(where);
  if (found != open_.end() && next >= found->second) open_.erase(found);
}

}  // namespace odograph::process
