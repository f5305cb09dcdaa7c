#include "fleet/decode/read_topic.h"

#include <cerrno>
#include <ostream>
#include <set>

#include "lib/base/output.h"

namespace odograph::decode {
namespace {

constexpr std::chrono::milliseconds kWait{200};
constexpr std::size_t kMessagesMax = 500;
constexpr std::int64_t kEarliest = -2;
constexpr std::int64_t kLatest = -1;

base::Result<std::vector<kafka::TopicPartition>> partitions_of(const ReadOptions& options, kafka::Admin& admin) {
  if (auto ours = check_readable(options.topic); !ours) return ours.error();
  const auto states = admin.describe({options.topic});
  if (!states) return states.error();
  if (states->empty() || !states->front().exists) return base::stop_error("topic " + options.topic + " does not exist");
  std::vector<kafka::TopicPartition> partitions;
  const std::int64_t from = options.from == ReadOptions::From::kBeginning ? kEarliest : kLatest;
  for (int i = 0; i < states->front().partitions; ++i) partitions.push_back({options.topic, i, from});
  return partitions;
}

/// Prints until the limit; how many lines are still to come stands in `left`.
void print(const kafka::Message& message, Place place, std::optional<std::uint64_t>& left, const Console& console) {
  const auto lines = lines_of(message, place);
  if (!lines) {
    console.err << message.topic << '/' << message.partition << " offset " << message.offset << ": "
                << lines.error().what << '\n';
    return;
  }
  for (const std::string& line : *lines) {
    if (left && *left == 0) return;
    console.out << line << '\n';
    if (left) --*left;
  }
}

}  // namespace

base::Status read_topic(const ReadOptions& options, kafka::Admin& admin, kafka::Consumer& consumer,
                        const Console& console) {
  const auto partitions = partitions_of(options, admin);
  if (!partitions) return partitions.error();
  if (auto status = consumer.assign(*partitions); !status) return status;
  std::set<std::int32_t> ended;
  std::optional<std::uint64_t> left = options.limit;
  while (!console.stopped() && !(left && *left == 0)) {
    std::vector<kafka::Message> messages;
    kafka::ConsumerEvents events;
    consumer.poll(kWait, kMessagesMax, messages, events);
    errno = 0;
    for (const kafka::Message& message : messages) print(message, options.place, left, console);
    // With a right that is missing no end is ever reached. Who waits for what is still to come may get the right.
    const bool is_over = options.until == ReadOptions::Until::kEnd && events.denied;
    for (const std::string& error : events.errors) {
      if (!is_over || error != *events.denied) console.err << error << '\n';
    }
    console.out.flush();
    if (!console.out) return base::output_failed(errno);
    if (is_over) return base::stop_error(*events.denied);
    for (const auto& partition : events.ended) ended.insert(partition.partition);
    if (options.until == ReadOptions::Until::kEnd && ended.size() == partitions->size()) break;
  }
  return {};
}

}  // namespace odograph::decode
