#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fleet/process/partition_note.h"
#include "fleet/process/pipeline.h"
#include "fleet/process/row_moves.h"
#include "lib/base/time.h"
#include "lib/kafka/admin.h"
#include "lib/kafka/consumer.h"
#include "lib/kafka/transactional_producer.h"

namespace odograph::process {

/// What `topics scale` is asked for.
struct ScaleOptions {
  std::string group;
  std::int32_t partitions = 0;
  /// From when the partitions are there until every vehicle knows of them.
  base::Millis settle{};
  /// For processors that were stopped to be given up by the group.
  base::Millis patience{};
  Begin begin = Begin::kEarliest;
};

/// What to do about the processors that are still in a group, at least 1.
std::string stop_first(std::size_t members, const std::string& group);
/// Why it waits for them meanwhile.
std::string waits_for(std::size_t members, const std::string& group);

/// The brokers, as the scaler sees them.
struct ScaleBrokers {
  std::unique_ptr<kafka::Admin> admin;
  std::unique_ptr<kafka::Consumer> offsets;  ///< Of the group, not subscribed: asks what is committed.
  std::unique_ptr<kafka::Consumer> marks;    ///< Of no group, Isolation::kAll.
  Connections::MakeReader make_reader;       ///< Of no group, committed data only.
  std::unique_ptr<kafka::TransactionalProducer> producer;
};

/// Adds partitions to all topics that are partitioned by vehicle, while vehicles go on sending and no processor runs.
///
/// Whatever interrupts it: run again, it goes on, and until it is done no processor works. docs/decisions/0017 has the
/// picture.
class Scaler {
 public:
  struct Caller {
    std::function<void(const std::string&)> tell;  ///< A line for people.
    std::function<bool()> stopped;
    const base::Clock& clock;
  };

  using Connect = std::function<base::Result<ScaleBrokers>()>;

  /// `connect`: called once before the partitions are added, and once after.
  Scaler(const ScaleOptions& options, Connect connect, Caller caller)
      : options_(options), connect_(std::move(connect)), caller_(std::move(caller)) {}

  /// `kStop` with what to do about it; `kRetry` if a broker did not answer.
  base::Status run();

 private:
  using TakeRow = std::function<void(kafka::Message&&)>;

  base::Status open();
  base::Status check_topics();
  base::Status wait_for_processors();
  base::Status find_plan();
  base::Status write_plan(std::int32_t partitions);
  base::Status pause(base::Millis duration);
  base::Result<std::map<std::int32_t, std::int64_t>> ends(const std::string& topic, std::int32_t partitions);
  base::Status read_rows(const std::string& topic, std::int32_t partitions, const TakeRow& take);
  base::Status move_rows(const std::string& topic, std::int32_t partitions);
  base::Status commit_beginnings();
  base::Status write_notes();
  base::Result<std::vector<Inherited>> backlog();
  base::Status write(const kafka::Outgoing& row);
  base::Status commit();

  const ScaleOptions options_;
  const Connect connect_;
  ScaleBrokers brokers_;
  const Caller caller_;
  std::int32_t before_ = 0;     ///< Partitions that there were when this began.
  std::int64_t begun_ms_ = -1;  ///< When the first try did; -1: there was none.
  std::map<std::int32_t, PartitionNote> notes_;
  std::size_t written_bytes_ = 0;  ///< In the transaction that is open; 0: none is.
};

}  // namespace odograph::process
