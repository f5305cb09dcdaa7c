#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "fleet/eta/cell.h"
#include "fleet/eta/trip.h"
#include "lib/base/result.h"

namespace odograph::eta {

inline constexpr std::size_t kPathPlacesMax = 50'000;
inline constexpr std::size_t kStopsMax = 500;
inline constexpr double kRouteMetresMax = 2'000'000;

/// A point of the plane that is tangent to the globe near the route: metres east and north.
struct PlanePoint {
  double x_m = 0;
  double y_m = 0;
};

/// A place of the route near some point.
struct Projection {
  double at_m = 0;        ///< Metres along the route.
  double lateral_m = 0;   ///< Metres from the route, 0 or more.
  double course_deg = 0;  ///< Where the route leads there.
};

/// A stretch of the route inside one cell.
struct Piece {
  CellKey cell = 0;    ///< About 150 m and a direction.
  CellKey coarse = 0;  ///< About 600 m and a direction.
  CellKey area = 0;    ///< About 1500 m.
  double begin_m = 0;
  double end_m = 0;
  double plan_pace_spm = 0;  ///< Seconds a metre that the plan gives to this leg; 0.02..2.
};

/// The planned path as a line with metres along it, and every stop's place on that line. Immutable.
class Route {
 public:
  /// `kDrop`, saying why, if the path is too short (10 m), too long or has too many places, or a stop lies farther from
  /// it than its radius and 250 m.
  ///
  /// Where the path comes by a stop more than once, the stops' order decides and then the planned times.
  static base::Result<Route> create(const Trip& trip);

  double length_m() const { return cumulative_.back(); }
  const std::vector<double>& stops_m() const { return stops_m_; }
  const std::vector<Piece>& pieces() const { return pieces_; }

  PlanePoint to_plane(const Place& place) const;

  /// The best place of each edge of the path within [from_m, to_m] in turn, handed to `visit(const Projection&)`.
  template <class Visit>
  void project(const PlanePoint& point, double from_m, double to_m, Visit visit) const {
    for (std::size_t edge = edge_at(from_m); edge + 1 < points_.size() && cumulative_[edge] <= to_m; ++edge)
      visit(project_on(edge, point, from_m, to_m));
  }

  /// The index of the piece that holds this metre; the last one beyond the end.
  std::size_t piece_at(double at_m) const;

 private:
  Route() = default;
  std::size_t edge_at(double at_m) const;
  Projection project_on(std::size_t edge, const PlanePoint& point, double from_m, double to_m) const;
  base::Status lay_path(const Trip& trip);
  base::Status place_stops(const Trip& trip);
  void cut_pieces(const Trip& trip);
  Place place_at(double at_m) const;

  Place origin_;
  double lon_scale_ = 1;
  std::vector<PlanePoint> points_;
  std::vector<double> cumulative_;
  std::vector<double> stops_m_;
  std::vector<Piece> pieces_;
};

}  // namespace odograph::eta
