#pragma once

#include <array>
#include <cstdint>
#include <optional>

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

  /// The fix, without its time. An epoch whose position is void tells no altitude, speed or course either.
  model::Fix fix() const;

  std::optional<std::chrono::sys_days> date() const { return rmc_date_ ? rmc_date_ : zda_date_; }
  bool date_malformed() const { return date_malformed_; }
  bool leap_second() const { return leap_second_; }

 private:
  void merge_position(const Sentence& sentence);
  void merge_motion(const Sentence& sentence);
  void merge_solution(const Sentence& sentence);

  std::array<std::uint16_t, kTypes> talkers_{};  ///< By type: the first talker that told it; 0 for none.
  Word word_ = Word::kNone;
  int weight_ = 0;  ///< Of the sentence that `word_` came from.
  int speed_weight_ = 0;
  int course_weight_ = 0;
  int hdop_weight_ = 0;
  bool date_malformed_ = false;
  bool leap_second_ = false;
  bool fix_3d_ = false;
  std::optional<model::FixMode> gsa_mode_;
  std::optional<std::chrono::sys_days> rmc_date_;
  std::optional<std::chrono::sys_days> zda_date_;
  model::Fix fix_;
};

}  // namespace odograph::nmea
