// What the fleet's processor would say about delays, had it followed these trips and positions: the real one, with its
// arrivals and its rules, without brokers. Every alert is printed as `odograph-fleet decode` shows it.
//
// odograph_tests_eta_delays RULES TRIPS... -- POSITIONS...  Files of positions follow each other in time. The trips of
// a day are put at the day's beginning, as somebody would who plans the day before.

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "fleet/arrivals/arrivals.h"
#include "fleet/arrivals/test_record.h"
#include "fleet/decode/message_json.h"
#include "fleet/process/processor.h"
#include "fleet/rules_config.h"
#include "fleet/topics/topic_table.h"
#include "fleet/trips/line_file.h"
#include "fleet/trips/read.h"
#include "fleet/trips/trip_message.h"
#include "fleet/watch/rules_module.h"
#include "lib/wire/record_batch.h"
#include "proto/public/alert.pb.h"

namespace odograph {
namespace {

using Day = std::chrono::sys_days;

/// What is to be written is thrown away: there is one partition, and it is never given to another processor.
constexpr std::uint64_t kPositionsBetweenCommits = 1'000;

model::Record record_of(const eta::Position& position, std::uint32_t n) {
  model::Record record = arrivals::record_of(position);
  record.n = n;
  record.reason = model::reason::kTime;
  return record;
}

class Fleet {
 public:
  Fleet(rules::RuleBookConfig rules, const std::vector<eta::Trip>& trips) : processor_({}) {
    processor_.plug_in(arrivals::make_factory());
    processor_.plug_in(std::make_unique<watch::RulesFactory>(std::move(rules)));
    for (const eta::Trip& trip : trips) {
      trips_[std::chrono::floor<std::chrono::days>(trip.start_time)][trip.vehicle_id].push_back(trip);
    }
  }

  base::Status see(const trips::VehiclePosition& told) {
    const Day day = std::chrono::floor<std::chrono::days>(told.position.time);
    if (day != day_) {
      day_ = day;
      if (auto status = put_trips(); !status) return status;
    }
    const wire::BatchHeader header{
        .vehicle_id = told.vehicle_id, .stream_id = 1, .lane = model::Lane::kBulk, .boot = 1};
    kafka::Message message;
    message.topic = topics::kRawData;
    message.offset = offset_++;
    message.key = told.vehicle_id;
    message.value = wire::encode(header, std::vector{record_of(told.position, ++numbers_[told.vehicle_id])});
    vehicle::Outcome outcome;
    processor_.on_message(message, outcome);
    print(outcome);
    if (++positions_ % kPositionsBetweenCommits != 0) return {};
    vehicle::Outcome states;
    processor_.save(states);
    return {};
  }

 private:
  base::Status put_trips() {
    for (const auto& [vehicle_id, trips] : trips_[day_]) {
      const auto value = trips::to_message(vehicle_id, trips);
      if (!value) return value.error();
      vehicle::Outcome outcome;
      processor_.on_vehicle_row(0, {topics::kTrips, vehicle_id, *value}, outcome);
      print(outcome);
    }
    return {};
  }

  static void print(const vehicle::Outcome& outcome) {
    for (const vehicle::Output& output : outcome.outputs) {
      if (output.topic != topics::kAlerts) continue;
      odograph::Alert alert;
      if (alert.ParseFromString(*output.value)) std::cout << decode::to_json(alert) << '\n';
    }
  }

  process::Processor processor_;
  std::map<Day, std::map<std::string, std::vector<eta::Trip>>> trips_;
  std::map<std::string, std::uint32_t> numbers_;
  Day day_{};
  std::int64_t offset_ = 0;
  std::uint64_t positions_ = 0;
};

base::Status see_all(const std::string& path, Fleet& fleet) {
  auto file = trips::LineFile::open(path);
  if (!file) return file.error();
  std::string line;
  while (true) {
    const auto more = file->next(line);
    if (!more) return more.error();
    if (!*more) return {};
    const auto told = trips::parse_position(line);
    if (!told) return told.error();
    if (auto status = fleet.see(*told); !status) return status;
  }
}

base::Status run(const std::vector<std::string>& words) {
  const auto bar = std::find(words.begin(), words.end(), "--");
  if (words.size() < 4 || bar == words.end()) {
    return base::stop_error("usage: odograph_tests_eta_delays RULES TRIPS... -- POSITIONS...");
  }
  auto rules = fleet::load_rules(words.front());
  if (!rules) return rules.error();
  std::vector<eta::Trip> all;
  for (auto path = words.begin() + 1; path != bar; ++path) {
    auto read = trips::read_trips(*path);
    if (!read) return read.error();
    all.insert(all.end(), read->trips.begin(), read->trips.end());
  }
  Fleet fleet(std::move(rules->book), all);
  for (auto path = bar + 1; path != words.end(); ++path) {
    if (auto status = see_all(*path, fleet); !status) return status;
  }
  return {};
}

}  // namespace
}  // namespace odograph

int main(int count, char** words) {
  const auto status = odograph::run({words + 1, words + count});
  if (!status) std::cerr << status.error().what << '\n';
  return status ? 0 : 1;
}
