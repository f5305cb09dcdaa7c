#include "fleet/dispatch/fence_commands.h"

#include <gmock/gmock.h>

#include <sstream>

#include "fleet/dispatch/fake_broker.h"
#include "fleet/fences/fence_row.h"

namespace odograph::dispatch {
namespace {

using testing::HasSubstr;

const base::UtcTime kNow = *base::from_rfc3339("2026-03-02T08:00:00Z");

fences::FencePut circle(const std::string& id, std::optional<fences::FenceAlert> alert = std::nullopt) {
  rules::Fence area{.id = id, .outline = {}, .centre = {470'000'000, 80'000'000}, .radius_m = 150};
  return {.id = id, .valid_from = std::nullopt, .area = std::move(area), .alert = std::move(alert)};
}

std::string put(FakeBroker& broker, const std::vector<fences::FencePut>& fences, FenceTimes times = {kNow},
                DryRun dry_run = DryRun::kNo) {
  std::ostringstream out;
  const auto status = put_fences({fences, {"colour"}}, {times, dry_run}, broker.borrow(), out);
  return status ? out.str() : status.error().what;
}
std::string listed(FakeBroker& broker, ListOptions::Format format = ListOptions::Format::kTable) {
  std::ostringstream out;
  const auto status = list_fences(format, broker.borrow(), out, out);
  return status ? out.str() : status.error().what;
}
std::string removed(FakeBroker& broker, const std::string& id, FenceTimes times = {kNow}) {
  std::ostringstream out;
  const auto status = remove_fences({id}, times, broker.borrow(), out);
  return status ? out.str() : status.error().what;
}

TEST(FenceCommands, PutListAndRemove) {
  FakeBroker broker;
  EXPECT_EQ(listed(broker), "no fences are in force\n");
  EXPECT_EQ(put(broker, {circle("depot"), circle("gate", fences::FenceAlert{.vehicles = {"v"}, .groups = {"g", "h"}})}),
            "2 features: 2 new, 0 changed, 0 ended, 0 as they were\n2 fences written\n"
            "properties that are not looked at: colour\n");
  EXPECT_EQ(removed(broker, "depot"), "1 fence ends at 2026-03-02T08:01:00.000Z\n") << "it had not begun";
  EXPECT_EQ(removed(broker, "gate", {kNow, kNow + std::chrono::hours(1)}),
            "1 fence ends at 2026-03-02T09:00:00.000Z\n");
  EXPECT_EQ(listed(broker),
            "fence  valid from                area                alert\n"
            "gate   2026-03-02T08:01:00.000Z  circle of 150 m     inside, info, 1 vehicle, 2 groups\n"
            "gate   2026-03-02T09:00:00.000Z  ended\n");
}

TEST(FenceCommands, ListAsPutTakesIt) {
  FakeBroker broker;
  put(broker, {circle("depot", fences::FenceAlert{})});
  removed(broker, "depot", {kNow, kNow + std::chrono::hours(1)});
  const auto again = fences::parse_fences(listed(broker, ListOptions::Format::kJson), "list");
  ASSERT_TRUE(again.has_value()) << again.error().what;
  EXPECT_THAT(put(broker, again->fences, {kNow + std::chrono::hours(9)}),
              HasSubstr("2 as they were\n0 fences written"));
}

TEST(FenceCommands, WriteNothingUnlessAllCanBe) {
  FakeBroker broker;
  EXPECT_THAT(put(broker, {circle("depot")}, {kNow, kNow}), HasSubstr("fence depot: valid_from"));
  EXPECT_THAT(put(broker, {circle("depot")}, {kNow}, DryRun::kYes), HasSubstr("1 fence would be written"));
  EXPECT_THAT(removed(broker, "nowhere"), HasSubstr("fence nowhere: not in force"));
  EXPECT_TRUE(broker.log.empty());
}

TEST(FenceCommands, SayWhatTheWordForThePastMeans) {
  FakeBroker broker;
  EXPECT_THAT(put(broker, {circle("depot")}, {kNow, kNow - std::chrono::hours(1), FenceTimes::Past::kAccepted}),
              HasSubstr("\n1 change from before 2026-03-02T08:01:00.000Z: records of that time that are judged already "
                        "stay so, and a backlog that is read again gives other alerts\n"));
}

TEST(FenceCommands, TellWhatCannotBeRead) {
  FakeBroker broker;
  kafka::Message& bad = broker.log.emplace_back();
  bad.key = "depot";
  bad.value = "\xff";
  EXPECT_EQ(listed(broker), "no fences are in force\nfence depot cannot be read: no sound Geofence message\n");
  EXPECT_THAT(put(broker, {circle("depot")}), HasSubstr("odograph-fleet fences remove depot takes it away"));
  EXPECT_THAT(removed(broker, "depot"), HasSubstr("1 fence ends"));
  EXPECT_EQ(listed(broker), "no fences are in force\n");
  broker.exists = false;
  EXPECT_THAT(listed(broker), HasSubstr("topic geofences-topic does not exist; odograph-fleet topics create makes it"));
}

}  // namespace
}  // namespace odograph::dispatch
