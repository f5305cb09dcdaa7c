#include "agent/track/track.h"

#include <algorithm>
#include <string>

namespace odograph::track {
namespace {

constexpr std::int32_t kHdopCentiMax = 8999;
constexpr std::int32_t kAltMinCm = -500 * 100;
constexpr std::int32_t kAltMaxCm = 9000 * 100;

static_assert(model::flag::kWeekRepaired == 1U << (kFlagCount - 1));

bool is_same(const model::Signal& a, const model::Signal& b) { return a.def == b.def || a.def->name == b.def->name; }

}  // namespace

base::Status validate(const Config& config) {
  if (config.hdop_warn_centi < 1 || config.hdop_warn_centi > kHdopCentiMax) {
    return base::stop_error("track: HDOP warning gate of " + std::to_string(config.hdop_warn_centi) +
                            " hundredths, must be 1 to 8999");
  }
  if (config.hdop_bad_centi < config.hdop_warn_centi || config.hdop_bad_centi > kHdopCentiMax) {
    return base::stop_error("track: HDOP quality gate of " + std::to_string(config.hdop_bad_centi) +
                            " hundredths, must be from the warning gate to 8999");
  }
  return {};
}

Track::Track(const Config& config) : config_(config), trusted_time_(config.setting, config.build_date) {
  ODOGRAPH_ASSERT(validate(config).has_value());
}

Tracked Track::on_fix(base::BootTime received, const model::Fix& fix, std::optional<base::SystemUtc> system) {
  Tracked tracked;
  model::Record& record = tracked.record;
  record.boot_time = received;
  record.flags = quality_flags(fix);
  record.mode = fix.mode;
  record.position = fix.position;
  record.alt_cm = fix.alt_cm;
  if (fix.speed_mmps) record.speed_cmps = *fix.speed_mmps / 10 + (*fix.speed_mmps % 10 >= 5 ? 1 : 0);
  record.course_cdeg = fix.course_cdeg;
  record.hdop_centi = fix.hdop_centi;
  record.satellites = fix.satellites;

  tracked.anchor = on_system_clock(received, system);
  const std::optional<base::UtcTime> told = repaired(fix, system);
  if (told != fix.time) record.flags |= model::flag::kWeekRepaired;
  stamp(tracked, fix, told);

  if (fix.position) {
    const auto otherwise = (record.flags & model::flag::kUnusable) != 0 ? JumpFilter::Otherwise::kUnusable
                                                                        : JumpFilter::Otherwise::kUsable;
    const Sighting sighting{received, told, *fix.position, fix.speed_mmps.value_or(0)};
    if (jump_filter_.is_jump(sighting, otherwise)) record.flags |= model::flag::kJump;
  }
  count(record);
  return tracked;
}

std::optional<Anchor> Track::on_system_clock(base::BootTime now, std::optional<base::SystemUtc> system) {
  if (!system) return std::nullopt;
  return trusted_time_.on_system_clock(now, *system);
}

void Track::on_signal(const model::Signal& signal) {
  const auto same = std::find_if(signals_.begin(), signals_.end(), [&](const auto& s) { return is_same(s, signal); });
  if (same != signals_.end()) {
    *same = signal;
  } else if (signals_.size() < kSignalsMax) {
    signals_.push_back(signal);
  } else {
    ++counters_.signals_left_out;
  }
}

void Track::attach_signals(model::Record& record) {
  record.signals.insert(record.signals.end(), signals_.begin(), signals_.end());
  signals_.clear();
}

std::optional<model::Record> Track::flush_signals(base::BootTime now) {
  if (signals_.empty()) return std::nullopt;
  model::Record record;
  record.boot_time = now;
  if (config_.setting == Setting::kReplay) record.flags |= model::flag::kReplayed;
  record.utc = trusted_time_.utc_at(now);
  if (record.utc) record.time_quality = model::TimeQuality::kGnss;
  attach_signals(record);
  return record;
}

std::uint32_t Track::quality_flags(const model::Fix& fix) const {
  std::uint32_t flags = 0;
  const auto flag_if = [&](bool condition, std::uint32_t flag) { flags |= condition ? flag : 0; };
  flag_if(config_.setting == Setting::kReplay, model::flag::kReplayed);
  flag_if(fix.hdop_centi && *fix.hdop_centi > config_.hdop_warn_centi, model::flag::kHdopWarn);
  flag_if(fix.hdop_centi && *fix.hdop_centi > config_.hdop_bad_centi, model::flag::kHdopBad);
  flag_if(fix.latched, model::flag::kLatched);
  flag_if(fix.estimated, model::flag::kEstimated);
  flag_if(fix.simulated, model::flag::kSimulated);
  flag_if(fix.alt_cm && (*fix.alt_cm < kAltMinCm || *fix.alt_cm > kAltMaxCm), model::flag::kAltitudeOdd);
  return flags;
}

std::optional<base::UtcTime> Track::repaired(const model::Fix& fix, std::optional<base::SystemUtc> system) const {
  // A recording may be of any age, so nothing says which 1024 weeks it is from.
  const bool off = config_.week_repair == WeekRepair::kOff || config_.setting == Setting::kReplay;
  if (!fix.time || off) return fix.time;
  base::UtcTime reference = config_.build_date;
  if (system && system->synchronised) reference = std::max(reference, system->time);
  return nearest_week_epoch(*fix.time, reference);
}

void Track::stamp(Tracked& tracked, const model::Fix& fix, std::optional<base::UtcTime> told) {
  model::Record& record = tracked.record;
  if (told) {
    if (previous_time_ && *told <= *previous_time_) record.flags |= model::flag::kTimeBackwards;
    previous_time_ = told;
  }
  // Where the position is poor the time may still be good. A simulator's time is no time to set a clock by, but in a
  // recording of one there is no other.
  const bool poor = fix.mode == model::FixMode::kNone || fix.time_uncertain || fix.latched ||
                    (fix.simulated && config_.setting == Setting::kLive) ||
                    (record.flags & model::flag::kTimeBackwards) != 0;
  const TrustedTime::Verdict verdict =
      trusted_time_.on_fix(*record.boot_time, told, poor ? TrustedTime::Standing::kPoor : TrustedTime::Standing::kGood);
  if (verdict.anchor) tracked.anchor = verdict.anchor;
  if (verdict.anew) ++counters_.re_anchored;
  record.utc = verdict.utc;
  if (record.utc) record.time_quality = model::TimeQuality::kGnss;
  const bool uncertain = fix.time_uncertain && verdict.fit != TrustedTime::Fit::kFits;
  if (uncertain || (told && !trusted_time_.is_plausible(*told)) || verdict.fit == TrustedTime::Fit::kContradicts)
    record.flags |= model::flag::kTimeUncertain;
}

void Track::count(const model::Record& record) {
  ++counters_.fixes;
  if (!record.position) ++counters_.void_fixes;
  for (std::size_t bit = 0; bit < kFlagCount; ++bit) {
    if ((record.flags >> bit & 1U) != 0) ++counters_.flagged[bit];
  }
}

}  // namespace odograph::track
