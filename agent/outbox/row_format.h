#pragma once

#include <cstdint>
#include <string>

#include "agent/outbox/row.h"

namespace odograph::outbox {

// How a row with a rule set stands in its table, which has no column for it: `flags` has Row::kRuleSet, and the payload
// begins with the rule set. A row without one stands there as it is, as rows did before there were rule sets in them.

/// The column `flags`.
std::uint32_t stored_flags(const Row& row);
/// What comes before the records in the column `payload`: 8 bytes, little-endian, or nothing.
std::string stored_prefix(const Row& row);
/// The reverse, for `flags` and `payload` as they were read. What nobody can have written stays as it is, and its
/// checksum does not hold.
void take_prefix(Row& row);

/// What the row costs in the file.
std::uint64_t stored_bytes(const Row& row);

}  // namespace odograph::outbox
