#include "agent/outbox/boot_vehicle.h"

#include <charconv>
#include <utility>

#include "lib/base/crc32c.h"
#include "lib/base/ids.h"

namespace odograph::outbox {
namespace {

constexpr std::string_view kPrefix = "vehicle_";

std::string key_of(std::uint32_t boot, std::string_view vehicle_id) {
  return std::string(kPrefix) + std::to_string(boot) + "_" + std::string(vehicle_id);
}

/// The boot and the id in a key whose checksum is `sum`.
std::optional<std::pair<std::uint32_t, std::string>> parse(std::string_view key, std::int64_t sum) {
  if (!key.starts_with(kPrefix) || sum != std::int64_t{base::crc32c(key)}) return std::nullopt;
  key.remove_prefix(kPrefix.size());
  std::uint32_t boot = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), boot);
  key.remove_prefix(static_cast<std::size_t>(end - key.data()));
  if (error != std::errc() || !key.starts_with('_') || !base::is_vehicle_id(key.substr(1))) return std::nullopt;
  return std::pair(boot, std::string(key.substr(1)));
}

}  // namespace

std::string vehicle_row(std::uint32_t boot, std::string_view vehicle_id) {
  if (!base::is_vehicle_id(vehicle_id)) return "";
  const std::string key = key_of(boot, vehicle_id);
  return "('" + key + "'," + std::to_string(base::crc32c(key)) + ")";
}

std::string forget_vehicles_sql(const std::string& first_boot) {
  // The number is what the rest of the key begins with.
  return "DELETE FROM meta WHERE k>='vehicle_' AND k<'vehicle`' AND CAST(substr(k,9) AS INTEGER)<" + first_boot + ";";
}

std::variant<BootVehicles, Failure> load_vehicles(Database& database, std::optional<std::uint32_t> only) {
  const std::string from = std::string(kPrefix) + (only ? std::to_string(*only) + "_" : "");
  std::string to = from;
  ++to.back();
  Statement select;
  if (auto failed = database.prepare("SELECT k,v FROM meta WHERE k>=?1 AND k<?2", select)) return *std::move(failed);
  Query query(select);
  query.text(1, from).text(2, to);
  BootVehicles vehicles;
  auto step = query.step();
  for (; step == Query::Step::kRow; step = query.step()) {
    if (auto found = parse(query.blob_at(0), query.integer_at(1))) vehicles.insert(*std::move(found));
  }
  if (step == Query::Step::kFailed) return database.failure("read vehicle ids");
  return vehicles;
}

std::string vehicle_of(const BootVehicles& vehicles, std::uint32_t boot) {
  const auto found = vehicles.find(boot);
  return found == vehicles.end() ? "" : found->second;
}

}  // namespace odograph::outbox
