#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "fleet/process/drive.h"
#include "fleet/process/processor.h"
#include "fleet/topics/topic_table.h"

namespace odograph::process {
namespace {

constexpr double kDayS = 86'400;

/// What a record and its message say of time.
struct Says {
  double second = 0;
  std::uint32_t flags = 0;
  bool is_append_time = true;
};

/// A processor that gets each second's message as the broker appended it, a second after the record's own time.
class FarAhead : public testing::Test {
 public:
  void on(int second, const Says& says, double speed_kmh) {
    model::Record record = record_at(second, speed_kmh);
    record.utc = kNoon + base::Millis(static_cast<std::int64_t>(says.second * 1'000));
    record.flags = says.flags;
    kafka::Message message = message_of(header_of("truck-17"), {record}, ++n_);
    message.offset = n_;
    message.timestamp_ms = (kNoon + std::chrono::seconds(second + 1)).time_since_epoch().count();
    message.is_append_time = says.is_append_time;
    processor_.on_message(message, outcome_);
  }

  std::size_t outputs(const char* topic) const {
    return static_cast<std::size_t>(std::count_if(outcome_.outputs.begin(), outcome_.outputs.end(),
                                                  [&](const Output& each) { return each.topic == topic; }));
  }

  const Counters& counters() const { return processor_.counters(); }
  const Outcome& outcome() const { return outcome_; }
  std::optional<base::UtcTime> newest_event() const { return processor_.newest_event(); }

 private:
  Processor processor_{{.rules = {.limit_cmps = 2'222, .zones = {}}}};
  Outcome outcome_;
  std::uint32_t n_ = 0;
};

TEST_F(FarAhead, ARecordOfYearsAheadMutesNobody) {
  on(0, {0}, 50);
  on(1, {3650.0 * kDayS}, 50);
  EXPECT_EQ(newest_event(), std::nullopt);
  on(2, {3650.0 * kDayS}, 50);
  for (int second = 3; second < 53; ++second) on(second, {1.0 * second}, 50 + second);
  EXPECT_EQ(counters().alerts_raised, 1U);
  EXPECT_EQ(counters().ahead, 2U);
  EXPECT_EQ(outputs(topics::kProcessedData), 53U) << "all of them are reported";
  EXPECT_THAT(outcome().notes, testing::ElementsAre(testing::HasSubstr("time ahead: vehicle truck-17 says that it is "
                                                                       "2020-03-31T12:00:00.000Z")));
}

TEST_F(FarAhead, ADayIsTheBound) {
  on(0, {1.0 + kDayS}, 50);
  EXPECT_EQ(counters().ahead, 0U);
  on(0, {1.001 + kDayS}, 50);
  EXPECT_EQ(counters().ahead, 1U);
}

TEST_F(FarAhead, NobodyCanTellByTheProducersClockNorOfARecording) {
  on(0, {3650.0 * kDayS, 0, false}, 50);
  on(1, {3650.0 * kDayS, model::flag::kReplayed}, 50);
  EXPECT_EQ(counters().ahead, 0U);
  on(2, {3650.0 * kDayS}, 50);
  EXPECT_EQ(counters().ahead, 1U);
}

}  // namespace
}  // namespace odograph::process
