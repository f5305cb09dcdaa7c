#include "drivers/nmea/epoch.h"

namespace odograph::nmea {
namespace {

/// How much a sentence's word on the position counts; 0 for types that have none.
int position_weight(Type type) {
  switch (type) {
    case Type::kRmc: return 3;
    case Type::kGga:
    case Type::kGns: return 2;
    case Type::kGll: return 1;
    default: return 0;
  }
}

/// Takes `told` if there is one and nothing of the same or a greater weight was told before.
void take(const std::optional<std::int32_t>& told, int weight, std::optional<std::int32_t>& value, int& value_weight) {
  if (!told || value_weight >= weight) return;
  value = *told;
  value_weight = weight;
}

}  // namespace

bool Epoch::holds(const Sentence& sentence) const {
  return talkers_[static_cast<std::size_t>(sentence.type)] == sentence.talker;
}

void Epoch::merge(const Sentence& sentence) {
  auto& talker = talkers_[static_cast<std::size_t>(sentence.type)];
  if (talker == 0) talker = sentence.talker;
  leap_second_ |= sentence.leap_second;
  date_malformed_ |= sentence.date_malformed;
  switch (sentence.type) {
    case Type::kRmc:
      if (!rmc_date_) rmc_date_ = sentence.date;
      merge_position(sentence);
      // The speed of a void RMC is as void as its position.
      if (sentence.word == Word::kValid) merge_motion(sentence);
      break;
    case Type::kGga:
    case Type::kGns:
      merge_position(sentence);
      merge_solution(sentence);
      break;
    case Type::kGll: merge_position(sentence); break;
    case Type::kVtg: merge_motion(sentence); break;
    case Type::kGsa:
      if (!gsa_mode_) gsa_mode_ = sentence.mode;
      take(sentence.hdop_centi, 1, fix_.hdop_centi, hdop_weight_);
      break;
    case Type::kZda:
      if (!zda_date_) zda_date_ = sentence.date;
      break;
    case Type::kGst: break;
  }
}

void Epoch::merge_position(const Sentence& sentence) {
  const int weight = position_weight(sentence.type);
  if (sentence.word == Word::kValid) {
    fix_.estimated |= sentence.estimated;
    fix_.simulated |= sentence.simulated;
  }
  const bool mends_void = weight == weight_ && word_ == Word::kVoid && sentence.word == Word::kValid;
  if (weight <= weight_ && !mends_void) return;
  weight_ = weight;
  word_ = sentence.word;
  fix_.position = sentence.position;
}

void Epoch::merge_motion(const Sentence& sentence) {
  const int weight = sentence.type == Type::kRmc ? 2 : 1;
  take(sentence.speed_mmps, weight, fix_.speed_mmps, speed_weight_);
  take(sentence.course_cdeg, weight, fix_.course_cdeg, course_weight_);
}

void Epoch::merge_solution(const Sentence& sentence) {
  take(sentence.hdop_centi, 2, fix_.hdop_centi, hdop_weight_);
  if (!fix_.satellites) fix_.satellites = sentence.satellites;
  if (sentence.word != Word::kValid) return;
  if (!fix_.alt_cm) fix_.alt_cm = sentence.alt_cm;
  fix_3d_ |= sentence.fix_3d;
}

model::Fix Epoch::fix() const {
  model::Fix fix = fix_;
  fix.leap_second = leap_second_;
  if (word_ == Word::kValid) {
    fix.mode = gsa_mode_.value_or(fix_3d_ ? model::FixMode::k3d : model::FixMode::k2d);
    return fix;
  }
  fix.mode = model::FixMode::kNone;
  fix.position.reset();
  fix.alt_cm.reset();
  fix.speed_mmps.reset();
  fix.course_cdeg.reset();
  fix.estimated = fix.simulated = false;
  return fix;
}

}  // namespace odograph::nmea
