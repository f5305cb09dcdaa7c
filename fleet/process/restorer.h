#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "fleet/process/processor.h"
#include "lib/base/time.h"
#include "lib/kafka/consumer.h"

namespace odograph::process {

/// Brings the state of some partitions back from vehicle-state-topic: from its beginning up to a given end.
///
/// The end is the high watermark as a reader of all data sees it, but what is read is only what was committed: so a
/// transaction of a former owner that is still open is waited for (the brokers end it within its time-out).
///
/// Of each key the newest row counts: the others are passed over unread. Rows are loaded in their order, once their
/// partition is read to its end; until then they are kept as bytes.
class Restorer {
 public:
  /// `reader` is of no group and sees committed data only. `ends`: by partition, the offset after the last.
  static base::Result<std::unique_ptr<Restorer>> begin(std::unique_ptr<kafka::Consumer> reader,
                                                       const std::map<std::int32_t, kafka::Watermarks>& ends);

  /// Reads on for at most about `timeout`. What cannot be read is left out and told in `troubles`; a newer version of
  /// the state is an error (`kStop`).
  base::Status step(base::Millis timeout, Processor& processor, std::vector<std::string>& troubles);

  bool is_done() const { return open_.empty(); }
  std::uint64_t rows() const { return rows_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  Restorer(std::unique_ptr<kafka::Consumer> reader, std::map<std::int32_t, std::int64_t> open)
      : reader_(std::move(reader)), open_(std::move(open)) {}

  /// What stands there of a key.
  struct Row {
    std::int64_t offset = 0;
    std::string value;
    bool tombstone = false;
  };
  using Rows = std::unordered_map<std::string, Row>;

  base::Status take(kafka::Message& row, Processor& processor, std::vector<std::string>& troubles);
  /// Hands the rows of the partition over, if that was its end.
  base::Status reached(const kafka::TopicPartition& next, Processor& processor, std::vector<std::string>& troubles);

  std::unique_ptr<kafka::Consumer> reader_;
  std::map<std::int32_t, std::int64_t> open_;  ///< Partitions that have not reached their end.
  std::map<std::int32_t, Rows> newest_;        ///< Of those partitions.
  std::uint64_t rows_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace odograph::process
