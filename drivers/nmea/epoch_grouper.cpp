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
  const Instant instant{sentence.time_ms, sentence.date};
  const bool timing_only = sentence.type == Type::kZda || sentence.type == Type::kGst;
  if (timing_only && !(open_ && same(instant, instant_))) {
    if (sentence.date) early_date_ = instant;
    return;
  }
  if (starts_epoch(instant, sentence)) {
    const bool repeats = repeats_closed(instant, sentence);
    if (was_closed(instant) && !repeats) {
      ++counters_.late;
      forget_end();
      return;
    }
    close(frame.begin_offset, batch);
    open(instant, frame);
    latched_ = repeats;
  } else if (!open_ && closed_by_end_ && frame.begun - last_sentence_ < silence()) {
    // The epoch went on after the sentence that had always been its last.
    ++counters_.late;
    forget_end();
    last_sentence_ = frame.begun;
    return;
  }
  if (is_ahead(sentence)) {
    ahead_.merge(sentence);
    has_ahead_ = true;
    return;
  }
  note_order(sentence);
  merge(sentence, frame);
  if (ends_as_learnt()) {
    close(frame.end_offset, batch);
    closed_by_end_ = true;
  }
}

/// A GSA or VTG that in this receiver's order comes before something that the open epoch holds already.
bool EpochGrouper::is_ahead(const Sentence& sentence) const {
  return open_ && is_untimed(sentence.type) && (in_epoch_ & behind_[index_of(sentence.type)]) != 0;
}

void EpochGrouper::note_order(const Sentence& sentence) {
  if (!open_ || is_untimed(sentence.type)) return;
  for (const Type untimed : {Type::kGsa, Type::kVtg}) {
    if ((in_epoch_ & bit_of(untimed)) != 0) behind_[index_of(untimed)] |= bit_of(sentence.type);
  }
}

/// Whether `sentence` cannot belong to the open epoch, or to the one that waits to be opened.
bool EpochGrouper::starts_epoch(const Instant& instant, const Sentence& sentence) const {
  if (is_untimed(sentence.type)) return false;
  if (!open_) return true;
  if (!instant.time_ms) return epoch_.holds(sentence);
  return !same(instant, instant_);
}

bool EpochGrouper::was_closed(const Instant& instant) const {
  if (!instant.time_ms) return false;
  const auto end = recent_.begin() + static_cast<std::ptrdiff_t>(std::min(recent_count_, kRecent));
  return std::any_of(recent_.begin(), end, [&](const Instant& recent) { return same(recent, instant); });
}

/// Live, the instant closed last that is told again from its beginning: a latched receiver, not a late sentence.
bool EpochGrouper::repeats_closed(const Instant& instant, const Sentence& sentence) const {
  if (closing_ != Closing::kLive || open_ || recent_count_ == 0 || !instant.time_ms) return false;
  return same(recent_[(recent_count_ - 1) % kRecent], instant) && last_epoch_.holds(sentence);
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
  if (open_ && !instant_.date) instant_.date = sentence.date;
  epoch_.merge(sentence);
  if (open_) in_epoch_ |= bit_of(sentence.type);
  end_ = {sentence.type, sentence.talker, end_.sentences + 1};
  last_sentence_ = frame.begun;
}

void EpochGrouper::note_gga(const Sentence& sentence) {
  if (!sentence.time_ms) return;
  if (gga_talker_ == sentence.talker && gga_time_ms_ == sentence.time_ms && epoch_.holds(sentence)) latched_ = true;
  gga_talker_ = sentence.talker;
  gga_time_ms_ = sentence.time_ms;
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
    learn_end();
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
  return closing_ == Closing::kLive && open_ && instant_.time_ms && equal_ends_ == kEpochsToLearn &&
         end_ == learnt_end_;
}

base::Millis EpochGrouper::silence() const { return std::max(silence_, period_ * 3 / 10); }

std::optional<base::BootTime> EpochGrouper::next_deadline() const {
  if (closing_ != Closing::kLive || !open_) return std::nullopt;
  return last_sentence_ + silence();
}

}  // namespace odograph::nmea
