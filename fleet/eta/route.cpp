#include "fleet/eta/route.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

namespace odograph::eta {
namespace {

constexpr double kMetresPerDegree = 111'194.93;
constexpr double kDegreesPerRadian = 180 / std::numbers::pi;
constexpr double kRouteMetresMin = 10;
constexpr double kStopOffPathMetres = 250;
constexpr std::uint32_t kCellMetres = 150;
constexpr std::uint32_t kCoarseMetres = 600;
constexpr std::uint32_t kAreaMetres = 1500;
constexpr double kCutStepMetres = 10;
constexpr double kPaceMin = 0.02;
constexpr double kPaceMax = 2;
constexpr double kPaceUnplanned = 0.1;
// A stop's place: so many metres beside the path weigh as much as this share of the route away from where the
// planned times would have it.
constexpr double kLateralSigmaMetres = 15;
constexpr double kTimetableSigmaShare = 0.25;

double squared(double value) { return value * value; }

/// Where a stop may lie on the route, and what speaks against it.
struct Candidate {
  double at_m;
  double cost;
  std::size_t before = 0;  ///< The best candidate of the stop before.
};

/// Seconds of driving that are planned before each stop; the dwells left out.
std::vector<double> planned_driving_s(const Trip& trip) {
  std::vector<double> driving;
  double sum = 0;
  base::UtcTime from = trip.start_time;
  for (const PlannedStop& stop : trip.stops) {
    sum += std::max(0.0, seconds_between(from, stop.planned_arrival));
    driving.push_back(sum);
    from = stop.planned_departure;
  }
  return driving;
}

/// The local minima of the distance within `reach_m`: one for every time that the path comes by.
std::vector<Candidate> candidates_of(const Route& route, const PlannedStop& stop, double reach_m) {
  std::vector<Candidate> found;
  bool inside = false;
  route.project(route.to_plane(stop.place), 0, route.length_m(), [&](const Projection& one) {
    if (one.lateral_m > reach_m) {
      inside = false;
      return;
    }
    const Candidate candidate{one.at_m, squared(one.lateral_m / kLateralSigmaMetres)};
    if (!inside) {
      found.push_back(candidate);
    } else if (candidate.cost < found.back().cost) {
      found.back() = candidate;
    }
    inside = true;
  });
  return found;
}

std::size_t cheapest(const std::vector<Candidate>& of, double up_to_m) {
  std::size_t best = of.size();
  for (std::size_t i = 0; i < of.size(); ++i) {
    if (of[i].at_m <= up_to_m && (best == of.size() || of[i].cost < of[best].cost)) best = i;
  }
  return best;
}

}  // namespace

base::Result<Route> Route::create(const Trip& trip) {
  Route route;
  if (auto status = route.lay_path(trip); !status) return status.error();
  if (auto status = route.place_stops(trip); !status) return status.error();
  route.cut_pieces(trip);
  return route;
}

base::Status Route::lay_path(const Trip& trip) {
  if (trip.path.size() < 2 || trip.path.size() > kPathPlacesMax)
    return base::drop_error("path: " + std::to_string(trip.path.size()) + " places, 2 to " +
                            std::to_string(kPathPlacesMax) + " are allowed");
  if (trip.stops.empty() || trip.stops.size() > kStopsMax)
    return base::drop_error("stops: " + std::to_string(trip.stops.size()) + " of them, 1 to " +
                            std::to_string(kStopsMax) + " are allowed");
  origin_ = trip.path.front();
  lon_scale_ = std::cos(origin_.lat_deg / kDegreesPerRadian);
  double sum = 0;
  for (const Place& place : trip.path) {
    const PlanePoint point = to_plane(place);
    if (!points_.empty()) {
      const double step = std::hypot(point.x_m - points_.back().x_m, point.y_m - points_.back().y_m);
      if (step < 0.01) continue;
      sum += step;
    }
    points_.push_back(point);
    cumulative_.push_back(sum);
  }
  if (!(sum >= kRouteMetresMin && sum <= kRouteMetresMax))
    return base::drop_error("path: it is " + std::to_string(std::llround(std::min(sum, 1e12))) + " m long, 10 m to " +
                            std::to_string(std::llround(kRouteMetresMax / 1000)) + " km are allowed");
  return {};
}

base::Status Route::place_stops(const Trip& trip) {
  const std::vector<double> driving = planned_driving_s(trip);
  const double whole_s = std::max(driving.back(), 1.0);
  std::vector<std::vector<Candidate>> all;
  for (std::size_t i = 0; i < trip.stops.size(); ++i) {
    const double reach_m = trip.stops[i].radius_m + kStopOffPathMetres;
    std::vector<Candidate> now = candidates_of(*this, trip.stops[i], reach_m);
    std::vector<Candidate> possible;
    for (Candidate& one : now) {
      one.cost += squared((one.at_m / length_m() - driving[i] / whole_s) / kTimetableSigmaShare);
      if (i > 0) {
        one.before = cheapest(all.back(), one.at_m);
        if (one.before == all.back().size()) continue;
        one.cost += all.back()[one.before].cost;
      }
      possible.push_back(one);
    }
    if (possible.empty())
      return base::drop_error("stops[" + std::to_string(i) + "]: stop " + trip.stops[i].stop_id +
                              (now.empty() ? " lies off the path by more than its radius and 250 m"
                                           : " lies on the path before the stop that it follows"));
    all.push_back(std::move(possible));
  }
  stops_m_.resize(trip.stops.size());
  std::size_t chosen = cheapest(all.back(), std::numeric_limits<double>::max());
  for (std::size_t i = trip.stops.size(); i-- > 0;) {
    stops_m_[i] = all[i][chosen].at_m;
    chosen = all[i][chosen].before;
  }
  return {};
}

void Route::cut_pieces(const Trip& trip) {
  const std::vector<double> driving = planned_driving_s(trip);
  std::size_t leg = 0;
  double leg_begin_m = 0;
  double pace = kPaceUnplanned;
  const auto enter_leg = [&] {
    const double planned_s = driving[leg] - (leg == 0 ? 0 : driving[leg - 1]);
    const double metres = stops_m_[leg] - leg_begin_m;
    if (planned_s > 0 && metres > 1) pace = std::clamp(planned_s / metres, kPaceMin, kPaceMax);
  };
  enter_leg();
  for (double at_m = 0; at_m < length_m();) {
    while (leg + 1 < stops_m_.size() && at_m >= stops_m_[leg] - 1e-6) {
      leg_begin_m = stops_m_[leg++];
      enter_leg();
    }
    double end_m = std::min(at_m + kCutStepMetres, length_m());
    if (at_m < stops_m_[leg] - 1e-6) end_m = std::min(end_m, stops_m_[leg]);
    const double middle_m = (at_m + end_m) / 2;
    const std::size_t edge = edge_at(middle_m);
    const double course =
        std::atan2(points_[edge + 1].x_m - points_[edge].x_m, points_[edge + 1].y_m - points_[edge].y_m) *
        kDegreesPerRadian;
    const Place place = place_at(middle_m);
    const Piece piece{cell_of(place, course, kCellMetres),
                      cell_of(place, course, kCoarseMetres),
                      square_of(place, kAreaMetres),
                      at_m,
                      end_m,
                      pace};
    if (!pieces_.empty() && pieces_.back().cell == piece.cell && pieces_.back().plan_pace_spm == pace) {
      pieces_.back().end_m = end_m;
    } else {
      pieces_.push_back(piece);
    }
    at_m = end_m;
  }
}

PlanePoint Route::to_plane(const Place& place) const {
  double east_deg = place.lon_deg - origin_.lon_deg;
  if (east_deg > 180) east_deg -= 360;
  if (east_deg < -180) east_deg += 360;
  return {east_deg * kMetresPerDegree * lon_scale_, (place.lat_deg - origin_.lat_deg) * kMetresPerDegree};
}

Place Route::place_at(double at_m) const {
  const std::size_t edge = edge_at(at_m);
  const double share = (at_m - cumulative_[edge]) / (cumulative_[edge + 1] - cumulative_[edge]);
  const double x_m = points_[edge].x_m + share * (points_[edge + 1].x_m - points_[edge].x_m);
  const double y_m = points_[edge].y_m + share * (points_[edge + 1].y_m - points_[edge].y_m);
  const double scale = std::max(lon_scale_, 1e-6);
  return {std::clamp(origin_.lat_deg + y_m / kMetresPerDegree, -90.0, 90.0),
          std::clamp(origin_.lon_deg + x_m / (kMetresPerDegree * scale), -180.0, 180.0)};
}

std::size_t Route::edge_at(double at_m) const {
  const auto after = std::upper_bound(cumulative_.begin(), cumulative_.end(), at_m);
  const auto edge = static_cast<std::size_t>(std::distance(cumulative_.begin(), after));
  return std::clamp<std::size_t>(edge, 1, cumulative_.size() - 1) - 1;
}

Projection Route::project_on(std::size_t edge, const PlanePoint& point, double from_m, double to_m) const {
  const PlanePoint& a = points_[edge];
  const PlanePoint& b = points_[edge + 1];
  const double length = cumulative_[edge + 1] - cumulative_[edge];
  const double ux = (b.x_m - a.x_m) / length;
  const double uy = (b.y_m - a.y_m) / length;
  const double lowest = std::clamp(from_m - cumulative_[edge], 0.0, length);
  const double highest = std::clamp(to_m - cumulative_[edge], lowest, length);
  const double along = std::clamp((point.x_m - a.x_m) * ux + (point.y_m - a.y_m) * uy, lowest, highest);
  return {cumulative_[edge] + along, std::hypot(point.x_m - a.x_m - along * ux, point.y_m - a.y_m - along * uy),
          std::atan2(ux, uy) * kDegreesPerRadian};
}

std::size_t Route::piece_at(double at_m) const {
  const auto after = std::upper_bound(pieces_.begin(), pieces_.end(), at_m,
                                      [](double metre, const Piece& piece) { return metre < piece.end_m; });
  return std::min(static_cast<std::size_t>(std::distance(pieces_.begin(), after)), pieces_.size() - 1);
}

}  // namespace odograph::eta
