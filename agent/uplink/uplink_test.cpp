#include "agent/uplink/uplink.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <mutex>

#include "agent/uplink/fakes.h"

namespace odograph::uplink {
namespace {

constexpr std::chrono::seconds kPatience{30};

/// A FakeOutbox that two threads may use, with a descriptor that tells of acknowledgements.
class SharedOutbox final : public outbox::Outbox {
 public:
  void add(model::Lane lane, std::uint32_t first_n, std::uint32_t count) {
    const std::lock_guard lock{mutex_};
    inner_.add(lane, first_n, count);
  }
  /// Waits until every chunk of the lane is acknowledged.
  bool wait_empty(model::Lane lane) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
      acked_.clear();
      {
        const std::lock_guard lock{mutex_};
        if (inner_.stored(lane) == 0) return true;
      }
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      pollfd fd{acked_.fd(), POLLIN, 0};
      if (left.count() <= 0 || ::poll(&fd, 1, static_cast<int>(left.count())) <= 0) return false;
    }
  }

  bool push(model::Lane, model::Record, std::optional<outbox::SourceMark>, std::uint64_t) override { return true; }
  std::size_t room(model::Lane) const override { return 0; }
  int room_fd() const override { return -1; }
  void set_anchor(outbox::Anchor) override {}
  void note_link(outbox::Link) override {}
  bool flush(base::Millis) override { return true; }
  bool close(base::Millis) override { return true; }
  outbox::SourceMarks source_marks() const override { return {}; }
  std::optional<outbox::Chunk> next(model::Lane lane) override {
    const std::lock_guard lock{mutex_};
    return inner_.next(lane);
  }
  int chunk_fd(model::Lane lane) const override { return inner_.chunk_fd(lane); }
  void ack(outbox::ChunkId through) override {
    const std::lock_guard lock{mutex_};
    inner_.ack(through);
    acked_.wake();
  }
  void rewind(model::Lane lane) override {
    const std::lock_guard lock{mutex_};
    inner_.rewind(lane);
  }
  int salvage_fd() const override { return inner_.salvage_fd(); }
  std::optional<outbox::Chunk> next_salvaged() override { return {}; }
  void ack_salvaged(outbox::ChunkId) override {}
  void rewind_salvaged() override {}
  outbox::Stats stats() const override { return {}; }

 private:
  std::mutex mutex_;
  FakeOutbox inner_;
  base::WakeFd acked_;
};

Options quick_options() {
  Options options;
  options.vehicle_id = "car-1";
  options.send_after = {};
  return options;
}

TEST(Uplink, BringsChunksToTheBrokerAndAcknowledgesThem) {
  SharedOutbox outbox;
  outbox.add(model::Lane::kBulk, 1, 50);
  auto handle = std::make_shared<FakeHandle>();
  handle->stores_at_once = true;
  auto uplink = Uplink::start(
      quick_options(), outbox,
      [&]() -> base::Result<std::unique_ptr<kafka::Producer>> {
        return std::unique_ptr<kafka::Producer>{std::make_unique<FakeProducer>(handle)};
      },
      [](Telling, const std::string&) {});
  ASSERT_TRUE(uplink) << uplink.error().what;
  EXPECT_TRUE(outbox.wait_empty(model::Lane::kBulk));
  outbox.add(model::Lane::kAlert, 1, 1);
  EXPECT_TRUE(outbox.wait_empty(model::Lane::kAlert)) << "a chunk that comes later wakes the thread";
}

TEST(Uplink, StopsCleanlyWithChunksThatNobodyTakes) {
  SharedOutbox outbox;
  outbox.add(model::Lane::kBulk, 1, 50);
  Options options = quick_options();
  options.flush_max = base::Millis{50};
  auto handle = std::make_shared<FakeHandle>();
  auto uplink = Uplink::start(
      options, outbox,
      [&]() -> base::Result<std::unique_ptr<kafka::Producer>> {
        return std::unique_ptr<kafka::Producer>{std::make_unique<FakeProducer>(handle)};
      },
      [](Telling, const std::string&) {});
  ASSERT_TRUE(uplink);
  EXPECT_EQ((*uplink)->stats().handles, 1U);
  uplink->reset();
  EXPECT_FALSE(handle->alive);
}

TEST(Uplink, SaysStopWhereNoHandleCanBeMade) {
  SharedOutbox outbox;
  const auto uplink = Uplink::start(
      quick_options(), outbox,
      []() -> base::Result<std::unique_ptr<kafka::Producer>> { return base::stop_error("bad certificate"); },
      [](Telling, const std::string&) {});
  ASSERT_FALSE(uplink);
  EXPECT_EQ(uplink.error().action, base::Action::kStop);
}

}  // namespace
}  // namespace odograph::uplink
