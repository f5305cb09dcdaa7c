#include <algorithm>
#include <array>
#include <charconv>

#include "fleet/eta/fields.h"
#include "fleet/eta/profile.h"

namespace odograph::eta {
namespace {

constexpr std::string_view kPlan = "plan";
constexpr std::string_view kFleet = "fleet";
constexpr std::string_view kCell = "cell";
// What no sound writer leaves: the sums are kept below their limits, and a pace stays within its own.
constexpr double kSumMax = 1e8;

void append_sums(std::string& out, const Sums& sums) {
  append_amount(out, sums.observed);
  append_amount(out, sums.expected);
}

std::optional<Sums> next_sums(std::string_view& rest) {
  const auto observed = to_amount(next_word(rest));
  const auto expected = to_amount(next_word(rest));
  if (!observed || !expected || *observed > kSumMax || *expected > kSumMax) return std::nullopt;
  return Sums{*observed, *expected};
}

base::Error bad(std::string_view field) {
  return base::drop_error("field " + std::string(field) + " is missing or out of range");
}

}  // namespace

bool Profile::owns(std::string_view line) {
  const std::string_view word = next_word(line);
  return word == kPlan || word == kFleet || word == kCell;
}

void Profile::write(std::string& out) const {
  out += kPlan;
  append_sums(out, plan_);
  out += '\n';
  for (std::size_t slot = 0; slot < fleet_.size(); ++slot) {
    const Sums& sums = fleet_[slot];
    if (sums.expected <= 0) continue;
    out += std::string(kFleet) + ' ' + std::to_string(slot);
    append_sums(out, sums);
    out += '\n';
  }
  std::vector<CellKey> keys;
  keys.reserve(cells_.size());
  for (const auto& [key, cell] : cells_) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  for (const CellKey key : keys) {
    const RoadCell& cell = cells_.at(key);
    std::array<char, 17> name{};
    const auto [end, error] = std::to_chars(name.data(), name.data() + name.size(), key, 16);
    out += std::string(kCell) + ' ' + std::string(name.data(), end);
    append_sums(out, cell.base);
    for (const RoadCell::Slot& slot : cell.slots) {
      out += ' ' + std::to_string(slot.index);
      append_sums(out, slot.sums);
    }
    out += '\n';
  }
}

base::Status Profile::read_line(std::string_view line) {
  const std::string_view word = next_word(line);
  if (word == kPlan) {
    const auto sums = next_sums(line);
    if (!sums || !line.empty()) return bad("seconds");
    plan_ = *sums;
    return {};
  }
  if (word == kFleet) {
    const auto slot = to_count(next_word(line));
    const auto sums = next_sums(line);
    if (!slot || *slot >= kDayKinds * kSlotsADay) return bad("slot");
    if (!sums || !line.empty()) return bad("seconds");
    fleet_[*slot] = *sums;
    return {};
  }
  const auto key = to_count(next_word(line), 16);
  if (word != kCell || !key) return bad("cell");
  const auto sums = next_sums(line);
  if (!sums) return bad("seconds");
  RoadCell cell{*sums, {}};
  while (!line.empty()) {
    const auto slot = to_count(next_word(line));
    const auto slot_sums = next_sums(line);
    const bool rises = slot && (cell.slots.empty() || *slot > cell.slots.back().index);
    if (!rises || *slot >= kDayKinds * kSlotsADay || !slot_sums) return bad("slot");
    cell.slots.push_back({static_cast<std::uint16_t>(*slot), *slot_sums});
  }
  if (cells_.size() >= kCellsMax) return base::drop_error("more than " + std::to_string(kCellsMax) + " cells");
  cells_[*key] = std::move(cell);
  return {};
}

}  // namespace odograph::eta
