// Bulk that is packed and thinned keeps the rule set that was in force when its records were made.
#include <gtest/gtest.h>

#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {
namespace {

using base::Millis;
using model::Lane;

std::uint64_t rule_set_of(std::uint32_t n) { return n / 50 % 3; }

TEST(ThinningRuleSets, StayWithTheirRecordsAndAreNotMixed) {
  TempDir dir;
  Options options = Rig::plain(dir.path());
  options.cap_bytes = 512 << 10;
  options.file.synchronous = Synchronous::kOff;
  Rig rig(options);
  rig.loop->set_anchor(kGnss);
  rig.open();
  std::uint32_t made = 0;
  while (rig.stats(Lane::kBulk).thinned == 0) {
    ASSERT_LT(made, 100'000U) << "nothing was thinned";
    for (int i = 0; i < 10; ++i) {
      ++made;  // Its number will be this.
      auto record = numbered(static_cast<std::int32_t>(made));
      record.boot_time = at(std::int64_t{made} * 1000);
      record.position = model::Position{static_cast<std::int32_t>(520'000'000 + base::random_u64() % 100'000),
                                        static_cast<std::int32_t>(130'000'000 + base::random_u64() % 100'000)};
      ASSERT_TRUE(rig.push(Lane::kBulk, std::move(record), {}, rule_set_of(made)));
    }
    rig.flush();
    rig.step_after(Millis{250});
  }
  std::size_t packed = 0;
  for (const auto& chunk : rig.drain(Lane::kBulk)) {
    if (chunk.count > 10) ++packed;
    for (const auto& record : records_of({chunk})) ASSERT_EQ(chunk.rule_set, rule_set_of(record.n)) << record.n;
  }
  EXPECT_GT(packed, 0U);
}

}  // namespace
}  // namespace odograph::outbox
