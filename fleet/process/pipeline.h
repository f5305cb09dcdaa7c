#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fleet/process/freshness.h"
#include "fleet/process/processor.h"
#include "fleet/process/restorer.h"
#include "fleet/process/table_reader.h"
#include "fleet/process/transaction_plan.h"
#include "lib/base/time.h"
#include "lib/kafka/consumer.h"
#include "lib/kafka/transactional_producer.h"

namespace odograph::process {

/// Where a group begins on a partition of which it has committed nothing.
enum class Begin {
  kEarliest,  ///< With the first message that is there.
  kLatest,    ///< With what comes from then on.
};

/// Where what is known of the vehicles stays.
enum class Memory {
  kKept,     ///< In vehicle-state-topic and segment-profile-topic.
  kProcess,  ///< In this process only: a restart, or a transaction that is given up, begins with nothing.
};

/// What the processor does and how often it commits.
struct PipelineOptions {
  ProcessorOptions processor;
  Tables tables;
  base::Millis commit_interval{500};
  Begin begin = Begin::kEarliest;
  /// There is one of these topics, so only one group may keep its memory there.
  Memory memory = Memory::kKept;
  /// A larger output is given up: no broker would take it, however often it is tried.
  std::size_t output_bytes_max = (1 << 20) + (64 << 10);
};

/// Lines for the log.
struct Notes {
  std::vector<std::string> news;      ///< As it should be.
  std::vector<std::string> troubles;  ///< Dead letters, gaps, refusals, a broker that is away.
};

/// What the pipeline is at, for whoever looks.
struct Work {
  /// kWaiting: for partitions. kPaused: refused by the brokers.
  enum class Doing { kWaiting, kRestoring, kSettling, kWorking, kPaused };
  Doing doing = Doing::kWaiting;
  std::string refusal{};    ///< kPaused: what this identity may not do.
  base::Millis next_try{};  ///< kPaused: from now.
  /// Since the last commit, while there is something to commit.
  int failures = 0;
  std::vector<PartitionLag> lags;  ///< Of the partitions that it works on, ascending.
  Latency event;                   ///< See Freshness.
  Latency append;
};

/// The brokers, as the pipeline sees them.
struct Connections {
  using MakeProducer = std::function<base::Result<std::unique_ptr<kafka::TransactionalProducer>>(kafka::Consumer& raw)>;
  using MakeReader = std::function<base::Result<std::unique_ptr<kafka::Consumer>>()>;

  std::unique_ptr<kafka::Consumer> raw;    ///< Of the group, subscribed to raw-data-topic, Start::kCaller.
  std::unique_ptr<kafka::Consumer> marks;  ///< Of no group, Isolation::kAll: for high watermarks.
  MakeReader make_reader;                  ///< Of no group, committed data only: for state and tables.
  MakeProducer make_producer;              ///< Of this instance's name.
  /// What tells the credentials from others that there may be later; empty: there are none.
  std::function<std::string()> credentials{};
};

/// The loop of the processor: read, process, write, commit. One thread, which calls `step` again and again.
///
/// Outputs, the state of the vehicles that they come of and the offsets of what was read are one transaction, every
/// `commit_interval`: of a process that is killed at any moment all of it is there or nothing, and the next one, here
/// or elsewhere, goes on from there. What to do about which failure is decided in transaction_plan.h.
class Pipeline {
 public:
  /// Messages taken from the consumer at once.
  static constexpr std::size_t kMessagesMax = 500;

  /// `clock` is borrowed.
  Pipeline(const PipelineOptions& options, Connections connections, const base::Clock& clock);

  /// Before the first `step`.
  void plug_in(std::unique_ptr<vehicle::Factory> factory) { processor_.plug_in(std::move(factory)); }

  /// One round, which waits at most 100 ms for something to do, longer only for the brokers' word on a transaction.
  /// What is worth a line in the log goes to `notes`. An error ends the program.
  base::Status step(Notes& notes);

  /// Commits what is done. `kRetry` if that failed: it comes again, and none of it was seen by anybody.
  base::Status finish(Notes& notes);

  Counters counters() const;
  Work work() const;

 private:
  enum class State {
    kIdle,       ///< Nothing is assigned.
    kToRestore,  ///< Assigned, and no state is there.
    kRestoring,
    kSettling,  ///< What vehicles that came from other partitions sent there comes first.
    kWorking,   ///< Only ever with a producer that has the name.
  };

  base::Status ready_producer(Notes& notes);
  base::Status follow(const kafka::ConsumerEvents& events, Notes& notes);
  base::Status begin_restore(Notes& notes);
  base::Status restore(Notes& notes);
  base::Status begin_settling(Notes& notes);
  base::Status settle(Notes& notes);
  base::Status begin_work(Notes& notes);
  base::Result<std::int64_t> start_of(const kafka::TopicPartition& committed, Notes& notes);
  base::Status process(std::vector<kafka::Message>& messages, Notes& notes);
  base::Status call_modules(Notes& notes);
  base::Status write(vehicle::Outcome& outcome, base::BootTime now, Notes& notes);
  base::Status send(Output&& output);
  base::Status commit(Notes& notes);
  base::Status end_transaction(Phase& phase);
  base::Status recover(Phase phase, const base::Error& error, Notes& notes);
  void drop_producer();
  void begin_anew();
  void look_at_credentials();
  void drop_assignment();
  base::Status retry(const base::Error& error, Notes& notes);

  const PipelineOptions options_;
  const base::Clock& clock_;
  Connections connections_;
  Processor processor_;
  CommitPolicy policy_;

  State state_ = State::kIdle;
  std::vector<kafka::Message> incoming_;  ///< Of one step; here, so that it keeps its memory.
  std::set<std::int32_t> assigned_;
  std::unique_ptr<Restorer> restorer_;
  std::unique_ptr<TableReader> tables_;    ///< From the restoring on, as long as the partitions are ours.
  std::unique_ptr<kafka::Consumer> heir_;  ///< kSettling: reads other partitions.
  base::BootTime restore_began_{};
  std::map<std::int32_t, std::int64_t> began_;  ///< Where this process began on partitions without a commit.
  std::map<std::int32_t, std::int64_t> next_;   ///< By partition, what is to be read next.
  std::set<std::int32_t> moved_;                ///< Partitions whose `next_` is not committed.
  std::set<std::int32_t> caught_up_;            ///< Partitions that are read to their end.
  std::set<std::int32_t> behind_;  ///< Partitions that have not been read to their end since they were given.

  std::unique_ptr<kafka::TransactionalProducer> producer_;
  bool taken_over_ = false;      ///< `producer_` has the name.
  bool in_transaction_ = false;  ///< Begun and not ended.
  int fences_ = 0;               ///< In a row.
  int missing_ = 0;              ///< How often in a row a topic or partition was not there.
  Pauses pauses_;
  std::string refusal_;     ///< What the last failure was about; empty if that was something else.
  std::string refused_as_;  ///< The credentials then.
  base::BootTime pause_until_{};
  base::BootTime wall_clock_at_{};
  Freshness fresh_;
  Counters counted_;  ///< The pipeline's own part.
};

}  // namespace odograph::process
