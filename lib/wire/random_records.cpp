#include "lib/wire/random_records.h"

#include <limits>
#include <memory>

namespace odograph::wire {
namespace {

using model::Record;

/// Own arithmetic on mt19937_64, because the distributions of the standard library may differ between versions.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t n) { return engine_() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  /// Small, large, or one of the ends of `T`.
  template <class T>
  T any() {
    const std::uint64_t bits = engine_();
    switch (below(6)) {
      case 0: return std::numeric_limits<T>::min();
      case 1: return std::numeric_limits<T>::max();
      case 2: return static_cast<T>(bits);
      case 3: return 0;
      default: return static_cast<T>(bits % 200);
    }
  }

  std::int32_t within(std::int32_t limit) {
    if (one_in(8)) return one_in(2) ? limit : -limit;
    const auto offset = static_cast<std::int64_t>(below(2 * static_cast<std::uint64_t>(limit) + 1));
    return static_cast<std::int32_t>(offset - limit);
  }

 private:
  std::mt19937_64 engine_;
};

/// Present for long runs, or at random, or always, or never; drawn once for each column.
class Habit {
 public:
  explicit Habit(Dice& dice) : dice_(dice), kind_(dice.below(4)) {}
  bool next() {
    if (kind_ == 0) return false;
    if (kind_ == 1) return true;
    if (kind_ == 2) return dice_.one_in(2);
    if (dice_.one_in(7)) now_ = !now_;
    return now_;
  }

 private:
  Dice& dice_;
  std::uint64_t kind_;
  bool now_ = false;
};

model::Position any_position(Dice& dice) { return {dice.within(900'000'000), dice.within(1'800'000'000)}; }

base::Millis any_ms(Dice& dice) { return base::Millis(dice.any<std::int64_t>()); }

model::RuleEvent any_event(Dice& dice) {
  model::RuleEvent event;
  event.kind = static_cast<model::EventKind>(1 + dice.below(5));
  event.phase = static_cast<model::EventPhase>(dice.below(4));
  event.severity = static_cast<model::Severity>(dice.below(5));
  event.end_reason = static_cast<model::EndReason>(dice.below(4));
  if (dice.one_in(2)) event.scope = "zone \xC3\xA9" + std::to_string(dice.below(3));
  event.start_ago = any_ms(dice);
  event.end_ago = any_ms(dice);
  event.peak_ago = any_ms(dice);
  event.value_cmps = dice.any<std::int32_t>();
  event.limit_cmps = dice.any<std::int32_t>();
  event.peak_cmps = dice.any<std::int32_t>();
  event.peak_position = any_position(dice);
  if (dice.one_in(2)) event.position = any_position(dice);
  return event;
}

model::BootReport any_boot(Dice& dice) {
  return {.agent_version = dice.one_in(3) ? "" : "1.2.3-rc1",
          .previous_boot = dice.any<std::uint32_t>(),
          .previous_clean = dice.one_in(2),
          .previous_ends = {dice.any<std::uint32_t>(), dice.any<std::uint32_t>(), dice.any<std::uint32_t>()}};
}

model::LossReport any_loss(Dice& dice) {
  return {.lane = static_cast<model::Lane>(1 + dice.below(4)),
          .boot = dice.any<std::uint32_t>(),
          .first_n = dice.any<std::uint32_t>(),
          .last_n = dice.any<std::uint32_t>(),
          .count = dice.any<std::uint64_t>(),
          .reason = static_cast<model::LossReason>(1 + dice.below(5)),
          .first_ago = any_ms(dice),
          .last_ago = any_ms(dice),
          .error_m = dice.any<std::int32_t>()};
}

/// Names that repeat within a record, in any order, some shared and some equal but not the same.
std::vector<model::Signal> any_signals(Dice& dice, const std::vector<model::SignalDef>& defs) {
  std::vector<model::Signal> signals;
  for (std::uint64_t left = dice.below(6); left > 0; --left) {
    const model::SignalDef& def = defs[dice.below(defs.size())];
    signals.push_back({std::make_shared<const model::SignalDef>(def), dice.any<std::int64_t>()});
  }
  return signals;
}

struct Habits {
  explicit Habits(Dice& d)
      : utc(d),
        boot_time(d),
        position(d),
        alt(d),
        speed(d),
        course(d),
        hdop(d),
        sats(d),
        mode(d),
        signals(d),
        events(d) {}
  Habit utc, boot_time, position, alt, speed, course, hdop, sats, mode, signals, events;
};

void fill_values(Dice& dice, Habits& habits, Record& record) {
  if (habits.position.next()) record.position = any_position(dice);
  if (habits.alt.next()) record.alt_cm = dice.any<std::int32_t>();
  if (habits.speed.next()) record.speed_cmps = dice.any<std::int32_t>();
  if (habits.course.next()) record.course_cdeg = dice.any<std::int32_t>();
  if (habits.hdop.next()) record.hdop_centi = dice.any<std::int32_t>();
  if (habits.sats.next()) record.satellites = dice.any<std::int32_t>();
  if (habits.mode.next()) record.mode = static_cast<model::FixMode>(1 + dice.below(3));
  if (!habits.events.next()) return;
  if (dice.one_in(2)) record.event = any_event(dice);
  if (dice.one_in(4)) record.boot = any_boot(dice);
  if (dice.one_in(4)) record.loss = any_loss(dice);
}

void fill_times(Dice& dice, Habits& habits, Record& record) {
  constexpr std::int64_t kYear1 = -62'135'596'800'000;
  constexpr std::uint64_t kYears = 315'537'897'600'000;
  if (habits.utc.next()) {
    record.utc = base::UtcTime(base::Millis(kYear1 + static_cast<std::int64_t>(dice.below(kYears))));
    if (dice.one_in(9)) record.utc = base::UtcTime(base::Millis(kYear1));
  }
  if (habits.boot_time.next()) record.boot_time = base::BootTime(any_ms(dice));
  record.time_quality = static_cast<model::TimeQuality>(dice.below(4));
}

}  // namespace

std::vector<Record> random_records(std::uint64_t seed, std::size_t count) {
  Dice dice(seed);
  Habits habits(dice);
  const std::vector<model::SignalDef> defs = {{"engine_rpm", "rpm", 0},
                                              {"coolant",
                                               "\xC2\xB0"
                                               "C",
                                               1},
                                              {"coolant", "degF", 1},
                                              {"a.b_9", "", 9}};
  const bool dense = dice.one_in(2);
  std::uint32_t n = dice.one_in(2) ? 1 : static_cast<std::uint32_t>(1 + dice.below(1U << 31));
  std::vector<Record> records(count);
  for (Record& record : records) {
    record.n = n;
    n += 1 + (dense ? 0 : static_cast<std::uint32_t>(dice.below(1000) * dice.below(2)));
    fill_times(dice, habits, record);
    record.flags = dice.one_in(3) ? dice.any<std::uint32_t>() : 0;
    record.reason = dice.one_in(3) ? dice.any<std::uint32_t>() : model::reason::kAll;
    fill_values(dice, habits, record);
    if (habits.signals.next()) record.signals = any_signals(dice, defs);
  }
  return records;
}

}  // namespace odograph::wire
