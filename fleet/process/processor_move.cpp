// The part of Processor that knows of vehicles which changed their partition when some were added.

#include <algorithm>

#include "fleet/process/processor.h"

namespace odograph::process {

bool Processor::is_left(const Partition& partition, const kafka::Message& message) {
  return message.offset < partition.note.left_to &&
         place_of(message.key, partition.note.partitions, partition.number) != partition.number;
}

bool Processor::is_scaling() const {
  return std::any_of(partitions_.begin(), partitions_.end(), [](const auto& each) { return each.second.is_scaling; });
}

std::vector<Inherited> Processor::inherited() const {
  std::vector<Inherited> wanted;
  for (const auto& [number, partition] : partitions_) {
    for (const Inherited& each : partition.note.inherited) {
      const auto known = std::find_if(wanted.begin(), wanted.end(),
                                      [&](const Inherited& other) { return other.partition == each.partition; });
      if (known == wanted.end()) {
        wanted.push_back(each);
      } else {
        known->next = std::min(known->next, each.next);
        known->end = std::max(known->end, each.end);
      }
    }
  }
  return wanted;
}

void Processor::on_inherited(kafka::Message message, Outcome& outcome) {
  const std::int32_t from = message.partition;
  for (auto& [number, partition] : partitions_) {
    const auto found = std::find_if(partition.note.inherited.begin(), partition.note.inherited.end(),
                                    [&](const Inherited& each) { return each.partition == from; });
    const bool is_wanted = found != partition.note.inherited.end() && message.offset >= found->next &&
                           message.offset < found->end &&
                           place_of(message.key, partition.note.partitions, from) == number;
    if (!is_wanted) continue;
    message.partition = number;
    // What others of this partition sent by then has not been read: their time stands still.
    time_stands_ = true;
    take(message, outcome);
    time_stands_ = false;
    break;
  }
  on_inherited_read({from, message.offset + 1, 0});
}

void Processor::on_inherited_read(const Inherited& read) {
  for (auto& [number, partition] : partitions_) {
    auto& inherited = partition.note.inherited;
    for (Inherited& each : inherited) {
      if (each.partition != read.partition || each.next >= read.next) continue;
      each.next = read.next;
      partition.noted = false;
    }
    std::erase_if(inherited, [](const Inherited& each) { return each.next >= each.end; });
  }
}

}  // namespace odograph::process
