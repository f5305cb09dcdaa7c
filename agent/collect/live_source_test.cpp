#include "agent/collect/live_source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <string>

namespace odograph::collect {
namespace {

using namespace std::chrono_literals;

/// Makes one reading of every byte that comes, and one more of every deadline.
class ByteDriver final : public drivers::Driver {
 public:
  base::Result<base::UniqueFd> open() override {
    ++opened;
    if (!device) return base::retry_error("open /dev/fake: no such device");
    return std::move(device);
  }
  base::Status read(int fd, base::BootTime now, drivers::Batch& batch) override {
    std::array<char, 1024> bytes{};
    const ssize_t got = ::read(fd, bytes.data(), bytes.size());
    if (got == 0 && file_ends) return base::stop_error("/tmp/fake was read to its end");
    if (got <= 0) return base::retry_error("read /dev/fake: hung up");
    for (ssize_t i = 0; i < got; ++i) batch.readings.emplace_back(now, 0, model::Fix{});
    deadline = now + 5ms;
    return {};
  }
  std::optional<base::BootTime> next_deadline() const override { return deadline; }
  base::Status on_deadline(int, base::BootTime now, drivers::Batch& batch) override {
    deadline.reset();
    batch.readings.emplace_back(now, 0, model::Fix{});
    return {};
  }
  drivers::DecoderCounters counters() const override { return {}; }

  base::UniqueFd device;
  bool file_ends = false;
  int opened = 0;
  std::optional<base::BootTime> deadline;
};

/// A regular file of `bytes` bytes, which has no name any more.
base::UniqueFd file_of(std::size_t bytes) {
  char name[] = "/tmp/odograph-source-XXXXXX";
  base::UniqueFd fd(::mkstemp(name));
  ::unlink(name);
  EXPECT_EQ(::write(fd.get(), std::string(bytes, 'x').data(), bytes), static_cast<ssize_t>(bytes));
  EXPECT_EQ(::lseek(fd.get(), 0, SEEK_SET), 0);
  return fd;
}

struct Bench {
  Bench() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    ours.reset(ends[0]);
    auto made = std::make_unique<ByteDriver>();
    driver = made.get();
    driver->device.reset(ends[1]);
    source.emplace(loop, clock, LiveSource::Device{"fake", std::move(made), [this] { return readings < room; }},
                   [this](drivers::Batch& batch) { readings += batch.readings.size(); });
  }
  /// Runs the loop until `done` or the deadline.
  template <class Done>
  bool run_until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!done() && std::chrono::steady_clock::now() < deadline) loop.run_one_for(50ms);
    return done();
  }

  boost::asio::io_context loop;
  base::RealClock clock;
  base::UniqueFd ours;
  ByteDriver* driver = nullptr;
  std::size_t readings = 0;
  std::size_t room = SIZE_MAX;
  std::optional<LiveSource> source;
};

TEST(LiveSource, HandsOnWhatTheDriverReadsAndItsDeadlines) {
  Bench bench;
  bench.source->start();
  ASSERT_EQ(::write(bench.ours.get(), "abc", 3), 3);
  ASSERT_TRUE(bench.run_until([&] { return bench.readings == 4; }));  // three bytes and the deadline after them
  const auto health = bench.source->health();
  EXPECT_TRUE(health.open);
  EXPECT_EQ(health.trouble, "");
  EXPECT_EQ(health.readings, 4U);
}

TEST(LiveSource, OpensAgainAfterTheDeviceWentAway) {
  Bench bench;
  bench.source->start();
  bench.ours.reset();
  ASSERT_TRUE(bench.run_until([&] { return !bench.source->health().open; }));
  EXPECT_EQ(bench.source->health().trouble, "read /dev/fake: hung up");
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
  bench.ours.reset(ends[0]);
  bench.driver->device.reset(ends[1]);
  ASSERT_EQ(::write(bench.ours.get(), "x", 1), 1);
  ASSERT_TRUE(bench.run_until([&] { return bench.readings > 0; }));
  EXPECT_EQ(bench.driver->opened, 2);
  EXPECT_EQ(bench.source->health().reopened, 1U);
}

TEST(LiveSource, ReadsAFileToItsEndAndLeavesIt) {
  Bench bench;
  bench.driver->device = file_of(5'000);
  bench.driver->file_ends = true;
  bench.source->start();
  ASSERT_TRUE(bench.run_until([&] { return !bench.source->health().open; }));
  EXPECT_EQ(bench.readings, 5'000U);
  const auto health = bench.source->health();
  EXPECT_EQ(health.ended, "/tmp/fake was read to its end");
  EXPECT_EQ(health.trouble, "");
  EXPECT_EQ(health.readings, 5'000U);
  EXPECT_EQ(bench.loop.run_for(20ms), 0U) << "nothing is left to do";
  EXPECT_EQ(bench.driver->opened, 1);
}

TEST(LiveSource, LeavesTheLoopToOthersWhileItReadsAFile) {
  Bench bench;
  bench.driver->device = file_of(20'000);
  bench.driver->file_ends = true;
  bench.source->start();
  std::size_t most = 0;
  std::size_t before = 0;
  while (bench.source->health().open) {
    ASSERT_GT(bench.loop.run_one_for(10s), 0U);
    most = std::max(most, bench.readings - before);
    before = bench.readings;
  }
  EXPECT_EQ(bench.readings, 20'000U);
  EXPECT_LE(most, 256U) << "in one turn";
}

TEST(LiveSource, AFileWaitsForRoomAndADeviceDoesNot) {
  Bench file;
  file.room = 700;
  file.driver->device = file_of(2'000);
  file.driver->file_ends = true;
  file.source->start();
  ASSERT_TRUE(file.run_until([&] { return file.readings == 700; }));
  file.loop.run_for(120ms);
  EXPECT_EQ(file.readings, 700U);
  EXPECT_TRUE(file.source->health().open);
  file.room = 5'000;
  ASSERT_TRUE(file.run_until([&] { return !file.source->health().open; }));
  EXPECT_EQ(file.readings, 2'000U);

  Bench device;
  device.room = 0;
  device.source->start();
  ASSERT_EQ(::write(device.ours.get(), "abc", 3), 3);
  EXPECT_TRUE(device.run_until([&] { return device.readings == 4; }));
}

TEST(LiveSource, TellsOfADeviceThatCannotBeWaitedForAndOpensItAgain) {
  Bench bench;
  const auto null_device = [] { return base::UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); };
  bench.driver->device = null_device();
  bench.source->start();
  ASSERT_TRUE(bench.run_until([&] { return !bench.source->health().open; }));
  EXPECT_EQ(bench.source->health().trouble, "cannot wait for its data: Operation not supported");
  EXPECT_EQ(bench.source->health().ended, "");
  bench.driver->device = null_device();
  ASSERT_TRUE(bench.run_until([&] { return bench.driver->opened == 2 && !bench.source->health().open; }));
  EXPECT_EQ(bench.source->health().reopened, 1U);
}

TEST(LiveSource, ADescriptorThatIsNoneIsTrouble) {
  Bench bench;
  bench.driver->device.reset(::fcntl(bench.ours.get(), F_DUPFD_CLOEXEC, 900));
  ::close(bench.driver->device.get());
  bench.source->start();
  EXPECT_FALSE(bench.source->health().open);
  EXPECT_EQ(bench.source->health().trouble, "cannot wait for its data: Bad file descriptor");
}

TEST(LiveSource, TellsWhyADeviceDoesNotOpen) {
  Bench bench;
  bench.driver->device.reset();
  bench.source->start();
  EXPECT_FALSE(bench.source->health().open);
  EXPECT_EQ(bench.source->health().trouble, "open /dev/fake: no such device");
}

TEST(LiveSource, IsSilentOnceItIsGone) {
  Bench bench;
  bench.source->start();
  ASSERT_EQ(::write(bench.ours.get(), "abc", 3), 3);
  bench.source.reset();
  bench.loop.run_for(20ms);
  EXPECT_EQ(bench.readings, 0U);
}

TEST(ReopenAfter, DoublesUpToAMinute) {
  const std::pair<unsigned, base::Millis> cases[] = {{1, 1s}, {2, 2s}, {3, 4s}, {6, 32s}, {7, 60s}, {1000, 60s}};
  for (const auto& [failures, expected] : cases) EXPECT_EQ(reopen_after(failures), expected) << failures;
}

}  // namespace
}  // namespace odograph::collect
