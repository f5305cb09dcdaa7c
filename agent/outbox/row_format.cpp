#include "agent/outbox/row_format.h"

namespace odograph::outbox {
namespace {

constexpr std::size_t kPrefixBytes = 8;

}  // namespace

std::uint32_t stored_flags(const Row& row) { return row.rule_set == 0 ? row.flags : row.flags | Row::kRuleSet; }

std::string stored_prefix(const Row& row) {
  std::string prefix;
  if (row.rule_set == 0) return prefix;
  for (std::size_t i = 0; i < kPrefixBytes; ++i) prefix += static_cast<char>(row.rule_set >> (8 * i) & 0xFF);
  return prefix;
}

void take_prefix(Row& row) {
  if ((row.flags & Row::kRuleSet) == 0 || row.payload.size() < kPrefixBytes) return;
  std::uint64_t rule_set = 0;
  for (std::size_t i = kPrefixBytes; i-- > 0;) rule_set = rule_set << 8 | static_cast<unsigned char>(row.payload[i]);
  if (rule_set == 0) return;
  row.rule_set = rule_set;
  row.flags &= ~Row::kRuleSet;
  row.payload.erase(0, kPrefixBytes);
}

std::uint64_t stored_bytes(const Row& row) {
  return row.payload.size() + (row.rule_set == 0 ? 0 : kPrefixBytes) + kRowOverheadBytes;
}

}  // namespace odograph::outbox
