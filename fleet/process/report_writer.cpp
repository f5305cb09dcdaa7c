#include "fleet/process/report_writer.h"

#include <array>
#include <string_view>

#include "fleet/process/wire_writer.h"
#include "fleet/topics/topic_table.h"
#include "proto/public/processed.pb.h"

namespace odograph::process {
namespace {

/// A tag and a length.
using HeadRoom = std::array<char, 16>;

std::string_view head_of(int field, std::size_t size, HeadRoom& room) {
  WireWriter head(room.data());
  head.message(field, size);
  return head.written();
}

}  // namespace

void ReportWriter::begin(const wire::BatchHeader& header) {
  header_ = &header;
  encoder_.begin(header);
}

void ReportWriter::add(const model::Record& record, vehicle::Outcome& outcome) {
  const EncodedReport report = encoder_.encode(record);
  if (form_ == ReportForm::kSingle) {
    outcome.outputs.push_back({topics::kProcessedData, header_->vehicle_id, std::string(report.bytes)});
    return;
  }
  HeadRoom room{};
  const std::string_view head = head_of(odograph::ReportPack::kRecordsFieldNumber, report.bytes.size(), room);
  const std::size_t size = records_.size() + head.size() + report.bytes.size();
  if (count_ == kPackRecordsMax || size > kPackBytesMax || is_followed(outcome)) end(outcome);
  if (count_ == 0) {
    place_ = outcome.outputs.size();
    looked_ = place_ + 1;
    outcome.outputs.push_back({topics::kProcessedData, header_->vehicle_id, ""});
    id_.assign(report.id).append("/pack");
    first_ = head.size();
  }
  records_.append(head).append(report.bytes);
  ++count_;
}

/// True if an output that came since has to be read behind the pack, and before what is still to come.
bool ReportWriter::is_followed(const vehicle::Outcome& outcome) {
  for (; looked_ < outcome.outputs.size(); ++looked_) {
    const vehicle::Output& output = outcome.outputs[looked_];
    if (output.topic == topics::kProcessedData && output.key == header_->vehicle_id) return true;
  }
  return false;
}

void ReportWriter::end(vehicle::Outcome& outcome) {
  if (count_ == 0) return;
  std::string& value = *outcome.outputs[place_].value;
  if (count_ == 1) {
    value.assign(records_, first_);
  } else {
    HeadRoom id_room{};
    HeadRoom pack_room{};
    const std::string_view id = head_of(odograph::ProcessedRecord::kIdFieldNumber, id_.size(), id_room);
    const std::string_view pack = head_of(odograph::ProcessedRecord::kPackFieldNumber, records_.size(), pack_room);
    value.reserve(id.size() + id_.size() + pack.size() + records_.size());
    value.append(id).append(id_).append(pack).append(records_);
  }
  records_.clear();
  count_ = 0;
}

}  // namespace odograph::process
