#include "agent/collect/replay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <charconv>
#include <string>

#include "lib/base/wake_fd.h"

namespace odograph::collect {
namespace {

using namespace std::chrono_literals;

/// The recording's bytes from memory.
class Text final : public Recording {
 public:
  Text(std::string text, std::string error = {}) : text_(std::move(text)), error_(std::move(error)) {}
  base::Result<std::size_t> read(std::span<char> buffer) override {
    const std::size_t got = std::min(buffer.size(), text_.size() - at_);
    if (got == 0 && !error_.empty()) return base::stop_error(error_);
    std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(at_), got, buffer.begin());
    at_ += got;
    return got;
  }
  double progress() const override { return static_cast<double>(at_) / static_cast<double>(text_.size()); }
  std::uint64_t fingerprint() const override { return 1; }

 private:
  std::string text_;
  std::string error_;
  std::size_t at_ = 0;
};

/// One fix a line: its time in ms.
class LineDecoder final : public drivers::Decoder {
 public:
  void feed(std::string_view bytes, base::BootTime now, drivers::Batch& batch) override {
    for (const char c : bytes) {
      ++counters_.bytes;
      if (c != '\n') {
        line_ += c;
        continue;
      }
      std::int64_t ms = 0;
      std::from_chars(line_.data(), line_.data() + line_.size(), ms);
      model::Fix fix;
      if (!line_.empty()) fix.time = base::UtcTime{base::Millis{ms}};
      batch.readings.emplace_back(now, counters_.bytes, fix);
      line_.clear();
    }
  }
  void finish(base::BootTime, drivers::Batch&) override {}
  void reset() override {}
  const drivers::DecoderCounters& counters() const override { return counters_; }

 private:
  std::string line_;
  drivers::DecoderCounters counters_;
};

struct Got {
  std::int64_t boot_ms;
  std::int64_t utc_ms;
  friend bool operator==(const Got&, const Got&) = default;
};

struct Bench {
  Bench() { has_room.wake(); }
  void run(std::string text, ReplayOptions options = {}, std::string error = {}) {
    Replay replay(loop, clock,
                  {.recording = std::make_unique<Text>(std::move(text), std::move(error)),
                   .decoder = std::make_unique<LineDecoder>(),
                   .options = options},
                  {.on_reading =
                       [this](const model::Reading& reading) {
                         const auto& fix = std::get<model::Fix>(reading.what);
                         got.push_back({reading.received.time_since_epoch().count(),
                                        fix.time ? fix.time->time_since_epoch().count() : -1});
                         if (--room == 0) has_room.clear();
                       },
                   .has_room = [this] { return room > 0; },
                   .room_fd = has_room.fd(),
                   .on_end =
                       [this](const base::Status& status) {
                         ++ends;
                         ending = status ? "" : status.error().what;
                       },
                   .is_behind = [this](const model::Reading& reading) { return reading.offset <= behind; }});
    replay.start();
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (ends == 0 && std::chrono::steady_clock::now() < deadline) {
      loop.run_one_for(20ms);
      if (room == 0 && ends == 0) {
        ++waits;
        room = 2;
        has_room.wake();
      }
    }
  }

  boost::asio::io_context loop;
  base::VirtualClock clock;
  base::WakeFd has_room;
  std::vector<Got> got;
  int room = 1'000'000;
  int waits = 0;
  int ends = 0;
  std::uint64_t behind = 0;
  std::string ending;
};

TEST(Replay, PutsReadingsOnTheRecordingsOwnTimeLine) {
  Bench bench;
  bench.run("50000\n51000\n\n258000\n257000\n259000\n");
  const std::vector<Got> expected = {{1000, 50'000},     {2000, 51'000},     {2000, -1},
                                     {209'000, 258'000}, {209'000, 257'000}, {210'000, 259'000}};
  EXPECT_EQ(bench.got, expected);
  EXPECT_EQ(bench.ends, 1);
  EXPECT_EQ(bench.ending, "");
}

TEST(Replay, AnAbsurdDateNeitherDrivesTheClockNorHoldsItUp) {
  const std::int64_t odd = 3'470'000'000'000;
  Bench bench;
  bench.run("50000\n3470000000000\n52000\n0\n54000\n");
  EXPECT_EQ(bench.got, (std::vector<Got>{{1000, 50'000}, {1000, odd}, {3000, 52'000}, {3000, 0}, {5000, 54'000}}));
}

TEST(Replay, WhereTheTimeChangesForGoodTheClockGoesOnFromThere) {
  Bench bench;
  bench.run("50000\n51000\n3470000000000\n3470000002000\n9000\n10000\n11000\n");
  std::vector<std::int64_t> times;
  for (const auto& got : bench.got) times.push_back(got.boot_ms);
  EXPECT_EQ(times, (std::vector<std::int64_t>{1000, 2000, 2000, 4000, 4000, 5000, 6000}));
}

TEST(Replay, RestampsFromTheTimeThatWasAskedFor) {
  Bench bench;
  bench.run("50000\n51000\n", {.start = base::UtcTime{base::Millis{9'000'000}}});
  EXPECT_EQ(bench.got, (std::vector<Got>{{1000, 9'000'000}, {2000, 9'001'000}}));
}

TEST(Replay, WaitsForRoomAndLosesNothing) {
  Bench bench;
  bench.room = 2;
  std::string text;
  for (int i = 0; i < 100; ++i) text += std::to_string(i * 1000) + "\n";
  bench.run(text);
  ASSERT_EQ(bench.got.size(), 100U);
  EXPECT_EQ(bench.got.back().utc_ms, 99'000);
  EXPECT_GT(bench.waits, 40);
}

TEST(Replay, TellsWhyItEndedEarlyAfterTheLastGoodReading) {
  Bench bench;
  bench.run("50000\n51000\n", {}, "drive.gz: damaged compression");
  EXPECT_EQ(bench.got.size(), 2U);
  EXPECT_EQ(bench.ending, "drive.gz: damaged compression");
}

TEST(Replay, KeepsThePaceButNotForWhatAnEarlierRunDid) {
  Bench bench;
  bench.behind = 12;  // two lines of six bytes: an hour apart
  const auto began = std::chrono::steady_clock::now();
  bench.run("00000\n99999\n100000\n100100\n", {.speed = 1});
  const auto took = std::chrono::steady_clock::now() - began;
  ASSERT_EQ(bench.got.size(), 4U);
  EXPECT_GE(took, 100ms);
  EXPECT_LT(took, 9s);
}

TEST(RecordedSpan, IsTheTimeBetweenTheStartAndThePlace) {
  struct Case {
    std::uint64_t offset;
    base::Millis expected;
  };
  for (const auto& [offset, expected] : {Case{0, 0ms}, Case{6, 1s}, Case{11, 1s}, Case{12, 4s}, Case{18, 0ms}}) {
    Text text("50000\n51000\n54000\n");
    LineDecoder decoder;
    const auto span = recorded_span(text, decoder, offset);
    ASSERT_TRUE(span);
    EXPECT_EQ(*span, expected) << offset;
  }
}

}  // namespace
}  // namespace odograph::collect
