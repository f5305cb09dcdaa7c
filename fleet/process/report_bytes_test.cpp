#include "fleet/process/report_bytes.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "fleet/process/drive.h"
#include "fleet/process/report.h"

namespace odograph::process {
namespace {

std::string by_protobuf(const wire::BatchHeader& header, const model::Record& record) {
  return to_report(header, record).SerializeAsString();
}

/// Anything that a decoder lets through, each part there or not.
class Records {
 public:
  model::Record next() {
    model::Record record;
    record.n = number<std::uint32_t>();
    if (once_in(2)) record.utc = base::UtcTime(base::Millis(ms()));
    if (once_in(2)) record.boot_time = base::BootTime(base::Millis(number<std::int64_t>()));
    record.time_quality = static_cast<model::TimeQuality>(random_() % 4);
    record.flags = once_in(2) ? 0 : number<std::uint32_t>();
    record.reason = once_in(2) ? 0 : number<std::uint32_t>();
    if (once_in(2)) record.mode = static_cast<model::FixMode>(random_() % 4);
    if (once_in(2)) record.position = model::Position{number<std::int32_t>(), number<std::int32_t>()};
    for (auto member : {&model::Record::alt_cm, &model::Record::speed_cmps, &model::Record::course_cdeg,
                        &model::Record::hdop_centi, &model::Record::satellites}) {
      if (once_in(2)) record.*member = number<std::int32_t>();
    }
    for (std::uint64_t i = random_() % 40; i > 20; --i) record.signals.push_back(signal());
    return record;
  }

  wire::BatchHeader header() {
    wire::BatchHeader header = header_of(std::string(1 + random_() % 64, 'v'), model::Lane::kBulk);
    header.lane = static_cast<model::Lane>(1 + random_() % 4);
    header.stream_id = number<std::uint64_t>();
    header.boot = number<std::uint32_t>();
    header.boot_nonce = number<std::uint32_t>();
    return header;
  }

 private:
  bool once_in(std::uint64_t count) { return random_() % count == 0; }

  /// Of any size; 0 and the extremes often.
  template <class T>
  T number() {
    switch (random_() % 6) {
      case 0: return 0;
      case 1: return std::numeric_limits<T>::min();
      case 2: return std::numeric_limits<T>::max();
      case 3: return static_cast<T>(random_() % 300);
      default: return static_cast<T>(random_());
    }
  }

  /// Before and after 1970, of the years that a decoder takes.
  std::int64_t ms() {
    return once_in(4) ? 0 : static_cast<std::int64_t>(random_() % 300'000'000'000'000) - 60'000'000'000'000;
  }

  model::Signal signal() {
    const int decimals = static_cast<int>(random_() % 10);
    const model::SignalDef def{std::string(1 + random_() % 64, 's'), std::string(random_() % 65, 'u'), decimals};
    return {std::make_shared<const model::SignalDef>(def), number<std::int64_t>()};
  }

  std::mt19937_64 random_{20261123};
};

TEST(ReportBytes, AreThoseOfProtobufWhateverTheRecordHolds) {
  Records records;
  for (int i = 0; i < 20'000; ++i) {
    const wire::BatchHeader header = records.header();
    const model::Record record = records.next();
    ASSERT_EQ(report_bytes(header, record), by_protobuf(header, record)) << i;
  }
}

TEST(ReportBytes, OfARecordWithNothingInIt) {
  const wire::BatchHeader header = header_of("a");
  EXPECT_EQ(report_bytes(header, {}), by_protobuf(header, {}));
}

TEST(ReportBytes, OfWhatOnlyProtobufWrites) {
  const wire::BatchHeader header = header_of("a", model::Lane::kEvent);
  for (const int what : {0, 1, 2}) {
    auto record = record_at(60, 90);
    if (what == 0) record.event = model::RuleEvent{.scope = "school"};
    if (what == 1) record.boot = model::BootReport{"0.1.0", 4, true, {1, 2, 3}};
    if (what == 2) record.loss = model::LossReport{model::Lane::kBulk, 4, 5, 6, 2};
    EXPECT_EQ(report_bytes(header, record), by_protobuf(header, record)) << what;
  }
}

TEST(ReportBytes, OfMoreSignalsThanUsual) {
  Records records;
  auto record = record_at(0, 50);
  while (record.signals.size() < 1000) {
    for (const model::Signal& signal : records.next().signals) record.signals.push_back(signal);
  }
  EXPECT_EQ(report_bytes(header_of("a"), record), by_protobuf(header_of("a"), record));
}

}  // namespace
}  // namespace odograph::process
