#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/uplink/fakes.h"
#include "agent/uplink/feeder.h"
#include "lib/wire/record_batch.h"

namespace odograph::uplink {

/// A feeder between a fake outbox and fake handles, in a time that the test tells.
class FeederTest : public ::testing::Test {
 protected:
  static constexpr model::Lane kAlert = model::Lane::kAlert;
  static constexpr model::Lane kEvent = model::Lane::kEvent;
  static constexpr model::Lane kBulk = model::Lane::kBulk;

  FeederTest() {
    options_.vehicle_id = "car-1";
    // Pacing has tests of its own.
    options_.pace.outage = std::chrono::hours{24};
  }

  void start() {
    const ProducerFactory make = [this]() -> base::Result<std::unique_ptr<kafka::Producer>> {
      if (refuse_handles_) return base::stop_error("certificate gone");
      handles_.push_back(std::make_shared<FakeHandle>());
      return std::unique_ptr<kafka::Producer>{std::make_unique<FakeProducer>(handles_.back())};
    };
    Feeder::Parts parts{outbox_, latest_, make, [] { return std::uint64_t{0}; },
                        [this](Telling telling, const std::string& line) {
                          if (telling != Telling::kDetail) log_.push_back(line);
                        }};
    auto first = make();
    feeder_ = std::make_unique<Feeder>(options_, std::move(parts), std::move(first).value(), now_);
  }

  void step(base::Millis later = base::Millis{0}) {
    now_ += later;
    feeder_->step(now_);
  }

  /// Lets flight after flight land, until nothing more goes by itself.
  void fly() {
    for (std::size_t before = 0; before != handle().sent.size();) {
      before = handle().sent.size();
      handle().store_all();
      step();
    }
  }

  FakeHandle& handle() { return *handles_.back(); }
  Stats::PerLane counts(model::Lane lane) const { return feeder_->stats().lanes[static_cast<std::size_t>(lane) - 1]; }

  /// "bulk 1:1-3" for a message with those records of boot 1.
  static std::string told(const FakeHandle::Sent& sent) {
    const auto batch = wire::decode(sent.value);
    if (!batch) return batch.error().what;
    const auto& records = batch->records;
    return std::string{model::to_string(batch->header.lane)} + " " + std::to_string(batch->header.boot) + ":" +
           std::to_string(records.front().n) + "-" + std::to_string(records.back().n);
  }
  std::vector<std::string> told_from(std::size_t first = 0) {
    std::vector<std::string> all;
    for (std::size_t i = first; i < handle().sent.size(); ++i) all.push_back(told(handle().sent[i]));
    return all;
  }

  using Told = std::vector<std::string>;
  using Outcome = kafka::Delivery::Outcome;

  Options options_;
  FakeOutbox outbox_;
  LatestState latest_;
  std::vector<std::shared_ptr<FakeHandle>> handles_;
  bool refuse_handles_ = false;
  std::vector<std::string> log_;
  TimePoint now_{std::chrono::hours{1}};
  std::unique_ptr<Feeder> feeder_;
};

}  // namespace odograph::uplink
