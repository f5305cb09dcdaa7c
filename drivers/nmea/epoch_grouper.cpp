#include "drivers/nmea/epoch_grouper.h"

#include <algorithm>

namespace odograph::nmea {
namespace {

std::size_t index_of(Type type) { return static_cast<std::size_t>(type); }
std::uint32_t bit_of(Type type) { return 1U << index_of(type); }
bool is_untimed(Type type) { return type == Type::kGsa || type == Type::kVtg; }

}  // namespace

bool EpochGrouper::same(const Instant& a, const Instant& b) {
  return a.time_ms == b.time_ms && (!a.date || !b.date || *a.date == *b.date);
}

void EpochGrouper::add(const Sentence& sentence, const Frame& frame, drivers::Batch& batch) {
  if (!goes_on(sentence) && !begin(sentence, frame, batch)) return;
  if (is_ahead(sentence)) {
    ahead_.merge(sentence);
    has_ahead_ = true;
    return;
  }
  note_order(sentence);
  merge(sentence, frame);
  if (closing_ == Closing::kLive && ends_as_learnt()) {
    close(frame.end_offset, batch);
    closed_by_end_ = true;
  }
}

/// Whether `sentence` tells more of the open epoch, as most do. One that does not may belong to it all the same.
bool EpochGrouper::goes_on(const Sentence& sentence) const {
  return open_ && (is_untimed(sentence.type) || (sentence.instant.time_ms && same(sentence.instant, instant_)));
}

/// Opens the epoch that `sentence` starts, if it does; false if there is nothing to merge it into.
bool EpochGrouper::begin(const Sentence& sentence, const Frame& frame, drivers::Batch& batch) {
  if (sentence.type == Type::kZda || sentence.type == Type::kGst) {
    if (sentence.instant.date) early_date_ = sentence.instant;
    return false;
  }
  if (starts_epoch(sentence)) {
    const bool repeats = repeats_closed(sentence);
    if (was_closed(sentence.instant) && !repeats) {
      ++counters_.late;
      forget_end();
      return false;
    }
    close(frame.begin_offset, batch);
    open(sentence.instant, frame);
    latched_ = repeats;
  } else if (!open_ && closed_by_end_ && frame.begun - last_sentence_ < silence()) {
    // The epoch went on after the sentence that had always been its last.
    ++counters_.late;
    forget_end();
    last_sentence_ = frame.begun;
    return false;
  }
  return true;
}

/// A GSA or VTG that in this receiver's order comes before something that the open epoch holds already.
bool EpochGrouper::is_ahead(const Sentence& sentence) const {
  return is_untimed(sentence.type) && (in_epoch_ & behind_[index_of(sentence.type)]) != 0;
}

void EpochGrouper::note_order(const Sentence& sentence) {
  if ((in_epoch_ & (bit_of(Type::kGsa) | bit_of(Type::kVtg))) == 0 || is_untimed(sentence.type)) return;
  for (const Type untimed : {Type::kGsa, Type::kVtg}) {
    if ((in_epoch_ & bit_of(untimed)) != 0) behind_[index_of(untimed)] |= bit_of(sentence.type);
  }
}

/// Whether `sentence`, which does not go on with the open epoch, cannot belong to it, or to the one that waits to be
/// opened.
bool EpochGrouper::starts_epoch(const Sentence& sentence) const {
  if (is_untimed(sentence.type)) return false;
  return !open_ || sentence.instant.time_ms || epoch_.holds(sentence);
}

bool EpochGrouper::was_closed(const Instant& instant) const {
  if (!instant.time_ms) return false;
  // Almost never has one of them this time of day, which is asked without a branch for each.
  bool may_be = false;
  for (const Instant& recent : recent_) may_be |= recent.time_ms.value == instant.time_ms.value;
  if (!may_be) return false;
  return std::any_of(recent_.begin(), recent_.end(), [&](const Instant& recent) { return same(recent, instant); });
}

/// Live, the instant closed last that is told again from its beginning: a latched receiver, not a late sentence.
bool EpochGrouper::repeats_closed(const Sentence& sentence) const {
  if (closing_ != Closing::kLive || open_ || recent_count_ == 0 || !sentence.instant.time_ms) return false;
  return same(recent_[(recent_count_ - 1) % kRecent], sentence.instant) && last_epoch_.holds(sentence);
}

void EpochGrouper::open(const Instant& instant, const Frame& frame) {
  open_ = true;
  instant_ = instant;
  // A ZDA that came before its epoch.
  if (!instant_.date && early_date_.time_ms == instant_.time_ms) instant_.date = early_date_.date;
  received_ = frame.begun;
  closed_by_end_ = false;
}

void EpochGrouper::merge(const Sentence& sentence, const Frame& frame) {
  if (sentence.type == Type::kGga) note_gga(sentence);
  if (open_ && !instant_.date) instant_.date = sentence.instant.date;
  epoch_.merge(sentence);
  if (open_) in_epoch_ |= bit_of(sentence.type);
  if (closing_ == Closing::kLive) end_ = {sentence.type, sentence.talker, end_.sentences + 1};
  last_sentence_ = frame.begun;
}

void EpochGrouper::note_gga(const Sentence& sentence) {
  if (!sentence.instant.time_ms) return;
  if (gga_talker_ == sentence.talker && gga_time_ms_ == sentence.instant.time_ms && epoch_.holds(sentence))
    latched_ = true;
  gga_talker_ = sentence.talker;
  gga_time_ms_ = sentence.instant.time_ms;
}

void EpochGrouper::close(std::uint64_t offset, drivers::Batch& batch) {
  if (!open_) return;
  // In its place from the beginning: it is large, and a copy of it costs as much as a sentence's framing.
  auto& fix = std::get<model::Fix>(batch.readings.emplace_back(received_, offset).what);
  epoch_.tell(fix);
  fix.latched = latched_;
  fix.time_uncertain = epoch_.date_malformed();
  if (instant_.time_ms) {
    tell_time(fix);
    if (closing_ == Closing::kLive) learn_end();
    recent_[recent_count_++ % kRecent] = instant_;
  }
  if (closing_ == Closing::kLive) last_epoch_ = epoch_;
  clear();
}

void EpochGrouper::tell_time(model::Fix& fix) {
  Maybe<std::chrono::sys_days> date = epoch_.date();
  date.keep_first(instant_.date);
  // The date of another second is good for nothing but the first day.
  if (!date && !days_.knows_day()) date.keep_first(early_date_.date);
  const DayKeeper::Utc utc = days_.resolve(*instant_.time_ms, date, epoch_.date_malformed());
  if (utc.time) fix.time = *utc.time;
  fix.time_uncertain = utc.uncertain;
}

void EpochGrouper::reset() {
  has_ahead_ = false;
  clear();
  recent_ = {};
  recent_count_ = 0;
}

void EpochGrouper::clear() {
  if (has_ahead_) {
    epoch_ = ahead_;
    ahead_ = {};
    has_ahead_ = false;
  } else {
    epoch_ = {};
  }
  in_epoch_ = 0;
  open_ = false;
  latched_ = false;
  closed_by_end_ = false;
  instant_ = {};
  end_ = {};
}

void EpochGrouper::learn_end() {
  if (recent_count_ != 0) {
    const base::Millis step{*instant_.time_ms - recent_[(recent_count_ - 1) % kRecent].time_ms.value_or(0)};
    if (step > base::Millis{0} && step <= kPeriodMax) period_ = step;
  }
  equal_ends_ = end_ == learnt_end_ ? std::min(equal_ends_ + 1, kEpochsToLearn) : 1;
  learnt_end_ = end_;
}

void EpochGrouper::forget_end() {
  equal_ends_ = 0;
  learnt_end_ = {};
}

bool EpochGrouper::ends_as_learnt() const {
  return open_ && instant_.time_ms && equal_ends_ == kEpochsToLearn && end_ == learnt_end_;
}

base::Millis EpochGrouper::silence() const { return std::max(silence_, period_ * 3 / 10); }

std::optional<base::BootTime> EpochGrouper::next_deadline() const {
  if (closing_ != Closing::kLive || !open_) return std::nullopt;
  return last_sentence_ + silence();
}

}  // namespace odograph::nmea
