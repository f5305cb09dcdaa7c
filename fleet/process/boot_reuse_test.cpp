// A vehicle whose disk takes back what it said to be stored, as the fleet sees it (docs/decisions/0010).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/process/dedupe.h"
#include "fleet/process/drive.h"
#include "fleet/process/processor.h"
#include "fleet/topics/topic_table.h"
#include "proto/public/processed.pb.h"

namespace odograph::process {
namespace {

using model::Lane;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// One vehicle's messages, each record named as in proto/README.md.
class Vehicle {
 public:
  void send(Lane lane, BootName boot, const std::vector<std::uint32_t>& numbers) {
    std::vector<model::Record> records(numbers.size(), record_at(0, 50));
    for (std::size_t i = 0; i < numbers.size(); ++i) records[i].n = numbers[i];
    send_records(lane, boot, records);
  }
  void send_boot_report(BootName boot, std::uint32_t previous_boot, model::LaneEnds ends) {
    model::Record record = record_at(0, 50);
    record.n = 1;
    record.boot = model::BootReport{"1.2.3", previous_boot, false, ends};
    send_records(Lane::kEvent, boot, {record});
  }
  void send_loss(BootName boot, std::uint32_t n, const Gap& lost) {
    model::Record record = record_at(0, 50);
    record.n = n;
    record.loss = model::LossReport{lost.lane,
                                    lost.boot,
                                    lost.first_n,
                                    lost.last_n,
                                    lost.last_n - lost.first_n + 1,
                                    model::LossReason::kCorrupt,
                                    {},
                                    {},
                                    0};
    send_records(Lane::kEvent, boot, {record});
  }

  const Counters& counters() const { return processor_.counters(); }
  const std::vector<std::string>& ids() const { return ids_; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  void send_records(Lane lane, BootName boot, const std::vector<model::Record>& records) {
    auto header = header_of("a", lane, boot.number);
    header.boot_nonce = boot.nonce;
    kafka::Message message;
    message.topic = "raw-data-topic";
    message.key = "a";
    message.value = wire::encode(header, records);
    message.offset = offset_++;
    Outcome outcome;
    processor_.on_message(message, outcome);
    notes_.insert(notes_.end(), outcome.notes.begin(), outcome.notes.end());
    for (const Output& output : outcome.outputs) {
      odograph::ProcessedRecord processed;
      if (output.topic == topics::kProcessedData && processed.ParseFromString(*output.value)) {
        ids_.push_back(processed.id());
      }
    }
  }

  Processor processor_{ProcessorOptions{.rules = {.limit_cmps = 2222}}};
  std::int64_t offset_ = 0;
  std::vector<std::string> ids_;
  std::vector<std::string> notes_;
};

constexpr BootName kFirst{2, 20};
constexpr BootName kSecond{2, 21};

/// Boot 1, and a boot 2 that the disk will take back.
struct TwoBoots : Vehicle {
  TwoBoots() {
    send_boot_report({1, 10}, 0, {});
    send(Lane::kBulk, {1, 10}, {1, 2, 3});
    send_boot_report(kFirst, 1, {0, 1, 3});
    send(Lane::kBulk, kFirst, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  }
};

TEST(BootReuse, LosesNothingOfTheNewBootAndSaysWhatItIs) {
  TwoBoots vehicle;
  vehicle.send_boot_report(kSecond, 1, {0, 1, 3});
  vehicle.send(Lane::kBulk, kSecond, {1, 2, 3});
  EXPECT_EQ(vehicle.counters().reports, 18U);
  EXPECT_EQ(vehicle.counters().repeats, 0U);
  EXPECT_EQ(vehicle.counters().boots_reused, 1U) << "once, whatever lanes it has";
  EXPECT_EQ(vehicle.counters().gaps_unexplained, 0U);
  EXPECT_THAT(vehicle.notes(), ElementsAre(HasSubstr("lying disk: vehicle a, stream 0000000000000abc: boot 2 begins")));
}

// The control: what this is all about.
TEST(BootReuse, WithoutANonceTheNewBootIsTakenForRepeats) {
  Vehicle vehicle;
  vehicle.send(Lane::kBulk, {2, 0}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  vehicle.send(Lane::kBulk, {2, 0}, {1, 2, 3});
  EXPECT_EQ(vehicle.counters().repeats, 3U);
  EXPECT_EQ(vehicle.counters().boots_reused, 0U);
  EXPECT_THAT(vehicle.notes(), IsEmpty());
}

TEST(BootReuse, ReportsHaveIdsOfTheirOwn) {
  Vehicle vehicle;
  vehicle.send(Lane::kBulk, kFirst, {1});
  vehicle.send(Lane::kBulk, kSecond, {1});
  vehicle.send(Lane::kBulk, {3, 0}, {1});
  EXPECT_THAT(vehicle.ids(),
              ElementsAre("a/0000000000000abc/bulk/8589934593/20", "a/0000000000000abc/bulk/8589934593/21",
                          "a/0000000000000abc/bulk/12884901889"));
}

TEST(BootReuse, RepeatsAreStillDropped) {
  TwoBoots vehicle;
  vehicle.send(Lane::kBulk, kSecond, {1, 2});
  vehicle.send(Lane::kBulk, kSecond, {1, 2, 3});
  vehicle.send(Lane::kBulk, kFirst, {8, 9});
  EXPECT_EQ(vehicle.counters().repeats, 4U);
  EXPECT_EQ(vehicle.counters().gaps_unexplained, 0U);
}

TEST(BootReuse, HolesOfTheNewBootAreItsOwn) {
  TwoBoots vehicle;
  // Of the first life: must not account for the second.
  vehicle.send_loss(kFirst, 2, {Lane::kBulk, 2, 10, 20});
  vehicle.send_boot_report(kSecond, 1, {0, 1, 3});
  vehicle.send(Lane::kBulk, kSecond, {1, 2, 15});
  EXPECT_EQ(vehicle.counters().gaps_unexplained, 12U);
  vehicle.send_loss(kSecond, 2, {Lane::kBulk, 2, 3, 14});
  EXPECT_EQ(vehicle.counters().gaps_unexplained, 0U);
  EXPECT_EQ(vehicle.counters().gaps_explained, 12U);
}

TEST(BootReuse, TheEndOfTheNewBootIsToldByTheNext) {
  TwoBoots vehicle;
  vehicle.send_boot_report(kSecond, 1, {0, 1, 3});
  vehicle.send(Lane::kBulk, kSecond, {1, 2});
  vehicle.send_boot_report({3, 30}, 2, {0, 1, 5});
  vehicle.send(Lane::kBulk, {3, 30}, {1});
  EXPECT_EQ(vehicle.counters().gaps_unexplained, 3U) << "records 3 to 5 of the second life";
}

TEST(BootReuse, ALaneThatComesLateHasToComeWithAllOfIt) {
  TwoBoots vehicle;
  vehicle.send_boot_report(kSecond, 1, {0, 1, 3});
  vehicle.send_boot_report({3, 30}, 2, {0, 1, 5});
  vehicle.send(Lane::kBulk, {3, 30}, {1});
  EXPECT_EQ(vehicle.counters().gaps_unexplained, 5U) << "the second life's bulk, of which nothing came";
  EXPECT_EQ(vehicle.counters().boots_reused, 1U);
}

TEST(BootReuse, WhatIsSalvagedOfTheFirstLifeIsReportedAndMovesNothing) {
  TwoBoots vehicle;
  vehicle.send_boot_report(kSecond, 1, {0, 1, 3});
  vehicle.send(Lane::kBulk, kSecond, {1, 2});
  vehicle.send(Lane::kBulk, kFirst, {10, 11, 30});
  vehicle.send(Lane::kBulk, kSecond, {3});
  EXPECT_EQ(vehicle.counters().reports, 21U);
  EXPECT_EQ(vehicle.counters().repeats, 0U);
  EXPECT_EQ(vehicle.counters().gaps_unexplained, 0U);
}

TEST(BootReuse, PreviewsOfEitherLifeMoveNothing) {
  TwoBoots vehicle;
  vehicle.send(Lane::kLive, kSecond, {0});
  vehicle.send(Lane::kLive, kFirst, {0});
  EXPECT_EQ(vehicle.counters().live, 2U);
  EXPECT_EQ(vehicle.counters().boots_reused, 0U) << "a preview has no number, so it takes none";
  vehicle.send(Lane::kBulk, kSecond, {1});
  EXPECT_EQ(vehicle.counters().boots_reused, 1U);
  EXPECT_EQ(vehicle.counters().repeats, 0U);
}

}  // namespace
}  // namespace odograph::process
