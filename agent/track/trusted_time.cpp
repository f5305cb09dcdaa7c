#include "agent/track/trusted_time.h"

#include <algorithm>

namespace odograph::track {

base::UtcTime nearest_week_epoch(base::UtcTime time, base::UtcTime reference) {
  constexpr base::Millis kEpoch = std::chrono::weeks{1024};
  const base::Millis behind = reference - time;
  const base::Millis half = behind < base::Millis{0} ? -kEpoch / 2 : kEpoch / 2;
  return time + (behind + half) / kEpoch * kEpoch;
}

TrustedTime::Verdict TrustedTime::on_fix(base::BootTime received, std::optional<base::UtcTime> told,
                                         Standing standing) {
  Verdict verdict;
  if (told && standing == Standing::kGood) {
    learn(received, *told, verdict);
  } else {
    row_ = {};
  }
  const std::optional<base::UtcTime> trusted = utc_at(received);
  if (!trusted) return verdict;
  if (told) verdict.fit = std::chrono::abs(*told - *trusted) <= kAgreement ? Fit::kFits : Fit::kContradicts;
  verdict.utc = verdict.fit == Fit::kFits ? told : trusted;
  return verdict;
}

std::optional<Anchor> TrustedTime::on_system_clock(base::BootTime now, base::SystemUtc system) {
  if (setting_ == Setting::kReplay) return std::nullopt;
  model::TimeQuality quality = model::TimeQuality::kNone;
  if (system.synchronised) {
    quality = model::TimeQuality::kNtp;
  } else if (system.time >= build_date_) {
    quality = model::TimeQuality::kRtc;
  }
  if (quality <= quality_) return std::nullopt;
  quality_ = quality;
  return Anchor{system.time.time_since_epoch() - now.time_since_epoch(), quality};
}

std::optional<base::UtcTime> TrustedTime::utc_at(base::BootTime time) const {
  if (quality_ != model::TimeQuality::kGnss) return std::nullopt;
  return base::UtcTime{time.time_since_epoch() + gnss_offset_};
}

bool TrustedTime::is_plausible(base::UtcTime told) const {
  // A live receiver that tells the past has not found its week yet (1980), or is being replayed to us.
  const base::UtcTime earliest = setting_ == Setting::kLive ? build_date_ : kEarliestRecorded;
  return told >= earliest && told <= std::max(build_date_, kEarliestRecorded) + kLifetime;
}

void TrustedTime::learn(base::BootTime received, base::UtcTime told, Verdict& verdict) {
  if (!is_plausible(told)) {
    row_ = {};
    return;
  }
  const base::Millis offset = told.time_since_epoch() - received.time_since_epoch();
  const auto extend = [&](Run& run) {
    const bool steps_match = run.fixes > 0 && std::chrono::abs(offset - run.offset) <= kStepTolerance;
    if (!steps_match) run = {0, received, offset};
    run.offset = offset;
    run.fixes = std::min(run.fixes + 1, kGoodFixes);
  };
  if (quality_ != model::TimeQuality::kGnss) {
    extend(row_);
    if (row_.fixes >= kGoodFixes) trust(offset, verdict);
    return;
  }
  if (const base::Millis apart = offset - gnss_offset_; std::chrono::abs(apart) <= kAgreement) {
    // The crystal behind the boot's time line is off by up to 100 ppm, 9 s a day: that is no contradiction.
    gnss_offset_ += std::clamp(apart, -kSlewPerFix, kSlewPerFix);
    other_ = {};
    return;
  }
  extend(other_);
  if (other_.fixes >= kGoodFixes && received - other_.since >= kPersistence) {
    verdict.anew = true;
    trust(offset, verdict);
  }
}

void TrustedTime::trust(base::Millis offset, Verdict& verdict) {
  quality_ = model::TimeQuality::kGnss;
  gnss_offset_ = offset;
  row_ = {};
  other_ = {};
  verdict.anchor = Anchor{offset, quality_};
}

}  // namespace odograph::track
