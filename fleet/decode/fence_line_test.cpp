#include <gtest/gtest.h>

#include "fleet/decode/lines.h"
#include "fleet/topics/topic_table.h"
#include "proto/public/geofence.pb.h"

namespace odograph::decode {
namespace {

TEST(FenceLine, HasTheVersionsOfItsFence) {
  odograph::Geofence fence;
  fence.set_fence_id("depot");
  fence.add_versions()->mutable_valid_from()->set_seconds(1'270'293'745);
  kafka::Message message;
  message.topic = topics::kGeofences;
  message.key = "depot";
  message.value = fence.SerializeAsString();
  const auto lines = lines_of(message, Place::kLeftOut);
  ASSERT_TRUE(lines.has_value()) << lines.error().what;
  EXPECT_EQ(lines->front(),
            R"({"fence_id": "depot", "versions": [{"valid_from": "2010-04-03T11:22:25.000Z", "radius_m": 0}]})");
  message.tombstone = true;
  EXPECT_EQ(lines_of(message, Place::kLeftOut)->front(), R"({"key": "depot", "deleted": true})");
}

}  // namespace
}  // namespace odograph::decode
