#include <gtest/gtest.h>

#include "fleet/decode/lines.h"
#include "fleet/topics/topic_table.h"
#include "proto/public/processed.pb.h"

namespace odograph::decode {
namespace {

TEST(Lines, OfAPackAreThoseOfItsReports) {
  odograph::ProcessedRecord pack;
  pack.set_id("a/1/pack");
  kafka::Message message{.topic = topics::kProcessedData, .partition = 3, .offset = 17, .key = "a"};
  std::vector<std::string> alone;
  for (const char* id : {"a/1", "a/2", "a/3"}) {
    odograph::ProcessedRecord& record = *pack.mutable_pack()->add_records();
    record.set_id(id);
    record.mutable_report()->set_vehicle_id("a");
    message.value = record.SerializeAsString();
    alone.push_back(lines_of(message, Place::kShown)->at(0));
  }
  message.value = pack.SerializeAsString();
  const auto lines = lines_of(message, Place::kShown);
  ASSERT_TRUE(lines.has_value()) << lines.error().what;
  EXPECT_EQ(*lines, alone);
  // What nobody writes, and what would let a message unfold without end.
  for (const bool nested : {false, true}) {
    odograph::ProcessedRecord odd = pack;
    auto& last = *odd.mutable_pack()->mutable_records(2);
    nested ? static_cast<void>(*last.mutable_pack() = pack.pack()) : last.clear_fact();
    message.value = odd.SerializeAsString();
    const auto refused = lines_of(message, Place::kLeftOut);
    ASSERT_FALSE(refused.has_value()) << nested;
    EXPECT_EQ(refused.error().action, base::Action::kDrop);
  }
}

}  // namespace
}  // namespace odograph::decode
