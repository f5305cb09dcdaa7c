#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "fleet/process/drive.h"
#include "fleet/topics/topic_table.h"
#include "proto/public/vehicle_state.pb.h"

namespace odograph::process {
namespace {

using model::Lane;
using testing::ElementsAre;
using testing::IsEmpty;
using vehicle::Wake;

ProcessorOptions options_80() {
  ProcessorOptions options;
  options.rules.limit_cmps = 2222;
  options.rules.zones = {
      {"town", 1389, {{470000000, 0}, {470100000, 0}, {470100000, 90000000}, {470000000, 90000000}}}};
  return options;
}

/// Says what it was called with, and wants to be called half a minute after each record.
class Recorder final : public vehicle::Module {
 public:
  explicit Recorder(std::string_view id) : id_(id) {}
  void on_history(const vehicle::Context&, const model::Record& record, Outcome& outcome) override {
    say("history " + std::to_string(record.n), outcome);
  }
  void on_live(const vehicle::Context&, const model::Record& record, Outcome& outcome) override {
    wake_ = Wake{*record.utc + base::Millis(30'000), Wake::By::kStreamTime};
    say("live", outcome);
  }
  void on_time(const Wake& now, Outcome& outcome) override {
    wake_.reset();
    say("time " + base::to_rfc3339(now.at), outcome);
  }
  void on_table(const vehicle::TableRow&, Outcome& outcome) override { say("table", outcome); }
  std::optional<Wake> wake() const override { return wake_; }
  void save(std::string& bytes) const override {
    bytes = std::to_string(calls_) + ' ' + (wake_ ? base::to_rfc3339(wake_->at) : "never");
  }
  base::Status load(std::string_view bytes) override {
    const std::size_t blank = bytes.find(' ');
    if (blank == std::string_view::npos) return base::drop_error("no recorder");
    calls_ = std::stoi(std::string(bytes.substr(0, blank)));
    if (const auto at = base::from_rfc3339(bytes.substr(blank + 1))) wake_ = Wake{*at, Wake::By::kStreamTime};
    return {};
  }

 private:
  void say(const std::string& what, Outcome& outcome) {
    outcome.outputs.push_back({"said", id_, std::to_string(++calls_) + ' ' + what});
  }

  std::string id_;
  int calls_ = 0;
  std::optional<Wake> wake_;
};

class Recorders final : public vehicle::Factory {
 public:
  std::uint32_t state_field() const override { return odograph::VehicleState::kRulesFieldNumber; }
  std::unique_ptr<vehicle::Module> make(std::string_view id) override { return std::make_unique<Recorder>(id); }
  void on_shared_row(const vehicle::TableRow&) override {}
  void before_commit(Outcome&) override {}
};

std::unique_ptr<Processor> make_processor(const ProcessorOptions& options = options_80()) {
  auto processor = std::make_unique<Processor>(options);
  processor->plug_in(std::make_unique<Recorders>());
  return processor;
}

/// vehicle-state-topic as a reader of it sees it in the end.
using StateTopic = std::map<std::pair<std::int32_t, std::string>, std::string>;

void write_to(const std::vector<Output>& outputs, StateTopic& topic) {
  for (const Output& output : outputs) {
    if (output.topic != topics::kVehicleState) continue;
    ASSERT_TRUE(output.partition) << "beside its input, whatever the key";
    if (output.value) {
      topic[{*output.partition, output.key}] = *output.value;
    } else {
      topic.erase({*output.partition, output.key});
    }
  }
}

base::Status restore(const StateTopic& topic, Processor& processor) {
  for (const auto& [place, value] : topic) {
    kafka::Message row;
    row.topic = topics::kVehicleState;
    row.partition = place.first;
    row.key = place.second;
    row.value = value;
    if (auto status = processor.load(row); !status) return status;
  }
  return {};
}

std::vector<std::string> lines_of(const std::vector<Output>& outputs) {
  std::vector<std::string> lines;
  for (const Output& each : outputs) {
    if (each.topic != topics::kVehicleState) lines.push_back(each.topic + ' ' + each.key + ' ' + *each.value);
  }
  return lines;
}

/// Vehicles that drive fast and slow, reboot, lose records and say so, repeat themselves; noise in between.
std::vector<kafka::Message> random_topic(std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto up_to = [&](std::uint32_t last) { return static_cast<std::uint32_t>(random() % (last + 1)); };
  struct Sender {
    std::uint32_t boot = 1;
    std::uint32_t n[4] = {0, 0, 0, 0};
    double second = 0;
  };
  std::map<std::string, Sender> senders;
  std::map<std::int32_t, std::int64_t> offsets;
  std::vector<kafka::Message> messages;
  while (messages.size() < 150) {
    const std::uint32_t which = up_to(3);
    const std::string id = "truck-" + std::to_string(which);
    Sender& sender = senders[id];
    if (up_to(20) == 0) sender = {sender.boot + 1, {0, 0, 0, 0}, sender.second};
    const Lane lane = up_to(5) == 0 ? Lane::kEvent : up_to(9) == 0 ? Lane::kLive : Lane::kBulk;
    auto header = header_of(id, lane, sender.boot);
    header.boot_nonce = sender.boot * 7 + (up_to(30) == 0 ? 1 : 0);
    header.rule_set = which == 3 ? 17 : 0;
    if (lane == Lane::kBulk && up_to(15) == 0) sender.n[3] += up_to(5);
    std::vector<model::Record> records;
    for (std::uint32_t i = 0; i <= up_to(4); ++i) {
      sender.second += up_to(8);
      records.push_back(record_at(sender.second, up_to(6) == 0 ? -1.0 : 40.0 + up_to(60)));
      if (lane == Lane::kEvent && up_to(2) == 0) {
        records.back().loss = model::LossReport{Lane::kBulk, sender.boot, 1, 1 + up_to(40), 3};
      }
    }
    std::uint32_t& n = sender.n[static_cast<std::size_t>(lane)];
    messages.push_back(message_of(header, records, n + 1));
    n += static_cast<std::uint32_t>(records.size());
    messages.back().partition = static_cast<std::int32_t>(which % 2);
    if (up_to(12) == 0) messages.push_back(messages[messages.size() - 1 - up_to(3) % messages.size()]);
    if (up_to(25) == 0) messages.back().value = "noise";
  }
  for (kafka::Message& message : messages) message.offset = offsets[message.partition]++;
  return messages;
}

TEST(VehicleState, HoldsAllThatIsKnownBetweenAnyTwoMessages) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    const auto steady = make_processor();
    auto reborn = make_processor();
    StateTopic steady_topic;
    StateTopic reborn_topic;
    for (const kafka::Message& message : random_topic(seed)) {
      Outcome expected;
      steady->on_message(message, expected);
      Outcome told;
      reborn->on_message(message, told);
      ASSERT_EQ(lines_of(told.outputs), lines_of(expected.outputs)) << "seed " << seed << ", offset " << message.offset;
      EXPECT_EQ(told.notes, expected.notes);
      reborn->save(told);
      write_to(told.outputs, reborn_topic);
      reborn = make_processor();
      const auto restored = restore(reborn_topic, *reborn);
      ASSERT_TRUE(restored) << restored.error().what;
      EXPECT_EQ(reborn->counters().gaps_unexplained, steady->counters().gaps_unexplained) << seed;
    }
    Outcome last;
    steady->save(last);
    write_to(last.outputs, steady_topic);
    EXPECT_TRUE(steady_topic == reborn_topic) << "seed " << seed;
    EXPECT_GT(steady->counters().alerts_cleared, 0U) << seed;
  }
}

TEST(VehicleState, IsWrittenOnceForEachVehicleThatWasTouched) {
  Processor processor(options_80());
  Outcome outcome;
  for (const char* id : {"a", "b", "a", "a"}) {
    kafka::Message message = message_of(header_of(id), {record_at(0, 50)});
    message.partition = 5;
    processor.on_message(message, outcome);
  }
  outcome.outputs.clear();
  processor.save(outcome);
  std::vector<std::string> keys;
  for (const Output& output : outcome.outputs) keys.push_back(output.key);
  EXPECT_THAT(keys, ElementsAre("/5", "a", "b"));
  outcome.outputs.clear();
  processor.save(outcome);
  EXPECT_THAT(outcome.outputs, IsEmpty());
}

TEST(VehicleState, GoesWithItsPartition) {
  const auto processor = make_processor();
  Outcome outcome;
  for (std::int32_t partition : {0, 1}) {
    kafka::Message message = message_of(header_of("v" + std::to_string(partition)), {record_at(0, 50)}, 4);
    message.partition = partition;
    processor->on_message(message, outcome);
  }
  EXPECT_EQ(processor->counters().gaps_unexplained, 6U);
  processor->drop(0);
  EXPECT_EQ(processor->counters().vehicles, 1U);
  EXPECT_EQ(processor->counters().gaps_unexplained, 3U);
  outcome.outputs.clear();
  processor->save(outcome);
  ASSERT_EQ(outcome.outputs.size(), 2U);
  EXPECT_EQ(outcome.outputs.back().key, "v1");
  processor->drop(7);  // Never had.
}

TEST(VehicleState, OfWhomThereIsNoRoomForIsTakenAway) {
  ProcessorOptions options = options_80();
  options.vehicles_max = 1;
  const auto processor = make_processor(options);
  Outcome outcome;
  processor->on_message(message_of(header_of("a"), {record_at(0, 50)}), outcome);
  processor->on_message(message_of(header_of("b"), {record_at(40, 50)}), outcome);
  StateTopic topic;
  processor->save(outcome);
  write_to(outcome.outputs, topic);
  EXPECT_EQ(topic.size(), 2U);
  EXPECT_EQ(topic.count({0, "b"}), 1U);
  EXPECT_EQ(processor->counters().vehicles_forgotten, 1U);
  const auto reborn = make_processor(options);
  ASSERT_TRUE(restore(topic, *reborn));
  reborn->on_message(message_of(header_of("a"), {record_at(0, 50)}, 9), outcome);
  EXPECT_EQ(reborn->counters().gaps_unexplained, 0U) << "who was forgotten is not judged by what it told before";
}

TEST(VehicleState, OfOtherRulesEndsTheAlertThatIsOpen) {
  const auto before = make_processor();
  Outcome outcome;
  before->on_message(message_of(header_of("a"), {record_at(5000, 99)}), outcome);
  ASSERT_EQ(before->counters().alerts_raised, 1U);
  StateTopic topic;
  before->save(outcome);
  write_to(outcome.outputs, topic);

  ProcessorOptions other = options_80();
  other.rules.limit_cmps = 3000;
  const auto after = make_processor(other);
  ASSERT_TRUE(restore(topic, *after));
  Outcome told;
  kafka::Message next = message_of(header_of("a"), {record_at(5001, 99)}, 2);
  next.offset = 1;
  after->on_message(next, told);
  ASSERT_EQ(told.outputs.size(), 4U);
  odograph::Alert alert;
  ASSERT_TRUE(alert.ParseFromString(*told.outputs[1].value));
  EXPECT_EQ(alert.reason(), odograph::Alert::SUPERSEDED);
  EXPECT_EQ(alert.revision(), 2U);
}

TEST(VehicleState, ThatCannotBeReadIsRefused) {
  odograph::VehicleState newer;
  newer.set_version(kStateVersion + 1);
  odograph::VehicleState odd_module;
  odd_module.set_version(1);
  odd_module.set_rules("nonsense");
  const struct {
    const char* name;
    std::string value;
    base::Action action;
  } rows[] = {{"Noise", "\xff\xff\xff", base::Action::kDrop},
              {"Newer", newer.SerializeAsString(), base::Action::kStop},
              {"OddModule", odd_module.SerializeAsString(), base::Action::kDrop}};
  for (const auto& row : rows) {
    const auto processor = make_processor();
    const auto status = restore({{{0, "a"}, row.value}}, *processor);
    ASSERT_FALSE(status) << row.name;
    EXPECT_EQ(status.error().action, row.action) << row.name << ": " << status.error().what;
    EXPECT_EQ(processor->counters().vehicles, 0U) << row.name;
  }
}

}  // namespace
}  // namespace odograph::process
