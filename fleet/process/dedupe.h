#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/model/record.h"

namespace odograph {
class StreamState;
}

namespace odograph::process {

/// A boot of a stream, as a batch names it.
struct BootName {
  std::uint32_t number = 0;
  std::uint32_t nonce = 0;  ///< As in wire::BatchHeader; 0: not known, and then taken for any.
};

/// What a record is to those of its stream that came before.
enum class Arrival {
  kNew,
  kRepeat,  ///< It has been here.
  kReused,  ///< New, and the first of a boot that took its number, or one below, from others: see `Dedupe`.
  kLate,    ///< New, of a boot whose number was taken: it stands outside of its lane's order.
};

/// Tells the records of one stream that came before from those that did not, by one high-water mark for each of the
/// last boots of a lane.
///
/// Right because an agent sends each lane strictly oldest first: whatever lies at or below the mark has been here. But
/// a boot whose number was given before has not, nor one that comes after boots with higher numbers, if its nonce is
/// new: the vehicle's storage said that those others were durable, took them back, and the next start counted on from
/// what was there (docs/decisions/0010). It gets marks of its own, which begin at 0. The live lane is not numbered and
/// always new.
class Dedupe {
 public:
  /// Boots of a lane that are remembered; beyond it the one that began first goes. What comes of it then, or of one
  /// below it, is taken for a repeat.
  static constexpr std::size_t kBootsMax = 8;

  /// `n`: of a record of `boot`. Unless it is a repeat, it is old from now on.
  [[nodiscard]] Arrival admit(model::Lane lane, const BootName& boot, std::uint32_t n);

  /// The sequence (model::sequence) that was admitted last in the lane's order; 0 if none, and always for the live
  /// lane.
  std::uint64_t mark(model::Lane lane) const;

  /// Into and out of `lanes` of what vehicle-state-topic keeps.
  void save(odograph::StreamState& state) const;
  void load(const odograph::StreamState& state);

 private:
  struct Boot {
    BootName name;
    std::uint32_t n = 0;         ///< The last that was admitted.
    bool is_taken_back = false;  ///< Its number, or one below, was given to another one.
  };
  struct LaneMarks {
    std::vector<Boot> boots;      ///< In the order in which they came.
    std::uint32_t forgotten = 0;  ///< The highest number that is no more among them.
  };

  static const Boot* newest(const LaneMarks& marks);
  static bool is_forgotten(const LaneMarks& marks, std::uint32_t number);
  bool is_given(const BootName& boot) const;
  void take_back(const BootName& by);

  std::array<LaneMarks, model::kStoredLanes.size()> lanes_;
};

}  // namespace odograph::process
