#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/model/reading.h"

namespace odograph::rules {

inline constexpr std::int32_t kRadiusMMin = 10;
inline constexpr std::int32_t kRadiusMMax = 100'000;

/// An area with a name: a polygon, as of a `Zone`, or a circle.
struct Fence {
  std::string id;                        ///< 1..64 characters.
  std::vector<model::Position> outline;  ///< 3..1000 corners; empty: the circle holds.
  model::Position centre;
  std::int32_t radius_m = 0;  ///< 10..100,000.
  friend bool operator==(const Fence&, const Fence&) = default;
};

/// Nothing, or the first thing that is wrong with it (`kStop`).
base::Status validate(const Fence& fence);

/// On the border counts as inside. Exact; see `contains(const Zone&, ...)` for what it takes.
bool contains(const std::vector<model::Position>& outline, const model::Position& position);

/// Decimetres between two positions, in integers; on the plane that touches the globe between them, so within 0.1 % up
/// to 100 km apart, and too long, not too short, beyond.
std::int64_t distance_dm(const model::Position& a, const model::Position& b);

enum class Where { kInside, kNear, kOutside };

/// A fence, made ready for many questions. Answers are the same on every machine: integers only.
class FenceArea {
 public:
  /// `fence` must be valid.
  explicit FenceArea(Fence fence);

  /// kNear: outside, but no more than `margin_m` away from it.
  Where where(const model::Position& position, std::int32_t margin_m) const;

  /// Whether the straight way between two positions, none of which is inside, leads through it.
  bool crossed(const model::Position& from, const model::Position& to) const;

  const Fence& fence() const { return fence_; }

 private:
  /// Decimetres east and north of the fence's first corner or centre.
  struct Point {
    std::int64_t x = 0;
    std::int64_t y = 0;
  };
  Point at(const model::Position& position) const;
  static std::int64_t to_side_dm(const Point& p, const Point& a, const Point& b);
  bool far_from(const Point& p, std::int64_t margin_dm) const;

  Fence fence_;
  std::int64_t cosine_q20_ = 0;
  std::vector<Point> corners_;
  Point low_;  ///< Of all corners, or of the circle.
  Point high_;
};

}  // namespace odograph::rules
