#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "lib/model/record.h"
#include "lib/wire/record_batch.h"

namespace odograph::process {

/// A serialised ProcessedRecord, and its `id`.
struct EncodedReport {
  std::string_view id;
  std::string_view bytes;
};

/// The bytes of `to_report(header, record)`, without the message in between, which costs several times as much: there
/// is one for each record that any vehicle sends.
class ReportEncoder {
 public:
  ReportEncoder() = default;
  ReportEncoder(const ReportEncoder&) = delete;
  ReportEncoder& operator=(const ReportEncoder&) = delete;
  ~ReportEncoder() = default;

  /// The records that follow are of this batch; `header` is borrowed as long as they are.
  void begin(const wire::BatchHeader& header);

  /// After `begin`. Good until the next call.
  EncodedReport encode(const model::Record& record);

 private:
  /// True if the room holds its report, and if it has nothing but what is written here.
  static bool is_usual(const wire::BatchHeader& header);
  static bool is_usual(const model::Record& record);

  static constexpr std::size_t kVehicleBytesMax = 64;
  /// Vehicle, 16 digits, a lane of 5 letters, numbers of 20 and 10 digits, and 4 slashes.
  static constexpr std::size_t kIdBytesMax = kVehicleBytesMax + 16 + 5 + 20 + 10 + 4;
  /// Of the id, and of a report below 16 KiB.
  static constexpr std::size_t kLengthsBytesMax = 2 + 3;
  /// Longer reports are seldom: of dozens of signals.
  static constexpr std::size_t kBodyBytesMax = 2048;

  const wire::BatchHeader* header_ = nullptr;
  std::array<char, kIdBytesMax> id_{};     ///< The first part of it is that of the whole batch.
  std::array<char, kIdBytesMax> front_{};  ///< What all reports of the batch begin with.
  std::size_t id_front_ = 0;
  std::size_t front_size_ = 0;
  std::array<char, kIdBytesMax + kLengthsBytesMax + kBodyBytesMax> room_{};
  std::string unusual_id_;
  std::string unusual_;
};

/// The same of one alone.
std::string report_bytes(const wire::BatchHeader& header, const model::Record& record);

}  // namespace odograph::process
