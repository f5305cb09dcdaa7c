#include "fleet/arrivals/profile_rows.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "fleet/arrivals/values.h"

namespace odograph::arrivals {
namespace {

using odograph::SegmentProfile;

constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kSlots = eta::kDayKinds * eta::kSlotsADay;
constexpr double kAmountMax = 1e9;
constexpr double kWidthMin = 0.25;
constexpr double kWidthMax = 4;

SegmentProfile make() {
  SegmentProfile row;
  row.set_version(kVersion);
  return row;
}

Row fleet_row(const eta::Knowledge& knowledge) {
  Row row{"fleet", make()};
  odograph::FleetPart& fleet = *row.value.mutable_fleet();
  put(*fleet.mutable_plan(), knowledge.learned.profile.plan());
  put(*fleet.mutable_today(), knowledge.correction.fleet());
  put(*fleet.mutable_dwells(), knowledge.learned.dwell.all());
  fleet.set_width_below(knowledge.learned.bands.widths().below);
  fleet.set_width_above(knowledge.learned.bands.widths().above);
  if (const auto& to = knowledge.correction.forgotten_to()) fleet.set_forgotten_ms(to_ms(*to));
  return row;
}

Row slot_row(const eta::Knowledge& knowledge, std::size_t slot) {
  Row row{"slot/" + std::to_string(slot), make()};
  row.value.mutable_slot()->set_slot(static_cast<std::uint32_t>(slot));
  put(*row.value.mutable_slot()->mutable_sums(), knowledge.learned.profile.fleet_slot(slot));
  return row;
}

std::string hex(eta::CellKey key) {
  char text[16];
  const auto [end, error] = std::to_chars(text, text + sizeof text, key, 16);
  return {text, end};
}

Row road_row(const eta::Knowledge& knowledge, eta::CellKey key) {
  Row row{"road/" + hex(key), make()};
  odograph::RoadPart& road = *row.value.mutable_road();
  road.set_cell(key);
  if (const eta::RoadCell* cell = knowledge.learned.profile.find(key)) {
    put(*road.mutable_base(), cell->base);
    for (const auto& slot : cell->slots) {
      road.add_slots(slot.index);
      road.add_observed(slot.sums.observed);
      road.add_expected(slot.sums.expected);
    }
  }
  if (const eta::Fading* today = knowledge.correction.find(key)) put(*road.mutable_today(), *today);
  return row;
}

Row stop_row(const eta::Knowledge& knowledge, const std::string& stop_id) {
  Row row{"stop/" + stop_id, make()};
  row.value.mutable_stop()->set_stop_id(stop_id);
  const auto* known = knowledge.learned.dwell.find(stop_id);
  put(*row.value.mutable_stop()->mutable_dwells(), known == nullptr ? eta::Dwell::Known{} : *known);
  return row;
}

Row band_row(const eta::Knowledge& knowledge, std::size_t stays, std::size_t horizon) {
  Row row{"band/" + std::to_string(stays) + '/' + std::to_string(horizon), make()};
  odograph::BandPart& band = *row.value.mutable_band();
  band.set_stays(static_cast<std::uint32_t>(stays));
  band.set_horizon(static_cast<std::uint32_t>(horizon));
  for (const double one : knowledge.learned.bands.histogram(stays, horizon)) band.add_seen(one);
  return row;
}

bool is_amount(double value) { return value >= 0 && value <= kAmountMax; }
bool is_sound(const odograph::LearnedSums& sums) { return is_amount(sums.observed()) && is_amount(sums.expected()); }
bool is_sound(const odograph::FadingSums& sums) {
  return is_amount(sums.observed_s()) && is_amount(sums.expected_s()) && is_time(sums.newest_ms());
}
bool is_sound(const odograph::DwellSums& sums) {
  return is_amount(sums.count()) && is_amount(std::abs(sums.sum())) && is_amount(sums.squares());
}

bool is_sound(const odograph::RoadPart& road) {
  if (!is_sound(road.base()) || !is_sound(road.today())) return false;
  if (road.slots_size() != road.observed_size() || road.slots_size() != road.expected_size()) return false;
  for (int i = 0; i < road.slots_size(); ++i) {
    if (road.slots(i) >= kSlots || (i > 0 && road.slots(i) <= road.slots(i - 1))) return false;
    if (!is_amount(road.observed(i)) || !is_amount(road.expected(i))) return false;
  }
  return true;
}

bool is_sound(const SegmentProfile& row) {
  const auto is_width = [](double width) { return width >= kWidthMin && width <= kWidthMax; };
  switch (row.part_case()) {
    case SegmentProfile::kFleet:
      return is_sound(row.fleet().plan()) && is_sound(row.fleet().today()) && is_sound(row.fleet().dwells()) &&
             is_width(row.fleet().width_below()) && is_width(row.fleet().width_above()) &&
             is_time(row.fleet().forgotten_ms());
    case SegmentProfile::kSlot: return row.slot().slot() < kSlots && is_sound(row.slot().sums());
    case SegmentProfile::kRoad: return is_sound(row.road());
    case SegmentProfile::kStop: return !row.stop().stop_id().empty() && is_sound(row.stop().dwells());
    case SegmentProfile::kBand:
      return row.band().stays() < eta::Bands::kStays && row.band().horizon() < eta::Bands::kHorizons &&
             static_cast<std::size_t>(row.band().seen_size()) == eta::Bands::kBins &&
             std::all_of(row.band().seen().begin(), row.band().seen().end(), is_amount);
    case SegmentProfile::PART_NOT_SET: return false;
  }
  return false;
}

void put_fleet(const odograph::FleetPart& fleet, eta::Knowledge& knowledge) {
  std::optional<base::UtcTime> forgotten_to;
  if (fleet.has_forgotten_ms()) forgotten_to = from_ms(fleet.forgotten_ms());
  knowledge.learned.profile.restore_plan(sums_of(fleet.plan()));
  knowledge.correction.restore_fleet(fading_of(fleet.today()), forgotten_to);
  knowledge.learned.dwell.restore_all(dwell_of(fleet.dwells()));
  knowledge.learned.bands.restore_widths({fleet.width_below(), fleet.width_above()});
}

void put_road(const odograph::RoadPart& road, eta::Knowledge& knowledge) {
  if (road.has_base()) {
    eta::RoadCell cell{sums_of(road.base()), {}};
    for (int i = 0; i < road.slots_size(); ++i)
      cell.slots.push_back({static_cast<std::uint16_t>(road.slots(i)), {road.observed(i), road.expected(i)}});
    knowledge.learned.profile.restore(road.cell(), std::move(cell));
  }
  if (road.has_today()) knowledge.correction.restore(road.cell(), fading_of(road.today()));
}

void put_band(const odograph::BandPart& band, eta::Knowledge& knowledge) {
  eta::Bands::Histogram seen{};
  std::copy(band.seen().begin(), band.seen().end(), seen.begin());
  knowledge.learned.bands.restore(band.stays(), band.horizon(), seen);
}

}  // namespace

std::string to_key(const RowName& name) { return std::to_string(name.partition) + '/' + name.part; }

std::optional<RowName> from_key(std::string_view key) {
  RowName name;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), name.partition);
  const auto digits = static_cast<std::size_t>(end - key.data());
  if (error != std::errc{} || name.partition < 0 || digits + 1 >= key.size() || key[digits] != '/') return std::nullopt;
  name.part = key.substr(digits + 1);
  return name;
}

std::vector<Row> changed_rows(const eta::Knowledge& knowledge, const eta::Changes& changes) {
  std::vector<Row> rows;
  if (changes.fleet) rows.push_back(fleet_row(knowledge));
  for (const std::size_t slot : changes.slots) rows.push_back(slot_row(knowledge, slot));
  for (const eta::CellKey key : changes.cells) rows.push_back(road_row(knowledge, key));
  for (const std::string& stop_id : changes.stops) rows.push_back(stop_row(knowledge, stop_id));
  for (const auto& [stays, horizon] : changes.bands) rows.push_back(band_row(knowledge, stays, horizon));
  return rows;
}

base::Result<SegmentProfile> parse_row(std::string_view value) {
  SegmentProfile row;
  if (!row.ParseFromArray(value.data(), static_cast<int>(value.size())))
    return base::drop_error("no SegmentProfile message");
  if (row.version() > kVersion)
    return base::stop_error("a SegmentProfile of version " + std::to_string(row.version()) + ", this program reads 1");
  if (!is_sound(row)) return base::drop_error("a SegmentProfile with a part that is missing or out of range");
  return row;
}

void put_row(const SegmentProfile& row, eta::Knowledge& knowledge) {
  switch (row.part_case()) {
    case SegmentProfile::kFleet: put_fleet(row.fleet(), knowledge); break;
    case SegmentProfile::kSlot:
      knowledge.learned.profile.restore_fleet_slot(row.slot().slot(), sums_of(row.slot().sums()));
      break;
    case SegmentProfile::kRoad: put_road(row.road(), knowledge); break;
    case SegmentProfile::kStop:
      knowledge.learned.dwell.restore(row.stop().stop_id(), dwell_of(row.stop().dwells()));
      break;
    case SegmentProfile::kBand: put_band(row.band(), knowledge); break;
    case SegmentProfile::PART_NOT_SET: break;
  }
}

}  // namespace odograph::arrivals
