#pragma once

#include <array>
#include <cstdint>

#include "drivers/nmea/sentence.h"
#include "lib/model/reading.h"

namespace odograph::nmea {

/// What has been told about one instant so far. The order of the sentences does not matter, but that of two that tell
/// the same thing with the same weight: then the first holds.
///
/// RMC's word on the position outweighs GGA's and GNS's, theirs GLL's; of two RMC (two talkers) a valid one outweighs a
/// void one. Speed and course come from RMC, else VTG; altitude and satellites from GGA or GNS; HDOP from these, else
/// GSA.
class Epoch {
 public:
  void merge(const Sentence& sentence);

  /// A sentence of this type and talker is already in it.
  bool holds(const Sentence& sentence) const;

  /// Tells `fix`, which is as made anew, all but its time. An epoch whose position is void tells no altitude, speed or
  /// course either.
  void tell(model::Fix& fix) const;

  Maybe<std::chrono::sys_days> date() const {
    return date_weight_ != 0 ? Maybe(date_) : Maybe<std::chrono::sys_days>();
  }
  bool date_malformed() const { return date_malformed_; }
  bool leap_second() const { return leap_second_; }

 private:
  void merge_position(const Sentence& sentence);
  void merge_motion(const Sentence& sentence, std::uint8_t weight);
  void merge_solution(const Sentence& sentence);

  std::array<std::uint16_t, kTypes> talkers_{};  ///< By type: the first talker that told it; 0 for none.
  Word word_ = Word::kNone;
  std::uint8_t weight_ = 0;  ///< Of the sentence that `word_` came from.
  std::uint8_t date_weight_ = 0;
  std::uint8_t speed_weight_ = 0;
  std::uint8_t course_weight_ = 0;
  std::uint8_t hdop_weight_ = 0;
  bool date_malformed_ = false;
  bool leap_second_ = false;
  bool fix_3d_ = false;
  bool estimated_ = false;
  bool simulated_ = false;
  Maybe<model::FixMode> gsa_mode_;
  model::Position position_;
  Maybe<std::int32_t> alt_cm_;
  Maybe<std::int32_t> satellites_;
  std::chrono::sys_days date_;  ///< This and the next three: told if their weight is not 0.
  std::int32_t speed_mmps_ = 0;
  std::int32_t course_cdeg_ = 0;
  std::int32_t hdop_centi_ = 0;
};

}  // namespace odograph::nmea
