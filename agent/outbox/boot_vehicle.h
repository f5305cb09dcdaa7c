#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "agent/outbox/database.h"
#include "agent/outbox/failure.h"

namespace odograph::outbox {

// The vehicle id under which a boot made its records stands in the table `meta`, beside the boot's nonce and as long as
// it: whoever sends them later, under whatever id, sends them under this one.

/// Boots and the ids that they are known to have had.
using BootVehicles = std::map<std::uint32_t, std::string>;

/// The row that keeps it, "('vehicle_7_truck-17',N)": the id is in the key, and N is a checksum of it and the boot.
/// Empty for what is no vehicle id.
std::string vehicle_row(std::uint32_t boot, std::string_view vehicle_id);
/// Removes the rows of boots before `first_boot`, which is an SQL expression.
std::string forget_vehicles_sql(const std::string& first_boot);
/// The ids whose checksum holds; `only`: of one boot.
std::variant<BootVehicles, Failure> load_vehicles(Database& database, std::optional<std::uint32_t> only = std::nullopt);

/// The boot's; empty if it is not known.
std::string vehicle_of(const BootVehicles& vehicles, std::uint32_t boot);

}  // namespace odograph::outbox
