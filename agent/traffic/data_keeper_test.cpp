#include "agent/traffic/data_keeper.h"

#include "agent/traffic/traffic_fixture.h"

namespace odograph::traffic {
namespace {

const base::UtcTime kNoon = *base::from_rfc3339("2026-11-23T12:00:00Z");

class DataKeeperTest : public ::testing::Test {
 protected:
  DataOptions options() const { return {.limit_bytes = 1e6, .file = folder_.path() / "data.account", .meter = meter_}; }

  /// Ticks until the account is there to be read, or whatever else `done` wants.
  template <class Done>
  void tick_until(DataKeeper& keeper, const Done& done) {
    ASSERT_TRUE(reached([&] {
      keeper.tick(base::BootTime{}, kNoon);
      return done();
    }));
  }

  TempFolder folder_;
  std::shared_ptr<base::SocketMeter> meter_ = std::make_shared<base::SocketMeter>();
};

TEST_F(DataKeeperTest, CountsOnWhereTheProcessBeforeEnded) {
  {
    DataKeeper keeper(options());
    send_through(*meter_, 2'000);
    keeper.tick(base::BootTime{}, kNoon);
    EXPECT_GE(keeper.forecast().month_bytes, 2'000U);
    tick_until(keeper, [&] { return keeper.is_loaded(); });
    send_through(*meter_, 3'000);
  }
  const std::uint64_t before = meter_->count().total();
  meter_ = std::make_shared<base::SocketMeter>();
  DataKeeper keeper(options());
  tick_until(keeper, [&] { return keeper.is_loaded(); });
  EXPECT_EQ(keeper.forecast().month_bytes, before) << "to the byte, also what came after the last tick";
  EXPECT_EQ(keeper.forecast().counted.total(), 0U);
}

TEST_F(DataKeeperTest, LosesLittleIfTheProcessDies) {
  DataKeeper keeper(options());
  tick_until(keeper, [&] { return keeper.is_loaded(); });
  constexpr std::size_t kPiece = 10'000;
  for (int i = 0; i < 20; ++i) {
    send_through(*meter_, kPiece);
    keeper.tick(base::BootTime{}, kNoon);
  }
  // What a process that is killed now leaves behind.
  const double counted = static_cast<double>(keeper.forecast().month_bytes);
  const auto kept = [&] {
    const auto account = from_line(text_of(folder_.path() / "data.account"));
    return account ? static_cast<double>(account->used()) : 0;
  };
  EXPECT_TRUE(reached([&] { return kept() > 0.8 * counted; }));
  EXPECT_LT(kept(), 1.2 * counted);
}

TEST_F(DataKeeperTest, SaysThatAnAccountWasBrokenAndCountsAnew) {
  put_text(folder_.path() / "data.account", "odograph-data 1 what is this\n");
  DataKeeper keeper(options());
  tick_until(keeper, [&] { return !keeper.forecast().trouble.empty(); });
  EXPECT_EQ(keeper.forecast().trouble, "this is no sound account of data, counted anew");
  EXPECT_EQ(keeper.forecast().month_bytes, 0U);
}

TEST_F(DataKeeperTest, LeavesAnAccountAloneThatItCouldNotRead) {
  const auto file = folder_.path() / "absent" / "data.account";
  {
    DataOptions unreadable = options();
    unreadable.file = file;
    DataKeeper keeper(unreadable);
    send_through(*meter_, 100'000);
    tick_until(keeper, [&] { return !keeper.forecast().trouble.empty(); });
    std::filesystem::create_directory(file.parent_path());
  }
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(DataKeeperTest, StepsDownAsTheForecastComesToTheLimit) {
  DataKeeper keeper(options());
  tick_until(keeper, [&] { return keeper.is_loaded(); });
  EXPECT_EQ(keeper.forecast().taken().sampling_factor, 1);
  for (int i = 0; i < 10; ++i) send_through(*meter_, 100'000);
  keeper.tick(base::BootTime{}, kNoon);
  EXPECT_GT(keeper.forecast().forecast_bytes, 1e6);
  EXPECT_EQ(keeper.forecast().taken().sampling_factor, std::rbegin(kDataSteps)->sampling_factor);
}

TEST(DataKeeper, KeepsNoAccountWithoutAFile) {
  DataKeeper keeper({});
  keeper.tick(base::BootTime{}, std::nullopt);
  EXPECT_EQ(keeper.forecast().trouble, "");
  EXPECT_EQ(keeper.forecast().limit_bytes, 0);
}

}  // namespace
}  // namespace odograph::traffic
