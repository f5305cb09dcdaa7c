#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "fleet/process/report_bytes.h"
#include "fleet/vehicle/outcome.h"
#include "lib/model/record.h"
#include "lib/wire/record_batch.h"

namespace odograph::process {

/// How reports become messages of processed-data-topic.
enum class ReportForm {
  kSingle,  ///< Each is one.
  kPacked,  ///< Those of one message of raw-data-topic are one ReportPack, or few.
};

/// Puts the reports of a batch among the outputs, in the order of the records.
///
/// In packs: the bytes of each report are those that it has alone, and so is a report that has nothing to be packed
/// with. A pack ends with the batch, at a bound, and before anything else that is written to processed-data-topic under
/// the vehicle's key: whoever unpacks reads everything of a vehicle in the order of `kSingle`.
class ReportWriter {
 public:
  static constexpr std::size_t kPackRecordsMax = 1000;
  /// A longer report is written alone. Four packs fit into what a broker takes by default.
  static constexpr std::size_t kPackBytesMax = 256 << 10;

  explicit ReportWriter(ReportForm form) : form_(form) {}

  /// The records that follow are of this batch; `header` is borrowed until `end`.
  void begin(const wire::BatchHeader& header);

  /// Others append to `outcome.outputs` between the calls, and take nothing away.
  void add(const model::Record& record, vehicle::Outcome& outcome);

  void end(vehicle::Outcome& outcome);

 private:
  bool is_followed(const vehicle::Outcome& outcome);

  const ReportForm form_;
  ReportEncoder encoder_;
  const wire::BatchHeader* header_ = nullptr;
  std::size_t count_ = 0;   ///< Of the pack that is open.
  std::size_t place_ = 0;   ///< Its own among the outputs.
  std::size_t looked_ = 0;  ///< Outputs before this one are known not to end it.
  std::string id_;
  std::string records_;    ///< Each as a field of the pack.
  std::size_t first_ = 0;  ///< Where the first one begins, behind its tag and length.
};

}  // namespace odograph::process
