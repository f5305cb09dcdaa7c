// Writes a fleet's drives to raw-data-topic, for ./dev bench fleet: one message of each vehicle after the other.
//
// fleet_feed BROKERS VEHICLES FIRST COUNT BATCH
//
// Each vehicle sends its records FIRST to FIRST + COUNT - 1 of the bulk lane, BATCH in a message. The drives are
// synthetic (lib/wire/synthetic_drive.h) and the same however often this is run. Prints how many bytes that was.

#include <charconv>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include "lib/kafka/producer.h"
#include "lib/wire/record_batch.h"
#include "lib/wire/synthetic_drive.h"

namespace odograph {
namespace {

constexpr std::chrono::seconds kPatience{120};
constexpr std::size_t kDrives = 16;  ///< Of each there are many vehicles, apart in time by milliseconds.
constexpr std::size_t kOutstandingMax = 100'000;

struct Wanted {
  std::string brokers;
  std::uint32_t vehicles = 1;
  std::uint32_t first = 1;
  std::uint32_t count = 1;
  std::uint32_t batch = 1;
};

std::uint32_t number(std::string_view digits) {
  std::uint32_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

/// The message of `vehicle` with `records` of its drive.
std::string message_of(std::uint32_t vehicle, const std::string& id, std::span<const model::Record> records) {
  const wire::BatchHeader header{.vehicle_id = id,
                                 .stream_id = 0x0d06'0000'0000'0000U + vehicle,
                                 .lane = model::Lane::kBulk,
                                 .boot = 1,
                                 .boot_nonce = vehicle + 1};
  std::vector<model::Record> own(records.begin(), records.end());
  for (model::Record& record : own) *record.utc += base::Millis(vehicle % 1000);
  return wire::encode(header, own);
}

/// How many of `reports` say that their message is not stored; forgets them.
std::size_t count_refused(std::vector<kafka::Delivery>& reports) {
  std::size_t refused = 0;
  for (const kafka::Delivery& report : reports) {
    if (report.outcome == kafka::Delivery::Outcome::kStored) continue;
    std::cerr << report.error << '\n';
    ++refused;
  }
  reports.clear();
  return refused;
}

bool feed(const Wanted& wanted) {
  auto producer = kafka::Producer::create(
      {.brokers = wanted.brokers, .client_id = "fleet_feed", .queue_bytes_max = 64 << 20, .overrides = {}});
  if (!producer) return std::cerr << producer.error().what << '\n', false;
  std::vector<std::vector<model::Record>> drives;
  for (std::size_t i = 0; i < kDrives; ++i) {
    drives.push_back(wire::synthetic_drive(i + 1, wanted.first + wanted.count - 1));
  }
  std::vector<std::string> ids;
  for (std::uint32_t i = 0; i < wanted.vehicles; ++i) ids.push_back("truck-" + std::to_string(1'000'000 + i));
  std::vector<kafka::Delivery> reports;
  std::uint64_t bytes = 0;
  std::size_t refused = 0;
  for (std::uint32_t done = 0; done < wanted.count; done += wanted.batch) {
    const std::size_t size = std::min(wanted.batch, wanted.count - done);
    for (std::uint32_t i = 0; i < wanted.vehicles; ++i) {
      const std::span<const model::Record> drive(drives[i % kDrives]);
      const std::string message = message_of(i, ids[i], drive.subspan(wanted.first - 1 + done, size));
      bytes += message.size();
      while (!(*producer)->send({"raw-data-topic", ids[i], message, {}}, i)) {
        (*producer)->poll(std::chrono::milliseconds{50}, reports);
        refused += count_refused(reports);
        if (refused > 0) return false;
      }
      if ((*producer)->outstanding() > kOutstandingMax) (*producer)->poll(std::chrono::milliseconds{50}, reports);
    }
    (*producer)->poll(std::chrono::milliseconds{0}, reports);
    refused += count_refused(reports);
  }
  (*producer)->flush(kPatience, reports);
  refused += count_refused(reports);
  std::cout << bytes << '\n';
  return refused == 0 && (*producer)->outstanding() == 0;
}

}  // namespace
}  // namespace odograph

int main(int argc, char** argv) {
  using odograph::number;
  if (argc != 6) return 2;
  return odograph::feed({argv[1], number(argv[2]), number(argv[3]), number(argv[4]), number(argv[5])}) ? 0 : 1;
}
