#include "fleet/process/table_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "fleet/process/drive.h"
#include "proto/public/vehicle_state.pb.h"

namespace odograph::process {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kOfVehicles[] = "of-vehicles";
constexpr char kShared[] = "shared";
const Tables kTables{{kOfVehicles}, {kShared}};

/// What the brokers hold and what one poll after the other brings.
struct Brokers {
  struct Poll {
    std::vector<kafka::Message> messages;
    std::vector<kafka::TopicPartition> ended;
    std::vector<std::string> errors;
  };
  std::map<std::pair<std::string, std::int32_t>, kafka::Watermarks> marks;
  std::deque<Poll> polls;
  std::vector<kafka::TopicPartition> assigned;
  int readers = 0;
};

class FakeConsumer final : public kafka::Consumer {
 public:
  explicit FakeConsumer(Brokers& brokers) : brokers_(brokers) {}
  base::Status subscribe(const std::vector<std::string>&) override { return {}; }
  base::Status assign(const std::vector<kafka::TopicPartition>& partitions) override {
    brokers_.assigned = partitions;
    return {};
  }
  void poll(std::chrono::milliseconds, std::size_t, std::vector<kafka::Message>& messages,
            kafka::ConsumerEvents& events) override {
    if (brokers_.polls.empty()) return;
    messages = std::move(brokers_.polls.front().messages);
    events.ended = std::move(brokers_.polls.front().ended);
    events.errors = std::move(brokers_.polls.front().errors);
    brokers_.polls.pop_front();
  }
  base::Status commit(const std::vector<kafka::TopicPartition>&) override { return {}; }
  base::Result<std::vector<kafka::TopicPartition>> committed(const std::vector<kafka::TopicPartition>& partitions,
                                                             std::chrono::milliseconds) override {
    return partitions;
  }
  base::Result<kafka::Watermarks> watermarks(const std::string& topic, std::int32_t partition,
                                             std::chrono::milliseconds) override {
    const auto found = brokers_.marks.find({topic, partition});
    if (found == brokers_.marks.end()) return base::drop_error("no " + topic);
    return found->second;
  }
  kafka::GroupMetadata group() const override { return {}; }

 private:
  Brokers& brokers_;
};

/// Says what it is told; its state is the last row.
class Listener final : public vehicle::Module {
 public:
  Listener(std::string_view id, std::vector<std::string>& said) : id_(id), said_(said) {}
  void on_history(const vehicle::Context&, const model::Record&, Outcome&) override {
    said_.push_back(id_ + " record");
  }
  void on_live(const vehicle::Context&, const model::Record&, Outcome&) override {}
  void on_time(const vehicle::Wake&, Outcome&) override {}
  void on_table(const vehicle::TableRow& row, Outcome&) override {
    last_ = row.value.value_or("gone");
    said_.push_back(id_ + ' ' + last_);
  }
  std::optional<vehicle::Wake> wake() const override { return std::nullopt; }
  void save(std::string& bytes) const override { bytes += last_; }
  base::Status load(std::string_view bytes) override {
    last_ = bytes;
    return {};
  }

 private:
  std::string id_;
  std::vector<std::string>& said_;
  std::string last_;
};

class Listeners final : public vehicle::Factory {
 public:
  explicit Listeners(std::vector<std::string>& said) : said_(said) {}
  std::uint32_t state_field() const override { return odograph::VehicleState::kRulesFieldNumber; }
  std::unique_ptr<vehicle::Module> make(std::string_view id) override { return std::make_unique<Listener>(id, said_); }
  void on_shared_row(const vehicle::TableRow& row) override {
    said_.push_back("all " + std::string(row.value.value_or("gone")));
  }
  void before_commit(Outcome&) override {}

 private:
  std::vector<std::string>& said_;
};

kafka::Message row(const std::string& topic, std::int64_t offset, const std::string& key, const std::string& value) {
  return {.topic = topic, .offset = offset, .key = key, .value = value, .tombstone = value.empty()};
}

class TableReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    processor_.plug_in(std::make_unique<Listeners>(said_));
    brokers_.marks = {{{kOfVehicles, 0}, {5, 8}}, {{kOfVehicles, 2}, {0, 0}}, {{kShared, 0}, {0, 3}}};
  }

  std::unique_ptr<TableReader> begin(const Tables& tables = kTables,
                                     const std::set<std::int32_t>& partitions = {0, 2}) {
    FakeConsumer marks(brokers_);
    auto reader =
        TableReader::begin(tables, partitions, marks, [this]() -> base::Result<std::unique_ptr<kafka::Consumer>> {
          ++brokers_.readers;
          return std::unique_ptr<kafka::Consumer>(std::make_unique<FakeConsumer>(brokers_));
        });
    EXPECT_EQ(bool(reader), brokers_.readers > 0 || (tables.shared.empty() && tables.of_vehicles.empty()));
    return reader ? std::move(*reader) : nullptr;
  }
  std::vector<std::string> hand_over(TableReader& reader) {
    Outcome outcome;
    reader.hand_over(processor_, outcome);
    return std::exchange(said_, {});
  }
  std::vector<std::string> hear(const std::string& vehicle) {
    Outcome outcome;
    processor_.on_message(message_of(header_of(vehicle), {record_at(0, 50)}, ++n_), outcome);
    return std::exchange(said_, {});
  }
  /// Who has a record in vehicle-state-topic to be written, of what was touched since the last time.
  std::vector<std::string> saved() {
    Outcome outcome;
    processor_.save(outcome);
    std::vector<std::string> keys;
    for (const Output& output : outcome.outputs) {
      if (output.key.front() != '/') keys.push_back(output.key);
    }
    return keys;
  }

  Brokers brokers_;
  std::vector<std::string> said_;
  Processor processor_{{}};
  std::vector<std::string> troubles_;
  std::uint32_t n_ = 0;
};

TEST_F(TableReaderTest, ReadsAllThatIsThereBeforeItTellsOfAnything) {
  static_cast<void>(hear("van"));
  auto reader = begin();
  EXPECT_THAT(brokers_.assigned,
              ElementsAre(kafka::TopicPartition{kShared, 0, 0}, kafka::TopicPartition{kOfVehicles, 0, 5},
                          kafka::TopicPartition{kOfVehicles, 2, 0}));
  brokers_.polls = {
      {.messages = {row(kOfVehicles, 5, "van", "old"), row(kShared, 0, "a", "A"), row(kShared, 1, "b", "B")}},
      {.messages = {row(kOfVehicles, 6, "van", "new")}, .ended = {{kOfVehicles, 0, 7}}},
      {.messages = {row(kShared, 2, "a", "AA")}}};
  reader->step(base::Millis(0), troubles_);
  reader->step(base::Millis(0), troubles_);
  EXPECT_FALSE(reader->is_complete()) << "the end is 8, whatever the present end of committed data";
  EXPECT_THAT(hand_over(*reader), IsEmpty());
  brokers_.polls.back().ended = {{kOfVehicles, 0, 8}};
  reader->step(base::Millis(0), troubles_);
  EXPECT_TRUE(reader->is_complete());
  EXPECT_THAT(hand_over(*reader), ElementsAre("all AA", "all B", "van new"));
  EXPECT_THAT(hand_over(*reader), IsEmpty());
  EXPECT_EQ(reader->rows(), 5U);
}

TEST_F(TableReaderTest, FollowsWithEachRowInItsOrder) {
  static_cast<void>(hear("van"));
  brokers_.marks = {{{kOfVehicles, 0}, {0, 0}}, {{kShared, 0}, {0, 0}}};
  auto reader = begin(kTables, {0});
  EXPECT_TRUE(reader->is_complete());
  EXPECT_THAT(hand_over(*reader), IsEmpty());
  brokers_.polls = {{.messages = {row(kOfVehicles, 0, "van", "one"), row(kShared, 0, "a", "A"),
                                  row(kOfVehicles, 1, "van", "two"), row(kOfVehicles, 2, "van", "")},
                     .errors = {"a broker is away"}}};
  reader->step(base::Millis(0), troubles_);
  EXPECT_THAT(hand_over(*reader), ElementsAre("van one", "all A", "van two", "van gone"));
  EXPECT_THAT(troubles_, ElementsAre("tables: a broker is away"));
}

TEST_F(TableReaderTest, TellsAVehicleThatIsHeardLaterBeforeItsFirstRecord) {
  auto reader = begin();
  brokers_.polls = {{.messages = {row(kOfVehicles, 5, "van", "trip"), row(kOfVehicles, 6, "cab", "")},
                     .ended = {{kOfVehicles, 0, 8}, {kShared, 0, 3}}}};
  reader->step(base::Millis(0), troubles_);
  EXPECT_THAT(hand_over(*reader), IsEmpty());
  EXPECT_EQ(processor_.counters().vehicles, 0U) << "a plan is not a vehicle";
  EXPECT_THAT(hear("van"), ElementsAre("van trip", "van record"));
  EXPECT_THAT(hear("cab"), ElementsAre("cab record"));
}

TEST_F(TableReaderTest, WritesNoStateForRowsThatChangeNothing) {
  static_cast<void>(hear("van"));
  Outcome outcome;
  processor_.on_vehicle_row(0, {kOfVehicles, "van", "trip"}, outcome);
  EXPECT_THAT(saved(), ElementsAre("van"));
  processor_.on_vehicle_row(0, {kOfVehicles, "van", "trip"}, outcome);
  EXPECT_THAT(saved(), IsEmpty());
  processor_.on_vehicle_row(0, {kOfVehicles, "van", "other"}, outcome);
  EXPECT_THAT(saved(), ElementsAre("van"));
}

TEST_F(TableReaderTest, ForgetsRowsWithTheirPartition) {
  Outcome outcome;
  processor_.on_vehicle_row(0, {kOfVehicles, "van", "trip"}, outcome);
  processor_.drop(0);
  EXPECT_THAT(hear("van"), ElementsAre("van record"));
}

TEST_F(TableReaderTest, NamesATopicThatIsMissing) {
  brokers_.marks.erase({kOfVehicles, 2});
  FakeConsumer marks(brokers_);
  const auto reader = TableReader::begin(
      kTables, {0, 2}, marks,
      []() -> base::Result<std::unique_ptr<kafka::Consumer>> { return base::stop_error("not asked for"); });
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().action, base::Action::kDrop);
  EXPECT_EQ(reader.error().what, "no of-vehicles");
}

TEST_F(TableReaderTest, NeedsNothingWhereThereAreNoTables) {
  auto reader = begin({});
  EXPECT_EQ(brokers_.readers, 0);
  EXPECT_TRUE(reader->is_complete());
  reader->step(base::Millis(0), troubles_);
  EXPECT_THAT(hand_over(*reader), IsEmpty());
}

}  // namespace
}  // namespace odograph::process
