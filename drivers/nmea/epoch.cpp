#include "drivers/nmea/epoch.h"

namespace odograph::nmea {
namespace {

/// How much a sentence's word on the position counts, by Type; those that have none never say one.
constexpr std::array<std::uint8_t, kTypes> kPositionWeights = {3, 2, 2, 1, 0, 0, 0, 0};

/// Takes what is told unless something of the same or a greater weight was told before.
template <class T>
void take(const T& told, std::uint8_t weight, T& value, std::uint8_t& value_weight) {
  if (value_weight >= weight) return;
  value = told;
  value_weight = weight;
}

}  // namespace

bool Epoch::holds(const Sentence& sentence) const {
  return talkers_[static_cast<std::size_t>(sentence.type)] == sentence.talker;
}

void Epoch::merge(const Sentence& sentence) {
  auto& talker = talkers_[static_cast<std::size_t>(sentence.type)];
  if (talker == 0) talker = sentence.talker;
  // Each by itself: joined with |=, GCC 12 reads the flags as one word, for which the processor waits.
  if (sentence.leap_second) leap_second_ = true;
  if (sentence.date_malformed) date_malformed_ = true;
  if (sentence.word != Word::kNone) merge_position(sentence);
  // No switch: the processor foresees a row of questions better than a jump through a table.
  if (sentence.type == Type::kRmc) {
    if (sentence.instant.date) take(*sentence.instant.date, 2, date_, date_weight_);
    // The speed of a void RMC is as void as its position.
    if (sentence.word == Word::kValid) merge_motion(sentence, 2);
  } else if (sentence.type == Type::kGga || sentence.type == Type::kGns) {
    merge_solution(sentence);
  } else if (sentence.type == Type::kVtg) {
    merge_motion(sentence, 1);
  } else if (sentence.type == Type::kGsa) {
    if (sentence.tells(kToldMode)) gsa_mode_.keep_first(sentence.mode);
    if (sentence.tells(kToldHdop)) take(sentence.hdop_centi, 1, hdop_centi_, hdop_weight_);
  } else if (sentence.type == Type::kZda) {
    if (sentence.instant.date) take(*sentence.instant.date, 1, date_, date_weight_);
  }
}

void Epoch::merge_position(const Sentence& sentence) {
  const std::uint8_t weight = kPositionWeights[static_cast<std::size_t>(sentence.type)];
  if (sentence.word == Word::kValid) {
    if (sentence.estimated) estimated_ = true;
    if (sentence.simulated) simulated_ = true;
  }
  const bool mends_void = weight == weight_ && word_ == Word::kVoid && sentence.word == Word::kValid;
  if (weight <= weight_ && !mends_void) return;
  weight_ = weight;
  word_ = sentence.word;
  // One by one: as a pair they would be read back as one word, for which the processor waits.
  position_.lat_e7 = sentence.position.lat_e7;
  position_.lon_e7 = sentence.position.lon_e7;
}

void Epoch::merge_motion(const Sentence& sentence, std::uint8_t weight) {
  if (sentence.tells(kToldSpeed)) take(sentence.speed_mmps, weight, speed_mmps_, speed_weight_);
  if (sentence.tells(kToldCourse)) take(sentence.course_cdeg, weight, course_cdeg_, course_weight_);
}

void Epoch::merge_solution(const Sentence& sentence) {
  if (sentence.tells(kToldHdop)) take(sentence.hdop_centi, 2, hdop_centi_, hdop_weight_);
  if (sentence.tells(kToldSatellites)) satellites_.keep_first(sentence.satellites);
  if (sentence.word != Word::kValid) return;
  if (sentence.tells(kToldAltitude)) alt_cm_.keep_first(sentence.alt_cm);
  if (sentence.fix_3d) fix_3d_ = true;
}

void Epoch::tell(model::Fix& fix) const {
  fix.leap_second = leap_second_;
  if (satellites_) fix.satellites = *satellites_;
  if (hdop_weight_ != 0) fix.hdop_centi = hdop_centi_;
  if (word_ != Word::kValid) return;
  fix.mode = gsa_mode_.value_or(fix_3d_ ? model::FixMode::k3d : model::FixMode::k2d);
  fix.position = position_;
  if (alt_cm_) fix.alt_cm = *alt_cm_;
  if (speed_weight_ != 0) fix.speed_mmps = speed_mmps_;
  if (course_weight_ != 0) fix.course_cdeg = course_cdeg_;
  fix.estimated = estimated_;
  fix.simulated = simulated_;
}

}  // namespace odograph::nmea
