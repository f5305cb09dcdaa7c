#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "fleet/process/processor.h"
#include "fleet/process/sender.h"
#include "lib/base/time.h"
#include "lib/kafka/consumer.h"

namespace odograph::process {

/// What the processor does and how often it commits.
struct PipelineOptions {
  ProcessorOptions processor;
  base::Millis commit_interval{500};
};

/// Lines for the log.
struct Notes {
  std::vector<std::string> news;      ///< As it should be.
  std::vector<std::string> troubles;  ///< Dead letters, gaps, refusals, a broker that is away.
};

/// The loop of the processor: read, process, write, commit. One thread, which calls `step` again and again.
///
/// Each record's outputs are written at least once: offsets are committed only when the broker has acknowledged all
/// that came of the messages before them, every `commit_interval`, before a partition goes to somebody else, and at the
/// end. What was written but not committed is written again after a crash, under the same identities.
class Pipeline {
 public:
  /// Messages taken from the consumer at once.
  static constexpr std::size_t kMessagesMax = 500;

  /// `consumer` is subscribed to raw-data-topic by the caller. `clock` is borrowed.
  Pipeline(const PipelineOptions& options, std::unique_ptr<kafka::Consumer> consumer,
           Sender::MakeProducer make_producer, const base::Clock& clock);

  /// One round, which waits at most 100 ms for something to do, longer only to commit or to hand a partition over.
  /// What is worth a line in the log goes to `notes`. An error ends the program.
  base::Status step(Notes& notes);

  /// Writes out and commits what is under way. `kRetry` if `timeout` was not enough: what is left comes again.
  base::Status finish(base::Millis timeout, Notes& notes);

  Counters counters() const;

 private:
  using Key = std::pair<std::string, std::int32_t>;  ///< Topic and partition.

  base::Status read(Notes& notes);
  void process_pending(Notes& notes);
  base::Status drain(base::Millis timeout, Notes& notes);
  base::Status hand_over(const std::vector<kafka::TopicPartition>& revoked, Notes& notes);
  base::Status commit(Notes& notes);

  const base::Millis commit_interval_;
  const base::Clock& clock_;
  Processor processor_;
  Sender sender_;
  std::unique_ptr<kafka::Consumer> consumer_;
  std::deque<kafka::Message> pending_;       ///< Read, not processed; at most kMessagesMax and what came with them.
  std::map<Key, std::int64_t> uncommitted_;  ///< The next offset to read.
  std::set<Key> behind_;                     ///< Assigned, and not read to the end since.
  base::BootTime commit_at_{};
  std::uint64_t commits_ = 0;
  std::uint64_t commits_failed_ = 0;
};

}  // namespace odograph::process
