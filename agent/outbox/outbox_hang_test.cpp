// The whole outbox with its thread, on a medium that hangs: the thread is in a call that does not come back.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <optional>
#include <thread>

#include "agent/outbox/hanging_flushes.h"
#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {
namespace {

using base::Millis;
using model::Lane;

constexpr Millis kPatience{30'000};
constexpr Millis kHangsAfterHere{200};
constexpr std::size_t kRing = 16;

Options hanging_options(const std::filesystem::path& directory) {
  Options options = Rig::plain(directory);
  options.vfs = HangingFlushes::vfs();
  options.file.hangs_after = kHangsAfterHere;
  options.ring_records = {kRing, kRing, kRing};
  return options;
}

std::unique_ptr<Outbox> started(const Options& options) {
  auto outbox = Outbox::start(options, base::RealClock(), Outbox::OnTrouble::kKeepTrying);
  EXPECT_TRUE(outbox) << (outbox ? "" : outbox.error().what);
  return outbox ? *std::move(outbox) : nullptr;
}

/// Asks until it is so, or too late.
bool comes(const std::function<bool()>& is_so) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

bool is_hanging(const Outbox& outbox) { return outbox.stats().state == State::kHanging; }

TEST(OutboxHang, IsToldWhileItLastsAndLosesNoMoreThanTheRingsCannotTake) {
  TempDir dir;
  auto outbox = started(hanging_options(dir.path()));
  ASSERT_TRUE(outbox);
  ASSERT_TRUE(outbox->flush(kPatience));
  {
    const HangingFlushes hanging;
    outbox->push(Lane::kBulk, numbered(0));
    ASSERT_TRUE(comes([&] { return is_hanging(*outbox); })) << to_string(outbox->stats().state);
    const auto stats = outbox->stats();
    EXPECT_STREQ(to_string(stats.state), "hanging");
    EXPECT_EQ(stats.trouble, "data directory " + dir.path().string() + ": the medium hangs, a call has not come back");
    EXPECT_GE(stats.hanging_for, kHangsAfterHere);
    // The one that is under way keeps its place.
    for (int i = 1; i < 20; ++i) EXPECT_EQ(outbox->push(Lane::kBulk, numbered(i)), i < static_cast<int>(kRing)) << i;
    const auto bulk = outbox->stats().lanes[index_of(Lane::kBulk)];
    EXPECT_EQ(bulk.in_ring, kRing);
    EXPECT_EQ(bulk.ring_full, 20 - kRing);
    EXPECT_EQ(bulk.durable, 0U);
    EXPECT_FALSE(outbox->flush(Millis{1}));
    EXPECT_TRUE(is_hanging(*outbox));
  }
  ASSERT_TRUE(outbox->flush(kPatience));
  ASSERT_TRUE(comes([&] { return outbox->stats().state == State::kOk; }));
  EXPECT_EQ(outbox->stats().lanes[index_of(Lane::kBulk)].durable, kRing);
}

TEST(OutboxHang, EndsCloseWhichGoesOnByItself) {
  TempDir dir;
  auto outbox = started(hanging_options(dir.path()));
  ASSERT_TRUE(outbox);
  ASSERT_TRUE(outbox->flush(kPatience));
  std::optional<HangingFlushes> hanging(std::in_place);
  outbox->push(Lane::kBulk, numbered(0));
  EXPECT_FALSE(outbox->close(kPatience)) << "it hangs";
  EXPECT_TRUE(is_hanging(*outbox));
  EXPECT_FALSE(outbox->close(kPatience)) << "it still does";
  hanging.reset();
  outbox.reset();
  Rig next(dir.path());
  next.open();
  EXPECT_EQ(records_of(next.drain(Lane::kBulk)).size(), 1U);
}

TEST(OutboxHang, CloseGivesUpAtItsTimeoutToo) {
  TempDir dir;
  Options options = hanging_options(dir.path());
  options.file.hangs_after = kHangsAfter;
  auto outbox = started(options);
  ASSERT_TRUE(outbox);
  const HangingFlushes hanging;
  EXPECT_FALSE(outbox->close(Millis{10}));
  EXPECT_FALSE(is_hanging(*outbox)) << "not for so long yet";
}

TEST(OutboxHang, IsNotToldOfAMediumThatAnswers) {
  TempDir dir;
  Options options = hanging_options(dir.path());
  options.file.hangs_after = kHangsAfter;
  auto outbox = started(options);
  ASSERT_TRUE(outbox);
  outbox->push(Lane::kBulk, numbered(0));
  ASSERT_TRUE(outbox->flush(kPatience));
  const auto stats = outbox->stats();
  EXPECT_EQ(stats.state, State::kOk);
  EXPECT_EQ(stats.trouble, "");
  EXPECT_FALSE(stats.hanging_for);
  EXPECT_TRUE(outbox->close(kPatience));
  EXPECT_TRUE(outbox->close(Millis{0})) << "it is closed";
  EXPECT_EQ(outbox->stats().lanes[index_of(Lane::kBulk)].durable, 1U);
}

TEST(OutboxHang, AStartIsNotKeptWaiting) {
  TempDir dir;
  std::optional<HangingFlushes> hanging(std::in_place);
  auto outbox = started(hanging_options(dir.path()));
  ASSERT_TRUE(outbox);
  EXPECT_TRUE(is_hanging(*outbox));
  EXPECT_TRUE(outbox->push(Lane::kBulk, numbered(0)));
  hanging.reset();
  ASSERT_TRUE(comes([&] { return outbox->stats().state == State::kOk; })) << outbox->stats().trouble;
  ASSERT_TRUE(outbox->flush(kPatience));
  EXPECT_EQ(outbox->stats().lanes[index_of(Lane::kBulk)].durable, 1U);
}

}  // namespace
}  // namespace odograph::outbox
