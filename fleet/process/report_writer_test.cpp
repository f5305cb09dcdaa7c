#include "fleet/process/report_writer.h"

#include <gtest/gtest.h>

#include "fleet/process/drive.h"
#include "fleet/process/test_packs.h"
#include "fleet/topics/topic_table.h"
#include "proto/public/processed.pb.h"

namespace odograph::process {
namespace {

std::vector<std::size_t> sizes_of(const Outcome& outcome) {
  std::vector<std::size_t> sizes;
  for (const Output& output : outcome.outputs) sizes.push_back(unpacked(output).size());
  return sizes;
}

struct BoundsCase {
  const char* name;
  std::size_t records;
  std::size_t signals;
  std::vector<std::size_t> packs;
};

TEST(ReportWriter, CutsAtItsBoundsAndLeavesAReportAloneThatHasNoNeighbour) {
  static_assert(ReportWriter::kPackRecordsMax == 1000);
  static_assert(ReportWriter::kPackBytesMax == 262'144);
  const BoundsCase rows[] = {{"None", 0, 0, {}},
                             {"One", 1, 0, {1}},
                             {"Two", 2, 0, {2}},
                             {"Full", 1000, 0, {1000}},
                             {"OneMoreThanFull", 1001, 0, {1000, 1}},
                             {"TwoAndAHalf", 2500, 0, {1000, 1000, 500}},
                             {"SixtyOf8kB", 60, 90, {33, 27}},
                             {"LargerThanAPack", 3, 3000, {1, 1, 1}}};
  for (const BoundsCase& row : rows) {
    model::Record record = record_at(1, 50);
    const auto def = std::make_shared<const model::SignalDef>(model::SignalDef{std::string(64, 's'), "km/h", 1});
    record.signals.assign(row.signals, {def, 1'234'567});
    ReportWriter writer(ReportForm::kPacked);
    Outcome outcome;
    const auto header = header_of("a");
    writer.begin(header);
    for (record.n = 1; record.n <= row.records; ++record.n) writer.add(record, outcome);
    writer.end(outcome);
    EXPECT_EQ(sizes_of(outcome), row.packs) << row.name;
    for (const Output& output : outcome.outputs) {
      if (row.packs.front() > 1) EXPECT_LT(output.value->size(), ReportWriter::kPackBytesMax + 256) << row.name;
    }
    if (row.records != 1) continue;
    record.n = 1;
    EXPECT_EQ(*outcome.outputs.front().value, report_bytes(header, record));
  }
}

struct BetweenCase {
  const char* name;
  Output output;
  std::vector<std::size_t> messages;
};

TEST(ReportWriter, OnlyWhatAReaderOfTheVehicleSeesEndsAPack) {
  odograph::ProcessedRecord event;
  event.mutable_stop_event()->set_vehicle_id("a");
  const std::string bytes = event.SerializeAsString();
  const BetweenCase rows[] = {{"ItsStopEvent", {topics::kProcessedData, "a", bytes}, {2, 1, 2}},
                              {"AnothersStopEvent", {topics::kProcessedData, "b", bytes}, {4, 1}},
                              {"ItsAlert", {topics::kAlerts, "a", bytes}, {4, 1}},
                              {"ItsState", {topics::kVehicleState, "a", bytes}, {4, 1}}};
  for (const BetweenCase& row : rows) {
    ReportWriter writer(ReportForm::kPacked);
    Outcome outcome;
    const auto header = header_of("a");
    writer.begin(header);
    model::Record record = record_at(1, 50);
    for (record.n = 1; record.n <= 4; ++record.n) {
      writer.add(record, outcome);
      if (record.n == 2) outcome.outputs.push_back(row.output);
    }
    writer.end(outcome);
    EXPECT_EQ(sizes_of(outcome), row.messages) << row.name;
  }
}

}  // namespace
}  // namespace odograph::process
