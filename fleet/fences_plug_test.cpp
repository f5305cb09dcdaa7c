// Fences of geofences-topic in the processor: what a backlog says when it is read again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "fleet/decode/lines.h"
#include "fleet/fences/fence_row.h"
#include "fleet/process/drive.h"
#include "fleet/process/processor.h"
#include "fleet/topics/topic_table.h"
#include "fleet/watch/rules_module.h"

namespace odograph::fleet {
namespace {

using process::kNoon;
using process::Processor;

/// Around where a vehicle of this drive is so many seconds after noon, from a time on.
fences::FenceVersion fence(int from, int where) {
  rules::Fence area{.id = "gate", .outline = {}, .centre = *process::record_at(where, 80).position, .radius_m = 500};
  fences::FenceAlert alert;
  alert.life.expiry = std::chrono::seconds(60);
  return {.valid_from = kNoon + std::chrono::seconds(from), .area = std::move(area), .alert = std::move(alert)};
}

std::string row(std::vector<fences::FenceVersion> versions) {
  return fences::to_message({.id = "gate", .versions = std::move(versions)});
}

const std::string kFirst = row({fence(200, 300)});
const std::string kMoved = row({fence(200, 300), fence(310, 380)});
const std::string kEnded =
    row({fence(200, 300), fence(310, 380), {.valid_from = kNoon + std::chrono::seconds(390), .area = {}, .alert = {}}});

/// Two trucks on one road, the second a hundred seconds behind; it falls silent inside of the fence, at 305.
std::vector<kafka::Message> backlog() {
  std::vector<kafka::Message> messages;
  for (int second = 0; second <= 600; second += 5) {
    const auto n = static_cast<std::uint32_t>(second / 5 + 1);
    messages.push_back(process::message_of(process::header_of("truck-1"), {process::record_at(second, 80)}, n));
    if (second > 305) continue;
    model::Record behind = process::record_at(second, 80);
    behind.position = process::record_at(std::max(0, second - 15), 80).position;
    messages.push_back(process::message_of(process::header_of("truck-2"), {behind}, n));
  }
  for (std::size_t i = 0; i < messages.size(); ++i) messages[i].offset = static_cast<std::int64_t>(i);
  return messages;
}

class Replayed {
 public:
  Replayed() { make(); }

  void put(const std::string& value) {
    value_ = value;
    tell();
  }
  void message(const kafka::Message& message) {
    vehicle::Outcome outcome;
    processor_->on_message(message, outcome);
    for (const vehicle::Output& output : outcome.outputs) {
      if (output.topic != topics::kAlerts) continue;
      alerts_.push_back(*output.value);
    }
  }
  /// State first, and rows of tables when all of it is there, as the pipeline has it.
  void restart() {
    const std::vector<vehicle::Output> saved = saved_outputs();
    make();
    for (const vehicle::Output& output : saved) {
      kafka::Message row;
      row.topic = output.topic;
      row.partition = *output.partition;
      row.key = output.key;
      row.value = output.value.value_or("");
      ASSERT_TRUE(processor_->load(row).has_value());
    }
    tell();
  }
  const std::vector<std::string>& alerts() const { return alerts_; }

  std::vector<std::string> words() const {
    std::vector<std::string> words;
    for (const std::string& value : alerts_) {
      kafka::Message message;
      message.topic = topics::kAlerts;
      message.value = value;
      const auto alert = nlohmann::json::parse(decode::lines_of(message, decode::Place::kLeftOut)->front());
      const auto at = *base::from_rfc3339(alert["time"].get<std::string>()) - kNoon;
      std::string word = alert["vehicle_id"].get<std::string>() + " " + alert["state"].get<std::string>();
      if (alert.contains("reason")) word += " " + alert["reason"].get<std::string>();
      words.push_back(word + " @" + std::to_string(at.count() / 1'000));
    }
    return words;
  }

 private:
  void make() {
    processor_ = std::make_unique<Processor>(process::ProcessorOptions{});
    processor_->plug_in(std::make_unique<watch::RulesFactory>(rules::RuleBookConfig{}));
  }
  void tell() {
    if (!value_.empty()) processor_->on_shared_row({topics::kGeofences, "gate", value_});
  }
  /// Of each vehicle what it was saved as last: nothing is saved twice that did not move.
  std::vector<vehicle::Output> saved_outputs() {
    vehicle::Outcome outcome;
    processor_->save(outcome);
    for (vehicle::Output& output : outcome.outputs) saved_.insert_or_assign(output.key, std::move(output));
    std::vector<vehicle::Output> all;
    for (const auto& [key, output] : saved_) all.push_back(output);
    return all;
  }

  std::unique_ptr<Processor> processor_;
  std::string value_;
  std::map<std::string, vehicle::Output> saved_;
  std::vector<std::string> alerts_;
};

/// Each row a minute before its newest version begins.
void live(Replayed& run, int restart_every) {
  const std::map<int, std::string> rows = {{140, kFirst}, {250, kMoved}, {330, kEnded}};
  std::set<int> told;
  int count = 0;
  for (const kafka::Message& message : backlog()) {
    const auto batch = wire::decode(message.value);
    const auto second = (*batch->records.front().utc - kNoon).count() / 1'000;
    for (const auto& [at, value] : rows) {
      if (at <= second && told.insert(at).second) run.put(value);
    }
    run.message(message);
    if (restart_every > 0 && ++count % restart_every == 0) ASSERT_NO_FATAL_FAILURE(run.restart());
  }
}

TEST(FencesInTheProcessor, ABacklogGivesTheAlertsOfTheDayByteForByte) {
  Replayed then;
  live(then, 0);
  EXPECT_THAT(then.words(), testing::ElementsAre("truck-1 RAISED @285", "truck-2 RAISED @300",
                                                 "truck-1 CLEARED RECOVERED @315", "truck-2 CLEARED EXPIRED @365",
                                                 "truck-1 UPDATED @365", "truck-1 CLEARED SUPERSEDED @385"));
  Replayed replay;
  replay.put(kEnded);
  for (const kafka::Message& message : backlog()) replay.message(message);
  EXPECT_EQ(replay.alerts(), then.alerts());
}

TEST(FencesInTheProcessor, ARestartAtAnyMomentChangesNothing) {
  Replayed undisturbed;
  live(undisturbed, 0);
  for (const int every : {1, 7}) {
    Replayed disturbed;
    ASSERT_NO_FATAL_FAILURE(live(disturbed, every));
    EXPECT_EQ(disturbed.alerts(), undisturbed.alerts()) << every;
  }
}

TEST(FencesInTheProcessor, ARowThatIsTooLateIsWhatDiffers) {
  Replayed late;
  for (const kafka::Message& message : backlog()) {
    if (message.offset == 140) late.put(kEnded);
    late.message(message);
  }
  Replayed replay;
  replay.put(kEnded);
  for (const kafka::Message& message : backlog()) replay.message(message);
  EXPECT_NE(late.alerts(), replay.alerts());
}

}  // namespace
}  // namespace odograph::fleet
