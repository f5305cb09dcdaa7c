// Writes a fleet's records to raw-data-topic, all of it decided by a seed: the same records in the same order of each
// vehicle, however often it is run. See README.md.
//
// odograph_tests_chaos_feed BROKERS SEED VEHICLES MESSAGES MESSAGES_PER_SECOND (0: as fast as possible) [in-turn]
//
// With `in-turn` one message of each vehicle after the other, instead of whose turn the seed says.

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "lib/kafka/producer.h"
#include "lib/wire/record_batch.h"

namespace odograph {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{120};
/// What may be on its way: librdkafka's own queue is longer.
constexpr std::size_t kOutstandingMax = 500;

struct Wanted {
  std::string brokers;
  std::uint32_t seed = 1;
  std::uint32_t vehicles = 1;
  std::uint32_t messages = 0;
  std::uint32_t per_second = 0;
  bool in_turn = false;
};

std::uint32_t number(const char* text) {
  std::uint32_t value = 0;
  const std::string_view digits(text);
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

/// A vehicle that drives up and down the speed limit, reboots now and then, loses records and tells so, and sends some
/// messages twice.
class Vehicle {
 public:
  Vehicle(std::string id, std::uint32_t seed) : id_(std::move(id)), random_(seed) {}

  /// The next message; sometimes one that was there before.
  std::string next() {
    if (!sent_.empty() && up_to(19) == 0) return sent_[up_to(static_cast<std::uint32_t>(sent_.size() - 1))];
    if (up_to(59) == 0) reboot();
    const bool event = must_report_ || up_to(11) == 0;
    wire::BatchHeader header{.vehicle_id = id_,
                             .stream_id = 0xfeed,
                             .lane = event ? model::Lane::kEvent : model::Lane::kBulk,
                             .boot = boot_,
                             .boot_nonce = boot_ * 1'000'003};
    std::vector<model::Record> records;
    for (std::uint32_t i = 0; i <= up_to(4); ++i) records.push_back(event ? event_record() : bulk_record());
    sent_.push_back(wire::encode(header, records));
    if (sent_.size() > kRemembered) sent_.erase(sent_.begin());
    return sent_.back();
  }
  const std::string& id() const { return id_; }

 private:
  static constexpr std::size_t kRemembered = 5;

  std::uint32_t up_to(std::uint32_t last) { return static_cast<std::uint32_t>(random_() % (last + 1)); }

  void reboot() {
    previous_ = {0, event_n_, bulk_n_};
    ++boot_;
    event_n_ = bulk_n_ = 0;
    must_report_ = true;
  }

  model::Record dated() {
    model::Record record;
    time_ += base::Millis(200 + up_to(1800));
    record.utc = time_;
    record.time_quality = model::TimeQuality::kGnss;
    record.reason = model::reason::kTime;
    return record;
  }

  model::Record bulk_record() {
    if (up_to(49) == 0) {  // Some never come.
      lost_ = {bulk_n_ + 1, bulk_n_ + 1 + up_to(3), boot_};
      bulk_n_ = lost_.last_n;
    }
    model::Record record = dated();
    record.n = ++bulk_n_;
    record.mode = model::FixMode::k3d;
    lat_e7_ += static_cast<std::int32_t>(up_to(4000));
    record.position = model::Position{lat_e7_, 80'000'000};
    // Around 80 km/h, up and down in half a minute.
    const double phase = static_cast<double>(time_.time_since_epoch().count() % 30'000) / 30'000 * 6.283185307;
    record.speed_cmps = static_cast<std::int32_t>(2222 + 400 * std::sin(phase));
    record.satellites = static_cast<std::int32_t>(6 + up_to(6));
    return record;
  }

  model::Record event_record() {
    model::Record record = dated();
    record.n = ++event_n_;
    if (must_report_) {
      record.boot = model::BootReport{"9.9.9", boot_ - 1, false, previous_};
      must_report_ = false;
    } else if (lost_.first_n != 0) {
      record.loss = model::LossReport{model::Lane::kBulk, lost_.boot, lost_.first_n, lost_.last_n,
                                      1 + lost_.last_n - lost_.first_n};
      lost_ = {};
    }
    return record;
  }

  struct Lost {
    std::uint32_t first_n = 0;
    std::uint32_t last_n = 0;
    std::uint32_t boot = 0;
  };
  std::string id_;
  std::mt19937 random_;
  std::uint32_t boot_ = 1;
  std::uint32_t event_n_ = 0;
  std::uint32_t bulk_n_ = 0;
  model::LaneEnds previous_;
  bool must_report_ = false;
  Lost lost_;
  base::UtcTime time_ = *base::from_rfc3339("2026-01-05T06:00:00.000Z");
  std::int32_t lat_e7_ = 470'000'000;
  std::vector<std::string> sent_;
};

/// Returns once the broker has all of it in order; false with a word on stderr if it will not.
bool feed(const Wanted& wanted) {
  auto producer = kafka::Producer::create({.brokers = wanted.brokers,
                                           .client_id = "feed",
                                           .linger = std::chrono::milliseconds{5},
                                           // Where partitions are added, it learns of them soon.
                                           .overrides = {{"topic.metadata.refresh.interval.ms", "1000"}}});
  if (!producer) return std::cerr << producer.error().what << '\n', false;
  std::vector<Vehicle> vehicles;
  for (std::uint32_t i = 0; i < wanted.vehicles; ++i) {
    vehicles.emplace_back("truck-" + std::to_string(i), wanted.seed * 1000 + i);
  }
  std::mt19937 random(wanted.seed);
  std::vector<kafka::Delivery> reports;
  const auto begin = Steady::now();
  std::uint64_t stored = 0;
  for (std::uint32_t i = 0; i < wanted.messages; ++i) {
    Vehicle& vehicle = vehicles[wanted.in_turn ? i % vehicles.size() : random() % vehicles.size()];
    const std::string message = vehicle.next();
    const auto due =
        wanted.per_second == 0 ? begin : begin + std::chrono::milliseconds(i * 1000ULL / wanted.per_second);
    const auto patience = Steady::now() + kPatience;
    while (Steady::now() < due || (*producer)->outstanding() >= kOutstandingMax) {
      const auto wait = std::chrono::ceil<std::chrono::milliseconds>(due - Steady::now());
      (*producer)->poll(std::clamp(wait, std::chrono::milliseconds{1}, std::chrono::milliseconds{50}), reports);
      if (Steady::now() > patience) return std::cerr << "the broker does not take them\n", false;
    }
    if (!(*producer)->send({"raw-data-topic", vehicle.id(), message}, i)) return std::cerr << "not sent\n", false;
  }
  (*producer)->flush(kPatience, reports);
  for (const kafka::Delivery& report : reports) {
    if (report.outcome != kafka::Delivery::Outcome::kStored) return std::cerr << report.error << '\n', false;
    ++stored;
  }
  if (stored != wanted.messages) return std::cerr << stored << " of " << wanted.messages << " stored\n", false;
  return true;
}

}  // namespace
}  // namespace odograph

int main(int argc, char** argv) {
  const bool in_turn = argc == 7 && std::string_view(argv[6]) == "in-turn";
  if (argc != 6 && !in_turn) return 2;
  using odograph::number;
  return odograph::feed({argv[1], number(argv[2]), number(argv[3]), number(argv[4]), number(argv[5]), in_turn}) ? 0 : 1;
}
